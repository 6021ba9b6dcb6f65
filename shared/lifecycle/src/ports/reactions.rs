//! Trait for the reactions that the stack has taken by itself.

use std::future::Future;

use super::Unavailable;
use crate::reaction::ReactionLog;

/// Reads the reactions that the stack has taken by itself. [`Edit::React`](crate::Edit::React) stores them.
pub trait Reactions: Send + Sync {
    /// Returns all reactions so far. The read sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when the log is unreadable.
    fn reactions(&self) -> impl Future<Output = Result<ReactionLog, Unavailable>> + Send;
}
