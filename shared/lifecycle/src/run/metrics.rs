//! The main metrics of a training run. They are stored with the run, so that runs can be compared quickly.

use serde::{Deserialize, Serialize};

use crate::Evaluation;

// The record of the model version has all metrics.
/// The main metrics of the model that a training run made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RunMetrics {
    /// Metrics of a classifier.
    Classification {
        /// Accuracy on the training rows, from 0 to 1.
        training_accuracy: f64,
        /// Accuracy on the hold-out rows, from 0 to 1.
        accuracy: f64,
        /// Balanced accuracy on the hold-out rows, from 0 to 1.
        balanced_accuracy: f64,
        /// Macro F1 on the hold-out rows, from 0 to 1.
        f1: f64,
        /// Log loss on the hold-out rows, in nats.
        log_loss: f64,
        /// One-vs-rest ROC AUC on the hold-out rows, from 0 to 1. `None` if it is not defined.
        roc_auc: Option<f64>,
        /// The duration of the training run in seconds.
        duration: f64,
    },
    /// Metrics of a regression model. All errors have the unit of the target column.
    Regression {
        /// R² on the training rows, at most 1.
        training_r2: f64,
        /// R² on the hold-out rows, at most 1.
        r2: f64,
        /// Root mean squared error on the hold-out rows.
        rmse: f64,
        /// Mean absolute error on the hold-out rows.
        mae: f64,
        /// Median absolute error on the hold-out rows.
        median_absolute_error: f64,
        /// The duration of the training run in seconds.
        duration: f64,
    },
}

impl RunMetrics {
    // `training_score` is the accuracy or R² on the training rows. `duration` is the duration of the training run in
    // seconds.
    /// Returns the main metrics of a model from its `evaluation`.
    pub fn of(evaluation: &Evaluation, training_score: f64, duration: f64) -> Self {
        match evaluation {
            Evaluation::Classification(figures) => Self::Classification {
                training_accuracy: training_score,
                accuracy: figures.accuracy,
                balanced_accuracy: figures.balanced_accuracy,
                f1: figures.f1,
                log_loss: figures.log_loss,
                roc_auc: figures.roc_auc,
                duration,
            },
            Evaluation::Regression(figures) => Self::Regression {
                training_r2: training_score,
                r2: figures.r2,
                rmse: figures.rmse,
                mae: figures.mae,
                median_absolute_error: figures.median_absolute_error,
                duration,
            },
        }
    }

    /// Returns the score on the training rows: accuracy (0–1) for a classifier, R² for a regression model.
    pub fn training_score(&self) -> f64 {
        match *self {
            Self::Classification { training_accuracy, .. } => training_accuracy,
            Self::Regression { training_r2, .. } => training_r2,
        }
    }

    /// Returns the score on the hold-out rows: accuracy (0–1) for a classifier, R² for a regression model.
    pub fn headline(&self) -> f64 {
        match *self {
            Self::Classification { accuracy, .. } => accuracy,
            Self::Regression { r2, .. } => r2,
        }
    }

    /// Returns the duration of the training run in seconds.
    pub fn duration(&self) -> f64 {
        match *self {
            Self::Classification { duration, .. } | Self::Regression { duration, .. } => duration,
        }
    }
}
