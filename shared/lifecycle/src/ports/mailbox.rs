//! Trait that reads the mails that an emulator of AWS accepted and did not send.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;

/// A mail that the emulator accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedMail {
    /// The identifier of the mail.
    pub id: String,
    /// When the emulator accepted it. `None` if it does not say.
    pub at: Option<Timestamp>,
    /// The recipients, separated by commas.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML. `None` if the mail has none.
    pub html: Option<String>,
}

/// Reads the mails that an emulator accepted.
pub trait Mailbox: Send + Sync {
    /// Returns the newest mails, newest first. `None` on AWS, which keeps no mails.
    ///
    /// # Errors
    /// [`Unavailable`] when the emulator does not answer, or answers something else than mails.
    fn accepted_mails(&self) -> impl Future<Output = Result<Option<Vec<AcceptedMail>>, Unavailable>> + Send;
}
