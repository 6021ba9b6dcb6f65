//! Traits for sending mails, and for claims. A claim reserves one mail for one Lambda invocation.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::Unavailable;

/// The content of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject line of the mail.
    pub subject: String,
    /// The body of the mail as plain text.
    pub text: String,
    /// The body of the mail as HTML.
    pub html: String,
    /// A PNG that the HTML shows as `cid:` and [`PICTURE_ID`]. `None` if the mail has no picture.
    pub picture: Option<Vec<u8>>,
}

/// The content id of a mail's picture.
pub const PICTURE_ID: &str = "metric@evergreen";

/// Error: the mail service did not accept a mail, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    // Either this recipient may not receive mail, or the account may not send it.
    /// The mail service refused the mail. Another try would be refused too.
    #[error(transparent)]
    Refused(Unavailable),
    /// The account sent too many mails in too short a time. This mail was not sent.
    #[error(transparent)]
    Throttled(Unavailable),
    /// The mail service could not be reached, or it failed. The mail was not sent.
    #[error(transparent)]
    Unreachable(Unavailable),
    /// The mail service did not answer. It may have sent the mail.
    #[error(transparent)]
    Unanswered(Unavailable),
}

/// A mail service that sends mails, such as Amazon SES.
pub trait Mailer: Send + Sync {
    // The caller decides whether to try again, because it knows the result of the first try.
    /// Sends `mail` to the mail address `recipient` in a single try.
    ///
    /// # Errors
    /// [`SendError`] says whether another try may help, and whether the mail may have been sent.
    fn send(&self, recipient: &str, mail: &Mail) -> impl Future<Output = Result<(), SendError>> + Send;

    /// Returns the maximum number of mails that the account may send per second.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the mail service fails.
    fn rate(&self) -> impl Future<Output = Result<f64, Unavailable>> + Send;
}

/// The answer to a Lambda invocation that asks to send a mail: yes, or the reason why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The caller may send the mail.
    Granted,
    /// The caller must not send the mail, because the mail was already sent.
    Sent,
    /// The caller must not send the mail, because another Lambda invocation is sending it.
    Busy,
    /// The caller must not send the mail, because it may have been sent a short time ago (the mail service did not
    /// answer).
    Unanswered,
}

/// The holder and the times of a claim. A claim reserves one mail for one Lambda invocation, so that no other one sends
/// it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The identifier of the Lambda invocation that claims the mail. The invocation may repeat the claim.
    pub holder: String,
    /// The time at which the Lambda invocation claims the mail.
    pub now: Timestamp,
    /// The time at which the claim ends. Lambda has stopped the claiming invocation by then.
    pub until: Timestamp,
}

// The time is longer than a notification can wait in a queue (14 days) and then be replayed. So a replayed notification
// sends no second mail.
/// How long the model registry remembers that a mail was sent.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

// The time is longer than Lambda's retries of a notification. So a second copy is only sent if a person replays the
// notification.
/// Minimum time before a mail is sent again, if the mail service did not answer the first time.
pub const UNANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// Remembers which mails were sent, so that a notification that is delivered twice causes only one mail.
pub trait MailClaims: Send + Sync {
    // If the invocation neither records the result nor releases the claim, the mail counts as unanswered when the lease
    // ends: the mail may have been sent. An unanswered mail may be claimed again after `UNANSWERED`.
    /// Claims the mail with the key `key`, so that only one Lambda invocation sends it. The invocation must later
    /// record the result or release the claim.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn claim(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<Claim, Unavailable>> + Send;

    // A mail without an answer from the mail service stays `Claim::Unanswered`, however long ago it was sent. But it
    // may be claimed again after `UNANSWERED`.
    /// Returns the state of a mail (such as sent), without claiming the mail. `None` if nobody has claimed the mail.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn claim_state(&self, key: &str, now: Timestamp)
    -> impl Future<Output = Result<Option<Claim>, Unavailable>> + Send;

    /// Records that the mail with the key `key` was sent at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn sent(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Records that the mail service did not answer, so the mail with the key `key` may have been sent.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn unanswered(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Releases the claim in `lease` on the mail with the key `key`. The mail may be claimed again at once.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn release(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
