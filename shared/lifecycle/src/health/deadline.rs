//! Checks whether a scheduled training finished before its deadline.

use jiff::Timestamp;

use crate::record::Unreadable;
use crate::{Run, Trigger, run};

/// Returns whether the training that was scheduled for `due` missed its deadline. `None` if a run record is unreadable.
pub fn deadline_missed(recent: &[Run], unreadable: &[Unreadable], due: Timestamp, now: Timestamp) -> Option<bool> {
    // The deadline has passed at `now`. It is kept if a training run for `due` or a later time made a model version.
    // Imports do not count.
    let made = |run: &&Run| run.version().is_some() && run.trigger.is_training();
    // For a scheduled run, its scheduled time counts. For a manual run, its start time counts, if that time can be
    // trusted.
    let keeps = |run: &Run| intended_time(run) >= due && (scheduled_at(run).is_some() || is_believed(run, recent, now));
    if recent.iter().filter(made).any(keeps) {
        return Some(false);
    }
    // The run of an unreadable record may have made a model version. Then the result is unknown.
    let may_keep = |record: &Unreadable| stands_for(record).is_none_or(|at| at >= due && !run::is_ahead(at, now));
    if unreadable.iter().any(may_keep) { None } else { Some(true) }
}

/// Returns whether the recorded start time of a training run can be trusted.
fn is_believed(run: &Run, recent: &[Run], now: Timestamp) -> bool {
    // A clock that was ahead recorded a wrong start time. A later scheduled run shows that, if it had to end before
    // this start time.
    let disproves = |other: &&Run| other.started_at > run.started_at && other.lease_until < run.started_at;
    let scheduled = |other: &&Run| scheduled_at(other).is_some();
    !run.is_ahead(now) && !recent.iter().filter(scheduled).any(|other| disproves(&other))
}

/// Returns the scheduled time of a training run. For a run without a schedule, returns its start time.
pub fn intended_time(run: &Run) -> Timestamp {
    // The scheduled time is more reliable, because clocks differ and retries start late.
    scheduled_at(run).unwrap_or(run.started_at)
}

/// Returns the time for which the schedule planned the run. `None` for manual runs and imports, and if the time is
/// unknown.
pub fn scheduled_at(run: &Run) -> Option<Timestamp> {
    match run.trigger {
        Trigger::Schedule { scheduled_at } => scheduled_at,
        Trigger::Manual { .. } | Trigger::Import { .. } => None,
    }
}

fn stands_for(record: &Unreadable) -> Option<Timestamp> {
    record.moment("trigger/scheduled_at").or_else(|| record.moment("started_at"))
}
