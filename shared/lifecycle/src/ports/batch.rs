//! The trait for the objects of batch jobs: rows, answers, and what is known of the job.

use std::future::Future;
use std::ops::{ControlFlow, Range};

use super::Unavailable;

/// An object in a list of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// The key of the object.
    pub key: String,
    /// The size of the object in bytes.
    pub size: u64,
    /// The entity tag of its content, without quotes.
    pub etag: String,
}

/// Error: an object of a batch job could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectReadError {
    /// The object does not exist.
    #[error("s3://{bucket}/{key} is missing")]
    NotFound {
        /// The name of the bucket.
        bucket: String,
        /// The key of the object.
        key: String,
    },
    /// The object has other content than when the job was planned.
    #[error(
        "s3://{bucket}/{key} was overwritten after the job was planned; expected the planned content. Start a new job"
    )]
    Overwritten {
        /// The name of the bucket.
        bucket: String,
        /// The key of the object.
        key: String,
    },
    /// The call to the object store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads and writes the objects of batch jobs, in the stack's bucket and in others.
pub trait BatchObjects: Send + Sync {
    /// Returns all objects whose keys begin with `prefix`, ordered by key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn list(&self, bucket: &str, prefix: &str) -> impl Future<Output = Result<Vec<ListedObject>, Unavailable>> + Send;

    /// Returns the bytes of an object in the non-empty `range`, or all of them. Fails if the object has another entity tag
    /// than `etag`.
    ///
    /// # Errors
    /// [`ObjectReadError`] says whether the object is missing or overwritten, or whether the call failed.
    fn read(
        &self,
        bucket: &str,
        key: &str,
        range: Option<Range<u64>>,
        etag: Option<&str>,
    ) -> impl Future<Output = Result<Vec<u8>, ObjectReadError>> + Send;

    /// Passes the bytes of an object to `each`, chunk by chunk, until `each` breaks. Fails if the object has another entity
    /// tag than `etag`.
    ///
    /// # Errors
    /// [`ObjectReadError`] says whether the object is missing or overwritten, or whether the call failed.
    fn pass(
        &self,
        bucket: &str,
        key: &str,
        etag: &str,
        each: impl FnMut(&[u8]) -> ControlFlow<()> + Send,
    ) -> impl Future<Output = Result<(), ObjectReadError>> + Send;

    /// Stores an object. It replaces one with the same key.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn write(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
        media_type: &'static str,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Stores an object if none has its key. Returns whether it was stored.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn create_new(
        &self,
        bucket: &str,
        key: &str,
        content: Vec<u8>,
        media_type: &'static str,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}
