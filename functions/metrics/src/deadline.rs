//! Checks whether the last training that was due has finished in time.

use evergreen_lifecycle::health::{deadline_missed, meant_for};
use evergreen_lifecycle::{Figures, Metric, Run, Unreadable};
use jiff::{SignedDuration, Timestamp};

use crate::Timetable;

/// Returns whether the last training that was due at least `grace` before `now` has missed its deadline. Nothing is
/// missed if training was not due since the schedule's last change.
///
/// If the time of that change is unknown, a due time older than every run gives no figure, because the stack may be
/// younger.
pub fn deadline_figures(
    timetable: &Timetable,
    grace: SignedDuration,
    recent: &[Run],
    unreadable: &[Unreadable],
    now: Timestamp,
) -> Figures {
    let mut figures = Figures::default();
    let due = now.checked_sub(grace).ok().and_then(|by| timetable.last_due(recent, by));
    let Some(due) = due else {
        figures.know(Metric::DeadlineMissed, 0.0);
        return figures;
    };
    let was_in_force = timetable.since().is_some() || recent.iter().any(|run| meant_for(run) <= due);
    match deadline_missed(recent, unreadable, due, now) {
        Some(false) => figures.know(Metric::DeadlineMissed, 0.0),
        Some(true) if was_in_force => figures.know(Metric::DeadlineMissed, 1.0),
        Some(true) => {}
        None => figures.miss(&[Metric::DeadlineMissed]),
    }
    figures
}
