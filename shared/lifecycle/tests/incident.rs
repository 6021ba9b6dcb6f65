//! Tests which state changes of alarms are reported by mail, and that the number of mails is limited.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod incident_life;

use evergreen_lifecycle::incident::{
    AlarmEvent, AlarmFamily, AlarmSurroundings, FormerAlarm, Gravity, RaiseMail, RaisedAlarm, RingingAlarm,
    report_without_record,
};
use evergreen_lifecycle::{AlarmChange, AlarmReport, IncidentRecord};
use evergreen_testkit::moment;
use jiff::{SignedDuration, Timestamp};

const FAILED: &str = "evergreen-training-failed";
const QUEUE: &str = "evergreen-train-failure-queue";
const ERRORS: &str = "evergreen-prediction-errors";
const LATENCY: &str = "evergreen-prediction-latency";
const UNKNOWN: &str = "evergreen-figures-unknown";

fn at(minute: i64) -> Timestamp {
    moment("2026-11-24T03:00:00Z") + SignedDuration::from_mins(minute)
}

/// Test helper: returns the family and the gravity of an alarm of these tests.
fn kind(alarm: &str) -> (AlarmFamily, Gravity) {
    match alarm {
        ERRORS => (AlarmFamily::Predictions, Gravity::Outage),
        LATENCY => (AlarmFamily::Predictions, Gravity::Degraded),
        UNKNOWN => (AlarmFamily::Watching, Gravity::Internal),
        FAILED | QUEUE => (AlarmFamily::Training, Gravity::Internal),
        _ => (AlarmFamily::Other, Gravity::Internal),
    }
}

fn news(alarm: &str, raised: bool, minute: i64) -> AlarmEvent<'_> {
    let (family, gravity) = kind(alarm);
    AlarmEvent { alarm, family, gravity, change: AlarmChange { raised, since: at(minute), was_raised: !raised } }
}

fn ringing(alarms: &[(&str, i64)]) -> AlarmSurroundings {
    let one = |(alarm, minute): &(&str, i64)| {
        let (family, gravity) = kind(alarm);
        RingingAlarm { alarm: (*alarm).to_owned(), family, gravity, since: Some(at(*minute)) }
    };
    AlarmSurroundings { ringing: Some(alarms.iter().map(one).collect()), ..AlarmSurroundings::default() }
}

/// Test helper: the alarms of a stack, as their stored record.
#[derive(Default)]
struct Stack {
    record: Option<IncidentRecord>,
    around: AlarmSurroundings,
}

impl Stack {
    // The notification of the change arrives at `now`.
    /// Test helper: applies a change. Returns which mail to send, or why none is sent.
    fn hear_at(&mut self, news: AlarmEvent<'_>, now: Timestamp) -> AlarmReport {
        let (report, next) = IncidentRecord::receive(self.record.as_ref(), &news, &self.around, now);
        self.record = next.or(self.record.take());
        report
    }

    fn raise(&mut self, alarm: &str, minute: i64) -> AlarmReport {
        self.hear_at(news(alarm, true, minute), at(minute))
    }

    fn end(&mut self, alarm: &str, minute: i64) -> AlarmReport {
        self.hear_at(news(alarm, false, minute), at(minute))
    }
}

/// Test helper: returns the alarms of a mail about an end, each with the minutes in which it rang.
fn rang(report: AlarmReport) -> Vec<(String, SignedDuration, SignedDuration)> {
    let AlarmReport::Over { raised, .. } = report else { panic!("the incident is over: {report:?}") };
    let since = |time: Timestamp| time.duration_since(at(0));
    raised.into_iter().map(|it| (it.alarm, since(it.since), since(it.over.unwrap()))).collect()
}

fn minutes(alarm: &str, from: i64, until: i64) -> (String, SignedDuration, SignedDuration) {
    (alarm.to_owned(), SignedDuration::from_mins(from), SignedDuration::from_mins(until))
}

#[test]
fn alarms_of_one_family_are_one_incident() {
    let mut stack = Stack::default();
    assert_eq!(stack.raise(FAILED, 0), AlarmReport::Raised);
    assert_eq!(stack.raise(QUEUE, 9), AlarmReport::OthersRing);
    assert_eq!(stack.end(FAILED, 300), AlarmReport::OthersRing);
    assert_eq!(rang(stack.end(QUEUE, 360)), [minutes(FAILED, 0, 300), minutes(QUEUE, 9, 360)]);
}

#[test]
fn an_alarm_of_another_family_is_an_incident_of_its_own() {
    let mut stack = Stack::default();
    assert_eq!(stack.raise(FAILED, 0), AlarmReport::Raised);
    assert_eq!(stack.raise(ERRORS, 5), AlarmReport::Raised);
    assert_eq!(rang(stack.end(ERRORS, 20)), [minutes(ERRORS, 5, 20)]);
    assert_eq!(rang(stack.end(FAILED, 30)), [minutes(FAILED, 0, 30)]);
}

