//! What is known of how well a model does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Hyperparameters by name, as they were fitted with.
pub type Parameters = BTreeMap<String, serde_json::Value>;

/// A classifier's figures on the hold-out: rows that it has not learnt from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
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
}

/// One class's figures on the hold-out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassEvaluation {
    /// The class's label.
    pub label: String,
    /// Hold-out rows of this class.
    pub support: usize,
    /// Of the rows predicted so, the share that is so, 0–1.
    pub precision: f64,
    /// Of the rows that are so, the share predicted so, 0–1.
    pub recall: f64,
    /// Harmonic mean of the two, 0–1.
    pub f1: f64,
}

/// The table that a run learnt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// `built-in` or the key of the object.
    pub source: String,
    /// SHA-256 of the table's content, in lower-case hexadecimal.
    pub fingerprint: String,
    /// Rows, training and hold-out together.
    pub rows: usize,
    /// Columns, without the target.
    pub columns: Vec<String>,
    /// The column that is predicted.
    pub target: String,
}

/// How long the steps of a run took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// Reading, parsing and checking the table.
    pub load: f64,
    /// Fitting the pipeline on the training rows.
    pub fit: f64,
    /// Evaluating it.
    pub evaluate: f64,
    /// From the run's start to its registration.
    pub total: f64,
}
