//! Traits that read the records of training runs and write their progress, and the data for storing a new attempt.

use std::future::Future;

use super::Unavailable;
use crate::{Announcement, Progress, Record, Run, RunId};

/// Error: the record of a training run was not written.
#[derive(Debug, thiserror::Error)]
pub enum RunWriteError {
    /// Nothing was written: the model registry holds another attempt at this training run. The field identifies the
    /// run.
    #[error("run {0} belongs to another attempt now")]
    Conflict(RunId),
    /// The call to the model registry failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A new attempt at a training run: the records and the event that are stored when it starts.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The record of the training run with the new attempt.
    pub run: &'a Run,
    /// The stored record of the previous attempt. `None` if this is the first attempt.
    pub former: Option<&'a Run>,
    // The event is published after the attempt's maximum duration, unless the attempt succeeds or fails before. See
    // `LifecycleEvent::of_loss`.
    /// The event that reports the new attempt as lost: stopped without a result.
    pub lost: &'a Announcement,
}

/// Maximum number of training runs that one call to the model registry reads.
pub const MOST_RUNS: u32 = 500;

/// Reads the records of training runs.
pub trait Runs: Send + Sync {
    /// Returns the record of the training run `id`, or `None` if it does not exist. The read sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn run(&self, id: &RunId) -> impl Future<Output = Result<Option<Record<Run>>, Unavailable>> + Send;

    /// Returns the records of the newest training runs and imports, newest first, at most `limit`. Records that cannot
    /// be read are included as errors.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn recent_runs(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send;

    // The caller needs runs that train a model, not only imports of model files. The result has at most `MOST_RUNS`
    // records.
    /// Returns the records of the newest runs, newest first. Reads more than `limit` if most of them are imports.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn recent_runs_with_trainings(
        &self,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send {
        async move {
            let runs = self.recent_runs(limit).await?;
            let trains = |run: &&Record<Run>| run.as_ref().is_ok_and(|run| run.trigger.is_training());
            let (wanted, trainings) = (limit as usize, runs.iter().filter(trains).count());
            if runs.len() < wanted || trainings >= wanted / 2 {
                // Usually the result has at most `limit` records.
                return Ok(runs);
            }
            // Most of the newest records are imports of model files, so this reads more records.
            self.recent_runs(MOST_RUNS).await
        }
    }
}

/// Writes how far a training run has come, for people who watch it.
pub trait RunProgress: Send + Sync {
    // The write that ends the run removes the progress again.
    /// Stores the progress of the attempt `run`. Changes nothing if the attempt has ended or another has taken over.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn report(&self, run: &Run, progress: &Progress) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
