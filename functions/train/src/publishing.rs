//! Publishes events to the event bus. Each event is stored in the registry together with the change that it reports. If
//! publishing fails, the next invocation of the train function or of the metrics function publishes the event.

use std::time::Duration;

use evergreen_lifecycle::Announcement;
use evergreen_lifecycle::outbox::{self, Delivery};

use crate::ports::TrainWorld;
use crate::trainer::{Invocation, Trainer};
use crate::work::time_afterwards;

// The invocation must not appear to fail because the event bus is slow.
/// Maximum time for publishing events at the end of an invocation.
const MAX_TIME: Duration = Duration::from_secs(10);

impl<W: TrainWorld> Trainer<'_, W> {
    /// Publishes `announcements`, the events that this invocation has stored in the registry.
    pub(crate) async fn publish(&self, announcements: &[Announcement], invocation: &Invocation) {
        let publishing = async {
            let mut delivery = Delivery::default();
            outbox::publish(self.world.registry(), self.world.bus(), announcements, &mut delivery).await;
            delivery
        };
        self.in_time(publishing, invocation).await;
    }

    /// Publishes the events that earlier invocations have stored in the registry but not published.
    pub(crate) async fn publish_waiting(&self, invocation: &Invocation) {
        let publishing = outbox::deliver(self.world.registry(), self.world.bus(), self.world.clock().now());
        if let Some(published) = self.in_time(publishing, invocation).await.filter(|count| *count > 0) {
            tracing::info!(published, "published events that an earlier invocation had left");
        }
    }

    /// Waits for `publishing` at most for the remaining time of the invocation. Returns the number of published events,
    /// or `None` if time ran out.
    async fn in_time(&self, publishing: impl Future<Output = Delivery>, invocation: &Invocation) -> Option<usize> {
        let limit = time_afterwards(invocation.deadline, self.world.clock().now()).min(MAX_TIME);
        let Ok(delivery) = tokio::time::timeout(limit, publishing).await else {
            tracing::error!("events could not be published in time; a later training or measurement publishes them");
            return None;
        };
        if !delivery.is_complete() {
            tracing::error!(%delivery, "events could not be published; a later training or measurement publishes them");
        }
        Some(delivery.published)
    }
}
