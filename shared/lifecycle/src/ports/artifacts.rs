//! Objects of versions: artifacts and manifests.

use std::future::Future;

use super::Unavailable;
use crate::VersionNumber;

/// Why an artifact could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactReadError {
    /// No object has that key.
    #[error("artifact {0} is missing from the bucket")]
    NotFound(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// An object to be stored, and the attempt that stores it.
#[derive(Debug, Clone, Copy)]
pub struct NewObject<'a> {
    /// The object's key.
    pub key: &'a str,
    /// The bytes to store.
    pub content: &'a [u8],
    /// The media type, such as `application/json`.
    pub media_type: &'static str,
    /// Mark of the attempt that owns the object ([`Run::mark`](crate::Run::mark)). It is stored with the object.
    pub mark: &'a str,
}

/// The store's tag of an object's current content. A rewrite compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectTag(pub String);

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another attempt's object has that key. It was not changed.
    #[error("object {0} belongs to another attempt")]
    Taken(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads stored objects of versions.
pub trait Artifacts: Send + Sync {
    /// Returns the object's content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the object does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn get(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Stores objects of versions. It never overwrites an object of another attempt.
pub trait ArtifactWriter: Send + Sync {
    /// Stores an object if the key is free. If an object with the same mark exists, the call succeeds: an earlier try
    /// stored it and the answer was lost. An attempt must create a key with one content only.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object has the key.
    fn create(&self, object: NewObject<'_>) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Replaces the caller's own object, whose content must still have the tag `former`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object has the key.
    fn replace(
        &self,
        object: NewObject<'_>,
        former: &ObjectTag,
    ) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Returns the highest version number above `after` that has a stored object, whoever stored it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn last_stored(
        &self,
        after: Option<VersionNumber>,
    ) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;
}
