//! What can be wrong with rows. Faults hold names and places, never values.

use std::fmt;

use evergreen_lifecycle::Column;

use super::Columns;

/// What stands where something else was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A number with a point or an exponent, or beyond 64 bits, where a text or a whole number was expected.
    Fraction,
    /// A string.
    String,
    /// A string of nothing, or one that a table has for a missing value.
    Empty,
    /// A string that spells no number.
    NoNumber,
    /// A string that names no moment.
    NoMoment,
    /// A list.
    List,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Fraction => "a number that is no whole one of 64 bits",
            Self::String => "a string",
            Self::Empty => "empty, or a word for a missing value",
            Self::NoNumber => "a string that is no number",
            Self::NoMoment => "no date or time",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

/// The first thing that is wrong with a body. Rows count from 0 and are absent for a single object; columns are indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text stops being JSON at a line and column, which count from 1.
    NotJson {
        /// The row at that place.
        row: Option<usize>,
        /// The column whose value is at that place.
        field: Option<usize>,
        /// The line in the body.
        line: usize,
        /// The byte in the line.
        column: usize,
    },
    /// The body is neither an object nor a list.
    WrongShape(Kind),
    /// The list is empty.
    NoRows,
    /// The list has more than [`max_rows`](super::Columns::max_rows) rows.
    TooManyRows,
    /// A row of a list is something else.
    NotAnObject {
        /// The row.
        row: usize,
        /// What it is.
        found: Kind,
    },
    /// A column is not given, and a name that is none of the model's may be meant for it.
    UnknownColumn {
        /// The row.
        row: Option<usize>,
        /// The caller's name.
        name: String,
    },
    /// A column is given twice.
    DuplicateColumn {
        /// The row.
        row: Option<usize>,
        /// The column.
        field: usize,
    },
    /// A column is not given.
    MissingColumn {
        /// The row.
        row: Option<usize>,
        /// The first such column.
        field: usize,
    },
    /// A value is something else than its column takes.
    Unfit {
        /// The row.
        row: Option<usize>,
        /// The column.
        field: usize,
        /// What it is.
        found: Kind,
    },
    /// A value is missing (null, empty or a word for it), and none was where the model learnt.
    Missing {
        /// The row.
        row: Option<usize>,
        /// The column.
        field: usize,
        /// What it is.
        found: Kind,
    },
    /// A number is beyond the finite 32-bit floats.
    OutOfRange {
        /// The row.
        row: Option<usize>,
        /// The column.
        field: usize,
    },
}

impl Fault {
    /// The row that is wrong, if one is.
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

    /// The column of the model that is wrong, if one is.
    pub fn column<'a>(&self, columns: &'a Columns) -> Option<&'a Column> {
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

    /// The name that is wrong, of a column of the model or of none.
    pub fn field<'a>(&'a self, columns: &'a Columns) -> Option<&'a str> {
        match self {
            Self::UnknownColumn { name, .. } => Some(name),
            _ => self.column(columns).map(|column| column.name.as_str()),
        }
    }
}
