//! Traits that control how long old model versions and their records are kept.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::{KeepDays, Run, Version};

/// The result of a request to delete the record of a training run or model version later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// The record in the model registry is marked and will be deleted.
    Marked,
    // Somebody asked to keep the record, or the record now belongs to another attempt at the training run.
    /// The record in the model registry will not be deleted.
    Kept,
}

/// Controls how long the model registry keeps the records of training runs and model versions.
pub trait RecordRetention: Send + Sync {
    /// Marks the records of a failed or refused training run and of its model version for deletion at the time `at`.
    /// Records that [`keep_records`](Self::keep_records) protects stay.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn expire_records(&self, run: &Run, at: Timestamp) -> impl Future<Output = Result<Expiry, Unavailable>> + Send;

    /// Protects the records of a model version and its training run from deletion, now and later. Returns `false` if
    /// the version is no longer registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn keep_records(&self, version: &Version) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// Controls how long the object store keeps the objects of a model version.
pub trait ObjectRetention: Send + Sync {
    /// Lets the object store delete the objects of a model version when they are `days` old.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn expire_objects(&self, version: &Version, days: KeepDays)
    -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Keeps the objects of a model version forever. A missing object is not an error.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn keep_objects(&self, version: &Version) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
