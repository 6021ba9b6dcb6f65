//! Traits for the counts of served rows, and for what they say about drift.

use std::future::Future;
use std::ops::Range;

use super::Unavailable;
use crate::VersionNumber;
use crate::drift::{CountedHour, DriftComparison, DriftSummary};
use crate::sample::SampleKey;

// An environment stores all its counts of the hour again and again. So a call that is sent twice counts nothing twice.
/// What one environment of the prediction function has counted for one model version in one hour, up to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountShare {
    /// The hour in which the rows were served.
    pub hour: CountedHour,
    /// The model version that served the rows.
    pub version: VersionNumber,
    /// The random name of the environment, as 16 hexadecimal digits.
    pub environment: String,
    /// How many times the environment has stored these counts before, plus 1.
    pub sequence: u64,
    /// The number of counted rows, which is also in `counts`.
    pub rows: u64,
    /// The counts, as [`ServedCounts::to_bytes`](crate::drift::ServedCounts::to_bytes) encodes them.
    pub counts: Vec<u8>,
}

/// The sum of all shares of one model version in one hour. It is stored once, when the hour is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourCounts {
    /// The hour in which the rows were served.
    pub hour: CountedHour,
    /// The model version that served the rows.
    pub version: VersionNumber,
    /// The counts, encoded as in a [`CountShare`].
    pub counts: Vec<u8>,
}

/// Stores what an environment of the prediction function has counted.
pub trait ServedCounting: Send + Sync {
    /// Stores the share in place of the environment's earlier one for the same hour and version. A share with a lower
    /// sequence than the stored one changes nothing. It expires after three days.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn put_share(&self, share: &CountShare) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Reads the counts of served rows, and stores their sums.
pub trait ServedRecord: Send + Sync {
    /// Returns the shares of these hours, in the order of the hours. The end is not included.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn shares(&self, hours: Range<CountedHour>) -> impl Future<Output = Result<Vec<CountShare>, Unavailable>> + Send;

    /// Stores the sum of an hour, unless one is stored. It expires after 40 days.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn put_hour(&self, hour: &HourCounts) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Returns the sums of these hours, in the order of the hours. The end is not included.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn hours(&self, hours: Range<CountedHour>) -> impl Future<Output = Result<Vec<HourCounts>, Unavailable>> + Send;

    /// Returns the summary of the newest comparisons. `None` before the first one.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when the summary is unreadable.
    fn drift_summary(&self) -> impl Future<Output = Result<Option<DriftSummary>, Unavailable>> + Send;

    // The summary is stored last, so an hour counts as judged only when its results are stored.
    /// Stores new comparisons in place of those of the same length of window, then the summary.
    ///
    /// # Errors
    /// [`Unavailable`] when a call to the model registry fails.
    fn store_drift(
        &self,
        comparisons: &[DriftComparison],
        summary: &DriftSummary,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Returns the newest comparison of each length of window, from short to long. Unreadable ones are left out.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn drift_comparisons(&self) -> impl Future<Output = Result<Vec<DriftComparison>, Unavailable>> + Send;
}

/// Stores random samples of served rows, if the stack's settings ask for them.
pub trait SampleStore: Send + Sync {
    /// Returns the maximum number of rows that one environment keeps of an hour. 0 means that no row is kept.
    fn sampled_rows(&self) -> usize;

    /// Stores the encoded sample `content` in place of the earlier one with the same key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn put_sample(&self, key: SampleKey<'_>, content: Vec<u8>) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