#[test]
fn an_outage_of_a_store_is_one_incident_of_predictions_and_metrics() {
    let mut stack = Stack::default();
    assert_eq!(stack.raise(ERRORS, 0), AlarmReport::Raised);
    assert_eq!(stack.raise(UNKNOWN, 12), AlarmReport::OthersRing);
    assert_eq!(stack.end(ERRORS, 60), AlarmReport::OthersRing);
    assert_eq!(rang(stack.end(UNKNOWN, 65)).len(), 2);
    // Without a common begin, they are two incidents.
    assert_eq!(stack.raise(LATENCY, 2000), AlarmReport::Raised);
    assert!(matches!(stack.raise(UNKNOWN, 2100), AlarmReport::Repeated { .. } | AlarmReport::Raised));
}

#[test]
fn a_graver_alarm_is_mailed_although_it_joins() {
    let mut stack = Stack::default();
    stack.raise(LATENCY, 0);
    let AlarmReport::AlsoRaised { raised } = stack.raise(ERRORS, 10) else { panic!("it is graver") };
    assert_eq!(raised.iter().map(|raised| raised.alarm.as_str()).collect::<Vec<_>>(), [LATENCY]);
    assert_eq!(stack.end(LATENCY, 20), AlarmReport::OthersRing);
    assert_eq!(rang(stack.end(ERRORS, 30)).len(), 2);
}

#[test]
fn an_alarm_that_joins_a_day_later_is_mailed() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    assert!(matches!(stack.raise(QUEUE, 1440), AlarmReport::AlsoRaised { .. }));
}

#[test]
fn who_missed_the_first_mail_gets_one_about_an_alarm_that_joins_later() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    let first = RaisedAlarm { alarm: FAILED.into(), since: at(0), over: None, mail: RaiseMail::Claimed };
    assert_eq!(stack.raise(QUEUE, 40), AlarmReport::Joined { first });
}

#[test]
fn a_lost_end_does_not_silence_the_next_alarm() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    // The notification that it was OK again was lost, but CloudWatch says so.
    stack.around = ringing(&[(QUEUE, 300)]);
    assert_eq!(stack.raise(QUEUE, 300), AlarmReport::Raised);
    assert_eq!(rang(stack.end(QUEUE, 330)).len(), 2, "who got only the first mail gets the mail about the end");
}

#[test]
fn an_alarm_that_rings_again_without_an_end_begins_a_new_incident() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    assert!(matches!(stack.raise(FAILED, 30), AlarmReport::Repeated { holds: false, .. }));
    assert_eq!(stack.hear_at(news(FAILED, false, 20), at(31)), AlarmReport::Overtaken);
    assert_eq!(rang(stack.end(FAILED, 40)), [minutes(FAILED, 0, 30), minutes(FAILED, 30, 40)]);
}

#[test]
fn a_muted_alarm_neither_begins_nor_prolongs_an_incident() {
    let mut stack = Stack::default();
    stack.around.muted = [QUEUE.to_owned()].into();
    assert_eq!(stack.raise(QUEUE, 0), AlarmReport::Muted);
    assert_eq!(stack.raise(FAILED, 5), AlarmReport::Raised);
    assert_eq!(rang(stack.end(FAILED, 10)), [minutes(FAILED, 5, 10)]);
    assert_eq!(stack.end(QUEUE, 20), AlarmReport::Muted);
}

#[test]
fn an_alarm_that_was_muted_after_its_mail_does_not_delay_the_end() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    stack.raise(QUEUE, 5);
    stack.around.muted = [QUEUE.to_owned()].into();
    assert!(matches!(stack.end(FAILED, 10), AlarmReport::Over { .. }));
    assert_eq!(stack.end(QUEUE, 20), AlarmReport::Muted);
}

#[test]
fn a_raise_that_comes_after_its_end_is_not_reported() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    stack.end(FAILED, 5);
    // Nobody knows whether the registry was away when the mail about the begin was sent.
    assert_eq!(rang(stack.end(FAILED, 20)), [minutes(FAILED, 20, 20)]);
    assert_eq!(stack.hear_at(news(FAILED, true, 15), at(21)), AlarmReport::Overtaken);
}

#[test]
fn an_alarm_without_a_record_ends_if_it_was_raised() {
    assert!(matches!(Stack::default().end(FAILED, 0), AlarmReport::Over { .. }));
    let mut first = news(FAILED, false, 0);
    first.change.was_raised = false;
    assert_eq!(Stack::default().hear_at(first, at(0)), AlarmReport::NothingToReport);
}

#[test]
fn after_an_outage_of_the_registry_one_mail_says_that_all_is_over() {
    let mut stack = Stack { around: ringing(&[(UNKNOWN, -50)]), ..Stack::default() };
    assert_eq!(stack.end(ERRORS, 0), AlarmReport::OthersRing);
    stack.around = ringing(&[]);
    let over = stack.end(UNKNOWN, 60);
    let AlarmReport::Over { began, raised } = &over else { panic!("{over:?}") };
    assert_eq!(*began, Some(at(-50)));
    assert!(raised.iter().any(|raised| raised.mail == RaiseMail::Unclaimed), "everybody gets it: {raised:?}");
}

