//! Traits with which the model registry is rebuilt from the files in the bucket.

use std::future::Future;

use super::{StoredFile, Unavailable};
use crate::journal::StoredRecord;
use crate::{Champion, Run, Version, VersionNumber};

/// A record to restore in the registry.
#[derive(Debug, Clone, Copy)]
pub enum Restorable<'a> {
    /// A record from the journal, with its key.
    Record(&'a StoredRecord),
    /// The record of a training run, made from a manifest.
    Run(&'a Run),
    /// The record of a model version, from its manifest.
    Version(&'a Version),
    /// An entry of the history of champions, made from a manifest.
    Former(&'a Champion),
    /// The record that names the champion, with the content of its model file. `None`: the registry keeps no copy.
    Pointer(&'a Champion, Option<&'a [u8]>),
    /// The counter of version numbers, which must be at least this number.
    Counter(VersionNumber),
}

/// Restores records in the registry.
pub trait RegistryRestore: Send + Sync {
    // A record is newer if it has a higher attempt or revision, or if it is an end of the same attempt.
    /// Stores a record if the registry lacks it or has an older one. Returns whether the record was stored.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn restore(&self, record: Restorable<'_>) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// Lists the objects in the bucket.
pub trait ObjectList: Send + Sync {
    /// Returns all objects whose keys begin with `prefix`, ordered by key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<StoredFile>, Unavailable>> + Send;

    /// Returns the names of the prefixes directly below `prefix`, which ends with `/`, in ascending order.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn names_below(&self, prefix: &str) -> impl Future<Output = Result<Vec<String>, Unavailable>> + Send;
}
