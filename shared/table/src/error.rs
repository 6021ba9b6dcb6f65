//! Why files are no table that can be learnt from.

use std::fmt;

use evergreen_lifecycle::MAX_LABELS;

use super::odd_rows::OddRows;
use super::{MAX_NAME, MIN_ROWS};
use crate::OddRow;
use crate::budget::{TooLarge, gigabytes};
use crate::file::ENDINGS;

/// Where something stands in a table's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// The line of a CSV, or the row of a file, counted from 1; the header is a line, but no row.
    pub line: u64,
    /// Whether `line` is a row: the file has no lines, or they are not known any more.
    pub is_row: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.is_row { "row" } else { "line" };
        write!(formatter, "{}, {unit} {}", self.file, self.line)
    }
}

/// What is wrong with a table. Lines count from 1, the header's included. No value of a column is repeated, nor a label:
/// errors are logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// No data.
    #[error("there is no data file; expected one or more that end in {ENDINGS}")]
    NoFile,
    /// A file that cannot be read as data.
    #[error("{0}: not a data file; expected one that ends in {ENDINGS}")]
    UnknownFormat(String),
    /// More than the process can hold.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// A compressed file of which more comes out than the process can hold.
    #[error(
        "{file}: more than {} when decompressed, and {} of memory are allowed; expected a smaller table, or fewer columns",
        gigabytes(*.bytes),
        gigabytes(*.memory)
    )]
    TooLargeDecompressed {
        /// The file.
        file: String,
        /// Bytes that came out before it was given up.
        bytes: u64,
        /// Bytes of memory that may be used.
        memory: u64,
    },
    /// A row more than can be counted.
    #[error("the table has more than {} rows", u32::MAX - 1)]
    TooManyRows,
    /// A compressed file that cannot be decompressed.
    #[error("{file}: no gzip, or cut off")]
    Gzip {
        /// The file.
        file: String,
        /// What the decoder says.
        #[source]
        source: std::io::Error,
    },
    /// Bytes that are no text.
    #[error("{0}: not UTF-8; save the table in that encoding")]
    NotUtf8(Place),
    /// A Parquet file that cannot be decoded.
    #[error("{file}: no Parquet, or damaged")]
    Parquet {
        /// The file.
        file: String,
        /// What the decoder says.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The bytes cannot be split into records.
    #[error("{file}: no CSV")]
    Csv {
        /// The file.
        file: String,
        /// What the reader says.
        #[source]
        source: csv::Error,
    },
    /// A quote that swallows what follows.
    #[error("{0}: the quote that begins a field is not closed; expected another at its end, and two for one within it")]
    UnclosedQuote(Place),
    /// Nothing there.
    #[error("{0}: empty; expected a header that names the columns")]
    NoHeader(String),
    /// A name that is too long to be recorded.
    #[error("{file}: the name of column {position} has {bytes} bytes, at most {MAX_NAME} are allowed")]
    LongName {
        /// The file.
        file: String,
        /// The column, counted from 1.
        position: usize,
        /// Bytes of the name.
        bytes: usize,
    },
    /// A name twice.
    #[error("{file}: columns {first} and {second} have the same name; expected different names")]
    DuplicateColumn {
        /// The file.
        file: String,
        /// The first column of that name, counted from 1.
        first: usize,
        /// The second one.
        second: usize,
    },
    /// Values where the names of columns belong.
    #[error(
        "{0}: the file has no header row: its first line holds values like the lines below it; add a line with the columns' \
         names"
    )]
    NoHeaderRow(String),
    /// A first record that may be one of names or of values, in a file that lacks a column.
    #[error(
        "{file}: the first line does not name {missing}. It may hold values instead of names, so it is not shown here; \
         expected a first line with the columns' names"
    )]
    UnclearHeader {
        /// The file.
        file: String,
        /// What is missed, in words.
        missing: String,
    },
    /// A file that is none of a table.
    #[error("{file}: this is {found}; {advice}")]
    OtherFormat {
        /// The file.
        file: String,
        /// What it is.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// A line that is no JSON object.
    #[error("{0}: no JSON object; expected one on each line")]
    Json(Place),
    /// A row that the settings do not allow.
    #[error("{place}: {}; dataset.toml says that this is an error (`strict`)", .why.words())]
    OddRow {
        /// The first of them.
        place: Place,
        /// Why it is none of the table's.
        why: OddRow,
    },
    /// A part of a table that lacks a column.
    #[error("{file}: no column {column:?}, which {first} has; expected the same columns in every file")]
    MissingColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The first file.
        first: String,
    },
    /// A part of a table with a column more.
    #[error("{file}: column {column:?}, which {first} does not have; expected the same columns in every file")]
    ExtraColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The first file.
        first: String,
    },
    /// The column to predict is not there.
    #[error("the table has no target column {target:?}{}; its columns are {columns}", alike(.target, .columns), columns = list(.columns))]
    NoTarget {
        /// The column that was looked for.
        target: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// Settings for a column that is not there.
    #[error("dataset.toml: `{key}`: the table has no column {column:?}")]
    NoColumn {
        /// The key that names it.
        key: &'static str,
        /// The column.
        column: String,
    },
    /// Settings that use one column for two things.
    #[error("dataset.toml: `{key}`: column {column:?} is used as `{other}` already")]
    UsedTwice {
        /// The key that names it.
        key: &'static str,
        /// The column.
        column: String,
        /// The key that named it before.
        other: &'static str,
    },
    /// Nothing to predict from.
    #[error(
        "the table has no column to learn from beside the target {target:?}; left out are {dropped}",
        dropped = list(.dropped)
    )]
    NoFeatures {
        /// The target.
        target: String,
        /// Columns that were left out.
        dropped: Vec<String>,
    },
    /// A record longer or shorter than the header.
    #[error("{place}: {found} fields, expected {expected} as in the header")]
    Ragged {
        /// The record.
        place: Place,
        /// Fields it has.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A missing value where none may be missing.
    #[error("{place}, column {column:?}: empty, expected {expected}")]
    EmptyCell {
        /// The row.
        place: Place,
        /// The column.
        column: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A value of another type than its column's.
    #[error("{place}, column {column:?}: expected {expected}{hint}")]
    WrongCell {
        /// The row.
        place: Place,
        /// The column.
        column: String,
        /// What belongs there.
        expected: &'static str,
        /// How to have the column read otherwise, if that may be meant.
        hint: String,
    },
    /// Weights that weigh nothing.
    #[error("column {0:?}: all weights are 0; expected one above 0")]
    NoWeight(String),
    /// Not enough to learn from and to hold out.
    #[error("the table has {rows} rows, expected at least {MIN_ROWS}{left_out}")]
    TooFewRows {
        /// Rows that are left.
        rows: usize,
        /// Which others are left out, in words.
        left_out: String,
    },
    /// Nothing to tell apart.
    #[error("column {target:?}: all {rows} rows have the same label; expected at least two labels{left_out}")]
    OneLabel {
        /// The target.
        target: String,
        /// Rows of the table.
        rows: usize,
        /// Which others are left out, in words.
        left_out: String,
    },
    /// Nothing to estimate.
    #[error("column {0:?}: all rows have the same number; expected different ones")]
    OneNumber(String),
    /// More labels than a model answers; an identifier taken for the target, perhaps.
    #[error(
        "column {target:?}: at least {labels} different labels, at most {MAX_LABELS} are allowed; for numbers write `task = \"regression\"` \
         into dataset.toml"
    )]
    TooManyLabels {
        /// The target.
        target: String,
        /// Different labels.
        labels: usize,
    },
    /// A label that is too long to be recorded.
    #[error("{place}, column {target:?}: a label of {bytes} bytes, at most {MAX_NAME} are allowed")]
    LongLabel {
        /// The first row that has it.
        place: Place,
        /// The target.
        target: String,
        /// Bytes of the label.
        bytes: usize,
    },
    /// A positive label that is none.
    #[error(
        "dataset.toml: `positive`: expected one of the two labels of {0:?}, of their type and as they are spelt there"
    )]
    NoPositive(String),
    /// A positive label where there are no two.
    #[error("dataset.toml: `positive`: expected a target of two labels; {target:?} has {labels}")]
    PositiveOfMany {
        /// The target.
        target: String,
        /// Number of labels; 0 of regression.
        labels: usize,
    },
}

