//! Trait for publishing metrics, such as the accuracy of the model in use.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::Datum;

/// A service that stores metric values over time, such as CloudWatch.
pub trait MetricSink: Send + Sync {
    /// Publishes the metric values in `data` with the time `at`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the metrics service fails.
    fn publish(&self, data: &[Datum], at: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
