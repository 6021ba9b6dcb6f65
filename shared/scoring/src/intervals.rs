//! Computes the ends of prediction intervals from predicted numbers and features.

use crate::flat::FlatEnsemble;
use crate::pipeline::{Curve, Interval};

/// The prediction intervals of a model, compiled for fast predictions.
#[derive(Debug, Clone)]
pub(crate) struct Intervals {
    half: Curve,
    difficulty: Option<FlatEnsemble>,
    low: f32,
    high: f32,
}

impl Intervals {
    pub(crate) fn compile(interval: &Interval, features: usize) -> Self {
        Self {
            half: interval.half.clone(),
            difficulty: interval.difficulty.as_ref().map(|ensemble| FlatEnsemble::compile(ensemble, features)),
            low: interval.low.unwrap_or(f32::NEG_INFINITY),
            high: interval.high.unwrap_or(f32::INFINITY),
        }
    }

    /// Computes the prediction interval of each row and appends its lower and upper end to `ends`.
    pub(crate) fn append(&self, values: &[f32], features: &[f32], ends: &mut Vec<(f32, f32)>) {
        // `values` contains the predicted numbers of the rows, and `features` contains the features of the rows.
        let mut hardness = vec![0.0; if self.difficulty.is_some() { values.len() } else { 0 }];
        if let Some(difficulty) = &self.difficulty {
            difficulty.outputs(features, &mut hardness);
        }
        let hardness = hardness.iter().map(|logarithm| libm::expf(*logarithm)).chain(std::iter::repeat(1.0));
        ends.extend(values.iter().zip(hardness).map(|(value, hardness)| {
            let half = self.half.at(*value) * hardness;
            // `clamp` would panic if the limits were in the wrong order.
            let end = |end: f32| end.max(self.low).min(self.high);
            (end(value - half), end(value + half))
        }));
    }
}
