//! How many requests the keys of an API have made.

use std::future::Future;

use jiff::civil::Date;

use super::Unavailable;

/// Counts of requests, by the gateway that counts them against the quota.
pub trait RequestUsage: Send + Sync {
    /// The requests that each key made from `first` to `last`, both days included; without a key, nothing.
    ///
    /// # Errors
    /// [`Unavailable`] when the gateway does not answer.
    fn requests(&self, first: Date, last: Date) -> impl Future<Output = Result<Vec<u64>, Unavailable>> + Send;
}
