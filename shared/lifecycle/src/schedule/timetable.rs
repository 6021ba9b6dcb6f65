//! The training schedule and the time of its last change. Computes when training was last due, and how old a champion
//! may become.

use jiff::{SignedDuration, Timestamp};

use super::{Expression, InvalidExpression, Schedule, UnknownZone};
use crate::Run;
use crate::health::scheduled_at;
use crate::ports::StoredSchedule;

// One minute is the precision of EventBridge Scheduler.
/// A training run dated up to this long before a change of the schedule counts as a run of the changed schedule.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

// It gives people a night to investigate.
/// The champion's maximum age is longer than the longest interval between trainings by at least this time.
const SLACK: SignedDuration = SignedDuration::from_hours(12);

// The newest intervals come first.
/// Maximum number of intervals that the search for the longest interval between trainings examines.
const MAX_INTERVALS: usize = 1000;

/// A training schedule and the time of its last change.
#[derive(Debug, Clone)]
pub struct Timetable {
    schedule: Schedule,
    since: Option<Timestamp>,
    is_enabled: bool,
}

// The template checks the schedule that it creates.
/// Error: the schedule in EventBridge Scheduler is not valid. A person must have changed the schedule by hand.
#[derive(Debug, thiserror::Error)]
pub enum UnknownSchedule {
    /// Error: the schedule's expression, such as `cron(…)`, is not valid.
    #[error("the schedule's expression: {0}")]
    Expression(#[from] InvalidExpression),
    /// Error: the schedule's time zone is not known.
    #[error("the schedule's zone: {0}")]
    Zone(#[from] UnknownZone),
}

impl Timetable {
    /// Creates the timetable from the training schedule that is stored in EventBridge Scheduler.
    ///
    /// # Errors
    /// [`UnknownSchedule`] if the schedule's expression or time zone cannot be read.
    pub fn stored(stored: &StoredSchedule) -> Result<Self, UnknownSchedule> {
        let zone = stored.zone.as_deref().unwrap_or("UTC").parse()?;
        let schedule = Schedule::new(stored.expression.parse()?, zone);
        Ok(Self { schedule, since: Some(stored.changed_at), is_enabled: stored.is_enabled })
    }

    /// Creates the timetable from the training schedule in the deployed stack's settings.
    pub fn configured(schedule: &Schedule) -> Self {
        // The time of the schedule's last change is unknown.
        Self { schedule: schedule.clone(), since: None, is_enabled: true }
    }

    /// Returns when the training schedule last changed. `None` if that is unknown.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Returns the latest time at or before `by` when training was due. `None` if training was not due yet.
    ///
    /// `recent` holds the newest training runs.
    pub fn last_due(&self, recent: &[Run], by: Timestamp) -> Option<Timestamp> {
        // Due times from before the schedule's last change do not count.
        let in_force = |due: &Timestamp| self.is_enabled && self.since.is_none_or(|since| *due > since);
        let due = match self.schedule.expression() {
            // A `rate(…)` schedule has no start time. So its due times count from the newest run that this schedule
            // started. If there is none, they count from the schedule's last change.
            Expression::Rate(every) => self.last_of_rate(recent, *every, by),
            Expression::Cron(_) | Expression::At(_) => self.schedule.last_due(by),
        };
        due.filter(in_force)
    }

    /// Returns the next times at which training is due after `after`, at most `count`. Empty if the schedule is switched
    /// off.
    ///
    /// `recent` holds the newest training runs. A `rate(…)` schedule counts from the newest run that it started.
    pub fn next_times(&self, recent: &[Run], after: Timestamp, count: usize) -> Vec<Timestamp> {
        if !self.is_enabled {
            return Vec::new();
        }
        let first = match self.schedule.expression() {
            Expression::Rate(every) => {
                let last = self.last_of_rate(recent, *every, after);
                last.and_then(|last| last.checked_add(*every).ok())
            }
            Expression::Cron(_) | Expression::At(_) => self.schedule.next_due(after),
        };
        let following = |due: &Timestamp| match self.schedule.expression() {
            Expression::Rate(every) => due.checked_add(*every).ok(),
            Expression::Cron(_) | Expression::At(_) => self.schedule.next_due(*due),
        };
        std::iter::successors(first, following).take(count).collect()
    }

    fn last_of_rate(&self, recent: &[Run], every: SignedDuration, by: Timestamp) -> Option<Timestamp> {
        let earliest = self.since.and_then(|since| since.checked_sub(PRECISION).ok());
        let started = |at: &Timestamp| *at <= by && earliest.is_none_or(|earliest| *at >= earliest);
        let newest = recent.iter().filter_map(scheduled_at).filter(started).max();
        last_multiple(newest.or(self.since)?, every, by)
    }

    /// Returns the maximum age of a champion that was trained at `trained_at`. `None` if training has no regular
    /// interval.
    pub fn age_limit(&self, trained_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        // The maximum age is the longest interval between due times since the training, plus half of that interval, but
        // at least plus 12 hours.
        let interval = match self.schedule.expression() {
            Expression::Rate(every) => Some(*every),
            Expression::Cron(_) => self.longest_interval(trained_at, now),
            Expression::At(_) => None,
        };
        let longest = self.until_first(trained_at).max(interval)?;
        Some(longest.checked_add((longest / 2).max(SLACK)).unwrap_or(SignedDuration::MAX))
    }

    /// Returns the time from the champion's training to the first due time after the schedule changed. `None` if the
    /// schedule did not change after the champion's training.
    fn until_first(&self, trained_at: Timestamp) -> Option<SignedDuration> {
        // The champion could not be replaced earlier. Only a change after the champion's training counts.
        let since = self.since.filter(|since| *since > trained_at)?;
        let first = match self.schedule.expression() {
            Expression::Rate(every) => since.checked_add(*every).ok(),
            Expression::Cron(_) | Expression::At(_) => self.schedule.next_due(since),
        };
        Some(first?.duration_since(trained_at))
    }

    /// Returns the longest interval between two due times from `from` to `now`. `None` if there is no interval.
    fn longest_interval(&self, from: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        // Intervals that overlap the time count too. Time before the schedule's last change does not count.
        let from = self.since.map_or(from, |since| since.max(from));
        let mut later = self.schedule.next_due(now).or_else(|| self.schedule.last_due(now))?;
        let mut longest = None;
        for _ in 0..MAX_INTERVALS {
            let before = later.checked_sub(SignedDuration::from_secs(1)).ok()?;
            let Some(earlier) = self.schedule.last_due(before) else { break };
            longest = longest.max(Some(later.duration_since(earlier)));
            if earlier <= from {
                break;
            }
            later = earlier;
        }
        longest
    }
}

/// Returns the latest time at or before `by` that is a whole number of intervals `every` after `from`. `None` if `by`
/// is before `from`.
fn last_multiple(from: Timestamp, every: SignedDuration, by: Timestamp) -> Option<Timestamp> {
    let elapsed = by.duration_since(from).as_secs();
    if by < from {
        return None;
    }
    let whole = elapsed.checked_div(every.as_secs())?.checked_mul(every.as_secs())?;
    from.checked_add(SignedDuration::from_secs(whole)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rate_is_due_in_whole_steps(minutes in 0i64..1_000_000, every in 1i64..10_000) {
            let (from, step) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(every));
            let by = from + SignedDuration::from_mins(minutes);
            let due = last_multiple(from, step, by).unwrap();
            prop_assert!(due <= by && by < due + step);
            prop_assert_eq!(due.duration_since(from).as_mins() % every, 0);
        }
    }
}
