//! The row that comes with feedback: its cells, checked against the signature of the version that predicted.
//!
//! A cell accepts what the prediction API accepts in a row. It keeps the value itself, not the numbers that one model
//! makes of it, because another model may read it in another way.

use serde_json::{Map, Value};

use crate::{Column, ColumnKind, Signature, is_missing, time};

/// The largest length of a text in a cell, in bytes.
const MAX_TEXT: usize = 10_000;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowCell {
    /// The value is missing.
    Missing,
    /// A finite number.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// A date or time, in seconds since 1970-01-01T00:00:00Z.
    Moment(f64),
    /// A category or a free text.
    Text(String),
}

/// Error: a row does not fit the signature of the version that predicted. No value of the row is in the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column:?}: {found}; expected {expected}")]
pub struct InvalidRow {
    /// The name of the column, as the signature has it.
    pub column: String,
    /// What was found in place of a value of the column.
    pub found: &'static str,
    /// What the column expects.
    pub expected: &'static str,
}

impl RowCell {
    /// Returns the cells of a row, in the order of the signature's columns. Columns that the signature lacks are left out.
    ///
    /// # Errors
    /// [`InvalidRow`] names the first column whose value does not fit.
    pub fn of_row(row: &Map<String, Value>, signature: &Signature) -> Result<Vec<Self>, InvalidRow> {
        signature.columns().iter().map(|column| Self::read(column, row.get(&column.name))).collect()
    }

    fn read(column: &Column, value: Option<&Value>) -> Result<Self, InvalidRow> {
        let invalid = |found| InvalidRow { column: column.name.clone(), found, expected: expected(&column.kind) };
        let cell = match value {
            None | Some(Value::Null) => Self::Missing,
            Some(Value::Bool(value)) => Self::of_boolean(*value, &column.kind).ok_or_else(|| invalid("a boolean"))?,
            Some(Value::Number(number)) => {
                Self::of_number(number, &column.kind).ok_or_else(|| invalid("a number that does not fit"))?
            }
            Some(Value::String(text)) => {
                Self::of_text(text, &column.kind).ok_or_else(|| invalid("a text that does not fit"))?
            }
            Some(Value::Array(_)) => return Err(invalid("a list")),
            Some(Value::Object(_)) => return Err(invalid("an object")),
        };
        if cell == Self::Missing && !column.nullable {
            return Err(invalid("the value is missing"));
        }
        Ok(cell)
    }

    fn of_boolean(value: bool, kind: &ColumnKind) -> Option<Self> {
        match kind {
            ColumnKind::Boolean => Some(Self::Boolean(value)),
            ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => {
                Some(Self::Text(value.to_string()))
            }
            ColumnKind::Number | ColumnKind::Double | ColumnKind::Timestamp { .. } => None,
        }
    }

    fn of_number(number: &serde_json::Number, kind: &ColumnKind) -> Option<Self> {
        let value = number.as_f64()?;
        match kind {
            ColumnKind::Number | ColumnKind::Double => (value as f32).is_finite().then_some(Self::Number(value)),
            ColumnKind::Boolean if value == 0.0 || value == 1.0 => Some(Self::Boolean(value == 1.0)),
            // A whole number is read as its text, as in a CSV.
            ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText if !number.is_f64() => {
                Some(Self::Text(number.to_string()))
            }
            _ => None,
        }
    }

    fn of_text(text: &str, kind: &ColumnKind) -> Option<Self> {
        // A known category is used unchanged, even if it looks like a missing value.
        if kind.code(text).is_some_and(|code| code.is_known) {
            return Some(Self::Text(text.to_owned()));
        }
        let text = text.trim();
        if is_missing(text) {
            return Some(Self::Missing);
        }
        match kind {
            ColumnKind::Number | ColumnKind::Double => number_in(text).map(Self::Number),
            ColumnKind::Boolean => truth_in(text).map(Self::Boolean),
            ColumnKind::Timestamp { .. } => time::seconds_of(text).map(Self::Moment),
            ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => {
                (text.len() <= MAX_TEXT).then(|| Self::Text(text.to_owned()))
            }
        }
    }
}

/// Returns the number that a text spells. Words for infinity or "not a number" spell none.
fn number_in(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = text.parse::<f64>().ok().filter(|_| is_number)?;
    (number as f32).is_finite().then_some(number)
}

fn truth_in(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn expected(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number | ColumnKind::Double => "a finite number",
        ColumnKind::Boolean => "true or false",
        ColumnKind::Timestamp { .. } => "a date or time such as \"2026-11-24T10:00:00Z\"",
        ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => {
            "a text of at most 10,000 bytes, or a whole number"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn signature() -> Signature {
        let plan = ColumnKind::Category { categories: vec!["NA".into(), "pro".into()], rare: Vec::new() };
        let column =
            |(name, kind): (&str, ColumnKind)| Column { name: name.to_owned(), kind, nullable: name != "size" };
        let columns = [("size", ColumnKind::Number), ("new", ColumnKind::Boolean), ("at", ColumnKind::moment())];
        let columns = columns.into_iter().chain([("plan", plan)]);
        Signature::regression(columns.map(column).collect()).unwrap()
    }

    fn cells(row: &Value) -> Result<Vec<RowCell>, InvalidRow> {
        RowCell::of_row(row.as_object().unwrap(), &signature())
    }

    #[test]
    fn a_cell_keeps_the_value_that_the_prediction_api_accepts() {
        let row = json!({"plan": "NA", "size": "1.5", "new": 1, "at": "1970-01-02", "other": {}});
        let expected =
            [RowCell::Number(1.5), RowCell::Boolean(true), RowCell::Moment(86400.0), RowCell::Text("NA".into())];
        assert_eq!(cells(&row).unwrap(), expected);
        let row = json!({"plan": 7, "size": 2, "new": "NA", "at": null});
        let missing = RowCell::Missing;
        assert_eq!(cells(&row).unwrap(), [RowCell::Number(2.0), missing.clone(), missing, RowCell::Text("7".into())]);
    }

    #[test]
    fn a_row_that_does_not_fit_names_the_column_and_never_a_value() {
        for (row, column) in [
            (json!({}), "size"),
            (json!({"size": "secret"}), "size"),
            (json!({"size": 1e300}), "size"),
            (json!({"size": 1, "new": "secret"}), "new"),
            (json!({"size": 1, "at": 7}), "at"),
            (json!({"size": 1, "plan": ["secret"]}), "plan"),
            (json!({"size": 1, "plan": 0.5}), "plan"),
        ] {
            let error = cells(&row).unwrap_err();
            assert_eq!(error.column, column, "{row}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
