//! Sends the events that a training run stored but did not send before it ended.
//!
//! Otherwise these events would wait for the next training run, perhaps until the next day.

use std::time::Duration;

use evergreen_lifecycle::outbox;
use evergreen_lifecycle::ports::{Announcer, Clock, EventOutbox};

// The next measurement sends the events that are left.
/// Maximum time for sending the waiting events after a measurement.
const MAX_TIME: Duration = Duration::from_secs(15);

/// Sends the events that wait in the registry's outbox to the event bus. Logs a failure.
pub async fn send_waiting_events(outbox: &impl EventOutbox, bus: &impl Announcer, clock: &impl Clock) {
    // A failure does not fail the function's invocation.
    let publishing = outbox::deliver(outbox, bus, clock.now());
    match tokio::time::timeout(MAX_TIME, publishing).await {
        Ok(delivery) if !delivery.is_complete() => {
            tracing::error!(%delivery, "events could not be published; the next measurement publishes them");
        }
        Ok(delivery) if delivery.published > 0 => {
            tracing::info!(told = delivery.published, "published events that a training run had left in the outbox");
        }
        Ok(_) => {}
        Err(_) => tracing::error!("events could not be published in time; the next measurement publishes them"),
    }
}
