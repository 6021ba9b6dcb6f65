//! Health metric `DeadlineMissed`: whether the last scheduled training ended before its deadline.

use evergreen_lifecycle::health::{deadline_missed, intended_time};
use evergreen_lifecycle::{Metric, MetricValues, Run, Unreadable};
use jiff::{SignedDuration, Timestamp};

use evergreen_lifecycle::schedule::Timetable;

/// Computes the metric `DeadlineMissed` for the last scheduled training: 1 if it was not done in time, otherwise 0.
///
/// `grace` is the maximum time from a training's scheduled start to its end.
pub fn deadline_metric(
    timetable: &Timetable,
    grace: SignedDuration,
    recent: &[Run],
    unreadable: &[Unreadable],
    now: Timestamp,
) -> MetricValues {
    let mut values = MetricValues::default();
    let due = now.checked_sub(grace).ok().and_then(|by| timetable.last_due(recent, by));
    // If no training was due since the schedule last changed, none was missed.
    let Some(due) = due else {
        values.know(Metric::DeadlineMissed, 0.0);
        return values;
    };
    // If the time of the schedule's last change is unknown, the stack may be younger than the due time. So there is no
    // value if the training was missed and no known run is as old.
    let was_in_force = timetable.since().is_some() || recent.iter().any(|run| intended_time(run) <= due);
    match deadline_missed(recent, unreadable, due, now) {
        Some(false) => values.know(Metric::DeadlineMissed, 0.0),
        Some(true) if was_in_force => values.know(Metric::DeadlineMissed, 1.0),
        Some(true) => {}
        None => values.miss(&[Metric::DeadlineMissed]),
    }
    values
}
