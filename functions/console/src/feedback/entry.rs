//! The elements of a request to `POST /feedback`, and why an element is refused.

use evergreen_http::Problem;
use evergreen_lifecycle::feedback::{
    InvalidPredictionId, InvalidRow, MAX_FEEDBACK_AGE, PredictedOutcome, PredictionRecord, RowCell, TrueValue,
};
use evergreen_lifecycle::{Label, Signature};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MAX_ENTRIES;
use crate::problem;

/// The body: a list of elements, or the fields of a single one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackBody {
    // The elements are read one by one, so that a wrong one does not lose the others.
    feedback: Option<Vec<Value>>,
    id: Option<Value>,
    actual: Option<Value>,
    row: Option<Value>,
}

/// One element: the id of a prediction, and what turned out true.
#[derive(Debug)]
pub(super) struct Entry {
    pub id: String,
    /// The row that was predicted. `None` if the caller does not send it.
    pub row: Option<Map<String, Value>>,
    actual: Value,
}

/// An element that cannot be counted.
#[derive(Debug, Serialize)]
pub(super) struct RefusedEntry {
    /// Index of the element, from 0.
    pub index: usize,
    #[serde(flatten)]
    wrong: WrongEntry,
}

// None of them repeats a value of the request.
/// Why an element is refused.
#[derive(Debug, Serialize)]
pub(super) struct WrongEntry {
    field: &'static str,
    detail: String,
    expected: String,
}

impl FeedbackBody {
    /// Returns whether the body has the fields of a single element.
    pub(super) fn is_single(&self) -> bool {
        self.feedback.is_none()
    }

    /// Returns the elements in their order. An element without the right fields is refused.
    pub(super) fn entries(self) -> Result<Vec<Result<Entry, RefusedEntry>>, Problem> {
        let Self { feedback, id, actual, row } = self;
        let wrong = |detail: &str, expected: &str| Err(problem::invalid_field("feedback", detail, expected));
        let Some(elements) = feedback else {
            if id.is_none() && actual.is_none() {
                let expected = "a list of objects with \"id\", \"actual\" and perhaps \"row\", or these fields alone";
                return wrong("The field \"feedback\" is missing.", expected);
            }
            return Ok(vec![Entry::new(id, actual, row).map_err(|wrong| wrong.of(0))]);
        };
        if id.is_some() || actual.is_some() || row.is_some() {
            return wrong("The body has a list and a single element.", "either \"feedback\", or \"id\" and \"actual\"");
        }
        if elements.is_empty() || elements.len() > MAX_ENTRIES {
            return wrong("The list is empty or too long.", &format!("1 to {MAX_ENTRIES} elements"));
        }
        let entry = |(index, element)| Entry::of(element).map_err(|wrong: WrongEntry| wrong.of(index));
        Ok(elements.into_iter().enumerate().map(entry).collect())
    }
}

impl Entry {
    fn of(element: Value) -> Result<Self, WrongEntry> {
        let expected = "an object with the fields \"id\", \"actual\" and perhaps \"row\", and no others";
        let Value::Object(mut fields) = element else {
            return Err(WrongEntry::new("feedback", "The element is not an object.", expected));
        };
        let [id, actual, row] = ["id", "actual", "row"].map(|name| fields.remove(name));
        if !fields.is_empty() {
            return Err(WrongEntry::new("feedback", "The element has an unknown field.", expected));
        }
        Self::new(id, actual, row)
    }

    fn new(id: Option<Value>, actual: Option<Value>, row: Option<Value>) -> Result<Self, WrongEntry> {
        let Some(Value::String(id)) = id else {
            return Err(WrongEntry::new("id", "The id is missing, or it is not a text.", "an element of \"ids\""));
        };
        let row = match row {
            None | Some(Value::Null) => None,
            Some(Value::Object(row)) => Some(row),
            Some(_) => {
                return Err(WrongEntry::new("row", "The row is not an object.", "a row as POST /predict takes it"));
            }
        };
        match actual {
            Some(actual @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => Ok(Self { id, row, actual }),
            _ => Err(WrongEntry::new("actual", "The true value is missing, or it is not a single value.", TRUE_VALUE)),
        }
    }

    /// Returns the cells of the row. `signature` is that of the version that predicted. `None`: nobody knows it any more.
    pub(super) fn cells(
        &self,
        row: &Map<String, Value>,
        signature: Option<&Signature>,
    ) -> Result<Vec<RowCell>, WrongEntry> {
        let signature = signature.ok_or_else(unknown_columns)?;
        RowCell::of_row(row, signature).map_err(|error| {
            let InvalidRow { column, found, expected } = error;
            WrongEntry::new("row", format!("Column {column:?} of the row: {found}."), expected)
        })
    }

    /// Returns the true value in the form in which it is compared with the prediction. `labels` are those of the version
    /// that predicted. `None`: nobody knows them any more.
    pub(super) fn truth(&self, record: &PredictionRecord, labels: Option<&[Label]>) -> Result<TrueValue, WrongEntry> {
        match &record.outcome {
            PredictedOutcome::Number(_) => self.number().map(TrueValue::Number),
            PredictedOutcome::Label(_) => self.label(labels.ok_or_else(unknown_labels)?).map(TrueValue::Label),
        }
    }

    fn number(&self) -> Result<f64, WrongEntry> {
        let number = match &self.actual {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number: &f64| number.is_finite()).ok_or_else(|| {
            WrongEntry::new("actual", "The model predicts numbers, and this is not a finite number.", "a number")
        })
    }

    fn label(&self, labels: &[Label]) -> Result<u16, WrongEntry> {
        let index = labels.iter().position(|label| is_label(&self.actual, label));
        index.and_then(|index| u16::try_from(index).ok()).ok_or_else(|| {
            let detail = "This is not a label of the version that predicted.";
            WrongEntry::new("actual", detail, "an element of \"classes\", as POST /predict answers them")
        })
    }
}

/// Returns whether the value is this label. A text may spell a number or a Boolean, as a CSV does.
fn is_label(value: &Value, label: &Label) -> bool {
    match (value, label) {
        (Value::Bool(value), Label::Boolean(label)) => value == label,
        (Value::Number(value), Label::Integer(label)) => value.as_f64() == Some(*label as f64),
        (Value::Number(value), Label::Text(label)) => value.to_string() == *label,
        (Value::String(text), Label::Text(label)) => text == label || text.trim() == label,
        (Value::String(text), label) => text.trim().eq_ignore_ascii_case(&label.to_string()),
        _ => false,
    }
}

const TRUE_VALUE: &str = "the true label as it is in the data set, or the true number";

impl WrongEntry {
    fn new(field: &'static str, detail: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { field, detail: detail.into(), expected: expected.into() }
    }

