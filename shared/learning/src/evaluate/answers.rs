//! What a model answers to many rows, on all cores.

use evergreen_scoring::{Model, Predictions, ShapeError};
use rayon::prelude::*;

/// Rows that one task predicts.
const CHUNK_ROWS: usize = 4096;

/// A model's answers, in the order of the rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answers {
    /// A classifier's.
    Classes {
        /// The predicted class of each row.
        classes: Vec<usize>,
        /// Row by row, one for each class.
        probabilities: Vec<f32>,
    },
    /// A regression model's.
    Numbers {
        /// The estimate for each row.
        values: Vec<f32>,
        /// The ends of the interval around it; none where the model has no intervals.
        intervals: Vec<(f32, f32)>,
    },
}

impl Answers {
    /// Asks `model` about raw rows.
    pub(crate) fn of(model: &Model, raw: &[f32]) -> Result<Self, ShapeError> {
        let slots = model.signature().slots();
        let chunk = |rows| model.predict(rows);
        let parts: Vec<Predictions> = raw.par_chunks(CHUNK_ROWS * slots).map(chunk).collect::<Result<_, _>>()?;
        let mut answers = Self::none(model);
        parts.iter().for_each(|part| answers.extend(part));
        Ok(answers)
    }

    /// No answer yet.
    fn none(model: &Model) -> Self {
        match model.signature().labels() {
            [] => Self::Numbers { values: Vec::new(), intervals: Vec::new() },
            _ => Self::Classes { classes: Vec::new(), probabilities: Vec::new() },
        }
    }

    /// How many numbers they hold.
    pub(crate) fn numbers(&self) -> usize {
        match self {
            Self::Classes { probabilities, .. } => probabilities.len(),
            Self::Numbers { values, .. } => values.len(),
        }
    }

    /// Puts `more` answers of the same kind behind these.
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
            // A model answers every batch alike.
            _ => {}
        }
    }
}
