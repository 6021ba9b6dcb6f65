//! The progress of a training run that goes on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PrimaryMetric;

/// The step that a training run has reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStage {
    /// The files of the data set, or of an uploaded model, are read.
    #[default]
    Reading,
    /// The hyperparameter search scores candidates by cross-validation.
    Searching,
    /// The best candidate is fitted to all training rows.
    Fitting,
    /// The model is evaluated on the hold-out.
    Evaluating,
    /// The model is stored, compared with the champion and registered.
    Storing,
}

// The record of an ended run has no progress: the write that ends the run replaces the record.
/// How far a training run has come. It is only for people who watch the run: no decision depends on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The step that the training run has reached.
    pub stage: RunStage,
    /// The number of candidates that the hyperparameter search has scored so far.
    pub tried: usize,
    // If time is short, the search tries fewer.
    /// The number of candidates that the search wants to score. 0 before the search.
    pub planned: usize,
    // The folds are parts of the training rows, so this is not the score on the hold-out.
    /// The best mean score of a candidate so far, over the folds on which it was scored. `None` before the first one.
    pub best: Option<f64>,
    /// The metric of `best`. `None` before the search.
    pub metric: Option<PrimaryMetric>,
    /// The time at which this progress was written.
    #[serde(with = "crate::time")]
    pub updated_at: Timestamp,
}
