//! A trait for the checkpoints of training runs that take longer than one invocation.

use std::future::Future;

use super::Unavailable;
use crate::RunId;

/// Keeps the checkpoint of a training run, from which another invocation goes on.
pub trait Checkpoints: Send + Sync {
    /// Returns the last checkpoint of the training run `run`, or `None` if the run has no checkpoint.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn checkpoint(&self, run: &RunId) -> impl Future<Output = Result<Option<Vec<u8>>, Unavailable>> + Send;

    /// Stores a checkpoint of the training run `run`. It replaces the one before.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn keep_checkpoint(&self, run: &RunId, content: Vec<u8>) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Deletes the checkpoint of the training run `run`. It need not exist.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn remove_checkpoint(&self, run: &RunId) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
