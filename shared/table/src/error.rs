//! Errors that explain why files cannot be read as a table for training.

use std::fmt;

use evergreen_lifecycle::MAX_LABELS;

use super::odd_rows::OddRows;
use super::{MAX_NAME, MIN_ROWS};
use crate::OddRow;
use crate::budget::{TooLarge, gigabytes};
use crate::file::ENDINGS;

/// File name and line or row number, which show the user where an error is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The name of the file.
    pub file: String,
    // Lines include the header, rows do not.
    /// Number of the line in a CSV file, or of the row in another file, counted from 1.
    pub line: u64,
    // Row numbers are used if the format has no lines, or if the line numbers are no longer in memory.
    /// Whether `line` is the number of a row (`true`) or of a line (`false`).
    pub is_row: bool,
}

impl fmt::Display for FilePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.is_row { "row" } else { "line" };
        write!(formatter, "{}, {unit} {}", self.file, self.line)
    }
}

// Lines count from 1 and include the header. No error contains a label or a value of a column, because errors are
// logged.
/// Error: the data files cannot be read as a table, or the settings do not fit the table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Error: the data set has no data file.
    #[error("there is no data file; expected one or more that end in {ENDINGS}")]
    NoFile,
    /// Error: the file name does not end with a known format, such as `.csv`. The field is the name of the file.
    #[error("{0}: not a data file; expected one that ends in {ENDINGS}")]
    UnknownFormat(String),
    /// Error: the table does not fit into memory. The field has the needed and the available memory.
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
        /// Number of decompressed bytes at which the decompression stopped.
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
    /// Error: a text file is not valid UTF-8. Holds the file and the line of the first invalid bytes.
    #[error("{0}: not UTF-8; save the table in that encoding")]
    NotUtf8(FilePlace),
    /// Error: the bytes of a file that is read in parts cannot be read.
    #[error("{file}: a part of the file could not be read; check that the file is complete, then train again")]
    Read {
        /// The name of the file.
        file: String,
        /// The error of the file's source.
        #[source]
        source: std::io::Error,
    },
    /// Error: the row groups of a Parquet file do not follow each other. The field is the name of the file.
    #[error(
        "{0}: the row groups of the file overlap or are in another order than its footer says; expected a file whose row \
         groups follow each other; write the file again"
    )]
    RowGroups(String),
    /// Error: the sample of a table that is read as a stream is much smaller or larger than it should be.
    #[error(
        "a sample of about {wanted} rows of the table has {found} rows, because {} are in the sample together; expected more \
         different ones, or a table that fits into memory",
        together(.column.as_deref())
    )]
    UnevenSample {
        /// The number of rows that were expected.
        wanted: u64,
        /// The number of rows in the sample.
        found: u64,
        /// The name of the group column. `None` if the settings name none.
        column: Option<String>,
    },
    /// Error: the sample of a table that is read as a stream has other columns than its files.
    #[error(
        "the files of the table have other columns than a sample of their rows; write all files with the same columns"
    )]
    OtherSample,
    /// Error: two files of a table that is read as a stream store a column in different ways.
    #[error(
        "{file}, column {column:?}: stored as {found}, and as {expected} in {first}; expected one kind in all files of a table \
         that is read as a stream; write the files again"
    )]
    MixedKinds {
        /// The name of the file.
        file: String,
        /// The name of the column.
        column: String,
        /// How the file stores the column.
        found: &'static str,
        /// How the first file stores the column.
        expected: &'static str,
        /// The name of the first file.
        first: String,
    },
    /// Error: a Parquet file cannot be decoded.
    #[error("{file}: not a Parquet file, or damaged; write the file again")]
    Parquet {
        /// The name of the file.
        file: String,
        /// The error of the Parquet decoder.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// Error: a CSV file cannot be split into rows and fields.
    #[error("{file}: not a valid CSV file")]
    Csv {
        /// The name of the file.
        file: String,
        /// The error of the CSV reader.
        #[source]
        source: csv::Error,
    },
    // All later rows would become part of the CSV field.
    /// Error: a quote at the start of a CSV cell is never closed. Holds the file and the line of this quote.
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
    /// Error: the first line of a data file has values instead of column names. The field is the name of the file.
    #[error(
        "{0}: the file has no header row: its first line holds values like the lines below it; add a line with the columns' \
         names"
    )]
    NoHeaderRow(String),
    /// Error: an expected column is missing in a data file. The first line may hold values instead of column names.
    #[error(
        "{file}: the first line does not name {missing}. It may hold values instead of names, so it is not shown here; \
         expected a first line with the columns' names"
    )]
    UnclearHeader {
        /// The name of the file.
        file: String,
        /// The missing columns, as text for the error message.
        missing: String,
    },
    /// Error: a data file has a format that cannot be read, which its name does not show. An example is a PDF named
    /// `data.csv`.
    #[error("{file}: this is {found}; {advice}")]
    OtherFormat {
        /// The name of the file.
        file: String,
        /// The detected format of the file, as text for the error message.
        found: String,
        /// What the user can do about the file, as text for the error message.
        advice: &'static str,
    },
    /// Error: a line of a JSON Lines file is not a JSON object. Holds the file and the line number.
    #[error("{0}: not a JSON object; expected one on each line")]
    Json(FilePlace),
    // For example, the row is empty.
    /// Error: a row cannot be used, and the setting `strict` in `dataset.toml` forbids unusable rows.
    #[error("{place}: {}; dataset.toml makes this an error (`strict`)", .why.words())]
    OddRow {
        /// The file and the line of the first unusable row.
        place: FilePlace,
        // Without the setting `strict`, unusable rows are left out and are no error.
        /// Reason why the row cannot be used, for example because it is empty.
        why: OddRow,
    },
    /// Error: a row of a table that is read as a stream has a label that its sample does not have, and the setting `strict`
    /// in `dataset.toml` forbids to leave it out.
    #[error(
        "{0}: the sample of the table has no row with the label of this row; dataset.toml makes this an error (`strict`)"
    )]
    NewLabel(FilePlace),
    /// Error: a column of the table's first file is missing in a later file.
    #[error("{file}: no column {column:?}, which {first} has; expected the same columns in every file")]
    MissingColumn {
        /// The name of the file.
        file: String,
        /// The name of the missing column.
        column: String,
        /// The name of the first file of the table.
        first: String,
    },
    /// Error: a file has a column that the table's first file does not have.
    #[error("{file}: column {column:?}, which {first} does not have; expected the same columns in every file")]
    ExtraColumn {
        /// The name of the file.
        file: String,
        /// The name of the column that only the later file has.
        column: String,
        /// The name of the first file of the table.
        first: String,
    },
    /// Error: the table has no column with the name of the target, which the model would predict.
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
    /// Error: the settings use one column for two purposes, for example as the target and for the row weights.
    #[error("dataset.toml: `{key}`: column {column:?} is already used as `{other}`")]
    UsedTwice {
        /// The second key in `dataset.toml` that names the column.
        key: &'static str,
        /// The name of the column.
        column: String,
        /// The first key in `dataset.toml` that names the column.
        other: &'static str,
    },
    /// Error: the table has no feature, because no column except the target can be used for training.
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
    /// Error: a row of a CSV file has more or fewer fields than the header.
    #[error("{place}: {found} fields, expected {expected} as in the header")]
    Ragged {
        /// The file and the line of the row with the wrong number of fields.
        place: FilePlace,
        /// Number of fields in the row.
        found: usize,
        /// Number of fields in the header.
        expected: usize,
    },
    /// Error: a value is missing in a column that needs a value in every row.
    #[error("{place}, column {column:?}: empty, expected {expected}")]
    EmptyCell {
        /// The file and the line of the row without a value.
        place: FilePlace,
        /// The name of the column.
        column: String,
        /// The values that the column accepts, as text for the error message.
        expected: &'static str,
    },
    /// Error: a value does not have the type of its column.
    #[error("{place}, column {column:?}: expected {expected}{hint}")]
    WrongCell {
        /// The file and the line of the row with the wrong value.
        place: FilePlace,
        /// The name of the column.
        column: String,
        /// The values that the column accepts, as text for the error message.
        expected: &'static str,
        /// Advice at the end of the error message: how to read the column in another way. It may be empty.
        hint: String,
    },
    /// Error: all row weights are 0. The field is the name of the column that holds the weights.
    #[error("column {0:?}: all weights are 0; expected one above 0")]
    NoWeight(String),
    /// Error: the table has fewer than [`MIN_ROWS`] rows, which is too few for training and evaluation.
    #[error("the table has {rows} rows, expected at least {MIN_ROWS}{left_out}")]
    TooFewRows {
        /// Number of rows in the table, without the rows that were left out.
        rows: usize,
        /// Text at the end of the error message: how many rows were left out of the table, and why. Empty if no row was
        /// left out.
        left_out: String,
    },
    /// Error: all rows have the same label, so a classifier has nothing to predict.
    #[error("column {target:?}: all {rows} rows have the same label; expected at least two labels{left_out}")]
    OneLabel {
        /// The name of the target column.
        target: String,
        /// Number of rows in the table.
        rows: usize,
        /// Text at the end of the error message: how many rows were left out of the table, and why. Empty if no row was
        /// left out.
        left_out: String,
    },
    /// Error: all rows have the same number as target, so a regression has nothing to predict. The field is the
    /// target's name.
    #[error("column {0:?}: all rows have the same number; expected different ones")]
    OneNumber(String),
    // The column may be an identifier.
    /// Error: the target column has too many different labels for a classification.
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
        /// The file and the line of the first row with this label.
        place: FilePlace,
        /// The name of the target column.
        target: String,
        /// Length of the label in bytes.
        bytes: usize,
    },
    /// Error: no row has the positive label of the settings. The field is the name of the target column.
    #[error("dataset.toml: `positive`: expected one of the two labels of {0:?}, of the same type and spelling")]
    NoPositive(String),
    /// Error: the settings name a positive label, but the target does not have exactly two labels.
    #[error("dataset.toml: `positive`: expected a target of two labels; {target:?} has {labels}")]
    PositiveOfMany {
        /// The name of the target column.
        target: String,
        /// Number of different labels in the target column. 0 if the target is a number.
        labels: usize,
    },
}

