//! Evaluation results: a model's metrics on the hold-out rows.

mod metric;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Label, LearnedFeedback, Task};

pub use metric::{PINBALL_QUANTILE, PrimaryMetric};

/// The hyperparameters of a training run: a map from each name (such as `max_depth`) to its value.
pub type Parameters = BTreeMap<String, serde_json::Value>;

/// A model's metrics on the hold-out rows, which were not used for training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Evaluation {
    /// Metrics of a classifier.
    Classification(ClassificationEvaluation),
    /// Metrics of a regression model.
    Regression(RegressionEvaluation),
}

impl Evaluation {
    /// Returns the model's task: classification or regression.
    pub fn task(&self) -> Task {
        match self {
            Self::Classification(_) => Task::Classification,
            Self::Regression(_) => Task::Regression,
        }
    }

    /// Returns the number of hold-out rows that the model was evaluated on, at least 1.
    pub fn rows(&self) -> usize {
        match self {
            Self::Classification(figures) => figures.rows,
            Self::Regression(figures) => figures.rows,
        }
    }

    /// Returns the score that dashboards show: accuracy of a classifier (0–1) or R² of a regression model (at most 1).
    pub fn headline(&self) -> f64 {
        match self {
            Self::Classification(figures) => figures.accuracy,
            Self::Regression(figures) => figures.r2,
        }
    }

    /// Returns the model's value of `metric` on the hold-out rows. `None` if the evaluation does not contain it.
    pub fn figure(&self, metric: PrimaryMetric) -> Option<f64> {
        // `None` if the metric belongs to the other task, is not defined on these rows, or is missing in a record of an
        // earlier software version.
        match self {
            Self::Classification(figures) => figures.figure(metric),
            Self::Regression(figures) => figures.figure(metric),
        }
    }
}

// A record must fit into a DynamoDB item of at most 400 KB.
/// Maximum number of classes for which the confusion matrix and all classes' metrics are stored.
pub const MAX_CONFUSED_LABELS: usize = 100;

// Very many: more than [`MAX_CONFUSED_LABELS`].
/// Number of worst classes whose metrics are stored for a classifier with very many classes.
pub const MAX_WORST_LABELS: usize = 20;

/// A classifier's metrics on the hold-out rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassificationEvaluation {
    /// Number of hold-out rows, at least 1.
    pub rows: usize,
    /// Accuracy: share of hold-out rows that the classifier answers correctly, 0–1.
    pub accuracy: f64,
    /// Balanced accuracy: mean recall over the classes, 0–1.
    pub balanced_accuracy: f64,
    // The precision of a class that is never predicted counts as 0.
    /// Mean precision over the classes, 0–1.
    pub precision: f64,
    /// Mean recall over the classes, 0–1.
    pub recall: f64,
    /// Mean over the classes of F1 (harmonic mean of precision and recall), 0–1.
    pub f1: f64,
    /// Log loss: mean negative log-likelihood of the true class in nats, from 0 up; lower is better.
    pub log_loss: f64,
    // The curve of a class is the class against the rest. The area is not defined if every class has either all or none
    // of the hold-out rows.
    /// ROC AUC: area under the ROC curve, averaged over the classes, 0–1. `None` if not defined on the hold-out rows.
    pub roc_auc: Option<f64>,
    // `None` in records of earlier software versions.
    /// Matthews correlation between the predicted class and the true class, -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<f64>,
    // The classes are in the order of the labels. Empty if there are more than [`MAX_CONFUSED_LABELS`] labels.
    /// Confusion matrix: `confusion[i][j]` is the number of hold-out rows of class i that are predicted as class j.
    pub confusion: Vec<Vec<usize>>,
    // With more than [`MAX_CONFUSED_LABELS`] labels, the list has only [`MAX_WORST_LABELS`] classes. Classes without
    // hold-out rows are not among them.
    /// Metrics of each class, in the order of the labels. With many labels, only of the classes with the lowest F1.
    pub per_class: Vec<ClassEvaluation>,
    /// Additional metrics of a classifier with exactly two classes; `None` with more classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryEvaluation>,
}

/// A classifier's metrics for one class, on the hold-out rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassEvaluation {
    /// The class's label.
    pub label: Label,
    /// Number of hold-out rows that truly belong to this class.
    pub support: usize,
    /// Precision, 0–1: of the hold-out rows predicted as this class, the share that truly belongs to it.
    pub precision: f64,
    /// Recall, 0–1: of the hold-out rows that truly belong to this class, the share predicted as this class.
    pub recall: f64,
    /// F1 score: harmonic mean of the class's precision and recall, 0–1.
    pub f1: f64,
}

