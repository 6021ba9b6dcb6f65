//! Sends one mail to one recipient exactly once: claims the mail, sends the mail and records the result.

use std::time::Duration;

use evergreen_lifecycle::AlarmReport;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::incident::{RaiseMail, RaisedAlarm};
use evergreen_lifecycle::ports::{
    AlarmRecords, Claim, Clock, Lease, Mail, MailClaims, Mailer, SendError, Sleeper, Unavailable,
};
use jiff::Timestamp;

use crate::pace::Pace;
use crate::{Address, Alarm, AlarmState, AlertWorld, MailButton, MailDraft, Recipients};

// SES may take up to 20 s to answer, and then the invocation must record the result.
/// Minimum time that a Lambda invocation must have left to start sending a mail.
const RESERVE: Duration = Duration::from_secs(30);

/// Result of one try to send a mail to one recipient.
#[derive(Debug)]
pub(crate) enum DeliveryResult {
    /// The mail was sent to the recipient in this try.
    Sent,
    /// The mail was not sent now, because it had been sent before.
    SentBefore,
    /// The mail about the end was not sent, because its recipient got no mail about the begin.
    NotDue,
    // The remaining recipients get no such mail either.
    /// The mail was not sent, because the alarm has changed again since.
    Overtaken,
    /// The mail "the alarm is over" must wait, because another Lambda invocation is still sending the mail "the alarm
    /// is raised".
    NotYet,
    /// SES rejected the mail for now, because too many mails came in too short a time. Holds SES's answer.
    Throttled(Unavailable),
    /// The mail was not sent, because SES was unreachable or answered with an error. Holds the cause.
    Unreachable(Unavailable),
}

/// Error: a mail was not sent, or it is unknown whether the mail was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    /// Another Lambda invocation has reserved the mail, and has not sent it yet.
    #[error("another invocation is sending the mail")]
    Busy,
    /// SES did not answer, so the mail may have been sent. Holds the cause, if it is known.
    #[error("SES did not answer, so the mail may have been sent{}", cause(.0.as_ref()))]
    Unanswered(Option<Unavailable>),
    /// SES refused the mail for good, so another try would be refused too. Holds SES's answer.
    #[error("{0}: {cause}", cause = .0.cause)]
    Refused(Unavailable),
    /// SES was unreachable, or failed, too many times. Holds the cause of the last failure, if it is known.
    #[error("SES does not accept mails{}", cause(.0.as_ref()))]
    Unreachable(Option<Unavailable>),
    /// The Lambda invocation has too little time left to send the mail. Holds why an earlier try failed, if there was
    /// one.
    #[error("the invocation has too little time left for the mail{}", cause(.0.as_ref()))]
    NoTime(Option<Unavailable>),
    /// The mail could not be written.
    #[error("the mail cannot be written: {0}")]
    Unwritten(#[from] askama::Error),
}

fn cause(unavailable: Option<&Unavailable>) -> String {
    unavailable.map(|unavailable| format!(" ({})", unavailable.cause)).unwrap_or_default()
}

/// The draft of the mails about a CloudWatch alarm, with the alarm and the decision what to report about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlarmMail<'a> {
    pub(crate) alarm: &'a Alarm,
    pub(crate) alarm_report: &'a AlarmReport,
    pub(crate) draft: &'a MailDraft,
}

/// Sends the mails of one Lambda invocation.
#[derive(Debug)]
pub(crate) struct MailSender<'a, W> {
    pub(crate) ports: &'a W,
    /// This Lambda invocation's identifier, and the time at which its reservations of mails end.
    pub(crate) lease: &'a Lease,
}

