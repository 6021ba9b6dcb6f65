//! The handler over the sample events, with the ports in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use aws_lambda_events::event::sns::SnsEvent;
use evergreen_alert::{AlertError, Letterhead, Postman, Recipients, Report};
use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::{Claim, Outbox};
use evergreen_testkit::{FixedClock, Memory, SentMail, champion, moment, run, version};
use jiff::SignedDuration;
use lambda_runtime::Diagnostic;

const RAISED: &str = include_str!("../../../events/alert-alarm.json");
const FAILED: &str = include_str!("../../../events/alert-training-failed.json");
const CLEARED: &str = include_str!("../../../events/alert-ok.json");
const FIRST: &str = "first@example.com";
const SECOND: &str = "second@example.com";

fn event(json: &str) -> SnsEvent {
    serde_json::from_str(json).unwrap()
}

/// The notifications of several events in one.
fn together(events: &[&str]) -> SnsEvent {
    let mut all = event(RAISED);
    all.records = events.iter().flat_map(|json| event(json).records).collect();
    all
}

/// A model whose second version serves.
fn memory() -> Memory {
    let memory = Memory::default();
    let first = champion(version(1, 0.8333, moment("2026-11-22T03:00:00Z")));
    let promoted_at = moment("2026-11-23T03:00:00Z");
    let second = Champion::succeeding(Some(&first), version(2, 0.9667, promoted_at), promoted_at);
    memory.state().champions.extend([first, second]);
    memory
}

async fn handle(memory: &Memory, event: SnsEvent) -> Result<Report, AlertError> {
    handle_at(memory, event, "2026-11-24T04:06:00Z").await
}

async fn handle_at(memory: &Memory, event: SnsEvent, now: &str) -> Result<Report, AlertError> {
    let recipients: Recipients = format!("{FIRST},{SECOND}").parse().unwrap();
    let letterhead = Letterhead {
        model: "iris".parse().unwrap(),
        stack: "evergreen".into(),
        table: "evergreen-registry".into(),
        dashboard_url: "https://example.com/dashboard?a=1&b=2".into(),
    };
    let postman = Postman {
        registry: memory,
        mailer: memory,
        clock: &FixedClock::at(moment(now)),
        recipients: &recipients,
        letterhead: &letterhead,
    };
    postman.handle(event, moment(now) + SignedDuration::from_secs(30)).await
}

fn mails(memory: &Memory) -> Vec<SentMail> {
    memory.state().mails.clone()
}

fn readers(memory: &Memory) -> Vec<String> {
    mails(memory).into_iter().map(|(reader, _)| reader).collect()
}

fn sent(sent: usize) -> Report {
    Report { sent, ..Report::default() }
}

#[tokio::test]
async fn a_raised_alarm_is_one_mail_to_each_recipient() {
    let memory = memory();
    assert_eq!(handle(&memory, event(RAISED)).await, Ok(sent(2)));
    assert_eq!(readers(&memory), [FIRST, SECOND]);
    insta::assert_snapshot!(mails(&memory)[0].1.subject, @"[ALARM] iris: the champion's accuracy is 0.8333 (at least 0.9 is wanted)");
}

#[tokio::test]
async fn a_table_that_cannot_be_learnt_from_is_named_in_the_mail() {
    let memory = memory();
    let at = moment("2026-11-24T03:00:00Z");
    let reason = "datasets/iris/b.csv, line 10, column \"fee\": expected a <number>";
    let failed = run("broken", at).failed(reason.into(), None, at + SignedDuration::from_secs(3));
    memory.state().runs.insert(failed.id.clone(), failed);
    assert_eq!(handle(&memory, event(FAILED)).await, Ok(sent(2)));
    let mail = &mails(&memory)[0].1;
    insta::assert_snapshot!(mail.subject, @"[ALARM] iris: training fails (1 since the last version)");
    let said = mail.text.split("\n\n").take(4).collect::<Vec<_>>().join("\n\n");
    insta::assert_snapshot!(said, @r#"
    iris: training fails (1 since the last version)

    Since a run last made a version, runs have failed or died. The champion goes on serving and grows older.

    Run manual-broken failed on Tue 24 Nov 2026, 03:00 UTC: datasets/iris/b.csv, line 10, column "fee": expected a <number>

    Value: 1
    Wanted: below 1
    Since: Tue 24 Nov 2026, 03:01 UTC
    Alarm: evergreen-training-failed
    Description: A training of iris failed or was lost, and none has made a version since; the champion serves on.
    CloudWatch says: Threshold Crossed: 1 datapoint [1.0 (24/11/26 03:00:00)] was greater than or equal to the threshold (1.0).
    "#);
    assert!(mail.html.contains("line 10, column &#34;fee&#34;: expected a &#60;number&#62;</p>"), "{}", mail.html);
}

#[tokio::test]
async fn an_alarm_that_is_not_about_training_names_no_run() {
    let memory = memory();
    let at = moment("2026-11-24T03:00:00Z");
    let failed = run("broken", at).failed("a reason".into(), None, at);
    memory.state().runs.insert(failed.id.clone(), failed);
    handle(&memory, event(RAISED)).await.unwrap();
    assert!(!mails(&memory)[0].1.text.contains("a reason"));
}

#[tokio::test]
async fn its_clearing_is_another() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    assert_eq!(handle(&memory, event(CLEARED)).await, Ok(sent(2)));
    insta::assert_snapshot!(mails(&memory)[2].1.subject, @"[OK] iris: the champion's accuracy is well again: 0.9667 (at least 0.9 is wanted)");
}

