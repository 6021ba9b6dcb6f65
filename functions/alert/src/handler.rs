//! Turns the notifications about alarms into mails.

use aws_lambda_events::event::sns::{SnsEvent, SnsRecord};
use evergreen_lifecycle::AlarmReport;
use evergreen_lifecycle::ports::{Clock, Lease, Mailer};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Serialize;

use crate::decision::Decider;
use crate::delivery::{AlarmMail, MailSender};
use crate::pace::Pace;
use crate::{
    Alarm, AlertWorld, Contest, Findings, Knowledge, Letterhead, MailDraft, Notification, NotificationError,
    Recipients, RunFailure, cause, picture,
};
use crate::{reacted, story};

/// Handles SNS events: turns each notification about an alarm into mails and sends them.
#[derive(Debug)]
pub struct AlertHandler<'a, W> {
    /// The registry, the mail service (SES) and the clock.
    pub ports: &'a W,
    /// The mail addresses that receive the mails about alarms.
    pub recipients: &'a Recipients,
    /// The names and links that every mail about an alarm contains, such as the dashboard's URL.
    pub letterhead: &'a Letterhead,
}

/// Result of a completely handled SNS event: how many mails were sent, and how many were not needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AlertReport {
    /// Number of mails sent.
    pub sent: usize,
    /// Number of mails that were not sent, because they had been sent before.
    pub sent_before: usize,
    // A mail is not needed if a newer mail has replaced it. Nor is a mail that says that an incident has ended, if its
    // recipient never got a mail about that incident.
    /// Number of mails that were not sent, because they were not needed.
    pub not_due: usize,
    // Such a notification reports missing data, or that an alarm is OK although no mail had said that it was raised.
    /// Number of alarm notifications that need no mail, such as notifications about missing data.
    pub no_news: usize,
    /// Number of alarm notifications that led to no mail, because the alarm had changed again before they arrived.
    pub overtaken: usize,
    /// Number of notifications that led to no mail, because the alarm rang too often in the last 24 hours.
    pub held_back: usize,
    /// Number of notifications that led to no mail, because other alarms of the incident were mailed or still ring.
    pub grouped: usize,
    // The alarm's record says that the change was received. No mail follows when the mute ends.
    /// Number of notifications that led to no mail, because a person has muted the alarm.
    pub muted: usize,
}

// Everything else in the event was done, and a retry of the event does not repeat it.
/// Error: some mails of an SNS event were not sent, or some notifications could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error)]
#[error("{not_sent} mails were not sent, or perhaps not; {not_understood} notifications could not be read")]
pub struct AlertError {
    /// Number of mails that were not sent, or about which it is unknown whether they were sent.
    pub not_sent: usize,
    /// Number of SNS notifications that could not be read as alarms.
    pub not_understood: usize,
}

