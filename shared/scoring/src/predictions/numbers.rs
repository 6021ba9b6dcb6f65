//! Estimated numbers and their intervals.

/// Estimates of a batch, in the order of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberPredictions {
    values: Vec<f32>,
    intervals: Option<Vec<(f32, f32)>>,
}

impl NumberPredictions {
    /// A batch of `values`, with an interval for each if the model has intervals.
    pub(crate) fn new(values: Vec<f32>, intervals: Option<Vec<(f32, f32)>>) -> Self {
        Self { values, intervals }
    }

    /// The estimate for each row, in the target's unit.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The lower and the upper end of each row's interval, in the target's unit; nothing if the model has none. An estimate
    /// that the target cannot be, as a negative price, may be outside of its interval.
    pub fn intervals(&self) -> Option<&[(f32, f32)]> {
        self.intervals.as_deref()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
