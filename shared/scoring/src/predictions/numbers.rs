//! Predicted numbers and their prediction intervals.

/// Predictions of a regression model for a batch of rows: one number per row, with a prediction interval if the model
/// has them.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberPredictions {
    values: Vec<f32>,
    intervals: Option<Vec<(f32, f32)>>,
}

impl NumberPredictions {
    /// Creates the predictions for a batch of rows. `intervals` is `None` if the model has no prediction intervals.
    pub(crate) fn new(values: Vec<f32>, intervals: Option<Vec<(f32, f32)>>) -> Self {
        Self { values, intervals }
    }

    /// Returns the predicted number for each row, in the target's unit.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the lower and upper end of each row's prediction interval, in the target's unit. `None` if the model has
    /// no intervals.
    pub fn intervals(&self) -> Option<&[(f32, f32)]> {
        // The predicted number may be outside of its interval if the target cannot have this number, for example a
        // negative price.
        self.intervals.as_deref()
    }

    /// Returns the number of rows in the batch.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether the batch has no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
