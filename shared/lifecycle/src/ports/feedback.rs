//! Traits for the key that signs the ids of predictions, and for the counts of what turned out true.

use std::collections::BTreeSet;
use std::future::Future;
use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::Unavailable;
use crate::VersionNumber;
use crate::feedback::{FeedbackGroup, LiveTally, PairedTally, PredictionKey};

/// The counts of the predictions of one version on one day (UTC), as far as their true values are known.
#[derive(Debug, Clone, PartialEq)]
pub struct DayTally {
    /// The day of the predictions, not of the feedback.
    pub day: Date,
    /// The version that predicted.
    pub version: VersionNumber,
    /// The counts.
    pub tally: LiveTally,
}

/// Reads and creates the key that signs the ids of predictions. A stack has one key, and never changes it.
pub trait PredictionKeys: Send + Sync {
    /// Returns the key. `None` if no key was created yet, so the stack has signed no id.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when the stored key is damaged.
    fn prediction_key(&self) -> impl Future<Output = Result<Option<PredictionKey>, Unavailable>> + Send;

    /// Stores `secret` as the stack's key, unless it has one. Returns the stored key, which may be another one.
    ///
    /// # Errors
    /// [`Unavailable`] when a call to the model registry fails, or when the stored key is damaged.
    fn create_prediction_key(
        &self,
        secret: &[u8; 32],
    ) -> impl Future<Output = Result<PredictionKey, Unavailable>> + Send;
}

/// Counts what turned out true about predictions.
pub trait FeedbackCounting: Send + Sync {
    // One transaction stores the ids and adds the counts. So a repeated call counts nothing twice.
    /// Counts the predictions of a group, each once however often it arrives. Returns the hashes of the ids that were
    /// counted by an earlier call. For those, the earlier true value stays counted.
    ///
    /// # Errors
    /// [`Unavailable`] when a call to the model registry fails. Nothing of the group is counted then, or all of it if
    /// only the answer was lost. The caller may repeat the call.
    fn count_feedback(
        &self,
        group: &FeedbackGroup,
    ) -> impl Future<Output = Result<BTreeSet<String>, Unavailable>> + Send;

    /// Returns which of these hashes of ids were counted by earlier calls.
    ///
    /// # Errors
    /// [`Unavailable`] when a call to the model registry fails.
    fn counted_ids(
        &self,
        id_hashes: &BTreeSet<String>,
    ) -> impl Future<Output = Result<BTreeSet<String>, Unavailable>> + Send;
}

/// Keeps rows of feedback in the bucket, if the stack's settings ask for it.
pub trait FeedbackRows: Send + Sync {
    /// Returns whether rows are kept.
    fn keeps_rows(&self) -> bool;

    /// Stores a file of kept rows in place of an earlier one with the same key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn put_rows(&self, key: &str, content: Vec<u8>) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Reads the counts of what turned out true about predictions.
pub trait FeedbackRecord: Send + Sync {
    /// Returns the counts of these days, one element for each day and version, in this order. A day without a known
    /// true value has no element. The read sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when counts are unreadable.
    fn day_tallies(
        &self,
        days: RangeInclusive<Date>,
    ) -> impl Future<Output = Result<Vec<DayTally>, Unavailable>> + Send;

    /// Returns the comparison of two versions, whichever of the two answered. In the result, `first` counts as the
    /// version that answered, and `second` as its rival.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when sums are unreadable.
    fn paired_tally(
        &self,
        first: VersionNumber,
        second: VersionNumber,
    ) -> impl Future<Output = Result<PairedTally, Unavailable>> + Send;
}
