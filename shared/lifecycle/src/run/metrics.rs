//! The main metrics of a run, for comparing runs side by side.

use serde::{Deserialize, Serialize};

use crate::Evaluation;

/// A run's main metrics. The version holds the whole evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RunMetrics {
    /// Metrics of a classifier.
    Classification {
        /// Accuracy on the training rows, 0–1.
        training_accuracy: f64,
        /// Accuracy on the hold-out, 0–1.
        accuracy: f64,
        /// Balanced accuracy on the hold-out, 0–1.
        balanced_accuracy: f64,
        /// Macro F1 on the hold-out, 0–1.
        f1: f64,
        /// Log loss on the hold-out, in nats.
        log_loss: f64,
        /// One-vs-rest ROC AUC on the hold-out, 0–1; `None` if it is not defined.
        roc_auc: Option<f64>,
        /// Duration of the run in seconds.
        duration: f64,
    },
    /// Metrics of a regression model. Errors are in the target's unit.
    Regression {
        /// R² on the training rows, at most 1.
        training_r2: f64,
        /// R² on the hold-out, at most 1.
        r2: f64,
        /// Root mean squared error on the hold-out.
        rmse: f64,
        /// Mean absolute error on the hold-out.
        mae: f64,
        /// Median absolute error on the hold-out.
        median_absolute_error: f64,
        /// Duration of the run in seconds.
        duration: f64,
    },
}

impl RunMetrics {
    /// Returns the main metrics of `evaluation`. `training_score` is accuracy or R² on the training rows. `duration` is
    /// the run's duration in seconds.
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

    /// Returns accuracy (0–1) or R² (at most 1) on the training rows.
    pub fn training_score(&self) -> f64 {
        match *self {
            Self::Classification { training_accuracy, .. } => training_accuracy,
            Self::Regression { training_r2, .. } => training_r2,
        }
    }

    /// Returns accuracy (0–1) or R² (at most 1) on the hold-out.
    pub fn headline(&self) -> f64 {
        match *self {
            Self::Classification { accuracy, .. } => accuracy,
            Self::Regression { r2, .. } => r2,
        }
    }

    /// Returns the run's duration in seconds.
    pub fn duration(&self) -> f64 {
        match *self {
            Self::Classification { duration, .. } | Self::Regression { duration, .. } => duration,
        }
    }
}
