//! Trait for the newest judgement of the live accuracy.

use std::future::Future;

use super::Unavailable;
use crate::feedback::LiveSummary;

/// Reads and stores the newest judgement of the champion's live accuracy.
pub trait LiveRecord: Send + Sync {
    /// Returns the newest judgement. `None` before the first one, and if another release wrote it in another format.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn live_summary(&self) -> impl Future<Output = Result<Option<LiveSummary>, Unavailable>> + Send;

    /// Stores a judgement in place of the former one.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn store_live(&self, summary: &LiveSummary) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
