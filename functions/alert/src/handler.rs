//! Notifications in, mails out.

use aws_lambda_events::event::sns::{SnsEvent, SnsRecord};
use evergreen_lifecycle::ports::{Champions, Clock, Mail, Mailer, Outbox, Runs};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Serialize;

use crate::delivery::{Delivery, Times, deliver, key};
use crate::{Alarm, Failure, Knowledge, Letterhead, Notification, NotificationError, Recipients, letter};

/// Turns notifications into mails, through the ports that it needs.
#[derive(Debug)]
pub struct Postman<'a, R, M, C> {
    /// Champions, runs, and which mails were sent.
    pub registry: &'a R,
    /// Sends mail.
    pub mailer: &'a M,
    /// The time.
    pub clock: &'a C,
    /// Whom mails go to.
    pub recipients: &'a Recipients,
    /// What every mail names.
    pub letterhead: &'a Letterhead,
}

/// What an event came to, when all of it could be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Mails that were sent.
    pub sent: usize,
    /// Mails that had been sent before.
    pub sent_before: usize,
    /// Notifications of which no mail is due.
    pub no_news: usize,
}

/// What of an event could not be done; all else was, and is not done again when the event is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error)]
#[error("{not_sent} mails not sent, {not_understood} notifications not understood")]
pub struct AlertError {
    /// Mails that were not sent.
    pub not_sent: usize,
    /// Notifications that are no alarms.
    pub not_understood: usize,
}

impl From<AlertError> for Diagnostic {
    fn from(error: AlertError) -> Self {
        let error_type = if error.not_sent > 0 { "NotSent" } else { "NotUnderstood" };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// Why a notification became no mail.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error(transparent)]
    Notification(#[from] NotificationError),
    #[error("the mail cannot be written: {0}")]
    Letter(#[from] askama::Error),
}

impl<R, M, C> Postman<'_, R, M, C>
where
    R: Champions + Outbox + Runs,
    M: Mailer,
    C: Clock,
{
    /// Handles every notification of `event`, and tries every recipient of each, before it says that something failed.
    /// `lease_until` is when the platform will have ended this invocation.
    ///
    /// # Errors
    /// [`AlertError`] when a mail was not sent or a notification is no alarm. What was sent is noted, so the platform's
    /// retry sends only the rest.
    pub async fn handle(&self, event: SnsEvent, lease_until: Timestamp) -> Result<Report, AlertError> {
        let times = Times { now: self.clock.now(), lease_until };
        let (mut report, mut failures) = (Report::default(), AlertError::default());
        for record in &event.records {
            match self.letter(record, times.now).await {
                Ok(Some((alarm, mail))) => self.send(&alarm, &mail, times, &mut report, &mut failures).await,
                Ok(None) => report.no_news += 1,
                Err(error) => {
                    tracing::error!(message_id = record.sns.message_id, %error, "a notification is not understood");
                    failures.not_understood += 1;
                }
            }
        }
        if failures == AlertError::default() { Ok(report) } else { Err(failures) }
    }

    /// The alarm that a notification tells of, with its mail; nothing when none is due.
    async fn letter(&self, record: &SnsRecord, now: Timestamp) -> Result<Option<(Alarm, Mail)>, Unwritten> {
        let alarm = Notification::parse(&record.sns.message)?.into_alarm(&self.letterhead.stack)?;
        if !alarm.is_news() {
            return Ok(None);
        }
        let knowledge = Knowledge::of(self.registry).await;
        let failure = Failure::behind(&alarm, self.registry, now).await;
        let mail = letter::write(&alarm, &knowledge, failure.as_ref(), self.letterhead, now)?;
        Ok(Some((alarm, mail)))
    }

    async fn send(&self, alarm: &Alarm, mail: &Mail, times: Times, report: &mut Report, failures: &mut AlertError) {
        for (index, recipient) in self.recipients.iter().enumerate() {
            let key = key(alarm, recipient);
            match deliver(self.registry, self.mailer, &key, recipient, mail, times).await {
                Ok(Delivery::Sent) => report.sent += 1,
                Ok(Delivery::SentBefore) => report.sent_before += 1,
                Err(error) => {
                    tracing::error!(alarm = alarm.name, recipient = index + 1, %error, "a mail is not sent");
                    failures.not_sent += 1;
                }
            }
        }
    }
}