impl TableError {
    /// Adds to the error message how many rows were left out of the table, and why.
    pub(super) fn with_left_out(self, odd: &OddRows) -> Self {
        // Only `TableError::OneLabel` has this text. Any other error is returned unchanged.
        match self {
            Self::OneLabel { target, rows, .. } => Self::OneLabel { target, rows, left_out: odd.left_out() },
            error => error,
        }
    }

    /// Returns the place of the error, if it has a row or a line.
    pub(super) fn place_mut(&mut self) -> Option<&mut FilePlace> {
        match self {
            Self::NotUtf8(place)
            | Self::UnclosedQuote(place)
            | Self::Json(place)
            | Self::NewLabel(place)
            | Self::OddRow { place, .. }
            | Self::Ragged { place, .. }
            | Self::EmptyCell { place, .. }
            | Self::WrongCell { place, .. }
            | Self::LongLabel { place, .. } => Some(place),
            _ => None,
        }
    }

    /// Returns text for an error message: the column names that a data file lacks.
    pub(super) fn missing(&self) -> String {
        // The text does not quote names from the file, because they may be data.
        match self {
            Self::NoTarget { target, .. } => format!("the target column {target:?}"),
            Self::MissingColumn { first, .. } | Self::ExtraColumn { first, .. } => {
                format!("the same columns as {first}")
            }
            _ => "the columns".to_owned(),
        }
    }
}