impl<W: AlertWorld> MailSender<'_, W> {
    // `place` is the recipient's place in the list of recipients, from 1.
    /// Sends the mail to `recipient` when `pace` allows it. Does not send a mail that was sent before or is no longer
    /// needed.
    pub(crate) async fn deliver(
        &self,
        mail: AlarmMail<'_>,
        (place, recipient): (usize, &Address),
        pace: &mut Pace,
    ) -> Result<DeliveryResult, MailError> {
        // First, the mail is reserved in the registry (a claim), so that no other invocation sends the mail too. If the
        // registry does not answer, the mail is sent without a claim, because two mails are better than none. If the
        // result cannot be recorded, the mail counts as unanswered (perhaps sent) after this invocation ends.
        let wait = pace.wait(self.ports.clock().now());
        if !self.has_time(wait) {
            return Err(MailError::NoTime(None));
        }
        if let Some(undue) = self.undue(mail, recipient).await {
            return Ok(undue);
        }
        let key = mail.key(recipient);
        let is_claimed = match self.ports.registry().claim(&key, &self.lease()).await {
            Ok(Claim::Granted) => true,
            Ok(Claim::Sent) => return Ok(DeliveryResult::SentBefore),
            Ok(Claim::Busy) => return Err(MailError::Busy),
            Ok(Claim::Unanswered) => return Err(MailError::Unanswered(None)),
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the mail is sent without a claim");
                false
            }
        };
        self.ports.clock().sleep(wait).await;
        // An invocation with a newer change of the alarm stores that change first and checks the mail claims
        // afterwards. So at least one of the two invocations sees the other.
        let outcome = match self.is_overtaken(mail).await {
            true => None,
            false => {
                let content = mail.draft.mail(&self.buttons(mail, place).await)?;
                Some(self.send(&content, recipient, pace, &key).await)
            }
        };
        if is_claimed {
            self.record(&key, outcome.as_ref()).await;
        }
        match outcome {
            None => Ok(DeliveryResult::Overtaken),
            Some(Ok(())) => Ok(DeliveryResult::Sent),
            Some(Err(SendError::Throttled(cause))) => Ok(DeliveryResult::Throttled(cause)),
            Some(Err(SendError::Unreachable(cause))) => Ok(DeliveryResult::Unreachable(cause)),
            Some(Err(SendError::Refused(cause))) => Err(MailError::Refused(cause)),
            Some(Err(SendError::Unanswered(cause))) => Err(MailError::Unanswered(Some(cause))),
        }
    }

    /// Returns whether the invocation has enough time left to send a mail after it has waited for `wait`.
    fn has_time(&self, wait: Duration) -> bool {
        let end = self.ports.clock().now().saturating_add(wait + RESERVE).unwrap_or(Timestamp::MAX);
        end <= self.lease.until
    }

    fn lease(&self) -> Lease {
        Lease { now: self.ports.clock().now(), ..self.lease.clone() }
    }

    /// Makes the links of one recipient.
    async fn buttons(&self, mail: AlarmMail<'_>, place: usize) -> Vec<MailButton> {
        match mail.draft.links() {
            Some(links) => links.buttons(self.ports.registry(), place, self.ports.clock().now()).await,
            None => Vec::new(),
        }
    }

    async fn send(&self, mail: &Mail, recipient: &Address, pace: &mut Pace, key: &str) -> Result<(), SendError> {
        let begun = self.ports.clock().now();
        let outcome = self.ports.mailer().send(recipient.as_str(), mail).await;
        match &outcome {
            Err(SendError::Throttled(_) | SendError::Unreachable(_)) => pace.slow_down(begun, share(key)),
            Ok(()) | Err(SendError::Refused(_) | SendError::Unanswered(_)) => pace.go_on(begun),
        }
        outcome
    }

    /// Stores in the registry whether the mail with the key `key` was sent. An `outcome` of `None` means that no try
    /// was made.
    async fn record(&self, key: &str, outcome: Option<&Result<(), SendError>>) {
        // Any invocation may at once send a mail that was not sent.
        let now = self.ports.clock().now();
        let recorded = match outcome {
            Some(Ok(())) => self.ports.registry().sent(key, now).await,
            Some(Err(SendError::Unanswered(_))) => self.ports.registry().unanswered(key, now).await,
            _ => self.ports.registry().release(key, self.lease).await,
        };
        if let Err(error) = recorded {
            tracing::warn!(%error, cause = %error.cause, "the result of the mail could not be recorded");
        }
    }

    /// Returns whether the mail is outdated: the incident that it reports is over, or the alarm rings again.
    async fn is_overtaken(&self, mail: AlarmMail<'_>) -> bool {
        let (record, now) = (self.ports.registry().incidents().await, self.ports.clock().now());
        // If the record cannot be read, the mail is sent. The recipient sees by the dates which mail is newer.
        let (Ok(Some(record)), Some(change)) = (record, mail.alarm.change()) else { return false };
        let (alarm, since) = mail.reported();
        record.overtakes(&mail.alarm.name, change, now) && !(change.raised && record.is_open_since(alarm, since))
    }

    /// Returns whether every recipient has the mail about this alarm, or will get it from another invocation.
    pub(crate) async fn have_all(&self, raised: &RaisedAlarm, recipients: &Recipients) -> bool {
        for recipient in recipients.iter() {
            let key = raise_key(raised, recipient);
            if let Ok(None) = self.ports.registry().claim_state(&key, self.ports.clock().now()).await {
                return false;
            }
        }
        true
    }

    /// Returns why the mail about the end must not be sent to `recipient` now. `None` if the mail must be sent.
    async fn undue(&self, mail: AlarmMail<'_>, recipient: &Address) -> Option<DeliveryResult> {
        let AlarmReport::Over { raised, .. } = mail.alarm_report else { return None };
        if raised.is_empty() || raised.iter().any(|raised| raised.mail == RaiseMail::Unclaimed) {
            return None;
        }
        let mut is_busy = false;
        for raised in raised.iter().rev().filter(|raised| raised.mail == RaiseMail::Claimed) {
            let key = raise_key(raised, recipient);
            match self.ports.registry().claim_state(&key, self.ports.clock().now()).await {
                Ok(None) => {}
                Ok(Some(Claim::Busy)) => is_busy = true,
                Ok(Some(_)) => return None,
                Err(error) => {
                    let cause = &error.cause;
                    tracing::warn!(%error, %cause, "a claim is unknown, so the mail about the end is sent");
                    return None;
                }
            }
        }
        Some(if is_busy { DeliveryResult::NotYet } else { DeliveryResult::NotDue })
    }
}

