//! Errors that explain why files cannot be read as a table for training.

use std::fmt;

use evergreen_lifecycle::MAX_LABELS;

use super::odd_rows::OddRows;
use super::{MAX_NAME, MIN_ROWS};
use crate::OddRow;
use crate::budget::{TooLarge, gigabytes};
use crate::file::ENDINGS;

/// The place of a row in the files of a table, for error messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The name of the file.
    pub file: String,
    /// The line in a CSV file, or the row in another file. Both are counted from 1. The header counts as a line, but
    /// not as a row.
    pub line: u64,
    /// Whether `line` is the number of a row, and not of a line. It is if the file has no lines, or if the lines are no
    /// longer known.
    pub is_row: bool,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.is_row { "row" } else { "line" };
        write!(formatter, "{}, {unit} {}", self.file, self.line)
    }
}

/// An error in the files of a table, or in how the settings use the table.
///
/// Lines count from 1 and include the header. No error contains a label or a value of a column, because errors are
/// logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Error: the data set has no data file.
    #[error("there is no data file; expected one or more that end in {ENDINGS}")]
    NoFile,
    /// Error: the file has no ending of a known format, such as `.csv`. The field is the name of the file.
    #[error("{0}: not a data file; expected one that ends in {ENDINGS}")]
    UnknownFormat(String),
    /// Error: the table does not fit into memory. The field says how large the table is and how much memory it needs.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// Error: a compressed file does not fit into memory after decompression.
    #[error(
        "{file}: more than {} when decompressed, but {} of memory are allowed; expected a smaller table, or fewer \
         columns",
        gigabytes(*.bytes),
        gigabytes(*.memory)
    )]
    TooLargeDecompressed {
        /// The name of the file.
        file: String,
        /// Number of decompressed bytes when the reader stopped.
        bytes: u64,
        /// Number of bytes of memory that may be used.
        memory: u64,
    },
    /// Error: the table has more rows than a 32-bit index can count.
    #[error("the table has more than {} rows", u32::MAX - 1)]
    TooManyRows,
    /// Error: a gzip file cannot be decompressed.
    #[error("{file}: not a gzip file, or incomplete; compress the file again")]
    Gzip {
        /// The name of the file.
        file: String,
        /// The error of the gzip decoder.
        #[source]
        source: std::io::Error,
    },
    /// Error: a text file is not UTF-8. The field is the place of the first invalid text.
    #[error("{0}: not UTF-8; save the table in that encoding")]
    NotUtf8(FilePlace),
    /// Error: a Parquet file cannot be decoded.
    #[error("{file}: not a Parquet file, or damaged; write the file again")]
    Parquet {
        /// The name of the file.
        file: String,
        /// The error of the Parquet decoder.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Error: a CSV file cannot be split into records.
    #[error("{file}: not a valid CSV file")]
    Csv {
        /// The name of the file.
        file: String,
        /// The error of the CSV reader.
        #[source]
        source: csv::Error,
    },
    /// Error: a quote in a CSV file is not closed, so the rows after it would become part of its field. The field of
    /// this error is the place of the quote.
    #[error("{0}: the quote that begins a field is not closed; expected another at its end, and two for one within it")]
    UnclosedQuote(FilePlace),
    /// Error: a file is empty, so it has no header. The field is the name of the file.
    #[error("{0}: empty; expected a header that names the columns")]
    NoHeader(String),
    /// Error: the name of a column is longer than [`MAX_NAME`] bytes.
    #[error("{file}: the name of column {position} has {bytes} bytes, expected at most {MAX_NAME}")]
    LongName {
        /// The name of the file.
        file: String,
        /// The position of the column in the file, counted from 1.
        position: usize,
        /// Length of the column's name in bytes.
        bytes: usize,
    },
    /// Error: two columns of a file have the same name.
    #[error("{file}: columns {first} and {second} have the same name; expected different names")]
    DuplicateColumn {
        /// The name of the file.
        file: String,
        /// The position of the first column with this name, counted from 1.
        first: usize,
        /// The position of the second column with this name, counted from 1.
        second: usize,
    },
    /// Error: the first line of a file holds values instead of the names of the columns. The field is the name of the
    /// file.
    #[error(
        "{0}: the file has no header row: its first line holds values like the lines below it; add a line with the columns' \
         names"
    )]
    NoHeaderRow(String),
    /// Error: the file lacks an expected column, and its first line may hold values instead of the names of the
    /// columns.
    #[error(
        "{file}: the first line does not name {missing}. It may hold values instead of names, so it is not shown here; \
         expected a first line with the columns' names"
    )]
    UnclearHeader {
        /// The name of the file.
        file: String,
        /// The columns that the file lacks, in words.
        missing: String,
    },
    /// Error: the content of a file has a format that cannot be read, whatever the name of the file says.
    #[error("{file}: this is {found}; {advice}")]
    OtherFormat {
        /// The name of the file.
        file: String,
        /// The detected format of the file, in words.
        found: String,
        /// How the user can correct the file.
        advice: &'static str,
    },
    /// Error: a line of a JSON Lines file is not a JSON object. The field is the place of the line.
    #[error("{0}: not a JSON object; expected one on each line")]
    Json(FilePlace),
    /// Error: the files have an empty or otherwise unusable row, and the settings (`strict`) forbid leaving out such
    /// rows.
    #[error("{place}: {}; dataset.toml makes this an error (`strict`)", .why.words())]
    OddRow {
        /// The place of the first row of this kind.
        place: FilePlace,
        /// The kind of the unusable row. Without the setting `strict`, such rows are left out.
        why: OddRow,
    },
    /// Error: a file lacks a column that the first file of the table has.
    #[error("{file}: no column {column:?}, which {first} has; expected the same columns in every file")]
    MissingColumn {
        /// The name of the file.
        file: String,
        /// The name of the missing column.
        column: String,
        /// The name of the first file of the table.
        first: String,
    },
    /// Error: a file has a column that the first file of the table lacks.
    #[error("{file}: column {column:?}, which {first} does not have; expected the same columns in every file")]
    ExtraColumn {
        /// The name of the file.
        file: String,
        /// The name of the additional column.
        column: String,
        /// The name of the first file of the table.
        first: String,
    },
    /// Error: the table lacks the target column, which the model predicts.
    #[error("the table has no target column {target:?}{}; its columns are {columns}", alike(.target, .columns), columns = list(.columns))]
    NoTarget {
        /// The name of the target column.
        target: String,
        /// The names of all columns in the table.
        columns: Vec<String>,
    },
    /// Error: the settings name a column that the table does not have.
    #[error("dataset.toml: `{key}`: the table has no column {column:?}")]
    NoColumn {
        /// The key in `dataset.toml` that names the column.
        key: &'static str,
        /// The name of the column that the table does not have.
        column: String,
    },
    /// Error: the settings use one column for two purposes.
    #[error("dataset.toml: `{key}`: column {column:?} is already used as `{other}`")]
    UsedTwice {
        /// The key in `dataset.toml` that names the column for the second purpose.
        key: &'static str,
        /// The name of the column.
        column: String,
        /// The key in `dataset.toml` that names the same column for the first purpose.
        other: &'static str,
    },
    /// Error: the table has no column besides the target that a model can be trained on.
    #[error(
        "the table has no column to train on besides the target {target:?}; columns that were left out: {dropped}",
        dropped = list(.dropped)
    )]
    NoFeatures {
        /// The name of the target column.
        target: String,
        /// The names of the columns that were left out.
        dropped: Vec<String>,
    },
    /// Error: a record of a CSV file has more or fewer fields than the header.
    #[error("{place}: {found} fields, expected {expected} as in the header")]
    Ragged {
        /// The place of the record.
        place: FilePlace,
        /// Number of fields in the record.
        found: usize,
        /// Number of fields in the header.
        expected: usize,
    },
    /// Error: a value is missing in a column that needs a value in every row.
    #[error("{place}, column {column:?}: empty, expected {expected}")]
    EmptyCell {
        /// The place of the row without a value.
        place: FilePlace,
        /// The name of the column.
        column: String,
        /// The values that the column accepts, in words.
        expected: &'static str,
    },
    /// Error: a value does not have the type of its column.
    #[error("{place}, column {column:?}: expected {expected}{hint}")]
    WrongCell {
        /// The place of the row with the wrong value.
        place: FilePlace,
        /// The name of the column.
        column: String,
        /// The values that the column accepts, in words.
        expected: &'static str,
        /// The end of the error message. It may explain how to read the column in another way. It may be empty.
        hint: String,
    },
    /// Error: all row weights are 0. The field is the name of the column with the weights.
    #[error("column {0:?}: all weights are 0; expected one above 0")]
    NoWeight(String),
    /// Error: the table has fewer than [`MIN_ROWS`] rows, too few to train a model and to evaluate it.
    #[error("the table has {rows} rows, expected at least {MIN_ROWS}{left_out}")]
    TooFewRows {
        /// Number of rows in the table, without the rows that were left out.
        rows: usize,
        /// The end of the error message, which counts the rows that were left out. Empty if there are none.
        left_out: String,
    },
    /// Error: all rows have the same label, so there is nothing to predict.
    #[error("column {target:?}: all {rows} rows have the same label; expected at least two labels{left_out}")]
    OneLabel {
        /// The name of the target column.
        target: String,
        /// Number of rows in the table.
        rows: usize,
        /// The end of the error message, which counts the rows that were left out. Empty if there are none.
        left_out: String,
    },
    /// Error: all rows have the same number in the target column, so there is nothing to predict. The field is the name
    /// of the target column.
    #[error("column {0:?}: all rows have the same number; expected different ones")]
    OneNumber(String),
    /// Error: the target column has more different labels than a model supports. Perhaps it is an identifier.
    #[error(
        "column {target:?}: at least {labels} different labels, expected at most {MAX_LABELS}; for numbers write \
         `task = \"regression\"` \
         into dataset.toml"
    )]
    TooManyLabels {
        /// The name of the target column.
        target: String,
        /// Number of different labels in the target column.
        labels: usize,
    },
    /// Error: a label in the target column is longer than [`MAX_NAME`] bytes.
    #[error("{place}, column {target:?}: a label of {bytes} bytes, expected at most {MAX_NAME}")]
    LongLabel {
        /// The place of the first row with this label.
        place: FilePlace,
        /// The name of the target column.
        target: String,
        /// Length of the label in bytes.
        bytes: usize,
    },
    /// Error: the positive label in the settings does not occur in the target column. The field is the name of the
    /// target column.
    #[error("dataset.toml: `positive`: expected one of the two labels of {0:?}, of the same type and spelling")]
    NoPositive(String),
    /// Error: the settings name a positive label, but the target column does not have exactly two labels.
    #[error("dataset.toml: `positive`: expected a target of two labels; {target:?} has {labels}")]
    PositiveOfMany {
        /// The name of the target column.
        target: String,
        /// Number of different labels in the target column. 0 for regression.
        labels: usize,
    },
}