impl TableError {
    /// The error, which tells of the rows that are left out where there are too few without them.
    pub(super) fn with_left_out(self, odd: &OddRows) -> Self {
        match self {
            Self::OneLabel { target, rows, .. } => Self::OneLabel { target, rows, left_out: odd.left_out() },
            error => error,
        }
    }

    /// What is missed, where columns are, without the names that are there.
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

/// That a column's name differs from `target` in case or blanks only, where one does.
fn alike(target: &str, columns: &[String]) -> String {
    let key = |name: &str| name.trim().to_lowercase();
    let found = columns.iter().find(|name| key(name) == key(target));
    found.map_or_else(String::new, |name| format!(", but {name:?}, which differs in case or blanks only"))
}

/// Names in a message, at most.
const MAX_LIST: usize = 20;
/// Characters of each, at most.
const MAX_CHARACTERS: usize = 60;

fn list(texts: &[String]) -> String {
    let first: Vec<String> = texts.iter().take(MAX_LIST).map(|text| format!("{:?}", short(text))).collect();
    let more = texts.len().saturating_sub(MAX_LIST);
    if more == 0 { format!("[{}]", first.join(", ")) } else { format!("[{}] and {more} more", first.join(", ")) }
}

fn short(text: &str) -> String {
    evergreen_lifecycle::text::shortened(text, MAX_CHARACTERS)
}
