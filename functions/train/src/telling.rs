//! Telling the rest of the world. What is to be told is stored with what it tells of, so that telling may fail: the next
//! training or measurement tells it then.

use std::time::Duration;

use evergreen_lifecycle::Announcement;
use evergreen_lifecycle::outbox::{self, Delivery};
use evergreen_lifecycle::ports::{Announcer, Clock, EventOutbox};

use crate::trainer::{Invocation, Trainer};
use crate::work::time_afterwards;

/// Maximum time that telling takes. It comes after the work, which must not seem to have failed because a bus is slow.
const MAX_TIME: Duration = Duration::from_secs(10);

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: EventOutbox,
    B: Announcer,
    C: Clock,
{
    /// Tells what this invocation has stored to be told.
    pub(crate) async fn tell(&self, announcements: &[Announcement], invocation: &Invocation) {
        let telling = async {
            let mut delivery = Delivery::default();
            outbox::tell(self.registry, self.bus, announcements, &mut delivery).await;
            delivery
        };
        self.in_time(telling, invocation).await;
    }

    /// Tells what others have stored and, dead or without luck, have not told.
    pub(crate) async fn tell_what_waits(&self, invocation: &Invocation) {
        let telling = outbox::deliver(self.registry, self.bus, self.clock.now());
        if let Some(told) = self.in_time(telling, invocation).await.filter(|told| *told > 0) {
            tracing::info!(told, "events were told that an earlier invocation had left");
        }
    }

    /// How many events were told within the time that is left.
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