impl From<AlertError> for Diagnostic {
    fn from(error: AlertError) -> Self {
        let error_type = if error.not_sent > 0 { "NotSent" } else { "NotUnderstood" };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

impl<W: AlertWorld> AlertHandler<'_, W> {
    /// Sends the mails for all alarm notifications of the SNS event. `invocation` is the id of this Lambda invocation,
    /// and `until` is when AWS Lambda ends it.
    ///
    /// # Errors
    /// [`AlertError`] when a mail was not sent or a notification is not an alarm. Sent mails are recorded, so Lambda's
    /// retry of the event sends only the rest.
    pub async fn handle(&self, event: SnsEvent, invocation: &str, until: Timestamp) -> Result<AlertReport, AlertError> {
        // Every recipient is tried before a failure is reported.
        let now = self.ports.clock().now();
        // The platform's retries have the same request id, so the time distinguishes them.
        let lease = Lease { holder: format!("{invocation} at {now}"), now, until };
        let sender = MailSender { ports: self.ports, lease: &lease };
        let (mut report, mut failures, mut pace) = (AlertReport::default(), AlertError::default(), None);
        for record in &event.records {
            match self.read(record, &sender, &mut report).await {
                Ok(Some((alarm, alarm_report, draft))) => {
                    let pace = match &mut pace {
                        Some(pace) => pace,
                        none => none.insert(self.pace().await),
                    };
                    let mail = AlarmMail { alarm: &alarm, alarm_report: &alarm_report, draft: &draft };
                    let counts = sender.send_to_all(mail, self.recipients, pace).await;
                    report.sent += counts.sent;
                    report.sent_before += counts.sent_before;
                    report.not_due += counts.not_due;
                    failures.not_sent += counts.not_sent;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(message_id = record.sns.message_id, %error, "a notification could not be read");
                    failures.not_understood += 1;
                }
            }
        }
        if failures == AlertError::default() { Ok(report) } else { Err(failures) }
    }

    /// Reads one alarm notification and returns the alarm, the decision what to report, and the draft of
    /// the mail. `None` if no mail is needed.
    async fn read(
        &self,
        record: &SnsRecord,
        sender: &MailSender<'_, W>,
        report: &mut AlertReport,
    ) -> Result<Option<(Alarm, AlarmReport, MailDraft)>, NotificationError> {
        // If no mail is needed, the reason is counted in `report`.
        let alarm = Notification::parse(&record.sns.message)?.into_alarm(&self.letterhead.stack)?;
        let alarm_report = match alarm.change() {
            Some(change) => Decider { ports: self.ports, stack: &self.letterhead.stack }.decide(&alarm, change).await,
            None => AlarmReport::NothingToReport,
        };
        let name = alarm.name.as_str();
        match &alarm_report {
            AlarmReport::NothingToReport => report.no_news += 1,
            AlarmReport::Overtaken => {
                tracing::info!(alarm = name, "a newer change is known: no mail is sent about this one");
                report.overtaken += 1;
            }
            AlarmReport::HeldBack => {
                tracing::info!(alarm = name, "the alarm rings again and again: no mail is sent about this change");
                report.held_back += 1;
            }
            AlarmReport::Muted => {
                tracing::info!(alarm = name, "the alarm is muted: no mail is sent about this change");
                report.muted += 1;
            }
            AlarmReport::OthersRing => {
                tracing::info!(alarm = name, "the alarm belongs to an incident that goes on: no mail is sent about it");
                report.grouped += 1;
            }
            AlarmReport::Joined { first } if sender.have_all(first, self.recipients).await => {
                tracing::info!(alarm = name, "the alarm belongs to an incident that was mailed");
                report.grouped += 1;
            }
            AlarmReport::Joined { .. }
            | AlarmReport::Raised
            | AlarmReport::Repeated { .. }
            | AlarmReport::AlsoRaised { .. }
            | AlarmReport::Over { .. } => {
                let draft = self.write(&alarm, &alarm_report).await;
                return Ok(Some((alarm, alarm_report, draft)));
            }
        }
        Ok(None)
    }

    async fn write(&self, alarm: &Alarm, alarm_report: &AlarmReport) -> MailDraft {
        let (now, about) = (self.ports.clock().now(), self.letterhead);
        let lead = story::lead(alarm, alarm_report, &about.stack);
        let alarm = lead.as_ref().unwrap_or(alarm);
        let knowledge = Knowledge::of(self.ports.registry()).await;
        let findings = Findings {
            cause: cause::of(self.ports, alarm, &knowledge, &about.stack).await,
            failure: RunFailure::behind(alarm, self.ports.registry(), now).await,
            picture: picture::of(alarm, alarm_report, self.ports.history(), &about.zone, now).await,
            reaction: reacted::of(self.ports.registry(), alarm).await,
            contest: Contest::of(alarm, &knowledge, self.ports.registry()).await,
            knowledge,
        };
        MailDraft::of(alarm, alarm_report, findings, about, now)
    }

    /// Returns how fast the SES account may send mails.
    async fn pace(&self) -> Pace {
        // The request to SES also opens a new connection if the old one was closed while the Lambda environment was
        // frozen. A retry of this request is harmless, but a retry of a mail is not.
        let rate = self.ports.mailer().rate().await;
        if let Err(error) = &rate {
            tracing::warn!(%error, cause = %error.cause, "SES's rate is unknown: mails follow the sandbox's rate");
        }
        Pace::of(rate.ok(), self.ports.clock().now())
    }
}
