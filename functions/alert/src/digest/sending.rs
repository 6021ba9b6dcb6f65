//! Sends a digest to each recipient, at most once a week.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{Claim, Clock, Lease, Mail, MailClaims, Mailer, SendError, Sleeper, Unavailable};
use jiff::Timestamp;
use jiff::tz::Offset;

use super::{DigestHandler, DigestReport};
use crate::Address;
use crate::pace::Pace;

/// Maximum number of tries for one recipient while SES accepts no mail.
const TRIES: u32 = 5;

/// Why a recipient did not get the digest.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("another invocation is sending it")]
    Busy,
    #[error("SES did not answer, so it may have been sent")]
    Unanswered,
    #[error("{0}: {cause}", cause = .0.cause)]
    Failed(Unavailable),
}

impl<R: MailClaims, M: Mailer, S, U, H, C: Clock + Sleeper> DigestHandler<'_, R, M, S, U, H, C> {
    /// Sends the digest that is due at `at` to all recipients. Returns how many got it, and how many did not.
    pub(super) async fn send_to_all(&self, mail: &Mail, at: Timestamp, lease: &Lease) -> (DigestReport, usize) {
        let (mut report, mut not_sent) = (DigestReport::default(), 0);
        let mut pace = Pace::of(self.mailer.rate().await.ok(), self.clock.now());
        for (address, place) in self.recipients.iter().zip(1..) {
            match self.deliver(mail, address, &key(at, address), lease, &mut pace).await {
                Ok(true) => report.sent += 1,
                Ok(false) => report.sent_before += 1,
                Err(error) => {
                    tracing::error!(recipient = place, %error, "the digest was not sent");
                    not_sent += 1;
                }
            }
        }
        (report, not_sent)
    }

    /// Sends the digest to one recipient. Returns `false` if the recipient has it already.
    async fn deliver(
        &self,
        mail: &Mail,
        recipient: &Address,
        key: &str,
        lease: &Lease,
        pace: &mut Pace,
    ) -> Result<bool, NotSent> {
        let lease = Lease { now: self.clock.now(), ..lease.clone() };
        match self.registry.claim(key, &lease).await.map_err(NotSent::Failed)? {
            Claim::Granted => {}
            Claim::Sent => return Ok(false),
            Claim::Busy => return Err(NotSent::Busy),
            Claim::Unanswered => return Err(NotSent::Unanswered),
        }
        let outcome = self.send(mail, recipient, pace).await;
        let now = self.clock.now();
        let recorded = match &outcome {
            Ok(()) => self.registry.sent(key, now).await,
            Err(SendError::Unanswered(_)) => self.registry.unanswered(key, now).await,
            Err(_) => self.registry.release(key, &lease).await,
        };
        if let Err(error) = recorded {
            tracing::warn!(%error, cause = %error.cause, "the result of the digest could not be recorded");
        }
        match outcome {
            Ok(()) => Ok(true),
            Err(SendError::Unanswered(_)) => Err(NotSent::Unanswered),
            Err(SendError::Refused(error) | SendError::Throttled(error) | SendError::Unreachable(error)) => {
                Err(NotSent::Failed(error))
            }
        }
    }

    /// Sends a mail as fast as SES allows. Tries again while SES accepts no mail for now.
    async fn send(&self, mail: &Mail, recipient: &Address, pace: &mut Pace) -> Result<(), SendError> {
        let mut tries = 1;
        loop {
            self.clock.sleep(pace.wait(self.clock.now())).await;
            let begun = self.clock.now();
            let outcome = self.mailer.send(recipient.as_str(), mail).await;
            match outcome {
                Err(SendError::Throttled(_) | SendError::Unreachable(_)) if tries < TRIES => {
                    pace.slow_down(begun, 0.0);
                    tries += 1;
                }
                outcome => {
                    pace.go_on(begun);
                    return outcome;
                }
            }
        }
    }
}

/// Returns the registry key of one recipient's digest: a hash of the calendar week and the recipient.
fn key(at: Timestamp, recipient: &Address) -> String {
    // In the week in which somebody changes the weekday, there is one digest, too.
    let week = Offset::UTC.to_datetime(at).date().iso_week_date();
    let content = format!("digest {}-{:02} {}", week.year(), week.week(), recipient.as_str());
    sha256_hex(content.as_bytes())
}
