//! Traits for the event bus and for the outbox, which stores events until they are published.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::Announcement;

/// An event that the event bus refused to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The key under which the refused event is stored until it is published.
    pub key: String,
    /// The error code that the event bus returned for the event.
    pub code: String,
}

/// One page of the list of stored events that must still be published on the event bus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The stored events on this page that this release of the software can read, oldest first.
    pub announcements: Vec<Announcement>,
    /// The number of stored events on this page that this release of the software cannot read.
    pub unreadable: usize,
    /// The key of the stored event after which the next page begins. `None` on the last page.
    pub next: Option<String>,
}

/// Maximum number of events that the event bus accepts in one call.
pub const MAX_ANNOUNCEMENTS: usize = 10;

/// Publishes events on the event bus.
pub trait Announcer: Send + Sync {
    /// Publishes at most [`MAX_ANNOUNCEMENTS`] events in order. Returns the events that the event bus refused.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the event bus fails. The event bus may have accepted the events all the same.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Result<Vec<Refusal>, Unavailable>> + Send;
}

// Each event is stored in the same transaction as the change that it reports. `outbox::deliver` publishes the events.
/// Store of the events that must still be published on the event bus.
pub trait EventOutbox: Send + Sync {
    /// Returns one page of the stored events that are dated before `before`, oldest first. The page begins after the
    /// key `after`, or at the first event for `None`.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn waiting(
        &self,
        before: Timestamp,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Waiting, Unavailable>> + Send;

    // The journal must be complete: see the module `journal`.
    /// Stores the records that the event's transaction wrote as a file of the journal, if the file is not there yet.
    /// An event without such records, and an event that is no longer stored, need no file.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry or to the bucket fails. The event must then stay stored.
    fn journal(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Removes a published event, which is stored under `key`, from the stored events.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn remove(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
