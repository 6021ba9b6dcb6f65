//! The event bus and the outbox.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::Announcement;

/// An event that the event bus refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The announcement's key.
    pub key: String,
    /// The bus's error code.
    pub code: String,
}

/// One page of the events that still have to be announced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The events that this release can read, oldest first.
    pub announcements: Vec<Announcement>,
    /// Number of events that this release cannot read.
    pub unreadable: usize,
    /// The key after which the next page begins; `None` on the last page.
    pub next: Option<String>,
}

/// Maximum number of events that the bus accepts in one call.
pub const MAX_ANNOUNCEMENTS: usize = 10;

/// Publishes events on the event bus.
pub trait Announcer: Send + Sync {
    /// Puts at most [`MAX_ANNOUNCEMENTS`] events on the bus, in order. Returns the events that the bus refused.
    ///
    /// # Errors
    /// [`Unavailable`] when the bus does not answer. It may have accepted the events all the same.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Result<Vec<Refusal>, Unavailable>> + Send;
}

/// Stores events until they are announced. Each event is stored together with the change that it reports.
/// [`deliver`](crate::outbox::deliver) announces them.
pub trait EventOutbox: Send + Sync {
    /// Returns a page of the events that were stored before `before`, oldest first. The page begins after the key
    /// `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn waiting(
        &self,
        before: Timestamp,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Waiting, Unavailable>> + Send;

    /// Removes an event that was announced.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn remove(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
