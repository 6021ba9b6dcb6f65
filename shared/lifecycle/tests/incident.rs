//! Tests which state changes of an alarm are reported by mail, and that the number of mails is limited.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_lifecycle::incident::{MOST_IN_A_DAY, MOST_IN_A_ROW};
use evergreen_lifecycle::{AlarmChange, AlarmRecord, AlarmReport};
use evergreen_testkit::moment;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn at(minute: i64) -> Timestamp {
    moment("2026-11-24T03:00:00Z") + SignedDuration::from_mins(minute)
}

fn raised(minute: i64) -> AlarmChange {
    AlarmChange { raised: true, since: at(minute), was_raised: false }
}

fn over(minute: i64) -> AlarmChange {
    AlarmChange { raised: false, since: at(minute), was_raised: true }
}

/// Test helper: returns the expected report that incidents are over. `minutes` are the start times of the incidents.
fn end_of(minutes: &[i64]) -> AlarmReport {
    AlarmReport::Over { raised: minutes.iter().copied().map(at).collect() }
}

/// Test helper: an alarm, as its stored record. `None` if no state change has been stored yet.
#[derive(Default)]
struct Alarm(Option<AlarmRecord>);

impl Alarm {
    // The notification of the change arrives at `now`.
    /// Test helper: applies the state change `change` to the alarm. Returns which mail to send, or why none is sent.
    fn hear_at(&mut self, change: AlarmChange, now: Timestamp) -> AlarmReport {
        let (alarm_report, next) = AlarmRecord::receive(self.0.as_ref(), change, now);
        self.0 = next.or(self.0.take());
        alarm_report
    }

    fn receive(&mut self, change: AlarmChange) -> AlarmReport {
        self.hear_at(change, change.since)
    }
}

#[test]
fn an_incident_is_reported_once_and_its_end_once() {
    let mut alarm = Alarm::default();
    assert_eq!(alarm.receive(raised(0)), AlarmReport::Raised);
    assert_eq!(alarm.receive(over(300)), end_of(&[0]));
    assert_eq!(alarm.receive(raised(600)), AlarmReport::Raised);
    assert_eq!(alarm.receive(over(605)), end_of(&[600]));
}

#[test]
fn a_raise_that_comes_after_its_end_is_not_reported_and_neither_is_the_end() {
    let mut alarm = Alarm::default();
    alarm.receive(raised(0));
    alarm.receive(over(5));
    assert_eq!(alarm.receive(over(20)), AlarmReport::NothingToReport);
    assert_eq!(alarm.hear_at(raised(15), at(21)), AlarmReport::Overtaken);
    assert_eq!(alarm.receive(raised(30)), AlarmReport::Raised, "the next one is");
}

#[test]
fn a_raise_that_waited_for_hours_is_not_reported_when_the_incident_is_over() {
    let mut alarm = Alarm::default();
    alarm.receive(raised(0));
    alarm.receive(over(5));
    assert_eq!(alarm.hear_at(raised(0), at(600)), AlarmReport::Overtaken);
}

#[test]
fn an_end_that_comes_after_the_next_raise_is_not_reported() {
    let mut alarm = Alarm::default();
    alarm.receive(raised(0));
    assert_eq!(alarm.receive(raised(30)), AlarmReport::Raised);
    assert_eq!(alarm.hear_at(over(20), at(31)), AlarmReport::Overtaken);
    assert_eq!(alarm.receive(over(40)), end_of(&[0, 30]), "somebody may have got only the first mail");
}

#[test]
fn an_alarm_without_a_record_ends_if_it_was_raised() {
    assert_eq!(Alarm::default().receive(over(0)), end_of(&[]), "an earlier release may have sent the first mail");
    let first = AlarmChange { was_raised: false, ..over(0) };
    assert_eq!(Alarm::default().receive(first), AlarmReport::NothingToReport);
}

#[test]
fn an_end_is_reported_though_the_alarm_was_without_data_in_between() {
    let mut alarm = Alarm::default();
    alarm.receive(raised(0));
    assert_eq!(alarm.receive(AlarmChange { was_raised: false, ..over(9) }), end_of(&[0]));
}

#[test]
fn flapping_is_reported_and_then_held_back_until_the_alarm_is_quiet() {
    let mut alarm = Alarm::default();
    for minute in [0, 10, 20] {
        assert_eq!(alarm.receive(raised(minute)), AlarmReport::Raised);
        assert!(matches!(alarm.receive(over(minute + 5)), AlarmReport::Over { .. }));
    }
    assert_eq!(alarm.receive(raised(30)), AlarmReport::Flapping);
    for minute in [35, 45, 55] {
        assert_eq!(alarm.receive(over(minute)), AlarmReport::HeldBack);
        assert_eq!(alarm.receive(raised(minute + 5)), AlarmReport::HeldBack);
    }
    assert_eq!(alarm.receive(over(119)), AlarmReport::HeldBack, "it was not quiet for an hour");
    assert_eq!(alarm.receive(raised(179)), AlarmReport::Raised);
    assert_eq!(alarm.receive(over(184)), end_of(&[179]));
}

#[test]
fn the_end_of_flapping_is_reported_when_the_alarm_stayed_raised() {
    let mut alarm = Alarm::default();
    for minute in [0, 10, 20, 30] {
        alarm.receive(raised(minute));
        alarm.receive(over(minute + 5));
    }
    assert_eq!(alarm.receive(raised(40)), AlarmReport::HeldBack);
    assert_eq!(alarm.receive(over(100)), end_of(&[]), "everybody got the mail that it flaps");
    assert_eq!(alarm.receive(raised(101)), AlarmReport::Raised);
}

