//! Trait that stores links and sessions.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::session::{Session, SessionLink};

/// Stores links and sessions under the SHA-256 of their tokens. A token itself is never stored.
pub trait Sessions: Send + Sync {
    /// Stores a link.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn store_link(&self, hash: &str, link: &SessionLink) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Returns the link, if it can still be used at `now`. The link stays usable.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn link(&self, hash: &str, now: Timestamp)
    -> impl Future<Output = Result<Option<SessionLink>, Unavailable>> + Send;

    // One transaction removes the link and stores the session, so a link opens one session at most.
    /// Uses up a link and stores the session that it opens. Returns `false` if the link was used before, was revoked or
    /// has expired.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn open_session(
        &self,
        link: &str,
        session_hash: &str,
        session: &Session,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// Returns the session, if it still lasts at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn session(&self, hash: &str, now: Timestamp) -> impl Future<Output = Result<Option<Session>, Unavailable>> + Send;

    /// Ends one session. A session that has ended is no error.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn end_session(&self, hash: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Ends all sessions and makes all links useless, also those of mails. Returns their number.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn revoke_all(&self) -> impl Future<Output = Result<u32, Unavailable>> + Send;
}
