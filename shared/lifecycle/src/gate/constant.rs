//! Compares a model with a constant answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::loss::{MeanLoss, margin};
use super::{PairedTest, SAME, SIGNIFICANCE, Scores};
use crate::PrimaryMetric;

/// Minimum absolute value of a margin. If the test and the margin disagree, the margin is moved to this distance on the
/// test's side of 0.
const LEAST_MARGIN: f64 = 0.01;

/// Comparison of a model with a constant answer. The constant is the share of each label in the training rows, their
/// mean, or whatever constant scores best by the metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgainstConstant {
    /// The constant's score on the same rows.
    pub score: f64,
    /// Tests whether the constant is worse than the model beyond chance.
    pub test: PairedTest,
    /// How far the gain exceeds chance, in standard errors of the gain. Below 0 the gain may be chance.
    pub margin: f64,
}

/// Whether a model is better than a constant answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advantage {
    /// The model is better beyond chance.
    Better,
    /// The model is better on these rows, but this may be chance.
    Unclear,
    /// The model is not better.
    NoBetter,
}

impl AgainstConstant {
    /// Compares `model` with the `constant` on the same rows by `metric`.
    pub fn of(metric: PrimaryMetric, model: &Scores, constant: &Scores) -> Self {
        let test = PairedTest::of(metric, &constant.losses, &model.losses);
        let gains: Vec<f64> = constant.losses.iter().zip(&model.losses).map(|(c, m)| c - m).collect();
        let margin = MeanLoss::of(&gains).map_or(-LEAST_MARGIN, |gain| margin(gain.mean, gain.standard_error));
        let better = metric.gain(model.score, constant.score) > SAME && test.p_value() < SIGNIFICANCE;
        let margin = if better { margin.max(LEAST_MARGIN) } else { margin.min(-LEAST_MARGIN) };
        Self { score: constant.score, test, margin }
    }

    /// Returns whether a model with this `score` is better.
    pub fn advantage(&self, metric: PrimaryMetric, score: f64) -> Advantage {
        match metric.gain(score, self.score) {
            gain if gain <= SAME || gain.is_nan() => Advantage::NoBetter,
            _ if self.test.p_value() < SIGNIFICANCE => Advantage::Better,
            _ => Advantage::Unclear,
        }
    }
}

/// Writes the values as part of a sentence.
impl fmt::Display for AgainstConstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "answering a constant gives {:.4}, p = {:.2}", self.score, self.test.p_value())
    }
}
