//! Files that a user uploads: data sets, and models for import.

use std::future::Future;
use std::ops::Range;

use super::{ArtifactReadError, Unavailable};

/// A stored file of the user's data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The object's key.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
}

/// Reads the user's data set: one or more files, and the settings beside them.
pub trait Datasets: Send + Sync {
    /// Returns the prefix of the model's files. It ends with `/`.
    fn prefix(&self) -> &str;

    /// Returns every file under the prefix, ordered by key; empty if the user has stored no data set.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn files(&self) -> impl Future<Output = Result<Vec<StoredFile>, Unavailable>> + Send;

    /// Returns the file's content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the file does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn content(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;

    /// Returns a part of the file's bytes. The result is shorter if the file ends within `range`, which must not be
    /// empty.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the file does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn part(&self, key: &str, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Why an imported model file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// No object has that key.
    #[error("{0} is missing from the bucket; upload the file, then import it again")]
    NotFound(String),
    /// The file is larger than a model may be.
    #[error("{key} has {size} bytes; expected at most {limit}")]
    TooLarge {
        /// The object's key.
        key: String,
        /// Size in bytes.
        size: u64,
        /// Maximum size in bytes.
        limit: u64,
    },
    /// The file was overwritten after the import was requested.
    #[error("{0} was overwritten after the import was requested; the newer upload has its own run")]
    Overwritten(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads model files that somebody uploaded for import.
pub trait Incoming: Send + Sync {
    /// Returns the prefix under which model files are uploaded. It ends with `/`.
    fn incoming_prefix(&self) -> &str;

    /// Returns the file's content. The content is not fetched if it has more than `limit` bytes. It is not fetched
    /// either if `etag` is given and the file has another entity tag. Quotes around the tag do not matter.
    ///
    /// # Errors
    /// [`IncomingError`] says whether the file is missing, too large, overwritten or unavailable.
    fn incoming(
        &self,
        key: &str,
        etag: Option<&str>,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<u8>, IncomingError>> + Send;
}
