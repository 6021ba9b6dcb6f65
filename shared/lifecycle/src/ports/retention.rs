//! Deletion of records and objects that are no longer needed, and exceptions from it.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::{KeepDays, Run, Version};

/// Whether the registry will delete a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The record will be deleted.
    Marked,
    /// The record stays. Somebody asked to keep it, or it now belongs to another attempt.
    Kept,
}

/// Controls how long the registry keeps runs and versions.
pub trait RecordRetention: Send + Sync {
    /// Marks a failed or refused run and its version for deletion at the time `at`. Records that
    /// [`keep_records`](Self::keep_records) protects stay.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn expire_records(&self, run: &Run, at: Timestamp) -> impl Future<Output = Result<Expiry, Unavailable>> + Send;

    /// Keeps a version and its run forever, whatever other calls ask before or after. Returns whether the version is
    /// still registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn keep_records(&self, version: &Version) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// Controls how long the store keeps a version's objects.
pub trait ObjectRetention: Send + Sync {
    /// Lets the store delete the version's objects when they are `days` old.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn expire_objects(&self, version: &Version, days: KeepDays)
    -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Keeps the version's objects forever. A missing object is not an error.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn keep_objects(&self, version: &Version) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
