//! Telling what was stored to be told: at least once, by whoever comes next.
//!
//! An event is stored in the transaction that makes it true. Whoever made it true tells it at once and then forgets it.
//! Where it died before that, the next training or measurement does.
//!
//! An attempt that begins stores the news of its own death with it, dated at the end of its time, and whatever ends the
//! attempt takes that away again. So a death is told too, although the dead write nothing.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::LifecycleEvent;
use crate::ports::{Announcer, EventOutbox, MAX_ANNOUNCEMENTS, Refusal, Unavailable};

/// How long an event is left to whoever stored it. Telling takes a fraction of a second; an event that is told from two
/// sides at once would be told twice each time.
const HEAD_START: SignedDuration = SignedDuration::from_mins(1);

/// Maximum number of pages that one delivery reads. Events that nobody takes expire, so there are hardly ever more.
const MAX_PAGES: usize = 10;

/// An event as the bus takes it, and as it waits to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its place among those that wait ([`LifecycleEvent::outbox_key`]).
    pub key: String,
    /// The detail type on the bus.
    pub kind: String,
    /// The detail on the bus, as JSON.
    pub detail: String,
}

impl Announcement {
    /// The announcement of `event`.
    ///
    /// # Errors
    /// The event has no JSON form.
    pub fn of(event: &LifecycleEvent) -> Result<Self, serde_json::Error> {
        Ok(Self {
            key: event.outbox_key(),
            kind: event.kind.as_str().to_owned(),
            detail: serde_json::to_string(event)?,
        })
    }
}

/// What came of telling.
#[derive(Debug, Default)]
pub struct Delivery {
    /// How many events were told.
    pub told: usize,
    /// Those that the bus did not take; they wait on.
    pub refused: Vec<Refusal>,
    /// How many of those that wait cannot be read by this code; they wait for a newer one, or expire.
    pub unreadable: usize,
    /// What was out of reach.
    pub failures: Vec<Unavailable>,
}

impl Delivery {
    /// Whether everything was told and nothing waits on.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty() && self.unreadable == 0 && self.failures.is_empty()
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} told", self.told)?;
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

/// Tells `announcements`, which wait in the outbox, and forgets those that were told.
pub async fn tell(
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
        for announcement in chunk.iter().filter(|told| refused.iter().all(|refusal| refusal.key != told.key)) {
            delivery.told += 1;
            if let Err(failure) = outbox.told(&announcement.key).await {
                delivery.failures.push(failure);
            }
        }
        delivery.refused.extend(refused);
    }
}

/// Tells everything that waits and is not being told by whoever stored it. One event that cannot be read or that the bus
/// does not take keeps no other one back.
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
        tell(outbox, bus, &page.announcements, &mut delivery).await;
        after = page.next;
        // A bus or table that does not answer is left alone until the next delivery.
        if after.is_none() || !delivery.failures.is_empty() {
            break;
        }
    }
    delivery
}