impl TableError {
    /// Adds the number of rows that were left out to an error about too few labels. Returns any other error unchanged.
    pub(super) fn with_left_out(self, odd: &OddRows) -> Self {
        match self {
            Self::OneLabel { target, rows, .. } => Self::OneLabel { target, rows, left_out: odd.left_out() },
            error => error,
        }
    }

    /// Describes in words the columns that the file lacks. The description does not contain names from the file,
    /// because they may be values.
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

/// Returns a hint for the user if the name of a column differs from `target` only in case or blanks. Returns an empty
/// text otherwise.
fn alike(target: &str, columns: &[String]) -> String {
    let key = |name: &str| name.trim().to_lowercase();
    let found = columns.iter().find(|name| key(name) == key(target));
    found.map_or_else(String::new, |name| format!(", but {name:?}, which differs in case or blanks only"))
}

/// Maximum number of column names that are listed in an error message.
const MAX_LIST: usize = 20;
/// Maximum number of characters of each column name in an error message. Longer names are shortened.
const MAX_CHARACTERS: usize = 60;

fn list(texts: &[String]) -> String {
    let first: Vec<String> = texts.iter().take(MAX_LIST).map(|text| format!("{:?}", short(text))).collect();
    let more = texts.len().saturating_sub(MAX_LIST);
    if more == 0 { format!("[{}]", first.join(", ")) } else { format!("[{}] and {more} more", first.join(", ")) }
}

fn short(text: &str) -> String {
    evergreen_lifecycle::text::shortened(text, MAX_CHARACTERS)
}
