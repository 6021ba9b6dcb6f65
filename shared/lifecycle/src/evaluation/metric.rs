//! The metrics in which models can be compared, such as accuracy or RMSE.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Task;

// At 0.9, a prediction that is too low costs nine times as much as one that is too high.
/// Quantile (0–1) of the pinball loss in [`PrimaryMetric::Pinball`].
pub const PINBALL_QUANTILE: f64 = 0.9;

/// A metric in which two models are compared on the hold-out rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrimaryMetric {
    /// Share of correct answers, 0–1.
    Accuracy,
    /// Mean recall over the classes, 0–1.
    BalancedAccuracy,
    /// Log loss: mean negative log-likelihood of the true class in nats, from 0 up; lower is better.
    LogLoss,
    /// Brier score, 0–1: mean squared error of the positive label's probability; lower is better. Only for two classes.
    BrierScore,
    // With more than two classes, the mean over each class against the rest.
    /// ROC AUC: area under the ROC curve, 0–1.
    RocAuc,
    /// Area under the precision-recall curve, 0–1. Only for two classes.
    AveragePrecision,
    // Two classes: precision and recall of the positive class. More classes: the mean over the classes.
    /// F1 score: harmonic mean of precision and recall, 0–1.
    F1,
    // A constant answer gets 0.
    /// Matthews correlation between the predicted class and the true class, -1 to 1.
    Mcc,
    /// R²: share of the target's variance that the model explains, at most 1.
    R2,
    /// Root mean squared error, in the target's unit; lower is better.
    Rmse,
    /// Mean absolute error, in the target's unit; lower is better.
    Mae,
    // The mean of (absolute error / true value).
    /// Mean absolute percentage error, from 0 up; lower is better. Not defined if a true value is 0.
    Mape,
    // The root mean squared difference between ln(1 + prediction) and ln(1 + true value).
    /// Root mean squared logarithmic error (RMSLE), from 0 up; lower is better. Not defined if a true value is below 0.
    Rmsle,
    /// Mean pinball loss (quantile loss) at the quantile [`PINBALL_QUANTILE`], in the target's unit; lower is better.
    Pinball,
}

impl PrimaryMetric {
    /// Every metric by which models can be compared, classification metrics first.
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

    /// Returns the metric in which models are compared if the user chose none.
    pub fn default_for(task: Task) -> Self {
        match task {
            Task::Classification => Self::LogLoss,
            Task::Regression => Self::R2,
        }
    }

    /// Returns the metric that dashboards show: accuracy for classification, R² for regression.
    pub fn headline_of(task: Task) -> Self {
        // The stack's parameters use the same metric.
        match task {
            Task::Classification => Self::Accuracy,
            Task::Regression => Self::R2,
        }
    }

    /// Returns the task that the metric belongs to: classification or regression.
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

    /// Returns whether the metric is defined only for classifiers with exactly two classes.
    pub fn needs_two_classes(self) -> bool {
        matches!(self, Self::BrierScore | Self::AveragePrecision)
    }

    /// Returns whether a higher value of the metric is better.
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

    /// Returns whether the metric is a share with values from 0 to 1, such as accuracy.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Accuracy | Self::BalancedAccuracy | Self::RocAuc | Self::AveragePrecision | Self::F1)
    }

    /// Returns by how much `score` is better than `other`. Negative if `score` is worse.
    pub fn gain(self, score: f64, other: f64) -> f64 {
        if self.higher_is_better() { score - other } else { other - score }
    }

    /// Returns the metric's name in settings and records, such as `log_loss`.
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

/// Writes the metric's name in words, such as `log loss`.
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
    fn a_metric_is_parsed_from_its_stored_name() {
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
