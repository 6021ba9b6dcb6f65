//! Tests that alarms with one cause are one incident: one mail when it begins, and one when it is over.

use aws_lambda_events::event::sns::SnsEvent;
use evergreen_alert::AlertReport;
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStatus};
use evergreen_testkit::{Memory, moment};

use crate::support::*;

/// Test helper: returns the notification of an alarm's change at a time of day.
fn change(alarm: &str, state: &str, time: &str) -> SnsEvent {
    let mut event = event(RAISED);
    let before = if state == "ALARM" { "OK" } else { "ALARM" };
    event.records[0].sns.message = format!(
        r#"{{"AlarmName":"evergreen-{alarm}","NewStateValue":"{state}","OldStateValue":"{before}",
            "StateChangeTime":"2026-11-24T{time}:00.000+0000"}}"#
    );
    event
}

async fn hear(memory: &Memory, alarm: &str, state: &str, time: &str) -> AlertReport {
    handle_at(memory, change(alarm, state, time), &format!("2026-11-24T{time}:20Z")).await.unwrap()
}

/// Test helper: lets CloudWatch say which alarms ring, each since a time of day.
fn let_ring(memory: &Memory, alarms: &[(&str, &str)]) {
    let status = |(name, time): &(&str, &str)| AlarmStatus {
        name: (*name).to_owned(),
        description: String::new(),
        condition: AlarmCondition::Alarm,
        since: Some(moment(&format!("2026-11-24T{time}:00Z"))),
        reason: String::new(),
    };
    memory.state().alarm_states = alarms.iter().map(status).collect();
}

/// Test helper: returns the subjects of the first recipient's mails.
fn subjects(memory: &Memory) -> Vec<String> {
    mails(memory).into_iter().filter(|(reader, _)| reader == FIRST).map(|(_, mail)| mail.subject).collect()
}

fn grouped() -> AlertReport {
    AlertReport { grouped: 1, ..AlertReport::default() }
}

#[tokio::test]
async fn a_training_that_fails_is_one_mail_and_its_end_another() {
    let memory = memory();
    assert_eq!(hear(&memory, "training-failed", "ALARM", "03:10").await, sent(2));
    let_ring(&memory, &[("training-failed", "03:10"), ("train-failure-queue", "03:19"), ("deadline-missed", "04:10")]);
    for (alarm, time) in [("train-failure-queue", "03:19"), ("deadline-missed", "04:10")] {
        assert_eq!(hear(&memory, alarm, "ALARM", time).await, grouped(), "{alarm}");
    }
    assert_eq!(hear(&memory, "training-failed", "OK", "09:00").await, grouped());
    assert_eq!(hear(&memory, "deadline-missed", "OK", "09:00").await, grouped());
    assert_eq!(hear(&memory, "train-failure-queue", "OK", "09:30").await, sent(2));
    assert_eq!(subjects(&memory), ["[ALARM] iris: training failed", "[OK] iris: training makes versions again"]);
    let over = mails(&memory).pop().unwrap().1.text;
    for alarm in ["training-failed", "train-failure-queue", "deadline-missed"] {
        assert!(over.contains(alarm), "{over}");
    }
    assert!(over.contains("Lasted: 6 h 20 min"), "{over}");
}

#[tokio::test]
async fn a_recipient_who_missed_the_first_mail_gets_one_when_the_next_alarm_joins() {
    let memory = memory();
    memory.take_away(FIRST);
    handle_at(&memory, change("training-failed", "ALARM", "03:10"), "2026-11-24T03:10:20Z").await.unwrap_err();
    memory.bring_back(FIRST);
    let_ring(&memory, &[("training-failed", "03:10")]);
    let report = hear(&memory, "deadline-missed", "ALARM", "04:10").await;
    assert_eq!((report.sent, report.sent_before), (1, 1));
    assert_eq!(readers(&memory), [SECOND, FIRST]);
    hear(&memory, "training-failed", "OK", "09:00").await;
    assert_eq!(hear(&memory, "deadline-missed", "OK", "09:05").await, sent(2), "and both get the mail about the end");
}

#[tokio::test]
async fn an_outage_of_the_registry_is_one_mail_and_its_end_another() {
    let memory = memory();
    memory.take_away("registry");
    let_ring(&memory, &[("model-load-failures", "03:08")]);
    assert_eq!(hear(&memory, "model-load-failures", "ALARM", "03:08").await, sent(2));
    let_ring(&memory, &[("model-load-failures", "03:08"), ("prediction-errors", "03:11")]);
    assert_eq!(hear(&memory, "prediction-errors", "ALARM", "03:11").await, grouped());
    memory.bring_back("registry");
    let_ring(&memory, &[("prediction-errors", "03:11")]);
    assert_eq!(hear(&memory, "model-load-failures", "OK", "05:00").await, grouped());
    let_ring(&memory, &[]);
    assert_eq!(hear(&memory, "prediction-errors", "OK", "05:10").await, sent(2));
    assert_eq!(kinds(&memory).len(), 4);
}

#[tokio::test]
async fn without_the_registry_and_cloudwatch_every_alarm_is_mailed() {
    let memory = memory();
    memory.take_away("registry");
    memory.take_away("alarms");
    assert_eq!(hear(&memory, "model-load-failures", "ALARM", "03:08").await, sent(2));
    assert_eq!(hear(&memory, "prediction-errors", "ALARM", "03:11").await, sent(2));
}
