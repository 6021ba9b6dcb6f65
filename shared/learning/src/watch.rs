//! Lets another thread see how far a training has come.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::{PrimaryMetric, RunStage};

/// How far a training has come, as [`ProgressWatch`] shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TrainingProgress {
    /// The step that the training has reached.
    pub stage: RunStage,
    /// The number of candidates that the search has scored so far.
    pub tried: usize,
    /// The number of candidates that the search wants to score. 0 before the search.
    pub planned: usize,
    /// The best mean score of a candidate so far, over its folds. `None` before the first one.
    pub best: Option<f64>,
    /// The metric of `best`. `None` before the search.
    pub metric: Option<PrimaryMetric>,
}

// A training writes a few numbers here after each candidate, and never waits for the reader. So watching does not change
// its result.
/// A view of a running training for another thread. Clones show the same training.
///
/// ```
/// use evergreen_learning::ProgressWatch;
/// use evergreen_lifecycle::RunStage;
///
/// let watch = ProgressWatch::default();
/// watch.clone().enter(RunStage::Evaluating);
/// assert_eq!(watch.now().stage, RunStage::Evaluating);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ProgressWatch(Arc<Mutex<TrainingProgress>>);

impl ProgressWatch {
    /// Returns how far the training has come.
    pub fn now(&self) -> TrainingProgress {
        *self.locked()
    }

    /// Says that the training has reached a step.
    pub fn enter(&self, stage: RunStage) {
        self.locked().stage = stage;
    }

    /// Says that the search begins, how many candidates it wants to score, and by which metric.
    pub(crate) fn search(&self, planned: usize, metric: PrimaryMetric) {
        let searching = TrainingProgress { stage: RunStage::Searching, planned, metric: Some(metric), ..self.now() };
        *self.locked() = searching;
    }

    /// Says how many candidates the search has scored, and the best score so far.
    pub(crate) fn scored(&self, tried: usize, best: Option<f64>) {
        let mut progress = self.locked();
        (progress.tried, progress.best) = (tried, best);
    }

    fn locked(&self) -> MutexGuard<'_, TrainingProgress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
