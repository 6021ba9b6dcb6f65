//! Sends one mail to all recipients, one after another. If SES rejects the mail to one recipient for now, the mail to
//! this recipient is sent again after the mails to the others.

use std::collections::VecDeque;
use std::time::Duration;

use evergreen_lifecycle::ports::{Sleeper, Unavailable};

use crate::delivery::{AlarmMail, DeliveryResult, MailError, MailSender};
use crate::pace::Pace;
use crate::{Address, AlertWorld, Recipients};

// A try fails if SES is unreachable or broken. Throttling does not count as a failure, because it passes.
/// Maximum number of failed tries to send a mail. It limits the failures for one recipient, and the failures in a row
/// for all recipients together.
const MOST_FAILURES: usize = 5;

/// Pause before the next check whether another Lambda invocation has sent a mail.
const RECHECK_PAUSE: Duration = Duration::from_secs(1);

/// How many mails about one change of an alarm were sent, and how many were not, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MailCounts {
    pub(crate) sent: usize,
    pub(crate) sent_before: usize,
    pub(crate) not_due: usize,
    pub(crate) not_sent: usize,
}

/// A recipient to whom the mail has not been sent yet.
struct Waiting<'a> {
    /// The recipient's position in the list of recipients, starting at 1.
    place: usize,
    address: &'a Address,
    /// Why the last try to send the mail to this recipient failed; `None` if there was no failed try.
    turned_away: Option<Unavailable>,
    /// Number of tries to send the mail to this recipient while SES was unreachable.
    failures: usize,
}

impl<'a> Waiting<'a> {
    fn first(place: usize, address: &'a Address) -> Self {
        Self { place, address, turned_away: None, failures: 0 }
    }

    /// Returns the waiting recipient, and stores in it why the last try to send the mail failed (`cause`).
    fn turned_away(self, cause: Unavailable) -> Self {
        Self { turned_away: Some(cause), ..self }
    }
}

impl<W: AlertWorld> MailSender<'_, W> {
    /// Sends the mail to all `recipients`. Returns how many mails were sent, and how many were not, by reason.
    pub(crate) async fn send_to_all(
        &self,
        mail: AlarmMail<'_>,
        recipients: &Recipients,
        pace: &mut Pace,
    ) -> MailCounts {
        // The mails are sent as fast as `pace` allows, until the Lambda invocation runs out of time. A failure for one
        // recipient does not stop the others.
        let (mut counts, mut failures_in_a_row) = (MailCounts::default(), 0);
        let all = recipients.iter().zip(1..).map(|(address, place)| Waiting::first(place, address));
        let mut waiting: VecDeque<_> = all.collect();
        while let Some(next) = waiting.pop_front() {
            let delivery = if next.failures.max(failures_in_a_row) < MOST_FAILURES {
                self.deliver(mail, (next.place, next.address), pace).await
            } else {
                Err(MailError::Unreachable(None))
            };
            match delivery {
                Ok(DeliveryResult::Sent) => {
                    failures_in_a_row = 0;
                    counts.sent += 1;
                }
                Ok(DeliveryResult::SentBefore) => counts.sent_before += 1,
                Ok(DeliveryResult::NotDue) => counts.not_due += 1,
                Ok(DeliveryResult::Overtaken) => {
                    tracing::info!(
                        alarm = mail.alarm.name,
                        "the alarm has changed again: the remaining mails are not sent"
                    );
                    counts.not_due += 1 + waiting.len();
                    break;
                }
                Ok(DeliveryResult::NotYet) => {
                    self.ports.clock().sleep(RECHECK_PAUSE).await;
                    waiting.push_back(next);
                }
                Ok(DeliveryResult::Throttled(cause)) => waiting.push_back(next.turned_away(cause)),
                Ok(DeliveryResult::Unreachable(cause)) => {
                    failures_in_a_row += 1;
                    waiting.push_back(Waiting { failures: next.failures + 1, ..next }.turned_away(cause));
                }
                Err(error) => {
                    let error = match error {
                        MailError::NoTime(None) => MailError::NoTime(next.turned_away),
                        MailError::Unreachable(None) => MailError::Unreachable(next.turned_away),
                        error => error,
                    };
                    tracing::error!(alarm = mail.alarm.name, recipient = next.place, %error, "a mail was not sent");
                    counts.not_sent += 1;
                }
            }
        }
        counts
    }
}
