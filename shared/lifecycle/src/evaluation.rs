//! What is known of how well a model does.

mod metric;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Label, Task};

pub use metric::{PINBALL_QUANTILE, PrimaryMetric};

/// Hyperparameters by name, as they were fitted with.
pub type Parameters = BTreeMap<String, serde_json::Value>;

/// A model's figures on the hold-out: rows that it has not learnt from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evaluation {
    /// A classifier's.
    Classification(ClassificationEvaluation),
    /// A regression model's.
    Regression(RegressionEvaluation),
}

impl Evaluation {
    /// What the model is for.
    pub fn task(&self) -> Task {
        match self {
            Self::Classification(_) => Task::Classification,
            Self::Regression(_) => Task::Regression,
        }
    }

    /// Hold-out rows, at least 1.
    pub fn rows(&self) -> usize {
        match self {
            Self::Classification(figures) => figures.rows,
            Self::Regression(figures) => figures.rows,
        }
    }

    /// The one figure that sums it up on dashboards: accuracy, 0–1, or R², at most 1.
    pub fn headline(&self) -> f64 {
        match self {
            Self::Classification(figures) => figures.accuracy,
            Self::Regression(figures) => figures.r2,
        }
    }

    /// The figure of `metric`; absent where it is of another task, not defined on these rows, or not known of what an earlier
    /// release recorded.
    pub fn figure(&self, metric: PrimaryMetric) -> Option<f64> {
        match self {
            Self::Classification(figures) => figures.figure(metric),
            Self::Regression(figures) => figures.figure(metric),
        }
    }
}

/// Maximum number of labels of which the confusion matrix is kept, and the figures of every class. A record is an item of at
/// most 400 KB.
pub const MAX_CONFUSED_LABELS: usize = 100;

/// Maximum number of classes whose figures are kept where there are more labels than that.
pub const MAX_WORST_LABELS: usize = 20;

/// A classifier's figures on the hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassificationEvaluation {
    /// Hold-out rows, at least 1.
    pub rows: usize,
    /// Share of rows answered rightly, 0–1.
    pub accuracy: f64,
    /// Mean recall over the classes, 0–1.
    pub balanced_accuracy: f64,
    /// Mean precision over the classes, 0–1; a class that is never predicted counts 0.
    pub precision: f64,
    /// Mean recall over the classes, 0–1.
    pub recall: f64,
    /// Mean F1 over the classes, 0–1.
    pub f1: f64,
    /// Mean negative log-likelihood of the true class in nats, from 0 up.
    pub log_loss: f64,
    /// Mean over the classes of the area under one class's ROC curve against the rest, 0–1; absent when no class has
    /// both members and non-members in the hold-out.
    pub roc_auc: Option<f64>,
    /// Matthews' correlation between answer and truth, -1 to 1; absent in what earlier releases recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<f64>,
    /// Rows by true class (outer) and predicted class (inner), both in the order of the labels; empty of more than
    /// [`MAX_CONFUSED_LABELS`] labels.
    pub confusion: Vec<Vec<usize>>,
    /// The same figures for each class, in the order of the labels; of more than [`MAX_CONFUSED_LABELS`] labels those of the
    /// [`MAX_WORST_LABELS`] with the lowest F1 that have rows.
    pub per_class: Vec<ClassEvaluation>,
    /// What only two classes have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryEvaluation>,
}

/// One class's figures on the hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassEvaluation {
    /// The class's label.
    pub label: Label,
    /// Hold-out rows of this class.
    pub support: usize,
    /// Of the rows predicted so, the share that is so, 0–1.
    pub precision: f64,
    /// Of the rows that are so, the share predicted so, 0–1.
    pub recall: f64,
    /// Harmonic mean of the two, 0–1.
    pub f1: f64,
}

/// What is known of a classifier of two classes beside the rest: how it does at finding the positive one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinaryEvaluation {
    /// The label that is looked for.
    pub positive: Label,
    /// The probability of it from which on it is predicted, 0–1.
    pub threshold: f64,
    /// Rows that are positive and predicted so.
    pub true_positives: usize,
    /// Rows that are not positive and predicted so.
    pub false_positives: usize,
    /// Rows that are not positive and not predicted so.
    pub true_negatives: usize,
    /// Rows that are positive and not predicted so.
    pub false_negatives: usize,
    /// Area under the curve of precision over recall, as the sum of its steps, 0–1; absent without a positive row.
    pub average_precision: Option<f64>,
    /// Mean squared difference between the positive label's probability and the truth as 0 or 1, 0–1.
    pub brier_score: f64,
    /// Harmonic mean of precision and recall of the positive label, 0–1; absent in what earlier releases recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1: Option<f64>,
}

