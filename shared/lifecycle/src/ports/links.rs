//! Traits that hand out and remove the stored objects of model versions.

use std::future::Future;

use jiff::SignedDuration;

use super::Unavailable;
use crate::{ModelName, VersionNumber};

/// Makes links with which anybody can read one object for a short time.
pub trait ArtifactLinks: Send + Sync {
    // The object is not looked up: a link to a missing object answers 404.
    /// Returns a URL that reads the object `key` for the time `valid`, without any other permission.
    ///
    /// # Errors
    /// [`Unavailable`] when the link cannot be signed.
    fn link(&self, key: &str, valid: SignedDuration) -> impl Future<Output = Result<String, Unavailable>> + Send;
}

/// Deletes the stored objects of model versions.
pub trait ObjectRemoval: Send + Sync {
    // The registry's record is removed first, so no reader looks for the objects any more.
    /// Deletes all objects of a version: model file, manifest and uploaded file. Missing objects are no error.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the object store fails. Some objects may be deleted then.
    fn remove_objects(
        &self,
        model: &ModelName,
        version: VersionNumber,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
