//! Request counts of the API's keys.

use std::future::Future;

use jiff::civil::Date;

use super::Unavailable;

/// Reads request counts from the gateway, which counts them against the quota.
pub trait RequestUsage: Send + Sync {
    /// Returns the number of requests of each key from `first` to `last`, both days included. Empty if there is no key.
    ///
    /// # Errors
    /// [`Unavailable`] when the gateway does not answer.
    fn requests(&self, first: Date, last: Date) -> impl Future<Output = Result<Vec<u64>, Unavailable>> + Send;
}
