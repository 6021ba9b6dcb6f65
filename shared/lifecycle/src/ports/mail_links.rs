//! Trait that stores the links of mails.

use std::future::Future;

use super::Unavailable;
use crate::mail_link::MailLink;

// An edit of a change marks a link as used, so that the change and the mark are one transaction.
/// Stores the links of mails under the SHA-256 of their tokens. A token itself is never stored.
pub trait MailLinks: Send + Sync {
    /// Stores a link that was not used yet.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn store_mail_link(&self, hash: &str, link: &MailLink) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Returns the link, also if it was used or has expired a short time ago. `None` if there is no such link, or if it
    /// was revoked.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn mail_link(&self, hash: &str) -> impl Future<Output = Result<Option<MailLink>, Unavailable>> + Send;
}
