//! Notifications in, mails out.

use aws_lambda_events::event::sns::{SnsEvent, SnsRecord};
use evergreen_lifecycle::ports::{
    AlarmRecords, Champions, Clock, Lease, Mail, MailClaims, Mailer, RememberError, Runs, Sleeper, Unavailable,
};
use evergreen_lifecycle::{AlarmChange, AlarmRecord, Telling};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Serialize;

use crate::delivery::{Letter, Office};
use crate::pace::Pace;
use crate::{Alarm, Failure, Knowledge, Letterhead, Notification, NotificationError, Recipients, letter};

/// How often a change is offered for an alarm's record that others change meanwhile.
const OFFERS: usize = 5;

/// Turns notifications into mails, through the ports that it needs.
#[derive(Debug)]
pub struct Postman<'a, R, M, C> {
    /// Champions, runs, what is remembered of alarms, and which mails were sent.
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
    /// Mails that their reader needs no more: a newer one is due, or they tell the end of what the reader never heard of.
    pub not_due: usize,
    /// Notifications of which no mail is due.
    pub no_news: usize,
    /// Notifications that came after one of a newer change.
    pub overtaken: usize,
    /// Notifications of alarms that flap.
    pub held_back: usize,
}

/// What of an event could not be done; all else was, and is not done again when the event is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error)]
#[error("{not_sent} mails not sent, or perhaps not; {not_understood} notifications not understood")]
pub struct AlertError {
    /// Mails that were not sent, or of which it is not known.
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
    R: AlarmRecords + Champions + MailClaims + Runs,
    M: Mailer,
    C: Clock + Sleeper,
{
    /// Handles every notification of `event`, and tries every recipient of each, before it says that something failed.
    /// `invocation` names this invocation, and `until` is when the platform will have ended it.
    ///
    /// # Errors
    /// [`AlertError`] when a mail was not sent or a notification is no alarm. What was sent is noted, so the platform's
    /// retry sends only the rest.
    pub async fn handle(&self, event: SnsEvent, invocation: &str, until: Timestamp) -> Result<Report, AlertError> {
        let now = self.clock.now();
        // The platform's retries share a name.
        let lease = Lease { holder: format!("{invocation} at {now}"), now, until };
        let office = Office { registry: self.registry, mailer: self.mailer, clock: self.clock, lease: &lease };
        let (mut report, mut failures, mut pace) = (Report::default(), AlertError::default(), None);
        for record in &event.records {
            match self.read(record, &mut report).await {
                Ok(Some((alarm, telling, mail))) => {
                    let pace = match &mut pace {
                        Some(pace) => pace,
                        none => none.insert(self.pace().await),
                    };
                    let letter = Letter { alarm: &alarm, telling: &telling, mail: &mail };
                    let tally = office.send_to_all(letter, self.recipients, pace).await;
                    report.sent += tally.sent;
                    report.sent_before += tally.sent_before;
                    report.not_due += tally.not_due;
                    failures.not_sent += tally.not_sent;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(message_id = record.sns.message_id, %error, "a notification is not understood");
                    failures.not_understood += 1;
                }
            }
        }
        if failures == AlertError::default() { Ok(report) } else { Err(failures) }
    }

    /// The alarm that a notification tells of, with its mail; nothing when none is due.
    async fn read(&self, record: &SnsRecord, report: &mut Report) -> Result<Option<(Alarm, Telling, Mail)>, Unwritten> {
        let alarm = Notification::parse(&record.sns.message)?.into_alarm(&self.letterhead.stack)?;
        let telling = match alarm.change() {
            Some(change) => self.hear(&alarm, change).await,
            None => Telling::NoNews,
        };
        match telling {
            Telling::NoNews => report.no_news += 1,
            Telling::Overtaken => {
                tracing::info!(alarm = alarm.name, "a newer change of the alarm is known: this one is not told");
                report.overtaken += 1;
            }
            Telling::HeldBack => {
                tracing::info!(alarm = alarm.name, "the alarm flaps: this change is not told");
                report.held_back += 1;
            }
            Telling::Raised | Telling::Flapping | Telling::Over { .. } => {
                let mail = self.write(&alarm, &telling).await?;
                return Ok(Some((alarm, telling, mail)));
            }
        }
        Ok(None)
    }

    async fn write(&self, alarm: &Alarm, telling: &Telling) -> Result<Mail, askama::Error> {
        let now = self.clock.now();
        let knowledge = Knowledge::of(self.registry).await;
        let failure = Failure::behind(alarm, self.registry, now).await;
        letter::write(alarm, telling, &knowledge, failure.as_ref(), self.letterhead, now)
    }

    /// What to do about a change, which is remembered. That the registry does not answer is logged and no error: what the
    /// notification says of itself decides then.
    async fn hear(&self, alarm: &Alarm, change: AlarmChange) -> Telling {
        for _ in 0..OFFERS {
            match self.offer(alarm, change).await {
                Ok(telling) => return telling,
                Err(RememberError::Conflict) => {}
                Err(RememberError::Unavailable(error)) => {
                    tracing::warn!(%error, cause = %error.cause, "the alarm is told without what is remembered of it");
                    break;
                }
            }
        }
        AlarmRecord::hear(None, change, self.clock.now()).0
    }

    async fn offer(&self, alarm: &Alarm, change: AlarmChange) -> Result<Telling, RememberError> {
        let known: Result<_, Unavailable> = self.registry.alarm(&alarm.name).await;
        let (telling, next) = AlarmRecord::hear(known?.as_ref(), change, self.clock.now());
        if let Some(next) = next {
            self.registry.remember(&alarm.name, &next).await?;
        }
        Ok(telling)
    }

    /// The pace at which the account may send. The question also renews a connection that died while the environment was
    /// frozen: SES may be asked twice, and a mail may not.
    async fn pace(&self) -> Pace {
        let rate = self.mailer.rate().await;
        if let Err(error) = &rate {
            tracing::warn!(%error, cause = %error.cause, "mails are sent as slowly as SES's sandbox wants");
        }
        Pace::of(rate.ok(), self.clock.now())
    }
}
