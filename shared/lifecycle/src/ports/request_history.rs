//! Trait that reads how the prediction API was used in the last day.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;

/// The prediction requests of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHour {
    /// The beginning of the hour.
    pub from: Timestamp,
    /// The number of all requests.
    pub requests: u64,
    /// The number of requests that were refused because of their content or key.
    pub refused: u64,
    /// The number of requests that failed.
    pub failed: u64,
}

/// The prediction requests of a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestDay {
    /// The hours, oldest first.
    pub hours: Vec<RequestHour>,
    /// The 99th percentile of the response times in milliseconds. `None` if nobody called.
    pub p99_milliseconds: Option<f64>,
}

/// Reads from the monitoring service how the prediction API was used.
pub trait RequestHistory: Send + Sync {
    /// Returns the requests of the 24 hours up to `until`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the monitoring service fails.
    fn last_day(&self, until: Timestamp) -> impl Future<Output = Result<RequestDay, Unavailable>> + Send;
}
