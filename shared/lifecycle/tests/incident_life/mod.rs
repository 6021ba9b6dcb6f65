//! Properties of the mails about any life of several alarms, with notifications that come twice, late or never.

use std::collections::BTreeMap;

use evergreen_lifecycle::incident::RaiseMail;
use evergreen_lifecycle::{AlarmReport, IncidentRecord};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{ERRORS, FAILED, LATENCY, QUEUE, Stack, UNKNOWN, at, news};

const ALARMS: [&str; 5] = [FAILED, QUEUE, ERRORS, LATENCY, UNKNOWN];

/// A change of an alarm with the minutes that its notification takes.
type Step = (&'static str, bool, i64, i64);

/// Test strategy: generates the changes of some alarms over days, each with the delay of its notification. Each alarm is
/// raised and becomes OK in turn.
fn life() -> impl Strategy<Value = Vec<Step>> {
    let pauses = prop_oneof![1i64..30, 30i64..120, 120i64..900];
    let late = prop_oneof![4 => Just(0i64), 1 => 0i64..90];
    proptest::collection::vec((0..ALARMS.len(), pauses, late), 0..60).prop_map(|steps| {
        let (mut minute, mut rings) = (0, BTreeMap::new());
        let mut change = |(alarm, pause, late): (usize, i64, i64)| {
            minute += pause;
            let ring = rings.entry(alarm).or_insert(false);
            *ring = !*ring;
            (ALARMS[alarm], *ring, minute, late)
        };
        steps.into_iter().map(&mut change).collect()
    })
}

/// Test helper: returns the notifications in the order of their arrival, with the arrival times.
fn arrivals(life: &[Step]) -> Vec<(Timestamp, Step)> {
    let mut heard: Vec<_> = life.iter().map(|step| (at(step.2) + SignedDuration::from_mins(step.3), *step)).collect();
    heard.sort_by_key(|(now, _)| *now);
    heard
}

fn reports(life: &[Step]) -> Vec<(Step, Timestamp, AlarmReport)> {
    let mut stack = Stack::default();
    let hear = |(now, step): (Timestamp, Step)| (step, now, stack.hear_at(news(step.0, step.1, step.2), now));
    arrivals(life).into_iter().map(hear).collect()
}

/// Test helper: returns the raises that were mailed to somebody and whose end was not mailed, after each notification.
fn owed(life: &[Step]) -> Vec<(String, Timestamp)> {
    let mut owed: Vec<(String, Timestamp)> = Vec::new();
    for (step, _, report) in reports(life) {
        match report {
            AlarmReport::Raised | AlarmReport::Repeated { .. } | AlarmReport::AlsoRaised { .. } => {
                owed.push((step.0.to_owned(), at(step.2)));
            }
            AlarmReport::Over { raised, .. } => {
                let is_told = |mail: &(String, Timestamp)| {
                    raised.iter().any(|it| it.mail != RaiseMail::None && (&it.alarm, it.since) == (&mail.0, mail.1))
                };
                owed.retain(|mail| !is_told(mail));
            }
            _ => {}
        }
    }
    owed
}

proptest! {
    #[test]
    fn who_got_a_mail_about_the_begin_gets_one_about_the_end(life in life()) {
        // At last, every alarm is OK.
        let last = life.last().map_or(0, |step| step.2) + 1000;
        let rings: BTreeMap<_, _> = life.iter().map(|step| (step.0, step.1)).collect();
        let ends = rings.into_iter().filter(|(_, rings)| *rings).map(|(alarm, _)| (alarm, false, last, 0));
        let whole: Vec<Step> = life.iter().copied().chain(ends).collect();
        prop_assert_eq!(owed(&whole), []);
    }

    #[test]
    fn at_most_three_mails_report_one_incident(life in life()) {
        let mut stack = Stack::default();
        let mut mails: BTreeMap<Timestamp, usize> = BTreeMap::new();
        for (now, step) in arrivals(&life) {
            let report = stack.hear_at(news(step.0, step.1, step.2), now);
            let Some(record) = &stack.record else { continue };
            let began = match &report {
                AlarmReport::Over { began: Some(began), .. } => Some(*began),
                report if report.is_mailed() => record.incidents().last().map(|incident| incident.began),
                _ => None,
            };
            if let Some(began) = began {
                *mails.entry(began).or_default() += 1;
            }
        }
        // The begin, a graver alarm or one on another day, and the end.
        let days = |began: &Timestamp| {
            let is_it = |incident: &&evergreen_lifecycle::incident::AlarmIncident| incident.began == *began;
            let incident = stack.record.as_ref().unwrap().incidents().find(is_it);
            incident.map_or(1, |incident| {
                let until = incident.ended.unwrap_or(at(60 * 24 * 30));
                1 + usize::try_from(until.duration_since(*began).as_hours() / 24).unwrap()
            })
        };
        for (began, count) in &mails {
            prop_assert!(*count <= 4 + days(began), "{count} mails about the incident of {began}");
        }
    }

    #[test]
    fn no_alarm_uses_up_the_mails_of_a_day(life in life()) {
        let told: Vec<_> = reports(&life).into_iter().filter(|(_, _, report)| report.is_mailed()).collect();
        for alarm in ALARMS {
            let of_it: Vec<_> = told.iter().filter(|(step, _, _)| step.0 == alarm).collect();
            for (first, _, _) in &of_it {
                let day = first.2..first.2 + 24 * 60;
                let mails = of_it.iter().filter(|(step, _, _)| day.contains(&step.2)).count();
                prop_assert!(mails < 20, "{mails} mails a recipient");
            }
        }
    }

    #[test]
    fn a_repeated_notification_gets_the_same_answer(life in life()) {
        let mut stack = Stack::default();
        for (now, step) in arrivals(&life) {
            let (first, record) = (stack.hear_at(news(step.0, step.1, step.2), now), stack.record.clone());
            let again = stack.hear_at(news(step.0, step.1, step.2), now);
            prop_assert!(again == first || again == AlarmReport::Overtaken);
            prop_assert_eq!(&stack.record, &record);
        }
    }

    #[test]
    fn an_alarm_after_a_quiet_week_is_mailed_though_ends_were_lost(life in life(), lost in 0usize..60) {
        let mut stack = Stack::default();
        for (index, (now, step)) in arrivals(&life).into_iter().enumerate() {
            if step.1 || index != lost {
                stack.hear_at(news(step.0, step.1, step.2), now);
            }
        }
        let later = life.last().map_or(0, |step| step.2) + 7 * 24 * 60;
        for alarm in [FAILED, ERRORS] {
            let report = stack.raise(alarm, later);
            prop_assert!(report.is_mailed(), "{report:?}");
        }
    }

    #[test]
    fn the_record_is_stored_and_read_unchanged(life in life()) {
        let mut stack = Stack::default();
        for (now, step) in arrivals(&life) {
            stack.hear_at(news(step.0, step.1, step.2), now);
        }
        let stored = serde_json::to_string(&stack.record).unwrap();
        prop_assert!(stored.len() < 200_000, "{} bytes", stored.len());
        let read: Option<IncidentRecord> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    }
}
