//! Health metrics of the model, computed from stored records. [`Metric`] lists all of them.
//!
//! A metric is absent if it has no meaning yet, such as the accuracy before the first training. A metric is unknown if
//! its input could not be read. Unknown metrics are counted, and they raise an alarm.

mod champions;
mod deadline;
mod margin;
mod metric;
mod published;
mod refusals;
mod runs;
mod values;

pub use champions::{AVERAGE_DAYS, average_champion_accuracy, champion_metrics};
pub use deadline::{deadline_missed, intended_time, scheduled_at};
pub use margin::accuracy_margin;
pub use metric::{Metric, MetricSource, Presence, Publication, Unit, Worst};
pub use published::{AFTER_CHANGE, AT_LEAST_EVERY, LastPoint, PublishedMetrics};
pub use refusals::{Refusals, confirmed_at, refusals};
pub use runs::{failed_for_good, run_metrics};
pub use values::MetricValues;

/// One measured value of a health metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datum {
    /// The metric to which the value belongs.
    pub metric: Metric,
    /// The measured value, in the metric's unit.
    pub value: f64,
}

/// Returns the share of the monthly request quota (0 to 1) that the busiest API key has used.
///
/// `requests` holds the number of requests of each API key in this month.
pub fn quota_used(requests: &[u64], quota: u64) -> f64 {
    // Each API key has the whole quota for itself.
    // With no API key, the result is 0. The numbers are exact below 2^53 requests.
    let most = requests.iter().copied().max().unwrap_or_default() as f64;
    most / quota.max(1) as f64
}
