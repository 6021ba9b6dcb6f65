//! Why bytes are no table.

use evergreen_scoring::MAX_LABELS;

use super::MIN_ROWS;

/// What is wrong with a table. Lines count from 1, the header's included. Values of columns are not repeated: errors are
/// logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Bytes that are no text.
    #[error("line {line}: not UTF-8; save the table in that encoding")]
    NotUtf8 {
        /// The line with the first such byte.
        line: usize,
    },
    /// The bytes cannot be split into records.
    #[error("the table is no CSV")]
    Csv(#[from] csv::Error),
    /// Nothing there.
    #[error("the table is empty; expected a header that names the columns")]
    NoHeader,
    /// A column without a name.
    #[error("the header's field {position} is empty; expected a column name")]
    UnnamedColumn {
        /// The field, counted from 1.
        position: usize,
    },
    /// A name twice.
    #[error("the header names column {0:?} twice")]
    DuplicateColumn(String),
    /// The column to predict is not there.
    #[error("the table has no target column {target:?}; its columns are {columns:?}")]
    NoTarget {
        /// The column that was looked for.
        target: String,
        /// The columns that are there.
        columns: Vec<String>,
    },
    /// Nothing to predict from.
    #[error("the table has no column beside the target {0:?}")]
    NoFeatures(String),
    /// A record longer or shorter than the header.
    #[error("line {line}: {found} fields, expected {expected} as in the header")]
    Ragged {
        /// The record's line.
        line: usize,
        /// Fields it has.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A missing value.
    #[error("line {line}, column {column:?}: empty, expected {expected}")]
    EmptyCell {
        /// The record's line.
        line: usize,
        /// The column.
        column: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// Text where a number belongs.
    #[error("line {line}, column {column:?}: expected a number")]
    NotANumber {
        /// The record's line.
        line: usize,
        /// The column.
        column: String,
    },
    /// A spelling of not-a-number or infinity, or a number beyond `f32`.
    #[error("line {line}, column {column:?}: expected a finite number between -3.4e38 and 3.4e38")]
    OutOfRange {
        /// The record's line.
        line: usize,
        /// The column.
        column: String,
    },
    /// Not enough to learn from and to hold out.
    #[error("the table has {0} rows, expected at least {MIN_ROWS}")]
    TooFewRows(usize),
    /// Nothing to tell apart.
    #[error("all rows have the label {0:?}; expected at least two labels")]
    OneLabel(String),
    /// More labels than a model answers; an identifier taken for the target, perhaps.
    #[error("the target has {0} labels, at most {MAX_LABELS} are allowed")]
    TooManyLabels(usize),
    /// A label that cannot be both learnt and held out.
    #[error("only {rows} row has the label {label:?}; expected at least two of each")]
    RareLabel {
        /// The label.
        label: String,
        /// Its rows.
        rows: usize,
    },
}
