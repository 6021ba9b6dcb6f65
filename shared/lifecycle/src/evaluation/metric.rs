//! The figure that decides between models.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Task;

/// The quantile that [`PrimaryMetric::Pinball`] looks for, 0–1: an estimate that is too low costs nine times as much as one
/// that is too high.
pub const PINBALL_QUANTILE: f64 = 0.9;

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
    /// Area under the ROC curve, 0–1; of more than two classes the mean of each against the rest.
    RocAuc,
    /// Area under the curve of precision over recall, of two classes, 0–1.
    AveragePrecision,
    /// Harmonic mean of precision and recall of the positive class, 0–1; of more than two classes the mean over them.
    F1,
    /// Matthews' correlation between answer and truth, -1 to 1; 0 for an answer that ignores the row.
    Mcc,
    /// Share of the target's variance that is explained, at most 1.
    R2,
    /// Root of the mean squared error, in the target's unit; less is better.
    Rmse,
    /// Mean absolute error, in the target's unit; less is better.
    Mae,
    /// Mean absolute error as a share of the truth, from 0 up; less is better. It needs a target without 0.
    Mape,
    /// Root of the mean squared difference of ln(1 + value), from 0 up; less is better. It needs a target from 0 up.
    Rmsle,
    /// Mean pinball loss at [`PINBALL_QUANTILE`], in the target's unit; less is better.
    Pinball,
}

impl PrimaryMetric {
    /// Every metric, those of classification first.
    pub const ALL: [Self; 14] = [
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::LogLoss,
        Self::BrierScore,
        Self::RocAuc,
        Self::AveragePrecision,
        Self::F1,
        Self::Mcc,
        Self::R2,
        Self::Rmse,
        Self::Mae,
        Self::Mape,
        Self::Rmsle,
        Self::Pinball,
    ];

    /// The metric that decides where nobody chose another.
    pub fn default_for(task: Task) -> Self {
        match task {
            Task::Classification => Self::LogLoss,
            Task::Regression => Self::R2,
        }
    }

    /// The figure that dashboards and the stack's parameters speak of: accuracy, or R².
    pub fn headline_of(task: Task) -> Self {
        match task {
            Task::Classification => Self::Accuracy,
            Task::Regression => Self::R2,
        }
    }

    /// The task whose models it measures.
    pub fn task(self) -> Task {
        match self {
            Self::Accuracy
            | Self::BalancedAccuracy
            | Self::LogLoss
            | Self::BrierScore
            | Self::RocAuc
            | Self::AveragePrecision
            | Self::F1
            | Self::Mcc => Task::Classification,
            Self::R2 | Self::Rmse | Self::Mae | Self::Mape | Self::Rmsle | Self::Pinball => Task::Regression,
        }
    }

    /// Whether it is defined for two classes only.
    pub fn needs_two_classes(self) -> bool {
        matches!(self, Self::BrierScore | Self::AveragePrecision)
    }

    /// Whether more is better.
    pub fn higher_is_better(self) -> bool {
        match self {
            Self::Accuracy
            | Self::BalancedAccuracy
            | Self::RocAuc
            | Self::AveragePrecision
            | Self::F1
            | Self::Mcc
            | Self::R2 => true,
            Self::LogLoss | Self::BrierScore | Self::Rmse | Self::Mae | Self::Mape | Self::Rmsle | Self::Pinball => {
                false
            }
        }
    }

    /// Whether it is a share between 0 and 1.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Accuracy | Self::BalancedAccuracy | Self::RocAuc | Self::AveragePrecision | Self::F1)
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
            Self::RocAuc => "roc_auc",
            Self::AveragePrecision => "average_precision",
            Self::F1 => "f1",
            Self::Mcc => "mcc",
            Self::R2 => "r2",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::Mape => "mape",
            Self::Rmsle => "rmsle",
            Self::Pinball => "pinball",
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
            Self::RocAuc => "ROC AUC",
            Self::AveragePrecision => "average precision",
            Self::F1 => "F1",
            Self::Mcc => "MCC",
            Self::R2 => "R²",
            Self::Rmse => "RMSE",
            Self::Mae => "MAE",
            Self::Mape => "MAPE",
            Self::Rmsle => "RMSLE",
            Self::Pinball => "pinball loss",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_reads_back_from_the_name_that_settings_and_records_use() {
        for metric in PrimaryMetric::ALL {
            let text = format!("\"{}\"", metric.name());
            assert_eq!(serde_json::to_string(&metric).unwrap(), text);
            assert_eq!(serde_json::from_str::<PrimaryMetric>(&text).unwrap(), metric);
        }
    }

    #[test]
    fn the_default_is_a_metric_of_its_task() {
        for task in [Task::Classification, Task::Regression] {
            assert_eq!(PrimaryMetric::default_for(task).task(), task);
            assert_eq!(PrimaryMetric::headline_of(task).task(), task);
        }
    }
}
