//! Traits that read the champion (the model version that answers predictions) and other model versions.

use std::future::Future;

use super::Unavailable;
use crate::{Pointer, Record, Version, VersionNumber};

/// The record that names the champion, and the registry's copy of the champion's model file. `None`: there is no copy.
pub type WithCopy = (Record<Pointer>, Option<Vec<u8>>);

/// Reads the record that names the champion, and the records of earlier champions.
pub trait Champions: Send + Sync {
    /// Returns the record that names the champion, or `None` if there is no champion. The read sees every earlier
    /// write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn champion(&self) -> impl Future<Output = Result<Option<Record<Pointer>>, Unavailable>> + Send;

    // The copy is not checked. It may be shortened, altered, or of another model version if the champion changed
    // between the two reads.
    /// Returns the record that names the champion, with a copy of the champion's model file. `None` without a champion.
    ///
    /// The caller must compare the copy's hash with the champion's hash, and use the object in S3 if they differ.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails. If only the copy cannot be read, the result has no
    /// copy.
    fn champion_with_artifact(&self) -> impl Future<Output = Result<Option<WithCopy>, Unavailable>> + Send;

    /// Returns the current champion and earlier champions, newest first, at most `limit` in total.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn recent_champions(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Pointer>>, Unavailable>> + Send;
}

/// Reads the registered model versions.
pub trait Versions: Send + Sync {
    /// Returns the record of the model version `number`, or `None` if it is not registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn version(
        &self,
        number: VersionNumber,
    ) -> impl Future<Output = Result<Option<Record<Version>>, Unavailable>> + Send;

    // A count would read the whole history.
    /// Returns the highest number of a registered model version, or `None` if no version is registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn newest_version(&self) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;
}
