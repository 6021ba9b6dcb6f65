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
}

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
    /// Rows by true class (outer) and predicted class (inner), both in the order of the labels.
    pub confusion: Vec<Vec<usize>>,
    /// The same figures for each class, in the order of the labels.
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
    /// The prediction interval's figures.
    pub interval: IntervalEvaluation,
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
