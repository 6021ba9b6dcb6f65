//! Defines why files cannot be read as a table for training.

use std::fmt;

use evergreen_lifecycle::MAX_LABELS;

use super::odd_rows::OddRows;
use super::{MAX_NAME, MIN_ROWS};
use crate::OddRow;
use crate::budget::{TooLarge, gigabytes};
use crate::file::ENDINGS;

/// A position in the files of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The name of the file.
    pub file: String,
    /// The line of a CSV file, or the row of another file, counted from 1. The header is a line, but not a row.
    pub line: u64,
    /// Whether `line` counts rows. It does if the file has no lines, or if the lines are no longer known.
    pub is_row: bool,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.is_row { "row" } else { "line" };
        write!(formatter, "{}, {unit} {}", self.file, self.line)
    }
}

/// An error in the files of a table or in their use.
///
/// Lines count from 1 and include the header. No error contains a value of a column or a label, because errors are
/// logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// There is no data file.
    #[error("there is no data file; expected one or more that end in {ENDINGS}")]
    NoFile,
    /// The name of a file has no known ending.
    #[error("{0}: not a data file; expected one that ends in {ENDINGS}")]
    UnknownFormat(String),
    /// The table does not fit into memory.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// A compressed file does not fit into memory when it is decompressed.
    #[error(
        "{file}: more than {} when decompressed, but {} of memory are allowed; expected a smaller table, or fewer \
         columns",
        gigabytes(*.bytes),
        gigabytes(*.memory)
    )]
    TooLargeDecompressed {
        /// The name of the file.
        file: String,
        /// Bytes that were decompressed before the reader stopped.
        bytes: u64,
        /// Bytes of memory that may be used.
        memory: u64,
    },
    /// The table has more rows than can be counted.
    #[error("the table has more than {} rows", u32::MAX - 1)]
    TooManyRows,
    /// A file cannot be decompressed.
    #[error("{file}: not a gzip file, or incomplete; compress the file again")]
    Gzip {
        /// The name of the file.
        file: String,
        /// The error of the decoder.
        #[source]
        source: std::io::Error,
    },
    /// A text file is not UTF-8.
    #[error("{0}: not UTF-8; save the table in that encoding")]
    NotUtf8(FilePlace),
    /// A Parquet file cannot be decoded.
    #[error("{file}: not a Parquet file, or damaged; write the file again")]
    Parquet {
        /// The name of the file.
        file: String,
        /// The error of the decoder.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A CSV file cannot be split into records.
    #[error("{file}: not a valid CSV file")]
    Csv {
        /// The name of the file.
        file: String,
        /// The error of the CSV reader.
        #[source]
        source: csv::Error,
    },
    /// A quote is not closed, so the rows after it would become part of its field.
    #[error("{0}: the quote that begins a field is not closed; expected another at its end, and two for one within it")]
    UnclosedQuote(FilePlace),
    /// A file is empty.
    #[error("{0}: empty; expected a header that names the columns")]
    NoHeader(String),
    /// The name of a column is too long to be recorded.
    #[error("{file}: the name of column {position} has {bytes} bytes, expected at most {MAX_NAME}")]
    LongName {
        /// The name of the file.
        file: String,
        /// The column, counted from 1.
        position: usize,
        /// Bytes of the name.
        bytes: usize,
    },
    /// Two columns have the same name.
    #[error("{file}: columns {first} and {second} have the same name; expected different names")]
    DuplicateColumn {
        /// The name of the file.
        file: String,
        /// The first column of that name, counted from 1.
        first: usize,
        /// The second column of that name, counted from 1.
        second: usize,
    },
    /// The first line holds values instead of the names of the columns.
    #[error(
        "{0}: the file has no header row: its first line holds values like the lines below it; add a line with the columns' \
         names"
    )]
    NoHeaderRow(String),
    /// The first line may hold names or values, and the file lacks a column.
    #[error(
        "{file}: the first line does not name {missing}. It may hold values instead of names, so it is not shown here; \
         expected a first line with the columns' names"
    )]
    UnclearHeader {
        /// The name of the file.
        file: String,
        /// The missing columns, in words.
        missing: String,
    },
    /// A file has another format than expected.
    #[error("{file}: this is {found}; {advice}")]
    OtherFormat {
        /// The name of the file.
        file: String,
        /// The format of the file, in words.
        found: String,
        /// The advice to the user.
        advice: &'static str,
    },
    /// A line is not a JSON object.
    #[error("{0}: not a JSON object; expected one on each line")]
    Json(FilePlace),
    /// The settings do not allow such a row.
    #[error("{place}: {}; dataset.toml makes this an error (`strict`)", .why.words())]
    OddRow {
        /// The position of the first such row.
        place: FilePlace,
        /// The reason for which such rows are left out otherwise.
        why: OddRow,
    },
    /// A file lacks a column that the first file has.
    #[error("{file}: no column {column:?}, which {first} has; expected the same columns in every file")]
    MissingColumn {
        /// The name of the file.
        file: String,
        /// The name of the column.
        column: String,
        /// The name of the first file.
        first: String,
    },
    /// A file has a column that the first file lacks.
    #[error("{file}: column {column:?}, which {first} does not have; expected the same columns in every file")]
    ExtraColumn {
        /// The name of the file.
        file: String,
        /// The name of the column.
        column: String,
        /// The name of the first file.
        first: String,
    },
    /// The table has no target column.
    #[error("the table has no target column {target:?}{}; its columns are {columns}", alike(.target, .columns), columns = list(.columns))]
    NoTarget {
        /// The name of the target.
        target: String,
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// The settings name a column that the table does not have.
    #[error("dataset.toml: `{key}`: the table has no column {column:?}")]
    NoColumn {
        /// The key that names the column.
        key: &'static str,
        /// The name of the column.
        column: String,
    },
    /// The settings use a column for two purposes.
    #[error("dataset.toml: `{key}`: column {column:?} is already used as `{other}`")]
    UsedTwice {
        /// The key that names the column.
        key: &'static str,
        /// The name of the column.
        column: String,
        /// The other key that names the column.
        other: &'static str,
    },
    /// No column is left to train on.
    #[error(
        "the table has no column to train on besides the target {target:?}; columns that were left out: {dropped}",
        dropped = list(.dropped)
    )]
    NoFeatures {
        /// The name of the target.
        target: String,
        /// The columns that were left out.
        dropped: Vec<String>,
    },
    /// A record has more or fewer fields than the header.
    #[error("{place}: {found} fields, expected {expected} as in the header")]
    Ragged {
        /// The position of the record.
        place: FilePlace,
        /// Number of fields in the record.
        found: usize,
        /// Number of fields in the header.
        expected: usize,
    },
    /// A value is missing in a column that must be complete.
    #[error("{place}, column {column:?}: empty, expected {expected}")]
    EmptyCell {
        /// The position of the row.
        place: FilePlace,
        /// The name of the column.
        column: String,
        /// The expected value, in words.
        expected: &'static str,
    },
    /// A value does not have the type of its column.
    #[error("{place}, column {column:?}: expected {expected}{hint}")]
    WrongCell {
        /// The position of the row.
        place: FilePlace,
        /// The name of the column.
        column: String,
        /// The expected value, in words.
        expected: &'static str,
        /// The end of the message. It may explain how to read the column in another way.
        hint: String,
    },
    /// All weights are 0.
    #[error("column {0:?}: all weights are 0; expected one above 0")]
    NoWeight(String),
    /// There are too few rows to train on and to hold out.
    #[error("the table has {rows} rows, expected at least {MIN_ROWS}{left_out}")]
    TooFewRows {
        /// Number of rows that are left.
        rows: usize,
        /// The rows that were left out, in words.
        left_out: String,
    },
    /// All rows have the same label.
    #[error("column {target:?}: all {rows} rows have the same label; expected at least two labels{left_out}")]
    OneLabel {
        /// The name of the target.
        target: String,
        /// Number of rows in the table.
        rows: usize,
        /// The rows that were left out, in words.
        left_out: String,
    },
    /// All rows have the same number in the target.
    #[error("column {0:?}: all rows have the same number; expected different ones")]
    OneNumber(String),
    /// There are more labels than a model supports. Perhaps the target is an identifier.
    #[error(
        "column {target:?}: at least {labels} different labels, expected at most {MAX_LABELS}; for numbers write \
         `task = \"regression\"` \
         into dataset.toml"
    )]
    TooManyLabels {
        /// The name of the target.
        target: String,
        /// Number of different labels.
        labels: usize,
    },
    /// A label is too long to be recorded.
    #[error("{place}, column {target:?}: a label of {bytes} bytes, expected at most {MAX_NAME}")]
    LongLabel {
        /// The position of the first row with this label.
        place: FilePlace,
        /// The name of the target.
        target: String,
        /// Bytes of the label.
        bytes: usize,
    },
    /// The positive label of the settings does not occur in the target.
    #[error("dataset.toml: `positive`: expected one of the two labels of {0:?}, of the same type and spelling")]
    NoPositive(String),
    /// The settings name a positive label, but the target does not have two labels.
    #[error("dataset.toml: `positive`: expected a target of two labels; {target:?} has {labels}")]
    PositiveOfMany {
        /// The name of the target.
        target: String,
        /// Number of labels. 0 for regression.
        labels: usize,
    },
}

