//! One letter to everybody, in turn: whoever SES does not take for now comes again after the others.

use std::collections::VecDeque;
use std::time::Duration;

use evergreen_lifecycle::ports::{AlarmRecords, Clock, MailClaims, Mailer, Sleeper, Unavailable};

use crate::delivery::{Delivery, Letter, NotSent, Office};
use crate::pace::Pace;
use crate::{Address, Recipients};

/// Maximum number of tries of one recipient, and of all in a row, of which SES takes none because it is out of reach or fails.
/// Throttling has no such bound: it passes.
const MOST_FAILURES: usize = 5;

/// The pause before another look at what another invocation is sending.
const LOOK: Duration = Duration::from_secs(1);

/// What became of a letter, in mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sent: usize,
    pub(crate) sent_before: usize,
    pub(crate) not_due: usize,
    pub(crate) not_sent: usize,
}

/// A recipient whose turn is to come.
struct Waiting<'a> {
    /// Their place in the list of recipients, from 1 up.
    place: usize,
    address: &'a Address,
    /// Why an earlier try was in vain.
    turned_away: Option<Unavailable>,
    /// How many found SES out of reach.
    failures: usize,
}

impl<'a> Waiting<'a> {
    fn first(place: usize, address: &'a Address) -> Self {
        Self { place, address, turned_away: None, failures: 0 }
    }

    /// The same after a try that was in vain because of `cause`.
    fn turned_away(self, cause: Unavailable) -> Self {
        Self { turned_away: Some(cause), ..self }
    }
}

impl<R, M, C> Office<'_, R, M, C>
where
    R: AlarmRecords + MailClaims,
    M: Mailer,
    C: Clock + Sleeper,
{
    /// Sends the letter to all recipients, as fast as `pace` allows and for as long as the invocation has time. No
    /// recipient keeps another from being told.
    pub(crate) async fn send_to_all(&self, letter: Letter<'_>, recipients: &Recipients, pace: &mut Pace) -> Tally {
        let (mut tally, mut failures_in_a_row) = (Tally::default(), 0);
        let all = recipients.iter().zip(1..).map(|(address, place)| Waiting::first(place, address));
        let mut waiting: VecDeque<_> = all.collect();
        while let Some(next) = waiting.pop_front() {
            let delivery = if next.failures.max(failures_in_a_row) < MOST_FAILURES {
                self.deliver(letter, next.address, pace).await
            } else {
                Err(NotSent::Unreachable(None))
            };
            match delivery {
                Ok(Delivery::Sent) => {
                    failures_in_a_row = 0;
                    tally.sent += 1;
                }
                Ok(Delivery::SentBefore) => tally.sent_before += 1,
                Ok(Delivery::NotDue) => tally.not_due += 1,
                Ok(Delivery::Overtaken) => {
                    tracing::info!(alarm = letter.alarm.name, "the mails that are left are overtaken");
                    tally.not_due += 1 + waiting.len();
                    break;
                }
                Ok(Delivery::NotYet) => {
                    self.clock.sleep(LOOK).await;
                    waiting.push_back(next);
                }
                Ok(Delivery::Throttled(cause)) => waiting.push_back(next.turned_away(cause)),
                Ok(Delivery::Unreachable(cause)) => {
                    failures_in_a_row += 1;
                    waiting.push_back(Waiting { failures: next.failures + 1, ..next }.turned_away(cause));
                }
                Err(error) => {
                    let error = match error {
                        NotSent::NoTime(None) => NotSent::NoTime(next.turned_away),
                        NotSent::Unreachable(None) => NotSent::Unreachable(next.turned_away),
                        error => error,
                    };
                    tracing::error!(alarm = letter.alarm.name, recipient = next.place, %error, "a mail is not sent");
                    tally.not_sent += 1;
                }
            }
        }
        tally
    }
}