/// Additional metrics of a classifier with two classes, such as the number of false positives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinaryEvaluation {
    /// The label of the positive class.
    pub positive: Label,
    /// Decision threshold, 0–1: the lowest probability at which the classifier predicts the positive label.
    pub threshold: f64,
    /// Number of hold-out rows of the positive class that are predicted as positive.
    pub true_positives: usize,
    /// Number of hold-out rows of the negative class that are predicted as positive.
    pub false_positives: usize,
    /// Number of hold-out rows of the negative class that are predicted as negative.
    pub true_negatives: usize,
    /// Number of hold-out rows of the positive class that are predicted as negative.
    pub false_negatives: usize,
    // The area is computed as a sum of steps.
    /// Average precision: area under the precision-recall curve, 0–1. `None` if no hold-out row is positive.
    pub average_precision: Option<f64>,
    // The truth is 1 for the positive label and 0 for the negative one.
    /// Brier score, 0–1: mean squared error of the predicted probability of the positive label; lower is better.
    pub brier_score: f64,
    // `None` in records of earlier software versions.
    /// F1 score of the positive label: harmonic mean of precision and recall, 0–1.
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

/// A regression model's metrics on the hold-out rows. Errors are in the unit of the predicted column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegressionEvaluation {
    /// Number of hold-out rows, at least 1.
    pub rows: usize,
    /// Root mean squared error on the hold-out, in the target's unit.
    pub rmse: f64,
    /// Mean absolute error on the hold-out, in the target's unit.
    pub mae: f64,
    /// Median absolute error on the hold-out, in the target's unit.
    pub median_absolute_error: f64,
    // A model that always predicts the mean gets 0.
    /// R²: share of the target's variance that the model explains, at most 1.
    pub r2: f64,
    // The mean of (absolute error / true value). Also `None` in records of earlier software versions.
    /// Mean absolute percentage error, from 0 up; 0.1 means 10%. `None` if a true value is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mape: Option<f64>,
    // The root mean squared difference between ln(1 + prediction) and ln(1 + true value). Also `None` in records of
    // earlier software versions.
    /// Root mean squared logarithmic error (RMSLE), from 0 up. `None` if a true value is below 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rmsle: Option<f64>,
    // `None` in records of earlier software versions.
    /// Mean pinball loss (quantile loss) at the quantile [`PINBALL_QUANTILE`], in the target's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinball: Option<f64>,
    /// Quality of the model's prediction intervals, such as how often they contain the true value.
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

/// Quality of a regression model's prediction intervals on the hold-out rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IntervalEvaluation {
    /// Target coverage, 0–1: the share of rows whose true value should be inside the prediction interval.
    pub level: f64,
    /// Measured coverage, 0–1: the share of hold-out rows whose true value is inside the prediction interval.
    pub coverage: f64,
    /// Mean width of the prediction intervals over the hold-out rows, in the target's unit.
    pub width: f64,
    // `None` for a small hold-out, and in records of earlier software versions.
    /// Measured coverage (0–1) of the prediction intervals in five equal groups of hold-out rows. The groups go from
    /// the lowest predictions to the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_fifth: Option<[f64; 5]>,
}

/// Description of a training run's data set, such as its source, size and columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Where the data came from: `built-in`, or the key prefix of the S3 objects.
    pub source: String,
    // Only the values that the model learns from count. Equal values give the same hash, however the files write them
    // (such as `1.0` or `1`).
    /// Hash of the training data: SHA-256 in lower-case hexadecimal.
    pub fingerprint: String,
    /// Number of rows in the data set: training rows and hold-out rows together.
    pub rows: usize,
    // With more than 200 columns, only the first 200 names in alphabetical order.
    /// Names of the feature columns, in the table's order; at most 200 names.
    pub columns: Vec<String>,
    /// Name of the column that the model predicts.
    pub target: String,
    /// Whether the model predicts a class (classification) or a number (regression).
    #[serde(default)]
    pub task: Task,
    /// The rows of feedback that joined the training rows; `rows` counts them too. `None` if no feedback was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<LearnedFeedback>,
}

/// Durations of the steps of a training run, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// Seconds for reading, parsing and checking the data set.
    pub load: f64,
    /// Seconds for choosing hyperparameters and training the model.
    pub fit: f64,
    /// Seconds for evaluating the model on the hold-out rows.
    pub evaluate: f64,
    /// Seconds for the whole run, from its start to the registration of the model version.
    pub total: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The JSON texts are written as version 0.1 of the software wrote them.
    #[test]
    fn metrics_of_an_earlier_release_are_read() {
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
