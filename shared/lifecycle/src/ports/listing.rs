//! Trait that reads summaries of many runs and versions.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::listing::{RunSummary, Span, VersionSummary};

/// Reads summaries of runs and versions. The cost of a call depends on `limit`, and not on the length of the history.
pub trait Listing: Send + Sync {
    /// Returns the summaries of the runs that began within `span`, newest first, at most `limit`.
    ///
    /// `now` decides whether a run without a result is shown as running or as lost.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn run_summaries(
        &self,
        span: Span,
        limit: u32,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<RunSummary>, Unavailable>> + Send;

    // Versions are in the order of their numbers. Their times are in the same order, except for clocks that differ.
    /// Returns the summaries of the versions, highest number first, at most `limit`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn version_summaries(&self, limit: u32) -> impl Future<Output = Result<Vec<VersionSummary>, Unavailable>> + Send;
}
