//! When training is due by the stored schedule, and how old the champion may become.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_lifecycle::ports::StoredSchedule;
use evergreen_lifecycle::schedule::{Schedule, Timetable};
use evergreen_lifecycle::{Run, RunId, Trigger};
use evergreen_testkit::{moment, run};

const LONG_AGO: &str = "2026-01-01T00:00:00Z";

fn stored(expression: &str, zone: &str, since: &str) -> StoredSchedule {
    StoredSchedule {
        expression: expression.to_owned(),
        zone: Some(zone.to_owned()),
        changed_at: moment(since),
        is_enabled: true,
    }
}

fn timetable(expression: &str, zone: &str, since: &str) -> Timetable {
    Timetable::stored(&stored(expression, zone, since)).unwrap()
}

fn scheduled(at: &str) -> Run {
    let trigger = Trigger::Schedule { scheduled_at: Some(moment(at)) };
    Run { id: RunId::scheduled(moment(at)), trigger, ..run("x", moment(at)) }
}

fn due(timetable: &Timetable, recent: &[Run], by: &str) -> Option<String> {
    timetable.last_due(recent, moment(by)).map(|due| due.to_string())
}

#[test]
fn nothing_was_due_before_the_schedule_was_last_changed() {
    // The schedule was changed at noon from 03:00 to 11:00, so 11:00 of this day was never due.
    let moved = timetable("cron(0 11 * * ? *)", "UTC", "2026-11-24T12:00:00Z");
    assert_eq!(due(&moved, &[], "2026-11-25T10:59:00Z"), None);
    assert_eq!(due(&moved, &[], "2026-11-25T11:00:00Z").unwrap(), "2026-11-25T11:00:00Z");
}

#[test]
fn a_rate_counts_from_the_newest_run_of_the_schedule_as_it_is_now() {
    let daily = timetable("rate(1 day)", "UTC", "2026-11-20T12:00:30Z");
    let before = scheduled("2026-11-20T09:00:00Z");
    // Before its first training run, a rate expression counts from the schedule's last change.
    assert_eq!(due(&daily, std::slice::from_ref(&before), "2026-11-21T12:00:00Z"), None);
    assert_eq!(due(&daily, std::slice::from_ref(&before), "2026-11-21T12:00:30Z").unwrap(), "2026-11-21T12:00:30Z");
    let runs = [scheduled("2026-11-24T13:00:00Z"), scheduled("2026-11-21T14:00:00Z"), before];
    assert_eq!(due(&daily, &runs, "2026-11-24T12:00:00Z").unwrap(), "2026-11-23T14:00:00Z");
    assert_eq!(
        due(&daily, &[run("manual", moment("2026-11-21T13:00:00Z"))], "2026-11-21T13:30:00Z").unwrap(),
        "2026-11-21T12:00:30Z"
    );
}

#[test]
fn a_disabled_schedule_has_no_due_time() {
    let stored = StoredSchedule { is_enabled: false, ..stored("cron(0 3 * * ? *)", "UTC", LONG_AGO) };
    let off = Timetable::stored(&stored).unwrap();
    assert_eq!(due(&off, &[], "2026-11-24T12:00:00Z"), None);
}

#[test]
fn a_deleted_schedule_is_followed_as_it_was_deployed() {
    let daily = Schedule::new("cron(0 3 * * ? *)".parse().unwrap(), "UTC".parse().unwrap());
    let gone = Timetable::configured(&daily);
    assert_eq!(
        (gone.since(), due(&gone, &[], "2026-11-24T12:00:00Z").unwrap()),
        (None, "2026-11-24T03:00:00Z".to_owned())
    );
    let rate = Timetable::configured(&Schedule::new("rate(1 day)".parse().unwrap(), "UTC".parse().unwrap()));
    assert_eq!(due(&rate, &[], "2026-11-24T12:00:00Z"), None);
}

#[test]
fn an_unreadable_schedule_says_why() {
    let error = |expression: &str, zone: &str| {
        let (expression, zone) = (expression.to_owned(), Some(zone.to_owned()));
        let stored = StoredSchedule { expression, zone, changed_at: moment(LONG_AGO), is_enabled: true };
        Timetable::stored(&stored).unwrap_err().to_string()
    };
    insta::assert_snapshot!(error("hourly", "UTC"), @"the schedule's expression: expected cron(…), rate(…) or at(…)");
    insta::assert_snapshot!(error("rate(1 day)", "Mars"), @"the schedule's zone: expected an IANA time zone such as Europe/Berlin");
}

