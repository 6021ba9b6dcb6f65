//! Cuts text that is compressed with gzip. Such a file is one part, because its bytes can only be read from the beginning.

use std::io::{Error, Result, Write};

use flate2::write::MultiGzDecoder;

use super::{CutError, TextCuts, TextCutter};
use crate::form::FileForm;
use crate::plan::MAX_UNZIPPED;

/// Unzips a file as it arrives, and cuts its text.
#[derive(Debug)]
pub struct ZippedCutter(MultiGzDecoder<TextSink>);

#[derive(Debug)]
struct TextSink {
    cutter: TextCutter,
    unzipped: u64,
    /// Why the text cannot be cut.
    error: Option<CutError>,
}

impl Write for TextSink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.unzipped += bytes.len() as u64;
        let fed = if self.unzipped > MAX_UNZIPPED {
            Err(CutError::TooLarge { limit: MAX_UNZIPPED })
        } else {
            self.cutter.feed(bytes)
        };
        fed.map_err(|error| {
            self.error.get_or_insert(error);
            Error::other("the text cannot be cut")
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl ZippedCutter {
    /// Begins a file whose text has this form. `None` for Parquet.
    pub fn new(form: FileForm) -> Option<Self> {
        let cutter = TextCutter::new(form, u64::MAX)?;
        Some(Self(MultiGzDecoder::new(TextSink { cutter, unzipped: 0, error: None })))
    }

    /// Reads the next bytes of the file.
    ///
    /// # Errors
    /// [`CutError`] if the file cannot be unzipped or cut.
    pub fn feed(&mut self, bytes: &[u8]) -> std::result::Result<(), CutError> {
        let written = self.0.write_all(bytes);
        written.map_err(|_| self.0.get_mut().error.take().unwrap_or(CutError::Damaged))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`CutError`] if the file cannot be unzipped or cut.
    pub fn finish(mut self) -> std::result::Result<TextCuts, CutError> {
        if self.0.try_finish().is_err() {
            return Err(self.0.get_mut().error.take().unwrap_or(CutError::Damaged));
        }
        self.0.finish().map_err(|_| CutError::Damaged)?.cutter.finish()
    }
}
