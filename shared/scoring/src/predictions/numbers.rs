//! Estimated numbers and their intervals.

/// Estimates of a batch, in the order of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberPredictions {
    values: Vec<f32>,
    interval: Option<f32>,
}

impl NumberPredictions {
    /// A batch of `values`, each with an interval of half the width `interval` if the model has one.
    pub(crate) fn new(values: Vec<f32>, interval: Option<f32>) -> Self {
        Self { values, interval }
    }

    /// The estimate for each row, in the target's unit.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Half the width of the prediction interval, in the target's unit, if the model knows it.
    pub fn interval(&self) -> Option<f32> {
        self.interval
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The lower and the upper end of each row's interval; nothing if the model has none.
    pub fn intervals(&self) -> impl Iterator<Item = (f32, f32)> {
        let ends = |half| self.values.iter().map(move |value| (value - half, value + half));
        self.interval.into_iter().flat_map(ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_surrounds_its_estimate() {
        let batch = NumberPredictions::new(vec![1.0, -2.0], Some(0.5));
        assert_eq!(batch.intervals().collect::<Vec<_>>(), [(0.5, 1.5), (-2.5, -1.5)]);
        assert_eq!(NumberPredictions::new(vec![1.0], None).intervals().count(), 0);
    }
}
