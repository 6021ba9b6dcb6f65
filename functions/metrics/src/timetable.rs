//! The training schedule, with the time since which it has been in force. Computes when training was last due and how
//! old a champion (the model version that answers predictions) may become.

use evergreen_lifecycle::Run;
use evergreen_lifecycle::health::scheduled_at;
use evergreen_lifecycle::ports::StoredSchedule;
use jiff::{SignedDuration, Timestamp};

use crate::{Expression, InvalidExpression, Schedule, UnknownZone};

/// Tolerance when a training run is compared with the schedule's last change. The scheduler is exact to a minute. So
/// the changed schedule may start a run that is dated up to a minute before the change.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

/// A champion may be older than the longest interval between trainings by at least this time. It gives people a night
/// to investigate.
const SLACK: SignedDuration = SignedDuration::from_hours(12);

/// Maximum number of intervals between due times of the schedule to examine, newest first.
const MAX_INTERVALS: usize = 1000;

/// A training schedule, with the time since which it has been in force, if that is known.
#[derive(Debug, Clone)]
pub struct Timetable {
    schedule: Schedule,
    since: Option<Timestamp>,
    is_enabled: bool,
}

/// Error: why the schedule in EventBridge Scheduler cannot be used. The template checks the schedule that it creates.
/// So somebody has changed the schedule outside the stack.
#[derive(Debug, thiserror::Error)]
pub enum UnknownSchedule {
    /// The schedule's expression is not valid.
    #[error("the schedule's expression: {0}")]
    Expression(#[from] InvalidExpression),
    /// The schedule's time zone is unknown.
    #[error("the schedule's zone: {0}")]
    Zone(#[from] UnknownZone),
}

impl Timetable {
    /// Creates the timetable from the training schedule as EventBridge Scheduler stores it.
    ///
    /// # Errors
    /// [`UnknownSchedule`] if the schedule's expression or time zone cannot be read.
    pub fn stored(stored: &StoredSchedule) -> Result<Self, UnknownSchedule> {
        let zone = stored.zone.as_deref().unwrap_or("UTC").parse()?;
        let schedule = Schedule::new(stored.expression.parse()?, zone);
        Ok(Self { schedule, since: Some(stored.changed_at), is_enabled: stored.is_enabled })
    }

    /// Creates the timetable from the training schedule that the stack was deployed with. When this schedule last
    /// changed is unknown.
    pub fn configured(schedule: &Schedule) -> Self {
        Self { schedule: schedule.clone(), since: None, is_enabled: true }
    }

    /// Returns when the training schedule last changed. `None` if that is unknown.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Returns the last time at or before `by` when training was due. `None` if training was not due since the
    /// schedule's last change.
    ///
    /// A rate expression has no start time. Its intervals count from the newest training run in `recent` that the
    /// current schedule started. Without such a run, they count from the schedule's last change.
    pub fn last_due(&self, recent: &[Run], by: Timestamp) -> Option<Timestamp> {
        let in_force = |due: &Timestamp| self.is_enabled && self.since.is_none_or(|since| *due > since);
        let due = match self.schedule.expression() {
            Expression::Rate(every) => self.last_of_rate(recent, *every, by),
            Expression::Cron(_) | Expression::At(_) => self.schedule.last_due(by),
        };
        due.filter(in_force)
    }

    fn last_of_rate(&self, recent: &[Run], every: SignedDuration, by: Timestamp) -> Option<Timestamp> {
        let earliest = self.since.and_then(|since| since.checked_sub(PRECISION).ok());
        let started = |at: &Timestamp| *at <= by && earliest.is_none_or(|earliest| *at >= earliest);
        let newest = recent.iter().filter_map(scheduled_at).filter(started).max();
        last_multiple(newest.or(self.since)?, every, by)
    }

    /// Returns how old a champion that was trained at `trained_at` may be at `now`. The limit is the longest interval
    /// between due times since its training, plus an extra time. The extra time is half of this interval, but at least
    /// 12 hours. `None` if the schedule has no intervals.
    pub fn age_limit(&self, trained_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        let interval = match self.schedule.expression() {
            Expression::Rate(every) => Some(*every),
            Expression::Cron(_) => self.longest_interval(trained_at, now),
            Expression::At(_) => None,
        };
        let longest = self.until_first(trained_at).max(interval)?;
        Some(longest.checked_add((longest / 2).max(SLACK)).unwrap_or(SignedDuration::MAX))
    }

    /// Returns the time from the champion's training to the first due time of a schedule that was changed after this
    /// training. The champion could not be replaced earlier. `None` if the schedule was not changed since.
    fn until_first(&self, trained_at: Timestamp) -> Option<SignedDuration> {
        let since = self.since.filter(|since| *since > trained_at)?;
        let first = match self.schedule.expression() {
            Expression::Rate(every) => since.checked_add(*every).ok(),
            Expression::Cron(_) | Expression::At(_) => self.schedule.next_due(since),
        };
        Some(first?.duration_since(trained_at))
    }

    /// Returns the longest interval between two due times of the schedule that overlaps the time from `from` to `now`.
    /// Times before the schedule's last change do not count. `None` if there is no interval.
    fn longest_interval(&self, from: Timestamp, now: Timestamp) -> Option<SignedDuration> {
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

/// Returns the last of `from`, `from + every`, `from + 2 · every`, … at or before `by`. `None` if `by` is before
/// `from`.
fn last_multiple(from: Timestamp, every: SignedDuration, by: Timestamp) -> Option<Timestamp> {
    let elapsed = by.duration_since(from).as_secs();
    if by < from {
        return None;
    }
    let whole = elapsed.checked_div(every.as_secs())?.checked_mul(every.as_secs())?;
    from.checked_add(SignedDuration::from_secs(whole)).ok()
}

#[cfg(test)]
mod tests;
