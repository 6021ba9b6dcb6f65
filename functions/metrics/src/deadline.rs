//! Checks whether the last training that was due has finished in time.

use evergreen_lifecycle::health::{deadline_missed, intended_time};
use evergreen_lifecycle::{Metric, MetricValues, Run, Unreadable};
use jiff::{SignedDuration, Timestamp};

use crate::Timetable;

/// Returns whether the last training that was due at least `grace` before `now` has missed its deadline. Nothing is
/// missed if training was not due since the schedule's last change.
///
/// If the time of that change is unknown, a due time older than every run gives no value, because the stack may be
/// younger.
pub fn deadline_metric(
    timetable: &Timetable,
    grace: SignedDuration,
    recent: &[Run],
    unreadable: &[Unreadable],
    now: Timestamp,
) -> MetricValues {
    let mut values = MetricValues::default();
    let due = now.checked_sub(grace).ok().and_then(|by| timetable.last_due(recent, by));
    let Some(due) = due else {
        values.know(Metric::DeadlineMissed, 0.0);
        return values;
    };
    let was_in_force = timetable.since().is_some() || recent.iter().any(|run| intended_time(run) <= due);
    match deadline_missed(recent, unreadable, due, now) {
        Some(false) => values.know(Metric::DeadlineMissed, 0.0),
        Some(true) if was_in_force => values.know(Metric::DeadlineMissed, 1.0),
        Some(true) => {}
        None => values.miss(&[Metric::DeadlineMissed]),
    }
    values
}
