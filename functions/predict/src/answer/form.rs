//! The forms of an answer to a request for predictions, one or more for each protocol.

use evergreen_lifecycle::ModelName;
use evergreen_rows::RequestRows;
use evergreen_scoring::Predictions;

use super::{AnsweredBy, plain, tensors, to_json};
use crate::explaining::RowExplanations;
use crate::media::BodyForm;

/// The form in which a request wants its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerForm {
    /// The answer of `POST /predict`.
    Evergreen {
        /// Whether the predictions for all rows are explained, and not only for those that ask.
        explains_all: bool,
    },
    /// The predictions alone, as MLflow and SageMaker answer them.
    Predictions {
        /// JSON, lines of JSON, or comma-separated values.
        form: BodyForm,
        /// Whether each prediction has its probabilities or interval, and its id. Always so in lines of JSON, and never in
        /// comma-separated values.
        has_details: bool,
    },
    /// Tensors of the Open Inference Protocol.
    Tensors {
        /// The caller's id of the request.
        id: Option<String>,
        /// Names of the tensors that the answer shall have. `None` for all.
        outputs: Option<Vec<String>>,
    },
}

/// What an answer is made of.
#[derive(Debug, Clone, Copy)]
pub struct AnswerParts<'a> {
    /// The predictions, one for each row.
    pub predictions: &'a Predictions,
    /// One id for each row. `None` if the key that signs ids is not known.
    pub ids: Option<&'a [String]>,
    /// The explanations that the rows ask for. `None` if no row asks; only one form has them.
    pub explanations: Option<&'a RowExplanations>,
    /// The rows, for warnings.
    pub rows: &'a RequestRows,
    /// The version that answers.
    pub by: AnsweredBy<'a>,
    /// Name of the model.
    pub name: &'a ModelName,
}

impl AnswerForm {
    /// Returns the media type of the answer.
    pub fn media_type(&self) -> &'static str {
        match self {
            Self::Evergreen { .. } | Self::Tensors { .. } => "application/json",
            Self::Predictions { form, .. } => form.media_type(),
        }
    }

    /// Returns the text of the answer.
    ///
    /// # Errors
    /// Fails only through a bug: names and finite numbers always serialize, and every predicted class has a label.
    pub fn write(&self, parts: AnswerParts<'_>) -> serde_json::Result<String> {
        match self {
            Self::Evergreen { .. } => to_json(parts),
            Self::Predictions { form: BodyForm::Json, has_details } => plain::json(parts, *has_details),
            Self::Predictions { form: BodyForm::JsonLines, .. } => plain::lines(parts),
            Self::Predictions { form: BodyForm::Csv, .. } => plain::csv(parts),
            Self::Tensors { id, outputs } => tensors::json(parts, id.as_deref(), outputs.as_deref()),
        }
    }
}