/// Returns which rows of a streamed table are in the sample together.
fn together(column: Option<&str>) -> String {
    match column {
        Some(column) => format!("all rows of a group in column {column:?}"),
        None => "equal rows".to_owned(),
    }
}

/// Returns a hint for the user if a column has nearly the name of the missing target. Otherwise the text is empty.
fn alike(target: &str, columns: &[String]) -> String {
    // The name may differ in upper and lower case or in blanks.
    let key = |name: &str| name.trim().to_lowercase();
    let found = columns.iter().find(|name| key(name) == key(target));
    found.map_or_else(String::new, |name| format!(", but {name:?}, which differs in case or blanks only"))
}

/// Maximum number of column names that are listed in an error message.
const MAX_LIST: usize = 20;
/// Maximum number of characters of a column name in an error message. Longer names are shortened.
const MAX_CHARACTERS: usize = 60;

fn list(texts: &[String]) -> String {
    let first: Vec<String> = texts.iter().take(MAX_LIST).map(|text| format!("{:?}", short(text))).collect();
    let more = texts.len().saturating_sub(MAX_LIST);
    if more == 0 { format!("[{}]", first.join(", ")) } else { format!("[{}] and {more} more", first.join(", ")) }
}

fn short(text: &str) -> String {
    evergreen_lifecycle::text::shortened(text, MAX_CHARACTERS)
}
