//! The outbox: stores events and announces each at least once.
//!
//! A transaction stores an event together with the change that the event reports. The process that made the change
//! announces the event at once and then removes it. If the process ends before that, the next training or measurement
//! announces the event.
//!
//! A new attempt also stores an event that reports its own loss, dated at the end of its time. When the attempt ends in
//! any other way, this event is removed. So a lost attempt is reported too, although a process that was stopped writes
//! nothing.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::LifecycleEvent;
use crate::ports::{Announcer, EventOutbox, MAX_ANNOUNCEMENTS, Refusal, Unavailable};

/// How long an event is left to the process that stored it. Announcing takes a fraction of a second. Without this
/// delay, two processes would often announce the same event.
const HEAD_START: SignedDuration = SignedDuration::from_mins(1);

/// Maximum number of pages that one delivery reads. Events that the bus never accepts expire, so more pages are very
/// rare.
const MAX_PAGES: usize = 10;

/// An event in the form that the bus accepts and the outbox stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The event's key in the outbox ([`LifecycleEvent::outbox_key`]).
    pub key: String,
    /// The detail type on the bus.
    pub kind: String,
    /// The detail on the bus, as JSON.
    pub detail: String,
}

impl Announcement {
    /// Converts `event` to an announcement.
    ///
    /// # Errors
    /// Returns an error if the event cannot be written as JSON.
    pub fn of(event: &LifecycleEvent) -> Result<Self, serde_json::Error> {
        Ok(Self {
            key: event.outbox_key(),
            kind: event.kind.as_str().to_owned(),
            detail: serde_json::to_string(event)?,
        })
    }
}

/// The result of announcing events.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Number of announced events.
    pub published: usize,
    /// The events that the bus refused. They stay in the outbox.
    pub refused: Vec<Refusal>,
    /// Number of stored events that this release cannot read. They stay until a newer release reads them, or until they
    /// expire.
    pub unreadable: usize,
    /// Calls to the bus or the outbox that failed.
    pub failures: Vec<Unavailable>,
}

impl Delivery {
    /// Checks whether every event was announced and removed.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty() && self.unreadable == 0 && self.failures.is_empty()
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} published", self.published)?;
        for Refusal { key, code } in &self.refused {
            write!(formatter, ", {key} refused by the bus ({code})")?;
        }
        if self.unreadable > 0 {
            write!(formatter, ", {} unreadable", self.unreadable)?;
        }
        for failure in &self.failures {
            write!(formatter, ", {failure} ({})", failure.cause)?;
        }
        Ok(())
    }
}

/// Announces `announcements`, which are in the outbox, and removes those that the bus accepted.
pub async fn publish(
    outbox: &impl EventOutbox,
    bus: &impl Announcer,
    announcements: &[Announcement],
    delivery: &mut Delivery,
) {
    for chunk in announcements.chunks(MAX_ANNOUNCEMENTS) {
        let refused = match bus.announce(chunk).await {
            Ok(refused) => refused,
            Err(failure) => return delivery.failures.push(failure),
        };
        for announcement in chunk.iter().filter(|event| refused.iter().all(|refusal| refusal.key != event.key)) {
            delivery.published += 1;
            if let Err(failure) = outbox.remove(&announcement.key).await {
                delivery.failures.push(failure);
            }
        }
        delivery.refused.extend(refused);
    }
}

/// Announces every stored event, except those so new that their own process may still announce them. An event that
/// cannot be read, or that the bus refuses, does not stop the others.
pub async fn deliver(outbox: &impl EventOutbox, bus: &impl Announcer, now: Timestamp) -> Delivery {
    let mut delivery = Delivery::default();
    let before = now.checked_sub(HEAD_START).unwrap_or(now);
    let mut after = None;
    for _ in 0..MAX_PAGES {
        let page = match outbox.waiting(before, after.as_deref()).await {
            Ok(page) => page,
            Err(failure) => {
                delivery.failures.push(failure);
                break;
            }
        };
        delivery.unreadable += page.unreadable;
        publish(outbox, bus, &page.announcements, &mut delivery).await;
        after = page.next;
        // After a failed call, the delivery stops. The next delivery tries again.
        if after.is_none() || !delivery.failures.is_empty() {
            break;
        }
    }
    delivery
}
