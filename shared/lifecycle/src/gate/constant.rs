//! Compares a model with a constant answer, which uses no feature.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::loss::{MeanLoss, margin};
use super::{PairedTest, SAME, SIGNIFICANCE, Scores};
use crate::PrimaryMetric;

/// Minimum absolute value of [`AgainstConstant::margin`]. The computed margin and the paired test may disagree on which
/// model is better. Then the margin is moved to this distance from 0, on the test's side.
const LEAST_MARGIN: f64 = 0.01;

/// How a model compares with a constant answer on the same hold-out rows. The constant answer is the share of each
/// label in the training rows, or the mean of their target. For other metrics, it is the constant that scores best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgainstConstant {
    /// The score of the constant answer on the same hold-out rows as the model.
    pub score: f64,
    /// Result of the test whether the constant answer is worse than the model beyond chance.
    pub test: PairedTest,
    /// By how many standard errors the model's gain over the constant answer exceeds chance. Below 0, the gain may be
    /// chance.
    pub margin: f64,
}

/// Whether a model is better than a constant answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advantage {
    /// The model is better than the constant answer, by more than chance.
    Better,
    /// The model is better than the constant answer on these hold-out rows, but this may be chance.
    Unclear,
    /// The model is not better than the constant answer.
    NoBetter,
}

impl AgainstConstant {
    /// Compares the `model` with a `constant` answer by `metric`. Both scores must belong to the same rows.
    pub fn of(metric: PrimaryMetric, model: &Scores, constant: &Scores) -> Self {
        let test = PairedTest::of(metric, &constant.losses, &model.losses);
        let gains: Vec<f64> = constant.losses.iter().zip(&model.losses).map(|(c, m)| c - m).collect();
        let margin = MeanLoss::of(&gains).map_or(-LEAST_MARGIN, |gain| margin(gain.mean, gain.standard_error));
        let better = metric.gain(model.score, constant.score) > SAME && test.p_value() < SIGNIFICANCE;
        let margin = if better { margin.max(LEAST_MARGIN) } else { margin.min(-LEAST_MARGIN) };
        Self { score: constant.score, test, margin }
    }

    /// Returns whether a model with this `score` is better than the constant answer. `metric` is the metric of both
    /// scores.
    pub fn advantage(&self, metric: PrimaryMetric, score: f64) -> Advantage {
        match metric.gain(score, self.score) {
            gain if gain <= SAME || gain.is_nan() => Advantage::NoBetter,
            _ if self.test.p_value() < SIGNIFICANCE => Advantage::Better,
            _ => Advantage::Unclear,
        }
    }
}

/// Writes the constant answer's score and the test's p-value, as part of a sentence.
impl fmt::Display for AgainstConstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "answering a constant gives {:.4}, p = {:.2}", self.score, self.test.p_value())
    }
}
