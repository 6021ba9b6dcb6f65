//! Computes a model's answers to many rows, on all processor cores.

use evergreen_scoring::{Model, Predictions, ShapeError};
use rayon::prelude::*;

/// Number of rows that one parallel task predicts.
const CHUNK_ROWS: usize = 4096;

/// The answers of a model to a list of rows, in the order of the rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answers {
    /// Answers of a classifier.
    Classes {
        /// The predicted class of each row, as an index of the model's labels.
        classes: Vec<usize>,
        /// The probabilities, row after row. Each row has one for each class.
        probabilities: Vec<f32>,
    },
    /// Answers of a regression model.
    Numbers {
        /// The estimated number of each row.
        values: Vec<f32>,
        /// The lower and upper end of the prediction interval of each row. Empty if the model has no intervals.
        intervals: Vec<(f32, f32)>,
    },
}

impl Answers {
    /// Returns the answers of `model` to rows. `raw` holds the column values of the rows as numbers, row after row,
    /// before the model's preprocessing.
    pub(crate) fn of(model: &Model, raw: &[f32]) -> Result<Self, ShapeError> {
        let slots = model.signature().slots();
        let chunk = |rows| model.predict(rows);
        let parts: Vec<Predictions> = raw.par_chunks(CHUNK_ROWS * slots).map(chunk).collect::<Result<_, _>>()?;
        let mut answers = Self::none(model);
        parts.iter().for_each(|part| answers.extend(part));
        Ok(answers)
    }

    /// Returns a list of answers with no rows, for the task of `model`.
    fn none(model: &Model) -> Self {
        match model.signature().labels() {
            [] => Self::Numbers { values: Vec::new(), intervals: Vec::new() },
            _ => Self::Classes { classes: Vec::new(), probabilities: Vec::new() },
        }
    }

    /// Returns the number of stored numbers: all probabilities of a classifier, or one estimate for each row.
    pub(crate) fn numbers(&self) -> usize {
        match self {
            Self::Classes { probabilities, .. } => probabilities.len(),
            Self::Numbers { values, .. } => values.len(),
        }
    }

    /// Appends the answers `more`. Nothing is appended if one is for classification and the other for regression.
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
