//! Reading the records of runs, and a new attempt.

use std::future::Future;

use super::Unavailable;
use crate::{Announcement, Record, Run, RunId};

/// Why a conditional write of a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunWriteError {
    /// The registry holds another attempt at this run.
    #[error("run {0} belongs to another attempt now")]
    Conflict(RunId),
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A new attempt at a run.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The new attempt.
    pub run: &'a Run,
    /// The recorded previous attempt, if any.
    pub former: Option<&'a Run>,
    /// The event that the attempt was lost ([`LifecycleEvent::of_loss`](crate::LifecycleEvent::of_loss)). It is
    /// announced after the attempt's time, unless the attempt ends otherwise.
    pub lost: &'a Announcement,
}

/// Maximum number of runs in one read.
pub const MOST_RUNS: u32 = 500;

/// Reads run records.
pub trait Runs: Send + Sync {
    /// Returns the run `id`, if it exists. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn run(&self, id: &RunId) -> impl Future<Output = Result<Option<Record<Run>>, Unavailable>> + Send;

    /// Returns at most `limit` runs, newest first, including runs that this release cannot read.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_runs(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send;

    /// Returns the newest runs for a caller that wants to know about training. If most of the newest `limit` runs are
    /// imports, it returns up to [`MOST_RUNS`] runs, so that imports do not hide the training runs.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_runs_with_trainings(
        &self,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send {
        async move {
            let runs = self.recent_runs(limit).await?;
            let trains = |run: &&Record<Run>| run.as_ref().is_ok_and(|run| run.trigger.is_training());
            let (wanted, trainings) = (limit as usize, runs.iter().filter(trains).count());
            if runs.len() < wanted || trainings >= wanted / 2 {
                return Ok(runs);
            }
            self.recent_runs(MOST_RUNS).await
        }
    }
}
