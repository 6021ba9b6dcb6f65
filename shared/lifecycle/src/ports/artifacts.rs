//! Traits for the S3 objects of model versions: model files and manifests.

use std::future::Future;

use super::Unavailable;
use crate::VersionNumber;

/// Error: an object could not be read from the object store (for example a model file, a manifest or a data set file).
#[derive(Debug, thiserror::Error)]
pub enum ArtifactReadError {
    /// No stored object has the requested key. The field is that key.
    #[error("artifact {0} is missing from the bucket")]
    NotFound(String),
    /// The call to the object store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// An object, such as a model file, that an attempt at a training run wants to store in the object store.
#[derive(Debug, Clone, Copy)]
pub struct NewObject<'a> {
    /// The key under which the object will be stored.
    pub key: &'a str,
    /// The content of the object.
    pub content: &'a [u8],
    /// The media type of the object, such as `application/json`.
    pub media_type: &'static str,
    /// The text that identifies the attempt at a training run that stores the object ([`Run::mark`](crate::Run::mark)).
    pub mark: &'a str,
}

// When an object is replaced, its entity tag proves that nobody else has changed the object.
/// The entity tag that the object store gave to an object's current content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectTag(pub String);

/// Error: an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another attempt at a training run has stored an object under this key. The object stays unchanged. The field is
    /// the key.
    #[error("object {0} belongs to another attempt")]
    Taken(String),
    /// The call to the object store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads the stored objects of model versions: model files and manifests.
pub trait Artifacts: Send + Sync {
    /// Returns the content of the object with the given key.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the object does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn get(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Stores the objects of model versions. Never overwrites an object of another attempt at a training run.
pub trait ArtifactWriter: Send + Sync {
    // The call also succeeds if the same attempt has already stored an object with the key. This happens when an
    // earlier call stored the object, but its answer was lost.
    /// Stores a new object, if no other attempt at a training run has an object with this key. One attempt must not
    /// create two different objects with the same key.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object has the key. [`StoreError::Unavailable`] when the call to
    /// the object store fails.
    fn create(&self, object: NewObject<'_>) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Replaces an object that the caller stored before. Fails if the stored content has another entity tag than
    /// `former`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object has the key. [`StoreError::Unavailable`] when the call to
    /// the object store fails.
    fn replace(
        &self,
        object: NewObject<'_>,
        former: &ObjectTag,
    ) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Returns the highest model version number above `after` that has a stored object. `None` if no such object is stored.
    /// Objects of failed and lost attempts at training runs count too.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn last_stored(
        &self,
        after: Option<VersionNumber>,
    ) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;
}
