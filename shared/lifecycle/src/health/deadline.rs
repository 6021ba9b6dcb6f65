//! Whether training has kept its deadline.

use jiff::Timestamp;

use crate::record::Unreadable;
use crate::{Run, Trigger, run};

/// Whether training missed its deadline, given `due`, the last scheduled time whose deadline has passed: `true` while no
/// run of that time or a later one has learnt a version; an imported file is none. Nothing when it cannot be told, because
/// one of the `unreadable` runs may have learnt one.
///
/// A scheduled run stands for its scheduled time, a manual run for its start where that date can be believed.
pub fn deadline_missed(recent: &[Run], unreadable: &[Unreadable], due: Timestamp, now: Timestamp) -> Option<bool> {
    let made = |run: &&Run| run.version().is_some() && run.trigger.is_training();
    let keeps = |run: &Run| meant_for(run) >= due && (scheduled_at(run).is_some() || is_believed(run, recent, now));
    if recent.iter().filter(made).any(keeps) {
        return Some(false);
    }
    let may_keep = |record: &Unreadable| stands_for(record).is_none_or(|at| at >= due && !run::is_ahead(at, now));
    if unreadable.iter().any(may_keep) { None } else { Some(true) }
}

/// Whether a run's date can be believed: it is not in the future, and no scheduled run came after it and had to end before
/// that date. The second is seen when a clock was ahead, once that clock's time has come.
fn is_believed(run: &Run, recent: &[Run], now: Timestamp) -> bool {
    let disproves = |other: &&Run| other.started_at > run.started_at && other.lease_until < run.started_at;
    let scheduled = |other: &&Run| scheduled_at(other).is_some();
    !run.is_ahead(now) && !recent.iter().filter(scheduled).any(|other| disproves(&other))
}

/// The time that a run stands for: that of the schedule, where it is known, for clocks differ and retries come late.
pub fn meant_for(run: &Run) -> Timestamp {
    scheduled_at(run).unwrap_or(run.started_at)
}

/// The time that the schedule names, of a scheduled run.
pub fn scheduled_at(run: &Run) -> Option<Timestamp> {
    match run.trigger {
        Trigger::Schedule { scheduled_at } => scheduled_at,
        Trigger::Manual { .. } | Trigger::Import { .. } => None,
    }
}

fn stands_for(record: &Unreadable) -> Option<Timestamp> {
    record.moment("trigger/scheduled_at").or_else(|| record.moment("started_at"))
}
