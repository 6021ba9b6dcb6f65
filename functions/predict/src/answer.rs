//! Writes the answer to a request for predictions: the JSON of `POST /predict`, or the form of another protocol.

mod explained;
mod form;
mod plain;
mod tensors;

use std::borrow::Cow;
use std::sync::Arc;

use evergreen_lifecycle::{Label, ModelName, VersionNumber};
use evergreen_rows::{CellPosition, ColumnIndex, RequestRows};
use evergreen_scoring::{ClassPredictions, Predictions};
use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};

use self::explained::ExplainedAnswer;
pub use self::form::{AnswerForm, AnswerParts};
pub use self::tensors::{OUTPUT_NAMES, OutputDescription, outputs};
use crate::loaded::LoadedVersion;
use crate::problem::shortened;

// The output buffer starts with this size, so most answers need no second allocation.
/// Estimated size of the JSON answer to `POST /predict` in bytes: base size, size of each row without its id, and size of
/// each predicted number.
const ANSWER_SIZE: (usize, usize, usize) = (160, 24, 12);

/// JSON answer to `POST /predict` if the model is a classifier. The first three arrays have one element for each row.
#[derive(Debug, Serialize)]
struct ClassificationAnswer<'a> {
    prediction: &'a [usize],
    labels: PredictedLabels<'a>,
    probabilities: Probabilities<'a>,
    classes: &'a [Label],
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [String]>,
    #[serde(flatten)]
    explanations: Option<ExplainedAnswer<'a>>,
    #[serde(flatten)]
    warnings: Option<Warnings<'a>>,
    model: ModelReference<'a>,
}

/// JSON answer to `POST /predict` if the model predicts numbers. The arrays have one element for each row.
#[derive(Debug, Serialize)]
struct RegressionAnswer<'a> {
    prediction: &'a [f32],
    #[serde(skip_serializing_if = "Option::is_none")]
    intervals: Option<&'a [(f32, f32)]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval_level: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<&'a [String]>,
    #[serde(flatten)]
    explanations: Option<ExplainedAnswer<'a>>,
    #[serde(flatten)]
    warnings: Option<Warnings<'a>>,
    model: ModelReference<'a>,
}

#[derive(Debug, Serialize)]
struct ModelReference<'a> {
    name: &'a ModelName,
    version: VersionNumber,
    /// `canary` if the challenger of a rollout answers. `None` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<&'static str>,
}

/// The version that answers a request, and whether it does so as the challenger of a rollout.
#[derive(Debug, Clone, Copy)]
pub struct AnsweredBy<'a> {
    /// The version.
    pub version: &'a LoadedVersion,
    /// Whether the version answers as the challenger of a rollout, in its share of the requests.
    pub is_canary: bool,
}

impl<'a> From<&'a LoadedVersion> for AnsweredBy<'a> {
    fn from(version: &'a LoadedVersion) -> Self {
        Self { version, is_canary: false }
    }
}

impl<'a> From<&'a Arc<LoadedVersion>> for AnsweredBy<'a> {
    fn from(version: &'a Arc<LoadedVersion>) -> Self {
        Self::from(version.as_ref())
    }
}

#[derive(Debug)]
struct PredictedLabels<'a> {
    predicted: &'a [usize],
    labels: &'a [Label],
}

impl Serialize for PredictedLabels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut labels = serializer.serialize_seq(Some(self.predicted.len()))?;
        for &class in self.predicted {
            let label = self.labels.get(class).ok_or_else(|| S::Error::custom("a predicted class has no label"))?;
            labels.serialize_element(label)?;
        }
        labels.end()
    }
}

#[derive(Debug)]
struct Probabilities<'a>(&'a ClassPredictions);

impl Serialize for Probabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| row.probabilities))
    }
}

/// Warnings in a prediction answer: about categories that are not in the training data, and about columns that the
/// model does not use.
#[derive(Debug, Serialize)]
struct Warnings<'a> {
    warnings: Vec<Warning<'a>>,
    /// Number of further warnings that the answer leaves out. `None` if no warning is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_warnings: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Warning<'a> {
    /// Index of the row with the unknown category. `None` if the warning applies to all rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    field: Cow<'a, str>,
    message: String,
}

impl<'a> Warnings<'a> {
    fn of(rows: &'a RequestRows, columns: &'a ColumnIndex) -> Option<Self> {
        let warning = |place: &CellPosition| {
            let field = &columns.get(place.field)?.name;
            let name = shortened(field);
            let message = format!(
                "This category of \"{name}\" was not in the training data; the model treats it as a rare category."
            );
            Some(Warning { row: Some(place.row), field: field.into(), message })
        };
        let ignored = rows.ignored.names().map(|name| {
            let message = "The model does not use this column; it is ignored.".to_owned();
            Warning { row: None, field: shortened(name).into(), message }
        });
        let warnings: Vec<_> = ignored.chain(rows.unseen.first().iter().filter_map(warning)).collect();
        let more_warnings = Some(rows.unseen.more()).filter(|more| *more > 0);
        (!warnings.is_empty()).then_some(Self { warnings, more_warnings })
    }
}

/// Returns the JSON answer to a prediction request: a prediction for each row, what is added to it, and warnings.
///
/// # Errors
/// Fails only through a bug: names and finite numbers always serialize, and every predicted class has a label.
pub fn to_json(parts: AnswerParts<'_>) -> serde_json::Result<String> {
    let AnswerParts { predictions, ids, explanations, rows, by: AnsweredBy { version, is_canary }, name } = parts;
    let warnings = Warnings::of(rows, version.columns());
    let signature = version.model().signature();
    let explanations = explanations.map(|found| ExplainedAnswer::new(found, signature));
    let rollout = is_canary.then_some("canary");
    let model = ModelReference { name, version: version.number(), rollout };
    match predictions {
        Predictions::Classes(batch) => {
            let labels = signature.labels();
            let answer = ClassificationAnswer {
                prediction: batch.classes(),
                labels: PredictedLabels { predicted: batch.classes(), labels },
                probabilities: Probabilities(batch),
                classes: labels,
                ids,
                explanations,
                warnings,
                model,
            };
            written(&answer, ids, batch.len(), batch.probabilities().len())
        }
        Predictions::Numbers(batch) => {
            let intervals = batch.intervals();
            let answer = RegressionAnswer {
                prediction: batch.values(),
                interval_level: intervals.and_then(|_| version.facts().interval_level),
                intervals,
                ids,
                explanations,
                warnings,
                model,
            };
            written(&answer, ids, batch.len(), 3 * batch.len())
        }
    }
}

fn written(answer: &impl Serialize, ids: Option<&[String]>, rows: usize, numbers: usize) -> serde_json::Result<String> {
    let (fixed, per_row, per_number) = ANSWER_SIZE;
    // An id has two quotation marks and a comma around it.
    let ids: usize = ids.unwrap_or_default().iter().map(|id| id.len() + 3).sum();
    let mut json = Vec::with_capacity(fixed + ids + rows * per_row + numbers * per_number);
    serde_json::to_writer(&mut json, answer)?;
    // serde_json writes only UTF-8.
    String::from_utf8(json).map_err(Error::custom)
}
