//! Traits for the files that a user uploads: data sets, and model files for import.

use std::future::Future;
use std::ops::Range;

use super::{ArtifactReadError, Unavailable};

/// One stored file of the user's data set: its S3 key and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The S3 key of the file.
    pub key: String,
    /// The size of the file in bytes.
    pub size: u64,
}

/// The content of one file of the user's data set, as one read found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The bytes of the file.
    pub content: Vec<u8>,
    // An overwritten file keeps its former version for some time, so a later training can read the very same bytes.
    /// The S3 version ID of the object that was read. `None` if the bucket keeps no versions.
    pub object_version: Option<String>,
}

/// Reads the files of the user's data set: one or more tables, and the settings file.
pub trait Datasets: Send + Sync {
    /// Returns the S3 prefix of the files of the user's data set. It ends with `/`.
    fn prefix(&self) -> &str;

    /// Returns all files under the data set's S3 prefix, ordered by key. Empty if the user has stored no data set.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails.
    fn files(&self) -> impl Future<Output = Result<Vec<StoredFile>, Unavailable>> + Send;

    /// Returns the content of the data set file with the given key, and the version of the object that was read.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the file does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn content(&self, key: &str) -> impl Future<Output = Result<FileContent, ArtifactReadError>> + Send;

    /// Returns the bytes of a data set file in the non-empty `range`. The result is shorter if the file ends before.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the file does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn part(&self, key: &str, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Reads files of the user's data set as they were when a version was trained.
pub trait FormerDatasets: Send + Sync {
    /// Returns the content of the data set file `key`. `object_version` is the S3 version ID of the wanted content.
    /// `None` means the current content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when this content does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn content_of(
        &self,
        key: &str,
        object_version: Option<&str>,
    ) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Error: a model file that somebody uploaded for import could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// No uploaded file has the requested key. The field is that key.
    #[error("{0} is missing from the bucket; upload the file, then import it again")]
    NotFound(String),
    /// The uploaded file is larger than a model file may be.
    #[error("{key} has {size} bytes; expected at most {limit}")]
    TooLarge {
        /// The S3 key of the uploaded file.
        key: String,
        /// The size of the uploaded file in bytes.
        size: u64,
        /// The maximum size of a model file in bytes.
        limit: u64,
    },
    /// The uploaded file was overwritten after the import was requested. The field is its S3 key.
    #[error("{0} was overwritten after the import was requested; the newer upload has its own run")]
    Overwritten(String),
    /// The call to the object store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads model files that somebody uploaded for import.
pub trait Incoming: Send + Sync {
    /// Returns the S3 prefix under which users upload model files. It ends with `/`.
    fn incoming_prefix(&self) -> &str;

    // The content of a refused file is not fetched. Another entity tag means that somebody has overwritten the file.
    // Quotes around the entity tag are ignored.
    /// Returns the content of an uploaded model file. Fails if the file is larger than `limit` bytes or has another
    /// entity tag than `etag`.
    ///
    /// # Errors
    /// [`IncomingError`] says whether the file is missing, too large or overwritten, or whether the call to the object
    /// store failed.
    fn incoming(
        &self,
        key: &str,
        etag: Option<&str>,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<u8>, IncomingError>> + Send;
}