#[tokio::test]
async fn a_notification_delivered_twice_sends_nothing_twice() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let again = handle(&memory, event(RAISED)).await;
    assert_eq!(again, Ok(Report { sent_before: 2, ..Report::default() }));
    assert_eq!(handle(&memory, together(&[RAISED, RAISED])).await.unwrap().sent_before, 4);
    assert_eq!(mails(&memory).len(), 2);
}

#[tokio::test]
async fn a_recipient_that_fails_stops_nobody_and_only_it_is_tried_again() {
    let memory = memory();
    memory.take_away(FIRST);
    let error = handle(&memory, event(RAISED)).await.unwrap_err();
    assert_eq!(error, AlertError { not_sent: 1, not_understood: 0 });
    assert_eq!(Diagnostic::from(error).error_type, "NotSent");
    assert_eq!(readers(&memory), [SECOND]);
    memory.bring_back(FIRST);
    assert_eq!(handle(&memory, event(RAISED)).await, Ok(Report { sent: 1, sent_before: 1, no_news: 0 }));
    assert_eq!(readers(&memory), [SECOND, FIRST]);
}

#[tokio::test]
async fn a_mail_that_another_invocation_is_sending_is_not_done() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let keys: Vec<String> = memory.state().claims.keys().cloned().collect();
    for key in &keys {
        memory.release(key).await.unwrap();
        let (now, until) = (moment("2026-11-24T04:05:50Z"), moment("2026-11-24T04:06:20Z"));
        assert_eq!(memory.claim(key, now, until).await.unwrap(), Claim::Granted);
    }
    assert_eq!(handle(&memory, event(RAISED)).await.unwrap_err().not_sent, 2);
    // The other invocation has died: its claim has run out by the platform's retry.
    assert_eq!(handle_at(&memory, event(RAISED), "2026-11-24T04:07:00Z").await, Ok(sent(2)));
}

#[tokio::test]
async fn without_the_registry_the_mail_goes_out_and_says_so() {
    let memory = memory();
    memory.take_away("registry");
    assert_eq!(handle(&memory, event(FAILED)).await, Ok(sent(2)));
    let mail = &mails(&memory)[0].1;
    for body in [&mail.text, &mail.html] {
        assert!(body.contains("The registry could not be read: the champion is not known."), "{body}");
    }
}

#[tokio::test]
async fn what_is_no_alarm_fails_and_everything_beside_it_is_sent() {
    let memory = memory();
    let mut event = together(&[RAISED, RAISED]);
    event.records[0].sns.message = "hello".into();
    let error = handle(&memory, event).await.unwrap_err();
    assert_eq!(error, AlertError { not_sent: 0, not_understood: 1 });
    assert_eq!(Diagnostic::from(error).error_type, "NotUnderstood");
    assert_eq!(mails(&memory).len(), 2);
}

#[tokio::test]
async fn a_new_alarm_that_finds_all_well_is_no_news() {
    let memory = memory();
    for (from, to) in [
        (r#"\"OldStateValue\": \"ALARM\""#, r#"\"OldStateValue\": \"INSUFFICIENT_DATA\""#),
        (r#"\"NewStateValue\": \"OK\""#, r#"\"NewStateValue\": \"INSUFFICIENT_DATA\""#),
    ] {
        let changed = CLEARED.replace(from, to);
        assert_ne!(changed, CLEARED);
        assert_eq!(handle(&memory, event(&changed)).await, Ok(Report { no_news: 1, ..Report::default() }));
    }
    assert!(mails(&memory).is_empty());
}

#[tokio::test]
async fn the_emulators_notification_is_read_as_well() {
    let memory = memory();
    let mut event = event(RAISED);
    event.records[0].sns.message = r#"{"AlarmName":"evergreen-accuracy-low","AlarmDescription":"The champion of iris.","AWSAccountId":"000000000000","NewStateValue":"ALARM","NewStateReason":
        "Threshold Crossed: Minimum 0.5 LessThanThreshold 0.9","StateChangeTime":"2026-11-24T06:13:46Z","Region":"us-east-1",
        "OldStateValue":"INSUFFICIENT_DATA","Trigger":{"MetricName":"ModelAccuracy","Namespace":"Evergreen","Statistic":
        "Minimum","Unit":null,"Period":300,"EvaluationPeriods":1,"ComparisonOperator":"LessThanThreshold","Threshold":0.9,
        "Dimensions":[{"Name":"ModelName","Value":"iris"}]}}"#
        .into();
    handle(&memory, event).await.unwrap();
    insta::assert_snapshot!(mails(&memory)[0].1.subject, @"[ALARM] iris: the champion's accuracy is 0.5 (at least 0.9 is wanted)");
}
