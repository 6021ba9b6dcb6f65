//! The weekly digest: one mail a week that says which versions served, how well, what happened, and what it cost.
//!
//! A schedule of the stack starts it, if the parameter `WeeklyDigest` names a weekday. Each recipient gets at most one
//! digest in a calendar week. A part that cannot be read is called unknown, and the mail is sent all the same.

mod event;
mod letter;
mod lines;
mod picture;
mod sending;
mod week;

use evergreen_lifecycle::ports::{
    AlarmRecords, BilledResources, BilledUsage, Champions, Clock, Lease, LiveRecord, MailClaims, Mailer, MetricHistory,
    Reactions, Runs, Schedules, ServedRecord, Sleeper,
};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Serialize;

pub use event::AlertEvent;

use crate::{Letterhead, Recipients};
use week::Week;

/// What the digest needs of the registry.
pub trait DigestRegistry: AlarmRecords + Champions + LiveRecord + MailClaims + Reactions + Runs + ServedRecord {}

impl<R: AlarmRecords + Champions + LiveRecord + MailClaims + Reactions + Runs + ServedRecord> DigestRegistry for R {}

/// Writes the weekly digest and sends it.
#[derive(Debug)]
pub struct DigestHandler<'a, R, M, S, U, H, C> {
    /// The registry of the model.
    pub registry: &'a R,
    /// The service that sends mails.
    pub mailer: &'a M,
    /// The scheduler with the training schedule.
    pub schedules: &'a S,
    /// The monitoring service that counts the usage.
    pub usage: &'a U,
    /// The values of metrics over time, for the picture.
    pub history: &'a H,
    /// The resources whose usage is billed. Without functions, the usage is unknown.
    pub billed: &'a BilledResources,
    /// The clock.
    pub clock: &'a C,
    /// The mail addresses that receive the digest.
    pub recipients: &'a Recipients,
    /// The names and links that every mail contains.
    pub letterhead: &'a Letterhead,
}

/// Result of a digest that every recipient has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DigestReport {
    /// Number of mails sent.
    pub sent: usize,
    /// Number of recipients who had the digest of this week before.
    pub sent_before: usize,
}

// A retry of the event sends it to the others only.
/// Error: some recipients did not get the digest, or perhaps not.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The mail cannot be written.
    #[error("the digest cannot be written: {0}")]
    Unwritten(#[from] askama::Error),
    /// Number of recipients who did not get the mail, or perhaps not.
    #[error("the digest was not sent to {0} recipients, or perhaps not")]
    NotSent(usize),
}

impl From<DigestError> for Diagnostic {
    fn from(error: DigestError) -> Self {
        let error_type = match error {
            DigestError::Unwritten(_) => "NotWritten",
            DigestError::NotSent(_) => "NotSent",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

impl<R, M, S, U, H, C> DigestHandler<'_, R, M, S, U, H, C>
where
    R: DigestRegistry,
    M: Mailer,
    S: Schedules,
    U: BilledUsage,
    H: MetricHistory,
    C: Clock + Sleeper,
{
    /// Sends the digest of the week before `at`, the time of the schedule. `invocation` is the id of this Lambda
    /// invocation, and `until` is when AWS Lambda ends it.
    ///
    /// # Errors
    /// [`DigestError`] if a recipient did not get the mail. Sent mails are recorded, so a retry sends only the rest.
    pub async fn handle(&self, at: Timestamp, invocation: &str, until: Timestamp) -> Result<DigestReport, DigestError> {
        let now = self.clock.now();
        let lease = Lease { holder: format!("{invocation} at {now}"), now, until };
        let week = Week::read(self, at).await;
        let picture = picture::of(&week, self.history, self.letterhead).await;
        let mail = letter::write(&week, picture, self.letterhead)?;
        let (report, not_sent) = self.send_to_all(&mail, at, &lease).await;
        if not_sent == 0 { Ok(report) } else { Err(DigestError::NotSent(not_sent)) }
    }
}