#[test]
fn one_failure_an_hour_does_not_send_two_mails_an_hour() {
    let mut alarm = Alarm::default();
    let told = (0..24).flat_map(|hour| [raised(60 * hour), over(60 * hour + 5)]).map(|change| alarm.receive(change));
    assert_eq!(told.filter(is_told).count(), 2 * MOST_IN_A_ROW as usize + 1);
}

#[test]
fn a_failure_that_leaves_a_quiet_hour_each_time_is_reported_eight_times_a_day() {
    let mut alarm = Alarm::default();
    let mut told = |count: i64| (0..count).map(|n| alarm.receive(raised(70 * n))).filter(is_told).count();
    assert_eq!(told(22), MOST_IN_A_DAY + 1);
    assert_eq!(alarm.receive(raised(70 * 22)), AlarmReport::Raised, "the first two of them were a day ago");
}

#[test]
fn a_change_dated_in_the_future_silences_no_later_one() {
    let mut alarm = Alarm::default();
    alarm.hear_at(raised(1_000_000), at(0));
    assert!(matches!(alarm.receive(over(5)), AlarmReport::Over { .. }));
    assert_eq!(alarm.receive(raised(100)), AlarmReport::Raised);
}

#[test]
fn the_record_of_an_alarm_says_whether_a_mail_is_outdated() {
    let mut alarm = Alarm::default();
    alarm.receive(raised(0));
    let record = alarm.0.clone().unwrap();
    assert!(!record.overtakes(raised(0), at(0)) && !record.overtakes(over(5), at(5)));
    alarm.receive(over(5));
    assert!(alarm.0.unwrap().overtakes(raised(0), at(5)));
}

fn is_told(alarm_report: &AlarmReport) -> bool {
    matches!(alarm_report, AlarmReport::Raised | AlarmReport::Flapping | AlarmReport::Over { .. })
}

// The alarm is raised and becomes OK in turn.
/// Test strategy: generates an alarm's state changes, each with the delay of its notification in minutes.
fn life() -> impl Strategy<Value = Vec<(AlarmChange, i64)>> {
    let pauses = prop_oneof![1i64..30, 30i64..120, 120i64..600];
    proptest::collection::vec((pauses, prop_oneof![Just(0i64), 0i64..90]), 0..80).prop_map(|steps| {
        let (mut minute, mut is_raised) = (0, false);
        let change = |(pause, late)| {
            (minute, is_raised) = (minute + pause, !is_raised);
            (if is_raised { raised(minute) } else { over(minute) }, late)
        };
        steps.into_iter().map(change).collect()
    })
}

// The notifications are in the order of their arrival.
/// Test helper: applies all state changes to one alarm. Returns each change, the arrival time of its notification, and
/// which mail to send about it.
fn told_of(life: &[(AlarmChange, i64)]) -> Vec<(AlarmChange, Timestamp, AlarmReport)> {
    let mut heard: Vec<_> =
        life.iter().map(|(change, late)| (change.since + SignedDuration::from_mins(*late), *change)).collect();
    heard.sort_by_key(|(now, _)| *now);
    let mut alarm = Alarm::default();
    heard.into_iter().map(|(now, change)| (change, now, alarm.hear_at(change, now))).collect()
}

proptest! {
    #[test]
    fn nothing_is_reported_after_a_newer_change(life in life()) {
        let told: Vec<_> = told_of(&life).into_iter().filter(|(_, _, alarm_report)| is_told(alarm_report)).collect();
        prop_assert!(told.is_sorted_by_key(|(change, _, _)| change.since));
    }

    #[test]
    fn an_end_is_reported_once_after_an_alarm(life in life()) {
        let mut open = false;
        for (change, _, alarm_report) in told_of(&life) {
            match alarm_report {
                AlarmReport::Raised | AlarmReport::Flapping => open = true,
                AlarmReport::Over { raised } => {
                    // Before the first change of the alarm, only the notification says whether the alarm was raised.
                    prop_assert!(open || raised.is_empty() && change.was_raised);
                    open = false;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn no_alarm_uses_up_the_mails_of_a_day(life in life()) {
        let told: Vec<_> = told_of(&life).into_iter().filter(|(_, _, alarm_report)| is_told(alarm_report)).collect();
        for (first, _, _) in &told {
            let day = first.since..first.since + SignedDuration::from_hours(24);
            let mails = told.iter().filter(|(change, _, _)| day.contains(&change.since)).count();
            prop_assert!(mails < 20, "{mails} mails a recipient");
        }
    }

    #[test]
    fn an_alarm_after_a_quiet_day_is_mailed(life in life()) {
        let mut alarm = Alarm::default();
        life.iter().for_each(|(change, _)| drop(alarm.receive(*change)));
        let last = life.last().map_or(at(0), |(change, _)| change.since);
        let later = AlarmChange { since: last + SignedDuration::from_hours(25), ..raised(0) };
        prop_assert_eq!(alarm.receive(later), AlarmReport::Raised);
    }

    #[test]
    fn a_repeated_notification_gets_the_same_answer(life in life()) {
        let mut alarm = Alarm::default();
        for (change, _) in life {
            let (first, record) = (alarm.receive(change), alarm.0.clone());
            prop_assert_eq!(alarm.receive(change), first);
            prop_assert_eq!(&alarm.0, &record);
        }
    }

    #[test]
    fn the_record_of_an_alarm_is_stored_and_read_unchanged(life in life()) {
        let mut alarm = Alarm::default();
        for (change, _) in life {
            alarm.receive(change);
            let stored = serde_json::to_string(&alarm.0).unwrap();
            let read: Option<AlarmRecord> = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), stored);
        }
    }
}
