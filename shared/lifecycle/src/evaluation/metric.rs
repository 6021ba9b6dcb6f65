//! The figure that decides between models.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Task;

/// A figure on the hold-out that models are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrimaryMetric {
    /// Share of rows answered rightly, 0–1.
    Accuracy,
    /// Mean recall over the classes, 0–1.
    BalancedAccuracy,
    /// Mean negative log-likelihood of the true class in nats, from 0 up; less is better.
    LogLoss,
    /// Mean squared difference between probability and truth, of two classes, 0–1; less is better.
    BrierScore,
    /// Share of the target's variance that is explained, at most 1.
    R2,
    /// Root of the mean squared error, in the target's unit; less is better.
    Rmse,
    /// Mean absolute error, in the target's unit; less is better.
    Mae,
}

impl PrimaryMetric {
    /// The metric that decides where nobody chose another.
    pub fn default_for(task: Task) -> Self {
        match task {
            Task::Classification => Self::Accuracy,
            Task::Regression => Self::R2,
        }
    }

    /// The task whose models it measures.
    pub fn task(self) -> Task {
        match self {
            Self::Accuracy | Self::BalancedAccuracy | Self::LogLoss | Self::BrierScore => Task::Classification,
            Self::R2 | Self::Rmse | Self::Mae => Task::Regression,
        }
    }

    /// Whether more is better.
    pub fn higher_is_better(self) -> bool {
        matches!(self, Self::Accuracy | Self::BalancedAccuracy | Self::R2)
    }

    /// By how much `score` is better than `other`; negative when it is worse.
    pub fn gain(self, score: f64, other: f64) -> f64 {
        if self.higher_is_better() { score - other } else { other - score }
    }

    /// The name, as it is written in settings and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::LogLoss => "log_loss",
            Self::BrierScore => "brier_score",
            Self::R2 => "r2",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
        }
    }
}

/// In words.
impl fmt::Display for PrimaryMetric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::LogLoss => "log loss",
            Self::BrierScore => "Brier score",
            Self::R2 => "R²",
            Self::Rmse => "RMSE",
            Self::Mae => "MAE",
        })
    }
}
