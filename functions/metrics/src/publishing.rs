//! Publishes the metrics that are due, and stores what was published.
//!
//! The stored record is either what CloudWatch got last, or empty. So before new values are published, the record is
//! emptied. If the function stops in between, or if two measurements run at once, the record stays empty, and the next
//! measurement publishes every metric.

use evergreen_lifecycle::ports::{MetricSink, PublishedRecord, Unavailable};
use evergreen_lifecycle::{Datum, PublishedMetrics};
use jiff::Timestamp;

use crate::{MetricsWorld, Occasion};

/// The release of this software. A new release publishes every metric once, because it may bring new alarms.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// Publishes the measured values that are due on this occasion, and returns them.
pub(crate) async fn publish(
    ports: &impl MetricsWorld,
    measured: &[Datum],
    occasion: Occasion,
    now: Timestamp,
) -> Result<Vec<Datum>, Unavailable> {
    let stored = match ports.registry().published().await {
        Ok(stored) => stored.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(%error, cause = %error.cause, "every metric is published, because the last values are unknown");
            return publish_all(ports, measured, now).await;
        }
    };
    let before = stored.for_release(RELEASE);
    let due = match occasion {
        Occasion::Routine => before.due(measured, now),
        Occasion::ByHand => measured.to_vec(),
    };
    let after = before.after(&due, now);
    if after == before {
        ports.sink().publish(&due, now).await?;
        return Ok(due);
    }
    let withdrawn = before.withdrawn();
    if let Err(error) = ports.registry().store_published(&withdrawn).await {
        tracing::warn!(%error, "every metric is published, because the record of the last values could not be changed");
        return publish_all(ports, measured, now).await;
    }
    ports.sink().publish(&due, now).await?;
    let record = PublishedMetrics { revision: withdrawn.withdrawn().revision, ..after };
    if let Err(error) = ports.registry().store_published(&record).await {
        tracing::warn!(%error, "the published values could not be stored; the next measurement publishes every metric");
        forget(ports).await;
    }
    Ok(due)
}

/// Publishes every measured value. The stored record may then be wrong, so it is deleted.
async fn publish_all(ports: &impl MetricsWorld, measured: &[Datum], now: Timestamp) -> Result<Vec<Datum>, Unavailable> {
    ports.sink().publish(measured, now).await?;
    forget(ports).await;
    Ok(measured.to_vec())
}

async fn forget(ports: &impl MetricsWorld) {
    // If this fails too, a wrong record lasts until its values change or a day is over.
    if let Err(error) = ports.registry().forget_published().await {
        tracing::warn!(%error, cause = %error.cause, "the record of the published values could not be deleted");
    }
}
