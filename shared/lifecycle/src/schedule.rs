//! The training schedule: when training is due, by the rules of [EventBridge Scheduler].
//!
//! When the clocks go forward, a time that does not exist is skipped. When the clocks go back, a time that occurs twice
//! is due only at its first occurrence.
//!
//! [EventBridge Scheduler]: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

mod clock;
mod expression;
mod timetable;
mod zone;

use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp};

use clock::WallClock;
use croner::Cron;
pub use expression::{Expression, InvalidExpression};
pub use timetable::{Timetable, UnknownSchedule};
pub use zone::{UnknownZone, Zone};

/// The training schedule: an expression, such as `cron(…)`, and a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: Expression,
    zone: Zone,
}

/// Upper limit of the time by which clocks go back when summer time ends: no clock goes back by more than a day.
const FOLD: SignedDuration = SignedDuration::from_hours(24);

impl Schedule {
    /// Creates the training schedule. A `rate(…)` expression ignores the time zone.
    pub fn new(expression: Expression, zone: Zone) -> Self {
        Self { expression, zone }
    }

    /// Returns the parsed schedule expression, such as `cron(…)`.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Returns the latest time at or before `by` when training was due. `None` if it was never due, and for `rate(…)`.
    pub fn last_due(&self, by: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            Expression::Cron(cron) => self.last_match(cron, by),
            Expression::At(at) => self.moment(*at).filter(|due| *due <= by),
            // The due times of a `rate(…)` schedule depend on its start, which is not known here.
            Expression::Rate(_) => None,
        }
    }

    /// Returns the first time after `after` when training is due. `None` if it is never due again, and for `rate(…)`.
    pub fn next_due(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            Expression::Cron(cron) => self.next_match(cron, after),
            Expression::At(at) => self.moment(*at).filter(|due| *due > after),
            Expression::Rate(_) => None,
        }
    }

    fn last_match(&self, cron: &Cron, by: Timestamp) -> Option<Timestamp> {
        let clock = by.to_zoned_datetime(self.zone.time_zone().clone()).datetime();
        // When clocks go back, an hour occurs twice. In the second hour, the first one is over. So the search begins
        // after the whole first hour.
        let mut time = WallClock(if self.is_twice(clock) { clock.checked_add(FOLD).ok()? } else { clock });
        let mut inclusive = true;
        loop {
            // The search fails only when no earlier year is left. Then training was never due.
            time = cron.find_previous_occurrence(&time, inclusive).ok()?;
            inclusive = false;
            if let Some(due) = self.moment(time.0).filter(|due| *due <= by) {
                return Some(due);
            }
        }
    }

    fn next_match(&self, cron: &Cron, after: Timestamp) -> Option<Timestamp> {
        let mut time = WallClock(after.to_zoned_datetime(self.zone.time_zone().clone()).datetime());
        let mut inclusive = true;
        loop {
            time = cron.find_next_occurrence(&time, inclusive).ok()?;
            inclusive = false;
            if let Some(due) = self.moment(time.0).filter(|due| *due > after) {
                return Some(due);
            }
        }
    }

    /// Returns the first moment when the time zone's wall clock shows `time`. `None` if the clocks skip this time.
    fn moment(&self, time: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.time_zone().to_ambiguous_timestamp(time);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => None,
            _ => ambiguous.earlier().ok(),
        }
    }

    fn is_twice(&self, time: DateTime) -> bool {
        matches!(self.zone.time_zone().to_ambiguous_timestamp(time).offset(), AmbiguousOffset::Fold { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergreen_testkit::moment;
    use proptest::prelude::*;

    fn schedule(expression: &str, zone: &str) -> Schedule {
        Schedule::new(expression.parse().unwrap(), zone.parse().unwrap())
    }

    fn due(expression: &str, zone: &str, by: &str) -> Option<String> {
        schedule(expression, zone).last_due(moment(by)).map(|due| due.to_string())
    }

    #[test]
    fn a_daily_cron_was_due_this_morning_or_yesterday() {
        let daily = |by| due("cron(0 3 * * ? *)", "UTC", by).unwrap();
        assert_eq!(daily("2026-11-24T03:00:00Z"), "2026-11-24T03:00:00Z");
        assert_eq!(daily("2026-11-24T23:59:59.9Z"), "2026-11-24T03:00:00Z");
        assert_eq!(daily("2026-11-24T02:59:59.9Z"), "2026-11-23T03:00:00Z");
    }

    #[test]
    fn weekdays_count_from_sunday_as_one() {
        for monday in ["cron(30 6 ? * 2 *)", "cron(30 6 ? * MON *)"] {
            assert_eq!(due(monday, "UTC", "2026-11-29T12:00:00Z").unwrap(), "2026-11-23T06:30:00Z");
        }
        assert_eq!(due("cron(0 8 ? * 2-6 *)", "UTC", "2026-11-29T12:00:00Z").unwrap(), "2026-11-27T08:00:00Z");
    }

    #[test]
    fn steps_last_days_and_nth_weekdays_are_understood() {
        assert_eq!(due("cron(0/15 * * * ? *)", "UTC", "2026-11-24T12:34:00Z").unwrap(), "2026-11-24T12:30:00Z");
        assert_eq!(due("cron(5 0 L * ? *)", "UTC", "2026-11-24T12:00:00Z").unwrap(), "2026-10-31T00:05:00Z");
        assert_eq!(due("cron(0 0 ? * 6#3 *)", "UTC", "2026-11-24T12:00:00Z").unwrap(), "2026-11-20T00:00:00Z");
        assert_eq!(due("cron(0 9 1W * ? *)", "UTC", "2026-11-24T12:00:00Z").unwrap(), "2026-11-02T09:00:00Z");
    }

    #[test]
    fn a_cron_expression_follows_the_clock_of_its_time_zone() {
        let berlin = |by| due("cron(0 3 * * ? *)", "Europe/Berlin", by).unwrap();
        assert_eq!(berlin("2026-07-01T12:00:00Z"), "2026-07-01T01:00:00Z");
        assert_eq!(berlin("2026-11-24T12:00:00Z"), "2026-11-24T02:00:00Z");
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_not_due() {
        // In Berlin, 02:30 does not exist on 29 March 2026.
        let berlin = |by| due("cron(30 2 * * ? *)", "Europe/Berlin", by).unwrap();
        assert_eq!(berlin("2026-03-29T12:00:00Z"), "2026-03-28T01:30:00Z");
        assert_eq!(berlin("2026-03-30T12:00:00Z"), "2026-03-30T00:30:00Z");
        assert_eq!(due("at(2026-03-29T02:30:00)", "Europe/Berlin", "2026-03-30T12:00:00Z"), None);
        let next = schedule("cron(30 2 * * ? *)", "Europe/Berlin").next_due(moment("2026-03-28T12:00:00Z"));
        assert_eq!(next, Some(moment("2026-03-30T00:30:00Z")));
    }

    #[test]
    fn a_time_that_exists_twice_is_due_once() {
        // In Berlin, 02:30 occurs at 00:30 and at 01:30 UTC on 25 October 2026.
        let berlin = |by| due("cron(30 2 * * ? *)", "Europe/Berlin", by).unwrap();
        for by in ["2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z", "2026-10-25T12:00:00Z"] {
            assert_eq!(berlin(by), "2026-10-25T00:30:00Z", "{by}");
        }
        // A schedule for every quarter of an hour is not due in the second occurrence of the hour.
        let quarter = |by| due("cron(0/15 * * * ? *)", "Europe/Berlin", by).unwrap();
        assert_eq!(quarter("2026-10-25T00:50:00Z"), "2026-10-25T00:45:00Z");
        assert_eq!(quarter("2026-10-25T01:05:00Z"), "2026-10-25T00:45:00Z");
        assert_eq!(quarter("2026-10-25T01:59:00Z"), "2026-10-25T00:45:00Z");
        assert_eq!(quarter("2026-10-25T02:00:00Z"), "2026-10-25T02:00:00Z");
    }

    #[test]
    fn a_schedule_that_was_never_due_has_no_due_time() {
        assert_eq!(due("cron(0 3 * * ? 2030)", "UTC", "2026-11-24T12:00:00Z"), None);
        assert_eq!(due("cron(0 3 30 2 ? *)", "UTC", "2026-11-24T12:00:00Z"), None);
        assert_eq!(due("at(2027-01-01T00:00:00)", "UTC", "2026-11-24T12:00:00Z"), None);
        assert_eq!(due("rate(1 day)", "UTC", "2026-11-24T12:00:00Z"), None);
    }

    #[test]
    fn a_one_time_schedule_is_due_once() {
        let by = "2026-11-24T12:00:00Z";
        assert_eq!(due("at(2026-11-24T03:00:00)", "Europe/Berlin", by).unwrap(), "2026-11-24T02:00:00Z");
    }

    proptest! {
        #[test]
        fn the_last_due_time_of_a_daily_schedule_is_less_than_a_day_ago(minutes in 0i64..10_000_000) {
            let by = Timestamp::from_second(minutes * 60).unwrap();
            let daily = schedule("cron(0 3 * * ? *)", "UTC");
            let due = daily.last_due(by).unwrap();
            prop_assert!(due <= by && by < due + SignedDuration::from_hours(24));
            prop_assert_eq!(daily.next_due(due), Some(due + SignedDuration::from_hours(24)));
        }

        #[test]
        fn the_next_time_is_consistent_with_the_last_time(minutes in 0i64..40_000_000, zone in 0..3usize) {
            let zone = ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"][zone];
            let (quarter, by) = (schedule("cron(0/15 * * * ? *)", zone), Timestamp::from_second(minutes * 60).unwrap());
            let (last, next) = (quarter.last_due(by).unwrap(), quarter.next_due(by).unwrap());
            prop_assert!(last <= by && by < next);
            prop_assert_eq!(quarter.next_due(last), Some(next));
            prop_assert_eq!(quarter.last_due(next - SignedDuration::from_secs(1)), Some(last));
        }
    }
}