#[test]
fn without_the_registry_the_states_of_other_alarms_decide() {
    let report =
        |alarm, raised, others: &[(&str, i64)]| report_without_record(&news(alarm, raised, 0), &ringing(others));
    assert_eq!(report(ERRORS, true, &[(ERRORS, 0), (FAILED, -3)]), AlarmReport::Raised);
    assert_eq!(report(UNKNOWN, true, &[(ERRORS, -3)]), AlarmReport::OthersRing);
    assert_eq!(report(ERRORS, true, &[(UNKNOWN, -3)]), AlarmReport::Raised, "it is graver");
    assert_eq!(report(ERRORS, false, &[(UNKNOWN, -3)]), AlarmReport::OthersRing);
    assert_eq!(report(ERRORS, false, &[(FAILED, -3)]), AlarmReport::over_for_everybody());
    assert_eq!(report_without_record(&news(ERRORS, true, 0), &AlarmSurroundings::default()), AlarmReport::Raised);
}

#[test]
fn incidents_of_one_alarm_become_one_mail_for_a_day() {
    let mut stack = Stack::default();
    let mut hour = |hour: i64| (stack.raise(FAILED, 60 * hour), stack.end(FAILED, 60 * hour + 5));
    assert_eq!(hour(0).0, AlarmReport::Raised);
    for again in [1, 2] {
        assert!(matches!(hour(again), (AlarmReport::Repeated { holds: false, .. }, AlarmReport::Over { .. })));
    }
    let (AlarmReport::Repeated { earlier, holds: true }, AlarmReport::Over { .. }) = hour(3) else {
        panic!("a digest")
    };
    assert_eq!(earlier.len(), 3);
    for held in 4..27 {
        assert_eq!(hour(held), (AlarmReport::HeldBack, AlarmReport::HeldBack), "hour {held}");
    }
    let (AlarmReport::Repeated { earlier, holds: true }, AlarmReport::Over { .. }) = hour(27) else {
        panic!("a digest")
    };
    assert_eq!(earlier.len(), 20, "it lists what was not mailed");
}

#[test]
fn a_repeated_alarm_that_was_quiet_for_six_hours_is_mailed_again() {
    let mut stack = Stack::default();
    for hour in 0..6 {
        stack.raise(FAILED, 60 * hour);
        stack.end(FAILED, 60 * hour + 5);
    }
    assert!(matches!(stack.raise(FAILED, 60 * 12), AlarmReport::Repeated { .. }));
}

#[test]
fn an_alarm_that_rings_again_and_again_hides_no_other() {
    let mut stack = Stack::default();
    for hour in 0..6 {
        stack.raise(FAILED, 60 * hour);
        stack.end(FAILED, 60 * hour + 5);
    }
    assert_eq!(stack.raise(FAILED, 360), AlarmReport::HeldBack);
    assert_eq!(stack.raise(QUEUE, 365), AlarmReport::Raised);
    assert!(matches!(stack.end(QUEUE, 370), AlarmReport::OthersRing));
    assert!(matches!(stack.end(FAILED, 380), AlarmReport::Over { .. }));
}

#[test]
fn a_change_dated_in_the_future_silences_no_later_one() {
    let mut stack = Stack::default();
    stack.hear_at(news(FAILED, true, 1_000_000), at(0));
    assert!(matches!(stack.end(FAILED, 5), AlarmReport::Over { .. }));
    assert!(matches!(stack.raise(FAILED, 100), AlarmReport::Raised | AlarmReport::Repeated { .. }));
}

#[test]
fn the_record_says_whether_a_mail_is_outdated() {
    let mut stack = Stack::default();
    stack.raise(FAILED, 0);
    stack.raise(QUEUE, 1);
    let change = news(FAILED, true, 0).change;
    assert!(!stack.record.as_ref().unwrap().overtakes(FAILED, change, at(1)));
    stack.end(FAILED, 5);
    let record = stack.record.clone().unwrap();
    assert!(record.overtakes(FAILED, change, at(5)) && record.is_open_since(FAILED, at(0)), "the incident goes on");
    stack.end(QUEUE, 9);
    assert!(!stack.record.unwrap().is_open_since(FAILED, at(0)));
}

#[test]
fn an_incident_that_an_earlier_release_has_mailed_ends_with_a_mail() {
    let former = FormerAlarm { newest: news(FAILED, true, 0).change, open: true, raised: vec![at(-90), at(0)] };
    let record = IncidentRecord::default().with_former(FAILED, AlarmFamily::Training, Gravity::Internal, &former);
    let mut stack = Stack { record: Some(record), ..Stack::default() };
    assert_eq!(rang(stack.end(FAILED, 5)), [minutes(FAILED, -90, 5), minutes(FAILED, 0, 5)]);
}