impl TableError {
    /// Adds the rows that were left out to errors about too few labels.
    pub(super) fn with_left_out(self, odd: &OddRows) -> Self {
        match self {
            Self::OneLabel { target, rows, .. } => Self::OneLabel { target, rows, left_out: odd.left_out() },
            error => error,
        }
    }

    /// Describes the columns that the file lacks, without the names that it has.
    pub(super) fn missing(&self) -> String {
        match self {
            Self::NoTarget { target, .. } => format!("the target column {target:?}"),
            Self::MissingColumn { first, .. } | Self::ExtraColumn { first, .. } => {
                format!("the same columns as {first}")
            }
            _ => "the columns".to_owned(),
        }
    }
}

/// Returns a hint if a column's name differs from `target` only in case or blanks. Returns an empty text otherwise.
fn alike(target: &str, columns: &[String]) -> String {
    let key = |name: &str| name.trim().to_lowercase();
    let found = columns.iter().find(|name| key(name) == key(target));
    found.map_or_else(String::new, |name| format!(", but {name:?}, which differs in case or blanks only"))
}

/// Maximum number of names in a message.
const MAX_LIST: usize = 20;
/// Maximum number of characters of each name in a message.
const MAX_CHARACTERS: usize = 60;

fn list(texts: &[String]) -> String {
    let first: Vec<String> = texts.iter().take(MAX_LIST).map(|text| format!("{:?}", short(text))).collect();
    let more = texts.len().saturating_sub(MAX_LIST);
    if more == 0 { format!("[{}]", first.join(", ")) } else { format!("[{}] and {more} more", first.join(", ")) }
}

fn short(text: &str) -> String {
    evergreen_lifecycle::text::shortened(text, MAX_CHARACTERS)
}
