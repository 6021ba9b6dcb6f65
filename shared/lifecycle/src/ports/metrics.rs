//! Traits for publishing metrics, such as the accuracy of the model in use, and for the record of what was published.

use std::future::Future;

use jiff::Timestamp;

use super::{RememberError, Unavailable};
use crate::Datum;
use crate::health::PublishedMetrics;

/// A service that stores metric values over time, such as CloudWatch.
pub trait MetricSink: Send + Sync {
    /// Publishes the metric values in `data` with the time `at`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the metrics service fails.
    fn publish(&self, data: &[Datum], at: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Storage of the record of the metric values that were published last.
pub trait PublishedRecord: Send + Sync {
    /// Returns the stored record, or `None` if there is none.
    ///
    /// # Errors
    /// [`Unavailable`] when the read fails, or when the record is damaged.
    fn published(&self) -> impl Future<Output = Result<Option<PublishedMetrics>, Unavailable>> + Send;

    /// Stores `record` in place of the record whose revision is one less. Revision 1 replaces no record.
    ///
    /// # Errors
    /// [`RememberError`] when another measurement changed the record meanwhile, or when the write fails.
    fn store_published(&self, record: &PublishedMetrics) -> impl Future<Output = Result<(), RememberError>> + Send;

    /// Deletes the stored record, whatever its revision. Then the next measurement publishes every metric.
    ///
    /// # Errors
    /// [`Unavailable`] when the deletion fails.
    fn forget_published(&self) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
