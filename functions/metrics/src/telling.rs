//! Telling what a training has stored to be told and, dead by then, has not told: whoever trains next would do so too, which
//! may be tomorrow.

use std::time::Duration;

use evergreen_lifecycle::outbox;
use evergreen_lifecycle::ports::{Announcer, Clock, EventOutbox};

/// Maximum time that telling takes: measuring comes first, and the next measurement tells what is left.
const MAX_TIME: Duration = Duration::from_secs(15);

/// Tells what waits, and logs what could not be told. It fails nobody.
pub async fn tell_what_waits(outbox: &impl EventOutbox, bus: &impl Announcer, clock: &impl Clock) {
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
