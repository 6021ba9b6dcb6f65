//! One letter to everybody, in turn: whoever SES does not take for now comes again after the others.

use std::collections::VecDeque;
use std::time::Duration;

use evergreen_lifecycle::ports::{AlarmRecords, Clock, MailClaims, Mailer, Sleeper, Unavailable};

use crate::delivery::{Delivery, Letter, NotSent, Office};
use crate::pace::Pace;
use crate::{Address, Recipients};

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
        let mut tally = Tally::default();
        let all = recipients.iter().zip(1..);
        let mut waiting: VecDeque<_> =
            all.map(|(address, place)| Waiting { place, address, turned_away: None }).collect();
        while let Some(next) = waiting.pop_front() {
            match self.deliver(letter, next.address, pace).await {
                Ok(Delivery::Sent) => tally.sent += 1,
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
                Ok(Delivery::NotNow(cause)) => waiting.push_back(Waiting { turned_away: Some(cause), ..next }),
                Err(error) => {
                    let error = match error {
                        NotSent::NoTime(None) => NotSent::NoTime(next.turned_away),
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
