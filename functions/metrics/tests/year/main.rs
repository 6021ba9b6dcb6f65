//! Simulation of a year of training runs, in which the metric `DeadlineMissed` must always be right.
//!
//! AWS's scheduler is simulated too, even when the clocks change. The training runs succeed, fail, stop without an end,
//! or end late. The metric is checked every five minutes.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod scheduler;
mod trainings;

use evergreen_lifecycle::Metric;
use evergreen_lifecycle::ports::StoredSchedule;
use evergreen_lifecycle::schedule::Timetable;
use evergreen_metrics::deadline_metric;
use evergreen_testkit::moment;
use jiff::{SignedDuration, Timestamp};

use scheduler::{Scheduler, When};
use trainings::Trainings;

const BEGIN: &str = "2026-01-01T00:00:00Z";
const END: &str = "2027-01-01T00:00:00Z";
const GRACE: SignedDuration = SignedDuration::from_hours(1);
const STEP: SignedDuration = SignedDuration::from_mins(5);

/// Returns the training schedules of the simulation: each as its expression and as the times when it fires.
fn schedules(skipped: (i8, i8)) -> Vec<(String, When)> {
    // `skipped` is a time (hour, minute) that the clocks skip.
    let (hour, minute) = skipped;
    vec![
        (format!("cron({minute} {hour} * * ? *)"), When::Daily(hour, minute)),
        ("cron(0 3 * * ? *)".to_owned(), When::Daily(3, 0)),
        ("cron(0 * * * ? *)".to_owned(), When::Hourly),
        ("cron(0/15 * * * ? *)".to_owned(), When::Quarterly),
        (format!("cron({minute} {hour} ? * SUN *)"), When::OnSundays(hour, minute)),
        ("rate(6 hours)".to_owned(), When::Every(SignedDuration::from_hours(6))),
    ]
}

/// Simulates a year with the `schedules`, one after the other.
fn follow(zone: &str, schedules: &[(String, When)], changes: &[&str], seed: u64) {
    // At each time in `changes`, the next schedule replaces the current one.
    let begins: Vec<Timestamp> = [BEGIN].iter().chain(changes).map(|at| moment(at)).collect();
    let mut now = moment(BEGIN);
    let (mut scheduler, mut trainings) = (Scheduler::new(zone), Trainings::new(seed));
    let mut missed_at_all = 0;
    for (index, (expression, when)) in schedules.iter().enumerate() {
        let since = begins[index];
        let until = begins.get(index + 1).copied().unwrap_or(moment(END));
        let stored = StoredSchedule {
            expression: expression.clone(),
            zone: Some(zone.to_owned()),
            changed_at: since,
            is_enabled: true,
        };
        let timetable = Timetable::stored(&stored).unwrap();
        scheduler.change(*when, since);
        while now < until {
            for due in scheduler.fire_until(now) {
                trainings.start(due);
            }
            trainings.proceed(now);
            let expected = scheduler.last_due(now - GRACE).is_some_and(|due| !trainings.have_kept(due));
            let figures = deadline_metric(&timetable, GRACE, trainings.recent(), &[], now);
            let told = figures.known().iter().find(|datum| datum.metric == Metric::DeadlineMissed).unwrap().value;
            assert_eq!(told, f64::from(u8::from(expected)), "{expression} in {zone} at {now}");
            missed_at_all += u32::from(expected);
            now += STEP;
        }
    }
    assert!(missed_at_all > 0, "{schedules:?} in {zone}: nothing was ever missed, so nothing was tested");
}

/// Simulates each schedule alone for a year, then three schedules in sequence.
fn simulate(zone: &str, skipped: (i8, i8), changes: [&str; 2]) {
    let schedules = schedules(skipped);
    for (seed, schedule) in (1..).zip(&schedules) {
        follow(zone, std::slice::from_ref(schedule), &[], seed);
    }
    // The schedule changes near the hours that the clocks skip or repeat.
    for (seed, three) in (100..).zip([[0, 1, 5], [5, 3, 4]]) {
        follow(zone, &three.map(|index: usize| schedules[index].clone()), &changes, seed);
    }
}

#[test]
fn figures_are_right_in_berlin() {
    simulate("Europe/Berlin", (2, 30), ["2026-03-29T01:05:00Z", "2026-10-25T00:35:00Z"]);
}

#[test]
fn figures_are_right_in_new_york() {
    simulate("America/New_York", (2, 30), ["2026-03-08T07:05:00Z", "2026-11-01T05:35:00Z"]);
}

#[test]
fn figures_are_right_on_lord_howe_whose_clock_changes_by_half_an_hour() {
    simulate("Australia/Lord_Howe", (2, 15), ["2026-04-04T15:05:00Z", "2026-10-03T15:35:00Z"]);
}

/// UTC has no clock changes, so this test covers only the schedules themselves.
#[test]
fn figures_are_right_in_utc() {
    let schedules = schedules((2, 30));
    for (seed, schedule) in (1..).zip(&schedules[3..]) {
        follow("UTC", std::slice::from_ref(schedule), &[], seed);
    }
    follow("UTC", &schedules[..3], &["2026-03-29T01:05:00Z", "2026-10-25T00:35:00Z"], 100);
}
