//! The outbox: stored events that must still be published on the event bus. Each event is published at least once.
//!
//! An event is stored with the records that its transaction changed. They become a file of the [journal](crate::journal)
//! before the event is published.
//!
//! A transaction stores an event together with the change that the event reports. The process that made the change
//! publishes the event at once and then removes it from the outbox. If the process ends before that, the next training
//! or measurement publishes the event.
//!
//! A new attempt at a training run also stores an event that reports this attempt as lost (stopped without a result).
//! When the attempt succeeds or fails, this event is removed. So a lost attempt is reported, although a stopped process
//! cannot write anything. The event is dated at the end of the attempt's maximum duration.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::LifecycleEvent;
use crate::ports::{Announcer, EventOutbox, MAX_ANNOUNCEMENTS, Refusal, Unavailable};

// Publishing takes a fraction of a second. Without this delay, two processes would often publish the same event.
/// Time during which only the process that stored an event may publish the event. After that, any process may.
const HEAD_START: SignedDuration = SignedDuration::from_mins(1);

// Events that the event bus never accepts expire, so more pages are very rare.
/// Maximum number of pages of stored events that one call of [`deliver`] reads.
const MAX_PAGES: usize = 10;

// The event is stored until EventBridge has accepted it.
/// A lifecycle event (such as a promotion of a model version) as JSON text, for the event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The key under which the event is stored until it is published ([`LifecycleEvent::outbox_key`]).
    pub key: String,
    /// The `detail-type` of the EventBridge event, such as `ModelPromoted`.
    pub kind: String,
    /// The `detail` of the EventBridge event, as JSON text.
    pub detail: String,
}

impl Announcement {
    /// Converts a lifecycle event to the form in which it is stored and published.
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

/// The result of publishing stored events on the event bus.
#[derive(Debug, Default)]
pub struct Delivery {
    /// The number of events that the event bus accepted.
    pub published: usize,
    /// The events that the event bus refused. They stay stored for a later call.
    pub refused: Vec<Refusal>,
    // The events stay stored until a newer release reads them, or until they expire.
    /// The number of stored events that this release of the software cannot read.
    pub unreadable: usize,
    /// The errors of failed calls to the event bus or to the store of the events.
    pub failures: Vec<Unavailable>,
}

impl Delivery {
    /// Returns whether every event was published and removed from the stored events.
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

// Adds the results to `delivery`.
// What an event's transaction changed is in the journal before the event is removed.
/// Publishes stored events on the event bus, and removes the accepted ones from the store.
pub async fn publish(
    outbox: &impl EventOutbox,
    bus: &impl Announcer,
    announcements: &[Announcement],
    delivery: &mut Delivery,
) {
    for chunk in announcements.chunks(MAX_ANNOUNCEMENTS) {
        let Err(failure) = publish_together(outbox, bus, chunk, delivery).await else { continue };
        // A service that is away fails every event. Any other failure may be about one event, so the others are
        // published without it.
        if failure.is_brief {
            return delivery.failures.push(failure);
        }
        if chunk.len() == 1 {
            delivery.failures.push(failure);
            continue;
        }
        for announcement in chunk {
            if let Err(failure) = publish_together(outbox, bus, std::slice::from_ref(announcement), delivery).await {
                delivery.failures.push(failure);
            }
        }
    }
}

/// Publishes events with one call. If the call fails, all of them stay stored.
async fn publish_together(
    outbox: &impl EventOutbox,
    bus: &impl Announcer,
    chunk: &[Announcement],
    delivery: &mut Delivery,
) -> Result<(), Unavailable> {
    for announcement in chunk {
        outbox.journal(&announcement.key).await?;
    }
    let refused = bus.announce(chunk).await?;
    for announcement in chunk.iter().filter(|event| refused.iter().all(|refusal| refusal.key != event.key)) {
        delivery.published += 1;
        if let Err(failure) = outbox.remove(&announcement.key).await {
            delivery.failures.push(failure);
        }
    }
    delivery.refused.extend(refused);
    Ok(())
}

/// Publishes the events that are stored in the outbox, except events from the last minute.
pub async fn deliver(outbox: &impl EventOutbox, bus: &impl Announcer, now: Timestamp) -> Delivery {
    let mut delivery = Delivery::default();
    // The process that stored an event in the last minute may still publish it.
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
        // If one event cannot be read, or the event bus refuses it, the other events are still published.
        publish(outbox, bus, &page.announcements, &mut delivery).await;
        after = page.next;
        // If a service is away, the function stops. The next call of the function tries again.
        if after.is_none() || delivery.failures.iter().any(|failure| failure.is_brief) {
            break;
        }
    }
    delivery
}
