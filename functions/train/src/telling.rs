//! Publishes events. Events are stored together with the change that they report, so publishing may fail: the next
//! training or measurement publishes them.

use std::time::Duration;

use evergreen_lifecycle::Announcement;
use evergreen_lifecycle::outbox::{self, Delivery};
use evergreen_lifecycle::ports::{Announcer, Clock, EventOutbox};

use crate::trainer::{Invocation, Trainer};
use crate::work::time_afterwards;

/// Maximum time for publishing. It follows the work, which must not appear to fail because the event bus is slow.
const MAX_TIME: Duration = Duration::from_secs(10);

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: EventOutbox,
    B: Announcer,
    C: Clock,
{
    /// Publishes the events that this invocation has stored.
    pub(crate) async fn tell(&self, announcements: &[Announcement], invocation: &Invocation) {
        let telling = async {
            let mut delivery = Delivery::default();
            outbox::tell(self.registry, self.bus, announcements, &mut delivery).await;
            delivery
        };
        self.in_time(telling, invocation).await;
    }

    /// Publishes the events that earlier invocations have stored but not published.
    pub(crate) async fn tell_what_waits(&self, invocation: &Invocation) {
        let telling = outbox::deliver(self.registry, self.bus, self.clock.now());
        if let Some(told) = self.in_time(telling, invocation).await.filter(|told| *told > 0) {
            tracing::info!(told, "events were told that an earlier invocation had left");
        }
    }

    /// Publishes within the remaining time. Returns the number of published events, or `None` if time ran out.
    async fn in_time(&self, telling: impl Future<Output = Delivery>, invocation: &Invocation) -> Option<usize> {
        let limit = time_afterwards(invocation.deadline, self.clock.now()).min(MAX_TIME);
        let Ok(delivery) = tokio::time::timeout(limit, telling).await else {
            tracing::error!("events could not be told in time and are told later");
            return None;
        };
        if !delivery.is_complete() {
            tracing::error!(%delivery, "events could not be told and are told later");
        }
        Some(delivery.told)
    }
}
