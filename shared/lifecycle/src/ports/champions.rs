//! Reading the champion and the versions.

use std::future::Future;

use super::Unavailable;
use crate::{Pointer, Record, Version, VersionNumber};

/// The champion pointer, and the registry's copy of its artifact, if there is a copy.
pub type WithCopy = (Record<Pointer>, Option<Vec<u8>>);

/// Reads the champion pointer and its history.
pub trait Champions: Send + Sync {
    /// Returns the champion pointer, if there is a champion. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn champion(&self) -> impl Future<Output = Result<Option<Record<Pointer>>, Unavailable>> + Send;

    /// Returns the champion pointer and the registry's copy of its artifact, if there is one, in one round trip.
    ///
    /// The copy is not checked. It may be cut short, altered, or of another version if the champion changed between the
    /// two reads. The caller must compare it with the champion's hash. If they differ, the stored object is right.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer. A copy that cannot be read counts as missing.
    fn champion_with_artifact(&self) -> impl Future<Output = Result<Option<WithCopy>, Unavailable>> + Send;

    /// Returns at most `limit` champions, newest first, including the current one.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_champions(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Pointer>>, Unavailable>> + Send;
}

/// Reads registered versions.
pub trait Versions: Send + Sync {
    /// Returns the version `number`, if it is registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn version(
        &self,
        number: VersionNumber,
    ) -> impl Future<Output = Result<Option<Record<Version>>, Unavailable>> + Send;

    /// Returns the number of registered versions.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn count_versions(&self) -> impl Future<Output = Result<u64, Unavailable>> + Send;
}
