//! Trait that reads how many requests each API key has sent.

use std::future::Future;

use jiff::civil::Date;

use super::Unavailable;

// The API gateway compares the counts with the quota.
/// Reads from the API gateway how many requests each API key has sent.
pub trait RequestUsage: Send + Sync {
    /// Returns the number of requests of each API key from `first` to `last`, both included. Empty if there is no API
    /// key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the API gateway fails.
    fn requests(&self, first: Date, last: Date) -> impl Future<Output = Result<Vec<u64>, Unavailable>> + Send;
}