    /// Returns the refusal of the element at `index`.
    pub(super) fn of(self, index: usize) -> RefusedEntry {
        RefusedEntry { index, wrong: self }
    }
}

impl RefusedEntry {
    /// Returns the response to a request of which all `count` elements are refused, this one first.
    pub(super) fn problem(&self, is_single: bool, count: usize) -> Problem {
        let WrongEntry { field, detail, expected } = &self.wrong;
        if is_single {
            return problem::invalid_field(field, detail, expected);
        }
        let detail = format!("None of the {count} elements can be counted. The first one: {detail}");
        Problem { row: Some(self.index), ..problem::invalid_field(field, detail, expected) }
    }
}

/// An id that cannot be opened.
pub(super) fn wrong_id(error: &InvalidPredictionId) -> WrongEntry {
    let detail = match error {
        InvalidPredictionId::Unreadable => "This is not the id of a prediction, or a part of it is missing.",
        InvalidPredictionId::NotSigned => "This stack did not make this id, or it has lost the key of its ids since.",
    };
    WrongEntry::new("id", detail, "an element of \"ids\", as POST /predict of this stack answered it")
}

/// A prediction that is too old.
pub(super) fn too_old() -> WrongEntry {
    let days = MAX_FEEDBACK_AGE.as_hours() / 24;
    WrongEntry::new("id", "The prediction is too old.", format!("a prediction of the last {days} days"))
}

/// A prediction that was made later than now.
pub(super) fn of_the_future() -> WrongEntry {
    WrongEntry::new("id", "The prediction is dated in the future.", "a prediction of the past; check the clocks")
}

/// A true value that cannot be compared with the prediction.
pub(super) fn does_not_fit() -> WrongEntry {
    WrongEntry::new("actual", "The true value cannot be compared with the prediction.", TRUE_VALUE)
}

fn unknown_columns() -> WrongEntry {
    let detail = "The manifest of the version that predicted is gone, so nobody knows its columns any more.";
    WrongEntry::new("row", detail, "feedback without the row")
}

fn unknown_labels() -> WrongEntry {
    let detail = "The manifest of the version that predicted is gone, so nobody knows its labels any more.";
    WrongEntry::new("id", detail, "a prediction of a version whose manifest the bucket has")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_label_may_be_written_as_in_a_csv() {
        let text = Label::Text("setosa".into());
        for (value, label, expected) in [
            (json!("setosa"), text.clone(), true),
            (json!(" setosa "), text.clone(), true),
            (json!("Setosa"), text, false),
            (json!(1), Label::Integer(1), true),
            (json!(1.0), Label::Integer(1), true),
            (json!("1"), Label::Integer(1), true),
            (json!(1.5), Label::Integer(1), false),
            (json!(true), Label::Boolean(true), true),
            (json!("TRUE"), Label::Boolean(true), true),
            (json!(1), Label::Boolean(true), false),
            (json!(7), Label::Text("7".into()), true),
        ] {
            assert_eq!(is_label(&value, &label), expected, "{value} {label}");
        }
    }

    #[test]
    fn a_wrong_element_is_refused_and_the_others_are_read() {
        let body = json!({"feedback": [{"id": "a", "actual": 1}, 7, {"id": "a"}, {"id": 7, "actual": 1},
            {"id": "a", "actual": [1]}, {"id": "a", "actual": 1, "score": {}}, {"id": "a", "actual": 1, "row": [1]},
            {"id": "a", "actual": 1, "row": {}}]});
        let body: FeedbackBody = serde_json::from_value(body).unwrap();
        let entries = body.entries().unwrap();
        let refused: Vec<_> = entries.iter().filter_map(|entry| entry.as_ref().err()).collect();
        let fields: Vec<_> = refused.iter().map(|entry| (entry.index, entry.wrong.field)).collect();
        assert_eq!(fields, [(1, "feedback"), (2, "actual"), (3, "id"), (4, "actual"), (5, "feedback"), (6, "row")]);
    }

    #[test]
    fn a_body_has_a_list_or_a_single_element() {
        for body in [json!({}), json!({"feedback": []}), json!({"feedback": [1], "id": "a"})] {
            let body: FeedbackBody = serde_json::from_value(body).unwrap();
            assert_eq!(body.entries().unwrap_err().field.as_deref(), Some("feedback"));
        }
    }
}