/// Returns the maximum age in hours of a champion that was trained at `trained_at`.
fn limit(timetable: &Timetable, trained_at: &str, now: &str) -> Option<f64> {
    timetable.age_limit(moment(trained_at), moment(now)).map(|limit| limit.as_secs_f64() / 3600.0)
}

#[test]
fn the_age_limit_follows_from_the_schedule() {
    let limit = |expression, trained_at, now| limit(&timetable(expression, "UTC", LONG_AGO), trained_at, now);
    let (trained_at, now) = ("2026-11-24T03:00:05Z", "2026-11-25T01:00:00Z");
    assert_eq!(limit("cron(0 3 * * ? *)", trained_at, now), Some(36.0));
    assert_eq!(limit("rate(1 day)", trained_at, now), Some(36.0));
    assert_eq!(limit("cron(0 3 ? * TUE *)", trained_at, now), Some(252.0));
    assert_eq!(limit("cron(0 * * * ? *)", trained_at, now), Some(13.0));
    assert_eq!(limit("cron(0/15 * * * ? *)", trained_at, now), Some(12.25));
    assert_eq!(limit("rate(14 days)", trained_at, now), Some(504.0));
    assert_eq!(limit("at(2026-12-01T00:00:00)", trained_at, now), None);
}

#[test]
fn a_weekend_without_trainings_counts_in_the_age_of_the_champion() {
    let weekdays = timetable("cron(0 8 ? * MON-FRI *)", "UTC", LONG_AGO);
    // Trained on Friday: the interval until the training on Monday is three days.
    assert_eq!(limit(&weekdays, "2026-11-20T08:00:05Z", "2026-11-22T12:00:00Z"), Some(108.0));
    assert_eq!(limit(&weekdays, "2026-11-20T08:00:05Z", "2026-11-24T12:00:00Z"), Some(108.0));
    // Trained on Monday: the interval until the next training is one day.
    assert_eq!(limit(&weekdays, "2026-11-23T08:00:05Z", "2026-11-24T12:00:00Z"), Some(36.0));
}

#[test]
fn a_schedule_that_was_changed_gives_the_champion_time_until_its_first_run() {
    // Until Saturday noon the schedule is weekly, then daily at 03:00. A champion that is five days old does not
    // immediately count as too old.
    let changed = timetable("cron(0 3 * * ? *)", "UTC", "2026-11-28T12:00:00Z");
    let until_first = 24.0 * 5.0;
    assert_eq!(limit(&changed, "2026-11-24T03:00:00Z", "2026-11-28T13:00:00Z"), Some(until_first * 1.5));
    let rate = timetable("rate(1 day)", "UTC", "2026-11-28T03:00:00Z");
    assert_eq!(limit(&rate, "2026-11-24T03:00:00Z", "2026-11-28T13:00:00Z"), Some(until_first * 1.5));
}

#[test]
fn counting_a_schedule_of_every_minute_is_bounded() {
    let busy = timetable("cron(* * * * ? *)", "UTC", LONG_AGO);
    assert_eq!(
        limit(&busy, "2026-02-01T00:00:00Z", "2026-11-24T00:00:00Z").map(|hours| (hours * 60.0).round()),
        Some(721.0)
    );
}

fn next(timetable: &Timetable, recent: &[Run], after: &str) -> Vec<String> {
    timetable.next_times(recent, moment(after), 2).iter().map(ToString::to_string).collect()
}

#[test]
fn the_next_times_of_a_cron_follow_the_wall_clock() {
    let daily = timetable("cron(0 3 * * ? *)", "Europe/Berlin", LONG_AGO);
    let expected = ["2026-10-24T01:00:00Z", "2026-10-25T02:00:00Z"];
    assert_eq!(next(&daily, &[], "2026-10-23T12:00:00Z"), expected);
}

#[test]
fn the_next_times_of_a_rate_count_from_the_newest_run_that_it_started() {
    let rate = timetable("rate(12 hours)", "UTC", LONG_AGO);
    let recent = [scheduled("2026-11-24T03:00:00Z")];
    let expected = ["2026-11-24T15:00:00Z", "2026-11-25T03:00:00Z"];
    assert_eq!(next(&rate, &recent, "2026-11-24T04:00:00Z"), expected);
}
