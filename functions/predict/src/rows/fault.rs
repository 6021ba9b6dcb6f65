//! Errors in the rows of a request. They contain names and positions, but never values.

use std::fmt;

use evergreen_lifecycle::Column;

use super::ColumnIndex;

/// The kind of JSON value that was found instead of the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonKind {
    /// The value `null`.
    Null,
    /// The value `true` or `false`.
    Boolean,
    /// A number, of any form.
    Number,
    /// A number with a decimal point or an exponent, or beyond 64 bits, although a text or a whole number was expected.
    Fraction,
    /// A string that the column does not accept.
    String,
    /// An empty string, or one that means a missing value in a data set.
    Empty,
    /// A string that is not a number.
    NoNumber,
    /// A string that is not a date or time.
    NoMoment,
    /// A JSON array.
    List,
    /// A JSON object.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Fraction => "a number that is not a 64-bit integer",
            Self::String => "a string",
            Self::Empty => "empty, or a word for a missing value",
            Self::NoNumber => "a string that is not a number",
            Self::NoMoment => "a string that is not a date or time",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

/// The first error in a body. Rows count from 0 and are `None` if the body is a single object. Columns are indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// The text is not valid JSON. Line and column count from 1.
    NotJson {
        /// The row that was being read.
        row: Option<usize>,
        /// The model's column whose value was being read.
        field: Option<usize>,
        /// Line in the body.
        line: usize,
        /// Byte in the line.
        column: usize,
    },
    /// The body is neither an object nor a list.
    WrongShape(JsonKind),
    /// The list is empty.
    NoRows,
    /// The list has more than [`max_rows`](super::ColumnIndex::max_rows) rows.
    TooManyRows,
    /// An element of the list is not an object.
    NotAnObject {
        /// Index of the element.
        row: usize,
        /// The kind of value that was found.
        found: JsonKind,
    },
    /// A column is missing, and the row has a column that the model does not know. It may be a misspelling.
    UnknownColumn {
        /// Index of the row.
        row: Option<usize>,
        /// The unknown name, as the caller sent it.
        name: String,
    },
    /// A row contains the same column twice.
    DuplicateColumn {
        /// Index of the row.
        row: Option<usize>,
        /// Index of the column.
        field: usize,
    },
    /// A row does not contain one of the model's columns.
    MissingColumn {
        /// Index of the row.
        row: Option<usize>,
        /// Index of the first missing column.
        field: usize,
    },
    /// A value does not fit the kind of its column.
    Unfit {
        /// Index of the row.
        row: Option<usize>,
        /// Index of the column.
        field: usize,
        /// The kind of value that was found.
        found: JsonKind,
    },
    /// A value is missing (null, empty or a word for it), but the training data has no missing values in this column.
    Missing {
        /// Index of the row.
        row: Option<usize>,
        /// Index of the column.
        field: usize,
        /// The kind of value that was found.
        found: JsonKind,
    },
    /// A number does not fit a finite 32-bit float.
    OutOfRange {
        /// Index of the row.
        row: Option<usize>,
        /// Index of the column.
        field: usize,
    },
}

impl RowFault {
    /// Returns the row with the error, or `None` if the body as a whole is wrong or is a single object.
    pub fn row(&self) -> Option<usize> {
        match *self {
            Self::NotAnObject { row, .. } => Some(row),
            Self::NotJson { row, .. }
            | Self::UnknownColumn { row, .. }
            | Self::DuplicateColumn { row, .. }
            | Self::MissingColumn { row, .. }
            | Self::Unfit { row, .. }
            | Self::Missing { row, .. }
            | Self::OutOfRange { row, .. } => row,
            Self::WrongShape(_) | Self::NoRows | Self::TooManyRows => None,
        }
    }

    /// Returns the model's column with the error, if the error belongs to one.
    pub fn column<'a>(&self, columns: &'a ColumnIndex) -> Option<&'a Column> {
        let field = match *self {
            Self::NotJson { field, .. } => field?,
            Self::DuplicateColumn { field, .. }
            | Self::MissingColumn { field, .. }
            | Self::Unfit { field, .. }
            | Self::Missing { field, .. }
            | Self::OutOfRange { field, .. } => field,
            Self::WrongShape(_)
            | Self::NoRows
            | Self::TooManyRows
            | Self::NotAnObject { .. }
            | Self::UnknownColumn { .. } => return None,
        };
        columns.get(field)
    }

    /// Returns the name of the column with the error, whether or not the model knows it.
    pub fn field<'a>(&'a self, columns: &'a ColumnIndex) -> Option<&'a str> {
        match self {
            Self::UnknownColumn { name, .. } => Some(name),
            _ => self.column(columns).map(|column| column.name.as_str()),
        }
    }
}
