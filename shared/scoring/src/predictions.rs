//! Predictions for a batch of rows.

mod classes;
mod numbers;

pub use classes::{ClassPredictions, Prediction};
pub use numbers::NumberPredictions;

/// Predictions for a batch of rows, in the order of the rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    /// Predictions of a classifier: classes and probabilities.
    Classes(ClassPredictions),
    /// Predictions of a regression model: numbers, with prediction intervals if the model has them.
    Numbers(NumberPredictions),
}

impl Predictions {
    /// Returns the number of rows in the batch.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(batch) => batch.len(),
            Self::Numbers(batch) => batch.len(),
        }
    }

    /// Returns whether the batch has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the predictions of a classifier, or `None` for a regression model.
    pub fn classes(&self) -> Option<&ClassPredictions> {
        match self {
            Self::Classes(batch) => Some(batch),
            Self::Numbers(_) => None,
        }
    }

    /// Returns the predictions of a regression model, or `None` for a classifier.
    pub fn numbers(&self) -> Option<&NumberPredictions> {
        match self {
            Self::Classes(_) => None,
            Self::Numbers(batch) => Some(batch),
        }
    }
}
