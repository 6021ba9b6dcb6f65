//! Whether the last training that was due has been made in time.

use evergreen_lifecycle::health::{deadline_missed, meant_for};
use evergreen_lifecycle::{Figures, Metric, Run, Unreadable};
use jiff::{SignedDuration, Timestamp};

use crate::Timetable;

/// Whether the deadline of the last training was missed that was due `grace` before `now`. Nothing is missed while nothing
/// was due since the schedule was last changed.
///
/// Where nobody knows since when the schedule is in force, a due time that is older than every run says nothing: the stack
/// may be younger.
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
