//! Traits for the event bus and for the outbox, which stores events until they are published.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::Announcement;

/// An event that the event bus refused to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The key of the refused event in the outbox.
    pub key: String,
    /// The error code that the event bus returned for the event.
    pub code: String,
}

/// One page of the outbox: stored events that must still be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The events on the page that this release can read, oldest first.
    pub announcements: Vec<Announcement>,
    /// The number of events on the page that this release cannot read.
    pub unreadable: usize,
    /// The key after which the next page of the outbox begins. `None` on the last page.
    pub next: Option<String>,
}

/// Maximum number of events that the event bus accepts in one call.
pub const MAX_ANNOUNCEMENTS: usize = 10;

/// Publishes events on the event bus.
pub trait Announcer: Send + Sync {
    /// Publishes at most [`MAX_ANNOUNCEMENTS`] events on the event bus, in order. Returns the events that the event bus
    /// refused.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the event bus fails. The event bus may have accepted the events all the same.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Result<Vec<Refusal>, Unavailable>> + Send;
}

/// Holds stored events until they are published. Each event is stored in the same transaction as the change that it
/// reports. [`deliver`](crate::outbox::deliver) publishes the events.
pub trait EventOutbox: Send + Sync {
    /// Returns one page of the stored events that are dated before `before`, oldest first. The page begins after the
    /// key `after`. If `after` is `None`, it is the first page.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn waiting(
        &self,
        before: Timestamp,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Waiting, Unavailable>> + Send;

    /// Removes a published event from the stored events. `key` is its key in the outbox.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn remove(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
