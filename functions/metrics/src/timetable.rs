//! The training schedule as it is now and since when: when training was last due by it, and how old a champion may become.

use evergreen_lifecycle::Run;
use evergreen_lifecycle::health::scheduled_at;
use evergreen_lifecycle::ports::StoredSchedule;
use jiff::{SignedDuration, Timestamp};

use crate::{Expression, InvalidExpression, Schedule, UnknownZone};

/// How much earlier than the schedule's last change a run may be dated that the changed schedule has started: the scheduler
/// is exact to a minute.
const PRECISION: SignedDuration = SignedDuration::from_mins(1);

/// The least time beyond an interval of the schedule for which a champion is not too old: a night to look into it.
const SLACK: SignedDuration = SignedDuration::from_hours(12);

/// Maximum number of intervals that are looked at, newest first.
const MAX_INTERVALS: usize = 1000;

/// A schedule, and since when it is in force.
#[derive(Debug, Clone)]
pub struct Timetable {
    schedule: Schedule,
    since: Option<Timestamp>,
    is_enabled: bool,
}

/// Why a schedule cannot be followed. Somebody has changed it beside the stack, for the stack's own is checked.
#[derive(Debug, thiserror::Error)]
pub enum UnknownSchedule {
    /// Its expression is none that is known here.
    #[error("the schedule's expression: {0}")]
    Expression(#[from] InvalidExpression),
    /// Its zone is none that is known here.
    #[error("the schedule's zone: {0}")]
    Zone(#[from] UnknownZone),
}

impl Timetable {
    /// The schedule as the scheduler has it.
    ///
    /// # Errors
    /// [`UnknownSchedule`] when it cannot be followed.
    pub fn stored(stored: &StoredSchedule) -> Result<Self, UnknownSchedule> {
        let zone = stored.zone.as_deref().unwrap_or("UTC").parse()?;
        let schedule = Schedule::new(stored.expression.parse()?, zone);
        Ok(Self { schedule, since: Some(stored.changed_at), is_enabled: stored.is_enabled })
    }

    /// The schedule as the stack was deployed with it, of which the scheduler says nothing.
    pub fn configured(schedule: &Schedule) -> Self {
        Self { schedule: schedule.clone(), since: None, is_enabled: true }
    }

    /// Since when it is in force, where that is known.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// The last time at or before `by` at which training was due, if there was one since the schedule was last changed.
    ///
    /// A rate does not say from when on it counts. It is counted from the newest scheduled run among `recent` that the
    /// schedule has started as it is now, and until there is one from the schedule's last change.
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

    /// How old a champion that was trained at `trained_at` may be at `now`: as old as the longest interval of the schedule
    /// since then, and half of it more, at least twelve hours. Nothing where the schedule has no intervals.
    pub fn age_limit(&self, trained_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        let interval = match self.schedule.expression() {
            Expression::Rate(every) => Some(*every),
            Expression::Cron(_) => self.longest_interval(trained_at, now),
            Expression::At(_) => None,
        };
        let longest = self.until_first(trained_at).max(interval)?;
        Some(longest.checked_add((longest / 2).max(SLACK)).unwrap_or(SignedDuration::MAX))
    }

    /// From the champion's training to the first run of a schedule that was changed after it. It could not be renewed earlier.
    fn until_first(&self, trained_at: Timestamp) -> Option<SignedDuration> {
        let since = self.since.filter(|since| *since > trained_at)?;
        let first = match self.schedule.expression() {
            Expression::Rate(every) => since.checked_add(*every).ok(),
            Expression::Cron(_) | Expression::At(_) => self.schedule.next_due(since),
        };
        Some(first?.duration_since(trained_at))
    }

    /// The longest of the intervals that touch the time from `from` to `now`, as far as the schedule was in force.
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

/// The last of `from`, `from + every`, `from + 2 · every`, … that is at or before `by`; nothing where `by` is before `from`.
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
