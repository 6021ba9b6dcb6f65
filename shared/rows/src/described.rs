//! Describes errors in rows for people: where the error is, what is wrong, and what was expected.

use evergreen_lifecycle::text::shortened;
use evergreen_lifecycle::{Column, ColumnKind};

use super::{ColumnIndex, RowFault};

/// Maximum number of characters of a name that an error repeats.
pub const MAX_ECHO: usize = 64;
/// Maximum number of the model's columns that an error lists.
const MAX_LISTED: usize = 20;
const JSON: &str = "JSON in UTF-8";
const ROW: &str = "an object with a value for each column";

/// An error in rows, in words. It contains names and positions, but never values of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedFault {
    /// Index of the row, from 0. `None` if the error is not in a row of a list.
    pub row: Option<usize>,
    /// Name of the column, or of the part of the body. `None` if the error is not in one of them.
    pub field: Option<String>,
    /// A sentence that says where the error is and what is wrong.
    pub detail: String,
    /// The values or the form that are expected.
    pub expected: String,
}

impl RowFault {
    /// Describes the error. `columns` are the columns for which the rows were read.
    pub fn describe(&self, columns: &ColumnIndex) -> DescribedFault {
        let (row, field) = (self.row(), self.field(columns).map(|name| shortened(name, MAX_ECHO)));
        let (what, expected) = self.what(columns);
        let subject = match (self, &field) {
            (Self::Layout { .. }, Some(part)) => format!("\"{part}\""),
            _ => place(row, field.as_deref()),
        };
        DescribedFault { row, field, detail: format!("{subject} {what}."), expected }
    }

    /// Returns what is wrong, and what was expected.
    fn what(&self, columns: &ColumnIndex) -> (String, String) {
        let column = self.column(columns);
        let value = || column.map_or_else(|| JSON.into(), wanted);
        match self {
            Self::NotJson { line, column, .. } => {
                (format!("is not valid JSON, at line {line}, column {column}"), value())
            }
            Self::WrongShape(found) => (format!("is {found}"), rows_wanted(columns)),
            Self::NoRows => ("is an empty list".into(), rows_wanted(columns)),
            Self::TooManyRows => {
                let most = columns.max_rows();
                (format!("has more than {most} rows"), format!("at most {most} rows"))
            }
            Self::NotAnObject { found, .. } => (format!("is {found}"), ROW.into()),
            Self::UnknownColumn { .. } => (
                "is not a column of the model, and one of the model's columns is missing".into(),
                listed_columns(columns),
            ),
            Self::DuplicateColumn { .. } => ("occurs twice in the row".into(), "each column once".into()),
            Self::MissingColumn { .. } => (left_out(column), listed_columns(columns)),
            Self::Unfit { found, .. } => (format!("is {found}"), value()),
            Self::Missing { found, .. } => {
                (format!("is {found}, but the training data had no missing values in it"), value())
            }
            Self::OutOfRange { .. } => ("does not fit a 32-bit float".into(), value()),
            Self::WrongWidth { found, expected, .. } => {
                (format!("has {found} values"), format!("{expected} values, one for each column"))
            }
            Self::WrongLength { expected, .. } => (
                "has another number of values than the columns before it".into(),
                format!("{expected} values, one for each row"),
            ),
            Self::NotAColumn { found, .. } => (format!("is {found}"), "a list with a value for each row".into()),
            Self::Layout { what, expected, .. } => (what.to_string(), expected.to_string()),
        }
    }
}

/// Returns a text that describes the values that a column accepts, such as "true or false, 1 or 0".
fn wanted(column: &Column) -> String {
    let wanted = match column.kind {
        ColumnKind::Number | ColumnKind::Double => {
            "a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed"
        }
        ColumnKind::Boolean => "true or false, 1 or 0, or one of these as text",
        ColumnKind::Timestamp { .. } => {
            "a date or time as text, such as 2026-11-24, 2026-11-24T10:00:00Z or 2026-11-24T10:00:00+01:00, in UTC if it \
             names no offset"
        }
        ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => {
            "a string; a whole number or a boolean is read as its text"
        }
    };
    let or_null = if column.nullable { "; or null, if the value is missing" } else { "" };
    format!("{wanted}{or_null}")
}

/// Returns the end of the error message for a row without the given column, such as "is missing".
fn left_out(column: Option<&Column>) -> String {
    // A row without the column is always an error, even if the model accepts `null` in that column.
    let nullable = column.is_some_and(|column| column.nullable);
    if nullable { "is missing; send a missing value as null".into() } else { "is missing".into() }
}

fn rows_wanted(columns: &ColumnIndex) -> String {
    format!("{ROW}, or a list of 1 to {} such objects", columns.max_rows())
}

fn place(row: Option<usize>, field: Option<&str>) -> String {
    match (row, field) {
        (None, None) => "The body".into(),
        (Some(row), None) => format!("Row {row}"),
        (None, Some(field)) => format!("Column \"{field}\""),
        (Some(row), Some(field)) => format!("Row {row}: column \"{field}\""),
    }
}

/// Returns the names of the model's columns, separated by commas. Of many columns, the first ones.
fn listed_columns(columns: &ColumnIndex) -> String {
    let columns = columns.all();
    let names = columns.iter().take(MAX_LISTED).map(|column| shortened(&column.name, MAX_ECHO));
    let mut list = names.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = columns.len().checked_sub(MAX_LISTED) {
        list.push_str(&format!(" and {more} more, see GET /model"));
    }
    list
}
