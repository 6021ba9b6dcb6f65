//! One mail to one recipient, once: claim, send, note.

use evergreen_lifecycle::ports::{Claim, Mail, Mailer, Outbox, Unavailable};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::{Address, Alarm};

/// How long a sent mail is remembered: longer than its notification can wait in a queue (14 days) and be replayed.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It was sent.
    Sent,
    /// It had been sent before.
    SentBefore,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    /// Another invocation has claimed it, and may yet fail: this one must not say that all is done.
    #[error("another invocation is sending the mail")]
    Busy,
    /// It was not accepted.
    #[error("{0}: {cause}", cause = .0.cause)]
    Refused(Unavailable),
}

/// The times of one invocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// When it began.
    pub(crate) now: Timestamp,
    /// When the platform will have ended it.
    pub(crate) lease_until: Timestamp,
}

/// Sends `mail` to `recipient` unless it has been sent.
///
/// When the outbox does not answer, the mail is sent unguarded: told twice is better than not told. When it was sent and
/// that cannot be noted, the claim stands until its lease ends, and the delivery counts as done.
pub(crate) async fn deliver(
    outbox: &impl Outbox,
    mailer: &impl Mailer,
    key: &str,
    recipient: &Address,
    mail: &Mail,
    times: Times,
) -> Result<Delivery, NotSent> {
    let claimed = match outbox.claim(key, times.now, times.lease_until).await {
        Ok(Claim::Granted) => true,
        Ok(Claim::Sent) => return Ok(Delivery::SentBefore),
        Ok(Claim::Busy) => return Err(NotSent::Busy),
        Err(error) => {
            tracing::warn!(%error, cause = %error.cause, "the mail is sent without being claimed");
            false
        }
    };
    let outcome = mailer.send(recipient.as_str(), mail).await;
    if claimed {
        let noted = match &outcome {
            Ok(()) => outbox.sent(key, times.now.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX)).await,
            Err(_) => outbox.release(key).await,
        };
        if let Err(error) = noted {
            tracing::warn!(%error, cause = %error.cause, "what became of the mail is not noted");
        }
    }
    outcome.map(|()| Delivery::Sent).map_err(NotSent::Refused)
}

/// What a mail is known by: the same alarm in the same state since the same moment, to the same recipient.
pub(crate) fn key(alarm: &Alarm, recipient: &Address) -> String {
    let mut digest = Sha256::new();
    for part in [&alarm.name, alarm.state.as_str(), &alarm.since.to_string(), recipient.as_str()] {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
