//! Writes answers that have nothing but predictions: JSON with the member `predictions`, lines of JSON, or one value on each
//! line.

use evergreen_lifecycle::Label;
use evergreen_scoring::Predictions;
use serde::Serialize;
use serde::ser::Error;

use super::form::AnswerParts;

/// The only member of MLflow's answer. MLflow's client takes no other.
#[derive(Serialize)]
struct PredictionsAnswer<T> {
    predictions: Vec<T>,
}

/// What was predicted for a row.
#[derive(Serialize, Clone, Copy)]
#[serde(untagged)]
enum Predicted<'a> {
    Label(&'a Label),
    Number(f32),
}

/// The prediction for a row, with everything that is known about it.
#[derive(Serialize)]
struct DetailedPrediction<'a> {
    prediction: Predicted<'a>,
    /// One for each label, in the order of `classes` in the answer of `POST /predict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<(f32, f32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

/// Returns `{"predictions": […]}`.
pub(super) fn json(parts: AnswerParts<'_>, has_details: bool) -> serde_json::Result<String> {
    if has_details {
        return serde_json::to_string(&PredictionsAnswer { predictions: detailed(parts)? });
    }
    let predictions = detailed(parts)?.into_iter().map(|it| it.prediction).collect();
    serde_json::to_string(&PredictionsAnswer { predictions })
}

/// Returns one line of JSON for each row.
pub(super) fn lines(parts: AnswerParts<'_>) -> serde_json::Result<String> {
    let mut lines = String::new();
    for row in detailed(parts)? {
        lines.push_str(&serde_json::to_string(&row)?);
        lines.push('\n');
    }
    Ok(lines)
}

/// Returns one predicted value on each line.
pub(super) fn csv(parts: AnswerParts<'_>) -> serde_json::Result<String> {
    let mut text = String::new();
    for row in detailed(parts)? {
        match row.prediction {
            Predicted::Label(label) => text.push_str(&quoted(label.to_string())),
            Predicted::Number(number) => text.push_str(&number.to_string()),
        }
        text.push('\n');
    }
    Ok(text)
}

/// Returns a value as a cell of a file of comma-separated values.
fn quoted(value: String) -> String {
    if value.contains([',', '"', '\n', '\r']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
}

fn detailed(parts: AnswerParts<'_>) -> serde_json::Result<Vec<DetailedPrediction<'_>>> {
    let id = |row: usize| parts.ids.and_then(|ids| ids.get(row)).map(String::as_str);
    match parts.predictions {
        Predictions::Classes(batch) => {
            let labels = parts.by.version.model().signature().labels();
            let rows = batch.iter().enumerate().map(|(row, predicted)| {
                let label = labels.get(predicted.class);
                let label = label.ok_or_else(|| serde_json::Error::custom("a predicted class has no label"))?;
                let (prediction, probabilities) = (Predicted::Label(label), Some(predicted.probabilities));
                Ok(DetailedPrediction { prediction, probabilities, interval: None, id: id(row) })
            });
            rows.collect()
        }
        Predictions::Numbers(batch) => {
            let interval = |row: usize| batch.intervals().and_then(|intervals| intervals.get(row)).copied();
            let rows = batch.values().iter().enumerate().map(|(row, &number)| DetailedPrediction {
                prediction: Predicted::Number(number),
                probabilities: None,
                interval: interval(row),
                id: id(row),
            });
            Ok(rows.collect())
        }
    }
}
