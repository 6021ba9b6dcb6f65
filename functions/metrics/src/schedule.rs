//! The training schedule, as EventBridge Scheduler reads it, and when training was last due by it.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

mod clock;
mod expression;
mod zone;

use evergreen_lifecycle::{Run, Trigger, health::meant_for};
use jiff::{SignedDuration, Timestamp};

use clock::WallClock;
pub use expression::{Expression, InvalidExpression};
pub use zone::{UnknownZone, Zone};

/// When training is due.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: Expression,
    zone: Zone,
}

impl Schedule {
    /// The schedule of `expression` by the clocks of `zone`. A rate has no use for the zone.
    pub fn new(expression: Expression, zone: Zone) -> Self {
        Self { expression, zone }
    }

    /// The last time at or before `by` at which training was due, if there was one.
    ///
    /// A rate does not say from when on it counts, so it is counted from the newest scheduled run among `recent` that is
    /// not younger than `by`; until the first scheduled run nothing is known to be due.
    pub fn last_due(&self, recent: &[Run], by: Timestamp) -> Option<Timestamp> {
        match &self.expression {
            Expression::Cron(cron) => {
                let by = WallClock(by.to_zoned_datetime(self.zone.time_zone().clone()));
                // The search fails only when it runs out of years: nothing was ever due.
                cron.find_previous_occurrence(&by, true).ok().map(|due| due.0.timestamp())
            }
            Expression::Rate(every) => last_multiple(last_scheduled(recent, by)?, *every, by),
            Expression::At(at) => {
                let due = self.zone.time_zone().to_timestamp(*at).ok()?;
                (due <= by).then_some(due)
            }
        }
    }
}

/// The time of the newest scheduled run at or before `by`.
fn last_scheduled(recent: &[Run], by: Timestamp) -> Option<Timestamp> {
    let scheduled = recent.iter().filter(|run| matches!(run.trigger, Trigger::Schedule { .. }));
    scheduled.map(meant_for).filter(|moment| *moment <= by).max()
}

/// The last of `from`, `from + every`, `from + 2 · every`, … that is at or before `by`, which is not before `from`.
fn last_multiple(from: Timestamp, every: SignedDuration, by: Timestamp) -> Option<Timestamp> {
    let elapsed = by.duration_since(from).as_secs();
    let whole = elapsed.checked_div(every.as_secs())?.checked_mul(every.as_secs())?;
    from.checked_add(SignedDuration::from_secs(whole)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergreen_lifecycle::RunId;
    use evergreen_testkit::{moment, run};
    use proptest::prelude::*;

    fn schedule(expression: &str, zone: &str) -> Schedule {
        Schedule::new(expression.parse().unwrap(), zone.parse().unwrap())
    }

    fn due(expression: &str, zone: &str, by: &str) -> Option<String> {
        schedule(expression, zone).last_due(&[], moment(by)).map(|due| due.to_string())
    }

    fn scheduled(at: &str) -> Run {
        let trigger = Trigger::Schedule { scheduled_at: Some(moment(at)) };
        Run { id: RunId::scheduled(moment(at)), trigger, ..run("x", moment(at)) }
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
    fn a_cron_follows_the_clocks_of_its_zone() {
        let berlin = |by| due("cron(0 3 * * ? *)", "Europe/Berlin", by).unwrap();
        assert_eq!(berlin("2026-07-01T12:00:00Z"), "2026-07-01T01:00:00Z");
        assert_eq!(berlin("2026-11-24T12:00:00Z"), "2026-11-24T02:00:00Z");
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_due_when_they_go_on() {
        // In Berlin 02:30 does not exist on 29 March 2026.
        assert_eq!(due("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-29T12:00:00Z").unwrap(), "2026-03-29T01:00:00Z");
    }

    #[test]
    fn what_was_never_due_is_nothing() {
        assert_eq!(due("cron(0 3 * * ? 2030)", "UTC", "2026-11-24T12:00:00Z"), None);
        assert_eq!(due("cron(0 3 30 2 ? *)", "UTC", "2026-11-24T12:00:00Z"), None);
        assert_eq!(due("at(2027-01-01T00:00:00)", "UTC", "2026-11-24T12:00:00Z"), None);
    }

    #[test]
    fn one_time_is_due_once() {
        let by = "2026-11-24T12:00:00Z";
        assert_eq!(due("at(2026-11-24T03:00:00)", "Europe/Berlin", by).unwrap(), "2026-11-24T02:00:00Z");
    }

    #[test]
    fn a_rate_counts_from_the_newest_scheduled_run() {
        let daily = schedule("rate(1 day)", "UTC");
        let by = moment("2026-11-24T12:00:00Z");
        assert_eq!(daily.last_due(&[run("manual", by)], by), None);
        let runs = [scheduled("2026-11-24T13:00:00Z"), scheduled("2026-11-21T09:00:00Z")];
        assert_eq!(daily.last_due(&runs, by), Some(moment("2026-11-24T09:00:00Z")));
    }

    proptest! {
        #[test]
        fn what_was_due_is_past_and_less_than_a_day_old(minutes in 0i64..10_000_000) {
            let by = Timestamp::from_second(minutes * 60).unwrap();
            let due = schedule("cron(0 3 * * ? *)", "UTC").last_due(&[], by).unwrap();
            prop_assert!(due <= by && by < due + SignedDuration::from_hours(24));
        }

        #[test]
        fn a_rate_is_due_in_whole_steps(minutes in 0i64..1_000_000, every in 1i64..10_000) {
            let (from, step) = (moment("2026-11-24T03:00:00Z"), SignedDuration::from_mins(every));
            let by = from + SignedDuration::from_mins(minutes);
            let due = last_multiple(from, step, by).unwrap();
            prop_assert!(due <= by && by < due + step);
            prop_assert_eq!(due.duration_since(from).as_mins() % every, 0);
        }
    }
}
