//! Published metrics.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::Datum;

/// Publishes metrics over time.
pub trait MetricSink: Send + Sync {
    /// Stores the values of `data` for the time `at`.
    ///
    /// # Errors
    /// [`Unavailable`] when the sink does not answer.
    fn publish(&self, data: &[Datum], at: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
