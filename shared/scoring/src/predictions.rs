//! The answer to a batch of rows.

mod classes;
mod numbers;

pub use classes::{ClassPredictions, Prediction};
pub use numbers::NumberPredictions;

/// What a model answers to a batch, in the order of its rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    /// Of a classifier.
    Classes(ClassPredictions),
    /// Of a regression model.
    Numbers(NumberPredictions),
}

impl Predictions {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(batch) => batch.len(),
            Self::Numbers(batch) => batch.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The classes, if the model is a classifier.
    pub fn classes(&self) -> Option<&ClassPredictions> {
        match self {
            Self::Classes(batch) => Some(batch),
            Self::Numbers(_) => None,
        }
    }

    /// The numbers, if it is a regression model.
    pub fn numbers(&self) -> Option<&NumberPredictions> {
        match self {
            Self::Classes(_) => None,
            Self::Numbers(batch) => Some(batch),
        }
    }
}
