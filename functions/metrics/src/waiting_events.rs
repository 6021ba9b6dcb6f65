//! Publishes the events that a training run stored but did not publish before it died. Without this, they would wait
//! for the next training run, perhaps until tomorrow.

use std::time::Duration;

use evergreen_lifecycle::outbox;
use evergreen_lifecycle::ports::{Announcer, Clock, EventOutbox};

/// Maximum time for publishing. Measuring comes first, and the next measurement publishes what is left.
const MAX_TIME: Duration = Duration::from_secs(15);

/// Publishes the waiting events and logs what it could not publish. A failure here does not fail the invocation.
pub async fn send_waiting_events(outbox: &impl EventOutbox, bus: &impl Announcer, clock: &impl Clock) {
    let telling = outbox::deliver(outbox, bus, clock.now());
    match tokio::time::timeout(MAX_TIME, telling).await {
        Ok(delivery) if !delivery.is_complete() => {
            tracing::error!(%delivery, "events could not be told and are told later");
        }
        Ok(delivery) if delivery.told > 0 => {
            tracing::info!(told = delivery.told, "events were told that a training had left");
        }
        Ok(_) => {}
        Err(_) => tracing::error!("events could not be told in time and are told later"),
    }
}