impl ClassificationEvaluation {
    fn figure(&self, metric: PrimaryMetric) -> Option<f64> {
        match metric {
            PrimaryMetric::Accuracy => Some(self.accuracy),
            PrimaryMetric::BalancedAccuracy => Some(self.balanced_accuracy),
            PrimaryMetric::LogLoss => Some(self.log_loss),
            PrimaryMetric::RocAuc => self.roc_auc,
            PrimaryMetric::Mcc => self.mcc,
            PrimaryMetric::F1 => self.binary.as_ref().map_or(Some(self.f1), |binary| binary.f1),
            PrimaryMetric::BrierScore => self.binary.as_ref().map(|binary| binary.brier_score),
            PrimaryMetric::AveragePrecision => self.binary.as_ref().and_then(|binary| binary.average_precision),
            PrimaryMetric::R2
            | PrimaryMetric::Rmse
            | PrimaryMetric::Mae
            | PrimaryMetric::Mape
            | PrimaryMetric::Rmsle
            | PrimaryMetric::Pinball => None,
        }
    }
}

/// A regression model's figures on the hold-out; errors are in the target's unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegressionEvaluation {
    /// Hold-out rows, at least 1.
    pub rows: usize,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Median absolute error.
    pub median_absolute_error: f64,
    /// Share of the target's variance that is explained, at most 1; 0 for always answering the mean.
    pub r2: f64,
    /// Mean absolute error as a share of the truth, from 0 up; absent where a row's truth is 0, and in what earlier releases
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mape: Option<f64>,
    /// Root of the mean squared difference of ln(1 + value), from 0 up; absent where a row's truth is below 0, and in what
    /// earlier releases recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmsle: Option<f64>,
    /// Mean pinball loss at [`PINBALL_QUANTILE`]; absent in what earlier releases recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinball: Option<f64>,
    /// The prediction interval's figures.
    pub interval: IntervalEvaluation,
}

impl RegressionEvaluation {
    fn figure(&self, metric: PrimaryMetric) -> Option<f64> {
        match metric {
            PrimaryMetric::R2 => Some(self.r2),
            PrimaryMetric::Rmse => Some(self.rmse),
            PrimaryMetric::Mae => Some(self.mae),
            PrimaryMetric::Mape => self.mape,
            PrimaryMetric::Rmsle => self.rmsle,
            PrimaryMetric::Pinball => self.pinball,
            _ => None,
        }
    }
}

/// How the prediction intervals do on the hold-out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IntervalEvaluation {
    /// The share of rows that an interval is to hold, 0–1.
    pub level: f64,
    /// The share of hold-out rows that it does hold, 0–1.
    pub coverage: f64,
    /// From its one end to the other, in the target's unit: the mean over the hold-out rows.
    pub width: f64,
    /// The share of rows that it holds within each fifth of the predictions, from the lowest to the highest, 0–1; absent of a
    /// small hold-out and in what earlier releases recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_fifth: Option<[f64; 5]>,
}

/// The table that a run learnt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// `built-in` or the prefix of the objects.
    pub source: String,
    /// SHA-256 of what is learnt from, whatever its spelling in the files, in lower-case hexadecimal.
    pub fingerprint: String,
    /// Rows, training and hold-out together.
    pub rows: usize,
    /// Columns that are learnt from, in the table's order; of more than 200 the first 200 by name.
    pub columns: Vec<String>,
    /// The column that is predicted.
    pub target: String,
    /// What it is predicted as.
    #[serde(default)]
    pub task: Task,
}

/// How long the steps of a run took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// Reading, parsing and checking the table.
    pub load: f64,
    /// Choosing hyperparameters and fitting the pipeline on the training rows.
    pub fit: f64,
    /// Evaluating it.
    pub evaluate: f64,
    /// From the run's start to its registration.
    pub total: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As release 0.1 recorded them.
    #[test]
    fn figures_of_an_earlier_release_are_read() {
        let classes = r#"{"rows": 5, "accuracy": 0.8, "balanced_accuracy": 0.8, "precision": 0.8, "recall": 0.8, "f1": 0.7,
            "log_loss": 0.2, "roc_auc": 0.9, "confusion": [], "per_class": [], "binary": {"positive": "yes", "threshold": 0.5,
            "true_positives": 1, "false_positives": 1, "true_negatives": 3, "false_negatives": 0, "average_precision": 0.6,
            "brier_score": 0.1}}"#;
        let classes: Evaluation = serde_json::from_str(classes).unwrap();
        let figures = [PrimaryMetric::BrierScore, PrimaryMetric::F1, PrimaryMetric::Mcc, PrimaryMetric::R2];
        assert_eq!(figures.map(|metric| classes.figure(metric)), [Some(0.1), None, None, None]);
        let numbers = r#"{"rows": 5, "rmse": 4.0, "mae": 3.0, "median_absolute_error": 2.0, "r2": 0.5,
            "interval": {"level": 0.9, "coverage": 0.9, "width": 9.0}}"#;
        let numbers: Evaluation = serde_json::from_str(numbers).unwrap();
        let figures = [PrimaryMetric::Rmse, PrimaryMetric::Mape, PrimaryMetric::Pinball];
        assert_eq!(figures.map(|metric| numbers.figure(metric)), [Some(4.0), None, None]);
    }
}
