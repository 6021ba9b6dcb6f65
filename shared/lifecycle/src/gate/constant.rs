//! Comparison of a model with a constant baseline, which gives the same answer for every row.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::loss::{MeanLoss, margin};
use super::paired::Probability;
use super::{PairedTest, SAME, SIGNIFICANCE, Scores};
use crate::PrimaryMetric;

// The margin and the significance test may disagree on whether the model beats the baseline. Then the margin becomes
// plus or minus this number, as the test says.
/// Minimum absolute value of [`AgainstConstant::margin`], which says how clearly a model beats a constant baseline.
const LEAST_MARGIN: f64 = 0.01;

// The baseline answers the share of each label in the training rows, or the mean of their target. For other metrics,
// the baseline is the constant answer that scores best.
/// Result of the comparison of a model with a constant baseline (the same answer for every row).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgainstConstant {
    /// The score of the constant baseline on the hold-out rows.
    pub score: f64,
    /// Result of the significance test: is the constant baseline worse than the model?
    pub test: PairedTest,
    // The model's gain over the baseline in standard errors, minus the gain that chance explains.
    /// How clearly the model beats the constant baseline, in standard errors. Below 0, the model is not
    /// better, or only by chance.
    pub margin: f64,
}

/// Whether a model beats a constant baseline, which gives the same answer for every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advantage {
    /// The model beats the constant baseline, by more than chance.
    Better,
    /// The model beats the constant baseline on these hold-out rows, but this may be chance.
    Unclear,
    /// The model does not beat the constant baseline.
    NoBetter,
}

impl AgainstConstant {
    /// Compares the scores of a model with the scores of a constant baseline on the same hold-out rows.
    pub fn of(metric: PrimaryMetric, model: &Scores, constant: &Scores) -> Self {
        let test = PairedTest::of(metric, &constant.losses, &model.losses);
        let gains: Vec<f64> = constant.losses.iter().zip(&model.losses).map(|(c, m)| c - m).collect();
        let margin = MeanLoss::of(&gains).map_or(-LEAST_MARGIN, |gain| margin(gain.mean, gain.standard_error));
        let better = metric.gain(model.score, constant.score) > SAME && test.p_value() < SIGNIFICANCE;
        let margin = if better { margin.max(LEAST_MARGIN) } else { margin.min(-LEAST_MARGIN) };
        Self { score: constant.score, test, margin }
    }

    /// Returns whether a model with this `score` beats the constant baseline, and whether by more than chance.
    pub fn advantage(&self, metric: PrimaryMetric, score: f64) -> Advantage {
        match metric.gain(score, self.score) {
            gain if gain <= SAME || gain.is_nan() => Advantage::NoBetter,
            _ if self.test.p_value() < SIGNIFICANCE => Advantage::Better,
            _ => Advantage::Unclear,
        }
    }
}

/// Writes the constant baseline's score and the test's p-value, as part of a sentence.
impl fmt::Display for AgainstConstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "answering a constant gives {:.4}, {}", self.score, Probability(self.test.p_value()))
    }
}
