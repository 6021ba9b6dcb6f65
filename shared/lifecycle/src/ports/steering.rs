//! Trait for the changes that people make to a model, and for what these changes leave in the registry.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::{Alias, Annotations, AuditEntry, Change, MadeChange, Mute, Protection, Verification, VersionNumber};

/// Error: a change was not made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Something that the change depends on is no longer as the caller saw it. The field says what, such as
    /// `the champion`.
    #[error("{0} changed meanwhile; read it again, then repeat the change")]
    Conflict(String),
    /// A change with the same idempotency key was made before, by the same request or by another one.
    #[error("the change was made before")]
    Repeated(Box<MadeChange>),
    /// The version cannot be deleted, because something needs it.
    #[error("version {version} cannot be deleted: {protection}")]
    Protected {
        /// The version.
        version: VersionNumber,
        /// What needs the version.
        protection: Protection,
    },
    /// The model has as many aliases as it can have.
    #[error("the model has {MAX_ALIASES} aliases, and more are not possible; remove an alias first")]
    TooManyAliases,
    /// The call to the model registry failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Maximum number of aliases of a model.
pub const MAX_ALIASES: usize = 50;

/// Makes changes to a model in the registry, and reads what earlier changes left there.
pub trait Steering: Send + Sync {
    // The same transaction stores the audit entry, the event and the idempotency key (which is kept for a day).
    /// Makes a change. One transaction writes everything or nothing.
    ///
    /// # Errors
    /// [`ChangeError`] says which condition failed, or that the call to the model registry failed.
    fn apply(&self, change: &Change) -> impl Future<Output = Result<(), ChangeError>> + Send;

    /// Returns the change that was made with an idempotency key. `None` if no change used the key, or if the key has
    /// expired at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn made_with(
        &self,
        key: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<MadeChange>, Unavailable>> + Send;

    /// Returns all aliases, ordered by name; at most [`MAX_ALIASES`].
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn aliases(&self) -> impl Future<Output = Result<Vec<Alias>, Unavailable>> + Send;

    /// Returns the tags and the note of a version. Empty if there are none.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn annotations(&self, version: VersionNumber) -> impl Future<Output = Result<Annotations, Unavailable>> + Send;

    /// Returns the entries of the audit trail before `before` (`None`: all), newest first, at most `limit`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn audit(
        &self,
        before: Option<Timestamp>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, Unavailable>> + Send;

    /// Returns the entry of the audit trail with this time and id. `None` if the trail has no such entry. The read sees
    /// every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn audit_entry(
        &self,
        at: Timestamp,
        id: &str,
    ) -> impl Future<Output = Result<Option<AuditEntry>, Unavailable>> + Send;

    /// Returns the entries of the audit trail after a time, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn audit_after(
        &self,
        after: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<AuditEntry>, Unavailable>> + Send;

    /// Returns the newest verifications of a version, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn verifications(
        &self,
        version: VersionNumber,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Verification>, Unavailable>> + Send;

    /// Returns the mutes of alarms that still hold at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn mutes(&self, now: Timestamp) -> impl Future<Output = Result<Vec<Mute>, Unavailable>> + Send;
}
