//! Cuts a file into parts that begin at a row. Every row is in exactly one part.
//!
//! Text is read once as a stream, and never kept. A CSV file is read with the same state machine as the rows of a request
//! (the crate `csv-core`), so a line end within quotes ends no row. Parquet files are cut by row groups.

mod delimited;
mod groups;
mod lines;
mod zipped;

pub(crate) use delimited::{header_text, offsets as delimited_offsets};
pub(crate) use groups::{GroupBytes, metadata};
pub use groups::{GroupCuts, ParquetTail, groups};
pub(crate) use lines::offsets as line_offsets;
pub use zipped::ZippedCutter;

use crate::cut::delimited::CsvCutter;
use crate::cut::lines::LineCutter;
use crate::form::FileForm;

/// Maximum length of a row in bytes. A longer one is probably a quotation mark that nobody closed.
const MAX_ROW_BYTES: u64 = 8 << 20;

/// A piece of a text: whole rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextPiece {
    /// Offset of its first byte.
    pub start: u64,
    /// Offset behind its last byte.
    pub end: u64,
    /// Index of its first row in the file, from 0.
    pub first: u64,
    /// Number of its rows.
    pub rows: u64,
}

/// The row of names of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRow {
    /// Its text, without a byte order mark and without line ends.
    pub text: String,
    /// Offset behind its last byte.
    pub end: u64,
}

/// The pieces of a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCuts {
    /// The row of names, if the form has one.
    pub header: Option<HeaderRow>,
    /// The pieces, in the order of the file. Empty if the file has no rows.
    pub pieces: Vec<TextPiece>,
}

/// Error: why a file cannot be cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CutError {
    /// A row is longer than any row should be.
    #[error(
        "row {row} (counted from 0) has more than {MAX_ROW_BYTES} bytes; expected shorter rows. Perhaps a quotation mark \
         is not closed"
    )]
    LongRow {
        /// Index of the row in the file.
        row: u64,
    },
    /// The row of names is missing or cannot be read.
    #[error("the first row cannot be read; expected the names of the columns, in UTF-8, separated by commas")]
    Header,
    /// A file that is one part has too much text.
    #[error(
        "unzipped, the file has more than {limit} bytes; expected less. Store it without gzip, or as several files"
    )]
    TooLarge {
        /// Maximum number of bytes.
        limit: u64,
    },
    /// A compressed file is damaged.
    #[error("the file cannot be unzipped; expected the form of gzip")]
    Damaged,
}

/// Cuts text that arrives chunk by chunk.
#[derive(Debug)]
pub struct TextCutter(Inner);

#[derive(Debug)]
enum Inner {
    Csv(Box<CsvCutter>),
    Lines(LineCutter),
}

impl TextCutter {
    /// Begins a file of this form, for pieces of about `target` bytes. `None` for Parquet.
    pub fn new(form: FileForm, target: u64) -> Option<Self> {
        match form {
            FileForm::Csv => Some(Self(Inner::Csv(Box::new(CsvCutter::new(target))))),
            FileForm::Lines => Some(Self(Inner::Lines(LineCutter::new(target)))),
            FileForm::Parquet => None,
        }
    }

    /// Reads the next bytes of the file.
    ///
    /// # Errors
    /// [`CutError`] if the file cannot be cut.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        match &mut self.0 {
            Inner::Csv(cutter) => cutter.feed(bytes),
            Inner::Lines(cutter) => cutter.feed(bytes),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`CutError`] if the file cannot be cut.
    pub fn finish(self) -> Result<TextCuts, CutError> {
        match self.0 {
            Inner::Csv(cutter) => cutter.finish(),
            Inner::Lines(cutter) => Ok(cutter.finish()),
        }
    }
}

/// Counts rows, and ends a piece when it is long enough.
#[derive(Debug)]
struct PieceBuilder {
    target: u64,
    /// Offset of the current piece's first byte.
    start: u64,
    first: u64,
    rows: u64,
    pieces: Vec<TextPiece>,
}

impl PieceBuilder {
    fn new(target: u64) -> Self {
        Self { target, start: 0, first: 0, rows: 0, pieces: Vec::new() }
    }

    /// Index of the next row.
    fn row(&self) -> u64 {
        self.first + self.rows
    }

    /// Ends a row at the offset `end`.
    fn end_row(&mut self, end: u64) {
        self.rows += 1;
        if end - self.start >= self.target {
            self.end_piece(end);
        }
    }

    fn end_piece(&mut self, end: u64) {
        if self.rows > 0 {
            self.pieces.push(TextPiece { start: self.start, end, first: self.first, rows: self.rows });
        }
        (self.start, self.first, self.rows) = (end, self.first + self.rows, 0);
    }
}

/// Returns an error if the current row is too long.
fn check(row: u64, bytes: u64) -> Result<(), CutError> {
    if bytes > MAX_ROW_BYTES { Err(CutError::LongRow { row }) } else { Ok(()) }
}
