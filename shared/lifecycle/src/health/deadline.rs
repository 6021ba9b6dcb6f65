//! Checks whether training met its deadline.

use jiff::Timestamp;

use crate::record::Unreadable;
use crate::{Run, Trigger, run};

/// Returns whether training missed its deadline. `due` is the last scheduled time whose deadline has passed. The
/// deadline is missed if no training run of that time or of a later one made a model version. Imports do not count.
/// Returns `None` if one of the `unreadable` runs may have made a version.
///
/// A scheduled run counts for its scheduled time. A manual run counts for its start, if that date can be trusted.
pub fn deadline_missed(recent: &[Run], unreadable: &[Unreadable], due: Timestamp, now: Timestamp) -> Option<bool> {
    let made = |run: &&Run| run.version().is_some() && run.trigger.is_training();
    let keeps = |run: &Run| intended_time(run) >= due && (scheduled_at(run).is_some() || is_believed(run, recent, now));
    if recent.iter().filter(made).any(keeps) {
        return Some(false);
    }
    let may_keep = |record: &Unreadable| stands_for(record).is_none_or(|at| at >= due && !run::is_ahead(at, now));
    if unreadable.iter().any(may_keep) { None } else { Some(true) }
}

/// Returns whether the start date of `run` can be trusted. A date in the future is wrong. The date is also wrong if a
/// scheduled run came after `run`, but had to end before that date. This happens if a clock was ahead and the date has
/// now come.
fn is_believed(run: &Run, recent: &[Run], now: Timestamp) -> bool {
    let disproves = |other: &&Run| other.started_at > run.started_at && other.lease_until < run.started_at;
    let scheduled = |other: &&Run| scheduled_at(other).is_some();
    !run.is_ahead(now) && !recent.iter().filter(scheduled).any(|other| disproves(&other))
}

/// Returns the time for which the run was scheduled, or the start of a run that was not scheduled. The scheduled time
/// is better because clocks differ and retries come late.
pub fn intended_time(run: &Run) -> Timestamp {
    scheduled_at(run).unwrap_or(run.started_at)
}

/// Returns the time for which a scheduled run was planned. `None` if it is unknown, and for manual runs and imports.
pub fn scheduled_at(run: &Run) -> Option<Timestamp> {
    match run.trigger {
        Trigger::Schedule { scheduled_at } => scheduled_at,
        Trigger::Manual { .. } | Trigger::Import { .. } => None,
    }
}

fn stands_for(record: &Unreadable) -> Option<Timestamp> {
    record.moment("trigger/scheduled_at").or_else(|| record.moment("started_at"))
}
