//! A model beside one that always answers the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::loss::{MeanLoss, margin};
use super::{PairedTest, SAME, SIGNIFICANCE, Scores};
use crate::PrimaryMetric;

/// A margin that the test contradicts is brought to this side of 0.
const LEAST_MARGIN: f64 = 0.01;

/// How a model does beside answering a constant: the labels' shares of the training rows, or their mean (or whatever constant
/// the metric likes best).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgainstConstant {
    /// The constant's score on the same rows.
    pub score: f64,
    /// Whether the model's gain over it is more than noise: a test of "the constant is worse".
    pub test: PairedTest,
    /// How far the gain is beyond noise, in its standard errors; below 0 it is not.
    pub margin: f64,
}

/// Whether a model is better than answering a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is, beyond noise.
    Better,
    /// It is on these rows, but by no more than chance.
    Unclear,
    /// It is not.
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

    /// Whether a model of this `score` is better.
    pub fn standing(&self, metric: PrimaryMetric, score: f64) -> Standing {
        match metric.gain(score, self.score) {
            gain if gain <= SAME || gain.is_nan() => Standing::NoBetter,
            _ if self.test.p_value() < SIGNIFICANCE => Standing::Better,
            _ => Standing::Unclear,
        }
    }
}

/// The figures, as part of a sentence.
impl fmt::Display for AgainstConstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "answering a constant gives {:.4}, p = {:.2}", self.score, self.test.p_value())
    }
}
