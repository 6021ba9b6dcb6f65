//! Mails, and the claims that prevent duplicates.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::Unavailable;

/// A mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Why a mail was not accepted, or why that is uncertain.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The mail was refused, and another try would be refused too. Either this recipient may not receive mail, or the
    /// account may not send it.
    #[error(transparent)]
    Refused(Unavailable),
    /// Too many mails came in too short a time. Nothing was sent.
    #[error(transparent)]
    Throttled(Unavailable),
    /// The mail service cannot be reached, or it failed. Nothing was sent.
    #[error(transparent)]
    Unreachable(Unavailable),
    /// The mail service did not answer. The mail may have been sent.
    #[error(transparent)]
    Unanswered(Unavailable),
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends `mail` to `recipient` in a single try. The caller decides about another try, because it knows the result
    /// of the first.
    ///
    /// # Errors
    /// [`SendError`] says whether another try may help, and whether the mail may have been sent.
    fn send(&self, recipient: &str, mail: &Mail) -> impl Future<Output = Result<(), SendError>> + Send;

    /// Returns how many mails the account may send per second.
    ///
    /// # Errors
    /// [`Unavailable`] when the mail service does not answer.
    fn rate(&self) -> impl Future<Output = Result<f64, Unavailable>> + Send;
}

/// Whether a mail may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The caller may send the mail.
    Granted,
    /// The mail was already sent.
    Sent,
    /// Another invocation is sending the mail.
    Busy,
    /// The mail may have been sent, and not long ago.
    Unanswered,
}

/// A claim on a mail: its holder and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Identifies the invocation. A holder may repeat its own claim.
    pub holder: String,
    /// The current time.
    pub now: Timestamp,
    /// The time by which the platform has ended the invocation.
    pub until: Timestamp,
}

/// How long claims are remembered. This is longer than a notification can wait in a queue (14 days) and then be
/// replayed.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a mail that may have been sent is not sent again. This is longer than the platform's retries of a
/// notification, so only a person who replays one can cause a second copy.
pub const UNANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// Remembers which mails were sent, so that a notification delivered twice causes only one mail.
pub trait MailClaims: Send + Sync {
    /// Claims the mail `key`. If the holder neither confirms nor releases the claim, it counts as unanswered when its
    /// lease ends. An unanswered mail may be claimed again after [`UNANSWERED`].
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn claim(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<Claim, Unavailable>> + Send;

    /// Returns the state of the mail `key` at `now` without claiming it. Returns `None` if nobody claimed it, or why a
    /// claim would be refused. An unanswered mail stays unanswered, however long ago it was.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn claim_state(&self, key: &str, now: Timestamp)
    -> impl Future<Output = Result<Option<Claim>, Unavailable>> + Send;

    /// Records that the mail was sent at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn sent(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Records that the mail service had not answered at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn unanswered(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Releases a claim, so that another try may claim the mail at once.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn release(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
