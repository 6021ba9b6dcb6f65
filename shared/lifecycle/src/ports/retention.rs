//! Forgetting what came to nothing, and keeping what somebody has use for after all.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::{KeepDays, Run, Version};

/// Whether the registry will forget a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgetting {
    /// It will.
    Marked,
    /// It will not: somebody has asked to keep it, or it is another attempt's by now.
    Kept,
}

/// How long the registry keeps runs and versions.
pub trait RecordRetention: Send + Sync {
    /// Lets the registry forget a run that failed or was refused at `at`, and the version that it made. A record that
    /// [`keep_records`](Self::keep_records) was asked for stays.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn forget_records(&self, run: &Run, at: Timestamp) -> impl Future<Output = Result<Forgetting, Unavailable>> + Send;

    /// Keeps a version and its run for ever, whatever was asked before and is asked later. Tells whether the version is still
    /// registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn keep_records(&self, version: &Version) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// How long the store keeps a version's objects.
pub trait ObjectRetention: Send + Sync {
    /// Lets the store delete the version's objects once they are so many days old.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn expire_objects(&self, version: &Version, days: KeepDays)
    -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Keeps the version's objects for ever. An object that is gone is no failure.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn keep_objects(&self, version: &Version) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
