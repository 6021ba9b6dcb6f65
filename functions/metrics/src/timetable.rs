//! The training schedule, and since when it has applied. Computes when training was last due, and how old a champion
//! (the model version that answers predictions) may become.

use evergreen_lifecycle::Run;
use evergreen_lifecycle::health::scheduled_at;
use evergreen_lifecycle::ports::StoredSchedule;
use jiff::{SignedDuration, Timestamp};

use crate::{Expression, InvalidExpression, Schedule, UnknownZone};

/// Tolerance for the question whether a training run belongs to the schedule's latest version. EventBridge Scheduler is
/// exact to a minute. So a run of the changed schedule may be dated up to a minute before the change.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

/// Minimum extra time that is added to the longest interval between trainings, to get the champion's maximum age. It
/// gives people a night to investigate.
const SLACK: SignedDuration = SignedDuration::from_hours(12);

/// Maximum number of intervals between due times that the search for the longest interval examines, newest first.
const MAX_INTERVALS: usize = 1000;

/// A training schedule, and since when it has applied (if known).
#[derive(Debug, Clone)]
pub struct Timetable {
    schedule: Schedule,
    since: Option<Timestamp>,
    is_enabled: bool,
}

/// Error: the schedule in EventBridge Scheduler cannot be used. The template checks the schedule that it creates. So a
/// person has changed the schedule outside the stack.
#[derive(Debug, thiserror::Error)]
pub enum UnknownSchedule {
    /// The schedule's expression, such as `cron(…)`, is not valid.
    #[error("the schedule's expression: {0}")]
    Expression(#[from] InvalidExpression),
    /// The schedule's time zone is not known.
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

    /// Creates the timetable from the training schedule of the deployed stack's settings. The time of its last change
    /// is then unknown.
    pub fn configured(schedule: &Schedule) -> Self {
        Self { schedule: schedule.clone(), since: None, is_enabled: true }
    }

    /// Returns when the training schedule last changed. `None` if that is unknown.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Returns the latest time at or before `by` when training was due. `None` if training was not due since the
    /// schedule last changed.
    ///
    /// A `rate(…)` schedule has no start time. So its due times count from the newest run in `recent` that this
    /// schedule started. If there is none, they count from the schedule's last change.
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

    /// Returns the maximum age, at `now`, of a champion that was trained at `trained_at`. It is the longest interval
    /// between due times since the training, plus half of that interval, but at least plus 12 hours. `None` if the
    /// schedule has no intervals.
    pub fn age_limit(&self, trained_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        let interval = match self.schedule.expression() {
            Expression::Rate(every) => Some(*every),
            Expression::Cron(_) => self.longest_interval(trained_at, now),
            Expression::At(_) => None,
        };
        let longest = self.until_first(trained_at).max(interval)?;
        Some(longest.checked_add((longest / 2).max(SLACK)).unwrap_or(SignedDuration::MAX))
    }

    /// If the schedule changed after the champion's training, returns the time from this training to the first due time
    /// of the new schedule. The champion could not be replaced earlier. `None` if the schedule did not change.
    fn until_first(&self, trained_at: Timestamp) -> Option<SignedDuration> {
        let since = self.since.filter(|since| *since > trained_at)?;
        let first = match self.schedule.expression() {
            Expression::Rate(every) => since.checked_add(*every).ok(),
            Expression::Cron(_) | Expression::At(_) => self.schedule.next_due(since),
        };
        Some(first?.duration_since(trained_at))
    }

    /// Returns the longest interval between two due times that overlaps the time from `from` to `now`. Time before the
    /// schedule's last change does not count. `None` if there is no interval.
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

/// Returns the latest time at or before `by` among `from`, `from + every`, `from + 2 · every` and so on. `None` if `by`
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
mod tests;