impl AlarmMail<'_> {
    /// Returns the alarm that the mail reports, and the time of its change. A mail that makes up for the first mail of an
    /// incident counts as that mail.
    fn reported(&self) -> (&str, Timestamp) {
        match self.alarm_report {
            AlarmReport::Joined { first } => (&first.alarm, first.since),
            _ => (&self.alarm.name, self.alarm.since),
        }
    }

    fn key(&self, recipient: &Address) -> String {
        let (alarm, since) = self.reported();
        key(alarm, self.alarm.state, since, recipient)
    }
}

/// Returns the registry key of the mail about a raised alarm.
fn raise_key(raised: &RaisedAlarm, recipient: &Address) -> String {
    key(&raised.alarm, AlarmState::Alarm, raised.since, recipient)
}

/// Returns the registry key of one mail: a hash of the alarm's name, its change and the recipient.
fn key(alarm: &str, state: AlarmState, since: Timestamp, recipient: &Address) -> String {
    // The key is a hash of the alarm, its state, the time of the change and the recipient.
    let mut content = Vec::new();
    for part in [alarm, state.as_str(), &since.to_string(), recipient.as_str()] {
        content.extend(part.len().to_be_bytes());
        content.extend(part.as_bytes());
    }
    sha256_hex(&content)
}

/// Returns a number from 0 to 1 that is computed from the mail's key. The number lengthens the wait
/// before a retry, so that not all mails are retried at once.
fn share(key: &str) -> f64 {
    // The retries of different mails must not come together.
    let byte = key.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    debug_assert!(byte.is_some(), "a key is a digest in hexadecimal digits: {key}");
    f64::from(byte.unwrap_or_default()) / 255.0
}
