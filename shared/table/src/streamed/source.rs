//! The files of a streamed table, and how their bytes are read.

use std::fmt;
use std::io;
use std::iter::once;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::TableError;
use crate::parts::{FileBytes, ParquetFile};

/// Number of bytes at the end of a Parquet file that are read first. Most footers fit into them.
const END: u64 = 1 << 16;

/// Maximum size of a footer in bytes. That of a file with a thousand columns and a thousand row groups is about as large.
const MAX_FOOTER: u64 = 128 << 20;

/// Number of bytes behind the footer of a Parquet file: its length, and the letters `PAR1`.
const TAIL: usize = 8;

/// Reads ranges of bytes of one stored file. The call blocks until the bytes are there.
pub trait RangeSource: Send + Sync {
    /// Returns the bytes of each range. No range is empty or beyond the end of the file.
    ///
    /// # Errors
    /// An I/O error if the bytes cannot be read, however often the source tried.
    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>>;
}

/// A stored Parquet file whose bytes are read when they are needed.
#[derive(Clone)]
pub struct StreamedFile {
    /// The name of the file, for error messages and for the order of the files.
    pub name: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// Reads ranges of the file's bytes.
    pub source: Arc<dyn RangeSource>,
}

impl fmt::Debug for StreamedFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StreamedFile").field("name", &self.name).field("size", &self.size).finish()
    }
}

impl StreamedFile {
    /// Reads ranges of the file's bytes.
    pub(super) fn bytes(&self, ranges: impl IntoIterator<Item = Range<u64>>) -> Result<FileBytes, TableError> {
        let failed = |source| TableError::Read { file: self.name.clone(), source };
        let wanted: Vec<Range<u64>> = ranges.into_iter().filter(|range| range.start < range.end).collect();
        if wanted.iter().any(|range| range.end > self.size) {
            return Err(failed(io::Error::from(io::ErrorKind::UnexpectedEof)));
        }
        let read = self.source.read(&wanted).map_err(failed)?;
        let is_whole = |(range, bytes): (&Range<u64>, &Bytes)| range.end - range.start == bytes.len() as u64;
        if read.len() != wanted.len() || !wanted.iter().zip(&read).all(is_whole) {
            return Err(failed(io::Error::from(io::ErrorKind::UnexpectedEof)));
        }
        Ok(FileBytes::parts(self.size, wanted.iter().map(|range| range.start).zip(read).collect()))
    }
}

/// Opens a Parquet file by its footer. Returns also its column names.
pub(super) fn opened(file: &StreamedFile) -> Result<(ParquetFile, Vec<String>), TableError> {
    let other = || TableError::OtherFormat {
        file: file.name.clone(),
        found: "not a Parquet file, or an incomplete one".to_owned(),
        advice: "a table that is larger than the memory must be in Parquet files; export the table again",
    };
    let read = |start: u64| file.bytes(once(start..file.size));
    let start = file.size.saturating_sub(END);
    let mut end = read(start)?;
    let last = end.last(TAIL).ok_or_else(other)?;
    let (length, letters) = last.split_first_chunk::<4>().ok_or_else(other)?;
    let footer = u64::from(u32::from_le_bytes(*length)) + TAIL as u64;
    if letters != b"PAR1" || footer > file.size.min(MAX_FOOTER) {
        return Err(other());
    }
    if footer > file.size - start {
        end = read(file.size - footer)?;
    }
    let (parquet, names) = ParquetFile::open(&file.name, end)?;
    // The bytes are no longer needed, and a table may have thousands of files.
    Ok((parquet.without_bytes(file.size), names))
}
