//! Computes a model's predictions for many rows, on all processor cores.

use evergreen_lifecycle::RowTexts;
use evergreen_scoring::{Model, PredictError, Predictions};
use rayon::prelude::*;

/// Number of rows that one parallel task predicts.
const CHUNK_ROWS: usize = 4096;

/// The predictions of a model for a list of rows, in the order of the rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answers {
    /// Predictions of a classifier.
    Classes {
        /// The predicted class of each row, as an index of the model's labels.
        classes: Vec<usize>,
        /// The predicted probabilities as one flat list: for each row, one number for each class.
        probabilities: Vec<f32>,
    },
    /// Predictions of a regression model.
    Numbers {
        /// The predicted number of each row.
        values: Vec<f32>,
        /// Prediction interval of each row: its lower and its upper end. Empty if the model has no intervals.
        intervals: Vec<(f32, f32)>,
    },
}

impl Answers {
    /// Predicts all rows with `model`. `raw` is a flat list: for each row, the column values as numbers, before the
    /// model's preprocessing. `texts` are the whole texts that some of the numbers represent.
    pub(crate) fn of(model: &Model, raw: &[f32], texts: &RowTexts) -> Result<Self, PredictError> {
        let slots = model.signature().slots();
        let chunk = |rows| model.predict_with_texts(rows, texts);
        let parts: Vec<Predictions> = raw.par_chunks(CHUNK_ROWS * slots).map(chunk).collect::<Result<_, _>>()?;
        let mut answers = Self::none(model);
        parts.iter().for_each(|part| answers.extend(part));
        Ok(answers)
    }

    /// Returns an empty list of predictions for the task of `model` (classification or regression).
    fn none(model: &Model) -> Self {
        match model.signature().labels() {
            [] => Self::Numbers { values: Vec::new(), intervals: Vec::new() },
            _ => Self::Classes { classes: Vec::new(), probabilities: Vec::new() },
        }
    }

    /// Returns how many predicted numbers the list holds: all probabilities of a classifier, or one number for each
    /// row.
    pub(crate) fn numbers(&self) -> usize {
        match self {
            Self::Classes { probabilities, .. } => probabilities.len(),
            Self::Numbers { values, .. } => values.len(),
        }
    }

    /// Appends more predictions. Does nothing if one list is for classification and the other for regression.
    pub(crate) fn append(&mut self, more: &Self) {
        match (self, more) {
            (
                Self::Classes { classes, probabilities },
                Self::Classes { classes: more_classes, probabilities: more_probabilities },
            ) => {
                classes.extend_from_slice(more_classes);
                probabilities.extend_from_slice(more_probabilities);
            }
            (Self::Numbers { values, intervals }, Self::Numbers { values: more_values, intervals: more_intervals }) => {
                values.extend_from_slice(more_values);
                intervals.extend_from_slice(more_intervals);
            }
            _ => {}
        }
    }

    fn extend(&mut self, part: &Predictions) {
        match (self, part) {
            (Self::Classes { classes, probabilities }, Predictions::Classes(part)) => {
                classes.extend_from_slice(part.classes());
                probabilities.extend_from_slice(part.probabilities());
            }
            (Self::Numbers { values, intervals }, Predictions::Numbers(part)) => {
                values.extend_from_slice(part.values());
                intervals.extend_from_slice(part.intervals().unwrap_or_default());
            }
            // The model gives the same kind of answer to every batch, so this case does not happen.
            _ => {}
        }
    }
}
