//! Errors in the rows of a prediction request. They contain column names and positions, but never values of the caller.

use std::borrow::Cow;
use std::fmt;

use evergreen_lifecycle::Column;

use super::ColumnIndex;

/// The kind of JSON value that was found in a request instead of the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonKind {
    /// The value `null`.
    Null,
    /// The value `true` or `false`.
    Boolean,
    /// A number, whole or with a fraction.
    Number,
    /// A number that is not a 64-bit integer, where a text or a whole number was expected.
    Fraction,
    /// A string that the column does not accept.
    String,
    /// An empty string, or a word that means a missing value in a CSV file, such as `NA`.
    Empty,
    /// A string that is not a number.
    NoNumber,
    /// A string that is not a date or time.
    NoMoment,
    /// A JSON array.
    List,
    /// A JSON object.
    Object,
    /// Bytes of a tensor that are not UTF-8.
    NoText,
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
            Self::NoText => "not UTF-8",
        })
    }
}

// Row indices count from 0, and are `None` if the body is a single object. A `field` is the index of a column in the
// model's order.
/// Error: the first error in the body of a prediction request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// The request body is not valid JSON. Line and column count from 1.
    NotJson {
        /// Index of the row in which the invalid JSON is, from 0. `None` if the body is not a list.
        row: Option<usize>,
        /// Index of the model's column at which the JSON is invalid. `None` if the invalid JSON is elsewhere.
        field: Option<usize>,
        /// Number of the line in the request body that has the invalid JSON, from 1.
        line: usize,
        /// Position of the invalid JSON in its line, in bytes, from 1.
        column: usize,
    },
    /// The request body is neither an object nor a list. The field holds the kind of value that was found.
    WrongShape(JsonKind),
    /// The request body is an empty list.
    NoRows,
    /// The request body is a list of more than [`max_rows`](super::ColumnIndex::max_rows) rows.
    TooManyRows,
    /// An element of the list is not an object, so it is not a row.
    NotAnObject {
        /// Index of the element in the list, from 0.
        row: usize,
        /// The kind of JSON value that was found.
        found: JsonKind,
    },
    /// A row lacks one of the model's columns, and has a column that the model does not know, perhaps a misspelling.
    UnknownColumn {
        /// Index of the row, from 0. `None` if the body is a single object.
        row: Option<usize>,
        /// Name of the column that the model does not know, as the caller sent it.
        name: String,
    },
    /// A row contains the same column twice.
    DuplicateColumn {
        /// Index of the row, from 0. `None` if the body is a single object.
        row: Option<usize>,
        /// Index of the column that occurs twice, in the model's order.
        field: usize,
    },
    /// A row does not contain one of the model's columns.
    MissingColumn {
        /// Index of the row, from 0. `None` if the body is a single object.
        row: Option<usize>,
        /// Index of the first missing column in the model's order.
        field: usize,
    },
    /// A value does not fit its column: for example, a text in a column of numbers.
    Unfit {
        /// Index of the row, from 0. `None` if the body is a single object.
        row: Option<usize>,
        /// Index of the column with the wrong value, in the model's order.
        field: usize,
        /// The kind of JSON value that was found.
        found: JsonKind,
    },
    /// A value is missing (null, empty or a word such as `NA`) in a column without missing values in the training data.
    Missing {
        /// Index of the row, from 0. `None` if the body is a single object.
        row: Option<usize>,
        /// Index of the column with the missing value, in the model's order.
        field: usize,
        /// The kind of JSON value that was found.
        found: JsonKind,
    },
    /// A number is too large for a 32-bit float.
    OutOfRange {
        /// Index of the row, from 0. `None` if the body is a single object.
        row: Option<usize>,
        /// Index of the column with the number that is too large, in the model's order.
        field: usize,
    },
    /// A row that is a list has too few or too many values.
    WrongWidth {
        /// Index of the row, from 0. `None` if the body is a single row.
        row: Option<usize>,
        /// Number of values in the row.
        found: usize,
        /// Number of columns that were expected.
        expected: usize,
    },
    /// A column has another number of values than the columns before it.
    WrongLength {
        /// Index of the column, in the model's order.
        field: usize,
        /// Number of values that were expected.
        expected: usize,
    },
    /// The values of a column are not a list.
    NotAColumn {
        /// Index of the column, in the model's order.
        field: usize,
        /// The kind of JSON value that was found.
        found: JsonKind,
    },
    /// A part of the body does not have the form that the protocol asks for.
    Layout {
        /// Name of the wrong part, such as `dataframe_split`, or of a tensor. `None` for the whole body.
        part: Option<String>,
        /// The fault, such as "has no list of columns".
        what: Cow<'static, str>,
        /// The form that the protocol asks for.
        expected: Cow<'static, str>,
    },
}

impl RowFault {
    /// Creates the error about a part of the body that does not have the form that the protocol asks for.
    pub(super) fn layout(part: Option<&str>, what: &'static str, expected: &'static str) -> Self {
        Self::Layout { part: part.map(str::to_owned), what: what.into(), expected: expected.into() }
    }

    /// Returns the index of the row with the error, from 0. `None` if the whole body is wrong or is a single object.
    pub fn row(&self) -> Option<usize> {
        match *self {
            Self::NotAnObject { row, .. } => Some(row),
            Self::NotJson { row, .. }
            | Self::UnknownColumn { row, .. }
            | Self::DuplicateColumn { row, .. }
            | Self::MissingColumn { row, .. }
            | Self::Unfit { row, .. }
            | Self::Missing { row, .. }
            | Self::OutOfRange { row, .. }
            | Self::WrongWidth { row, .. } => row,
            Self::WrongShape(_)
            | Self::NoRows
            | Self::TooManyRows
            | Self::WrongLength { .. }
            | Self::NotAColumn { .. }
            | Self::Layout { .. } => None,
        }
    }

    /// Returns the model's column in which the error is. `None` if the error is not in a column of the model.
    pub fn column<'a>(&self, columns: &'a ColumnIndex) -> Option<&'a Column> {
        let field = match *self {
            Self::NotJson { field, .. } => field?,
            Self::DuplicateColumn { field, .. }
            | Self::MissingColumn { field, .. }
            | Self::Unfit { field, .. }
            | Self::Missing { field, .. }
            | Self::OutOfRange { field, .. }
            | Self::WrongLength { field, .. }
            | Self::NotAColumn { field, .. } => field,
            Self::WrongShape(_)
            | Self::NoRows
            | Self::TooManyRows
            | Self::WrongWidth { .. }
            | Self::Layout { .. }
            | Self::NotAnObject { .. }
            | Self::UnknownColumn { .. } => return None,
        };
        columns.get(field)
    }

    /// Returns the name of the column in which the error is, even if the model has no such column. `None` if the error
    /// is not in a column.
    pub fn field<'a>(&'a self, columns: &'a ColumnIndex) -> Option<&'a str> {
        match self {
            Self::UnknownColumn { name, .. } => Some(name),
            Self::Layout { part, .. } => part.as_deref(),
            _ => self.column(columns).map(|column| column.name.as_str()),
        }
    }
}
