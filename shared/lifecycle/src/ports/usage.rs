//! Trait that reads how many requests each API key has sent.

use std::future::Future;

use jiff::civil::Date;

use super::Unavailable;

/// Reads the request counts of the API keys from the API gateway, which compares the counts with the quota.
pub trait RequestUsage: Send + Sync {
    /// Returns the number of requests of each API key in the days from `first` to `last`, both included. Empty if there
    /// is no API key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the API gateway fails.
    fn requests(&self, first: Date, last: Date) -> impl Future<Output = Result<Vec<u64>, Unavailable>> + Send;
}
