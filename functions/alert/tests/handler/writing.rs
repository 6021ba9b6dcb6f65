//! Tests which notifications lead to a mail.

use evergreen_alert::{AlertError, AlertReport};
use evergreen_testkit::{moment, run};
use jiff::SignedDuration;
use lambda_runtime::Diagnostic;

use crate::support::*;

#[tokio::test]
async fn a_raised_alarm_is_one_mail_to_each_recipient() {
    let memory = memory();
    assert_eq!(handle(&memory, event(RAISED)).await, Ok(sent(2)));
    assert_eq!(readers(&memory), [FIRST, SECOND]);
    insta::assert_snapshot!(mails(&memory)[0].1.subject, @"[ALARM] iris: the champion is not good enough: accuracy 0.9667, margin -1.2871");
}

#[tokio::test]
async fn the_mail_names_an_unusable_table() {
    let memory = memory();
    let at = moment("2026-11-24T03:00:00Z");
    let reason = "datasets/iris/b.csv, line 10, column \"fee\": expected a <number>";
    let failed = run("broken", at).failed(reason.into(), None, at + SignedDuration::from_secs(3));
    memory.state().runs.insert(failed.id.clone(), failed);
    assert_eq!(handle(&memory, event(FAILED)).await, Ok(sent(2)));
    let mail = &mails(&memory)[0].1;
    insta::assert_snapshot!(mail.subject, @"[ALARM] iris: training failed (1 since the last version)");
    let said = mail.text.split("\n\n").filter(|part| !part.contains("/act/")).take(4).collect::<Vec<_>>().join("\n\n");
    insta::assert_snapshot!(said, @r#"
    iris: training failed (1 since the last version)

    Runs have failed or were lost since a run last made a version. The champion keeps answering predictions and grows older.

    Run manual-broken failed on Tue 24 Nov 2026, 03:00 UTC: datasets/iris/b.csv, line 10, column "fee": expected a <number>

    Value: 1
    Expected: below 1
    Since: Tue 24 Nov 2026, 03:01 UTC
    Alarm: evergreen-training-failed
    Description: A training of iris failed finally or was lost, and no later run has created a version; the champion stays in use.
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
async fn the_end_of_an_incident_is_another_mail() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    assert_eq!(handle(&memory, event(CLEARED)).await, Ok(sent(2)));
    insta::assert_snapshot!(mails(&memory)[2].1.subject, @"[OK] iris: the champion is good enough again: accuracy 0.9667, margin 1.4142");
}

#[tokio::test]
async fn without_the_registry_the_mail_is_sent_and_says_so() {
    let memory = memory();
    memory.take_away("registry");
    assert_eq!(handle(&memory, event(FAILED)).await, Ok(sent(2)));
    let mail = &mails(&memory)[0].1;
    for body in [&mail.text, &mail.html] {
        assert!(body.contains("The registry could not be read, so the champion is unknown."), "{body}");
    }
}

#[tokio::test]
async fn a_message_that_is_not_an_alarm_fails_and_all_others_are_sent() {
    let memory = memory();
    let mut event = together(&[RAISED, RAISED]);
    event.records[0].sns.message = "hello".into();
    let error = handle(&memory, event).await.unwrap_err();
    assert_eq!(error, AlertError { not_sent: 0, not_understood: 1 });
    assert_eq!(Diagnostic::from(error).error_type, "NotUnderstood");
    assert_eq!(mails(&memory).len(), 2);
}

#[tokio::test]
async fn a_new_alarm_that_starts_as_ok_sends_no_mail() {
    for (from, to) in [
        (r#"\"OldStateValue\": \"ALARM\""#, r#"\"OldStateValue\": \"INSUFFICIENT_DATA\""#),
        (r#"\"NewStateValue\": \"OK\""#, r#"\"NewStateValue\": \"INSUFFICIENT_DATA\""#),
    ] {
        let memory = self::memory();
        let changed = CLEARED.replace(from, to);
        assert_ne!(changed, CLEARED);
        assert_eq!(handle(&memory, event(&changed)).await, Ok(AlertReport { no_news: 1, ..AlertReport::default() }));
        assert!(mails(&memory).is_empty());
    }
}

#[tokio::test]
async fn the_notification_of_the_emulator_is_read() {
    let memory = memory();
    let mut event = event(RAISED);
    event.records[0].sns.message = r#"{"AlarmName":"evergreen-accuracy-low","AlarmDescription":"The champion of iris.","AWSAccountId":"000000000000","NewStateValue":"ALARM","NewStateReason":
        "Threshold Crossed: Minimum 0.5 LessThanThreshold 0.9","StateChangeTime":"2026-11-24T06:13:46Z","Region":"us-east-1",
        "OldStateValue":"INSUFFICIENT_DATA","Trigger":{"MetricName":"ModelAccuracy","Namespace":"Evergreen","Statistic":
        "Minimum","Unit":null,"Period":300,"EvaluationPeriods":1,"ComparisonOperator":"LessThanThreshold","Threshold":0.9,
        "Dimensions":[{"Name":"ModelName","Value":"iris"}]}}"#
        .into();
    handle(&memory, event).await.unwrap();
    insta::assert_snapshot!(mails(&memory)[0].1.subject, @"[ALARM] iris: the champion's accuracy is 0.5 (at least 0.9 is expected)");
}

#[tokio::test]
async fn a_mail_about_drift_says_what_the_stack_did_by_itself() {
    let reacted = || {
        let memory = memory();
        let log = serde_json::json!({"revision": 1, "taken": [
            {"at": "2026-11-24T03:05:01.000Z", "cause": "drift", "reaction": "retrain", "version": 2},
        ]});
        memory.state().reactions = serde_json::from_value(log).unwrap();
        memory
    };
    let memory = reacted();
    let mut drifted = event(RAISED);
    let message = &mut drifted.records[0].sns.message;
    *message = message.replace("evergreen-accuracy-low", "evergreen-data-drifted");
    assert_eq!(handle(&memory, drifted).await, Ok(sent(2)));
    let expected = "Evergreen asked for a training run at 2026-11-24 03:05 UTC, because the served data has drifted";
    let mail = &mails(&memory)[0].1;
    assert!(mail.text.contains(expected) && mail.html.contains(expected), "{}", mail.text);
    // A mail about another alarm does not say it.
    let memory = reacted();
    assert_eq!(handle(&memory, event(RAISED)).await, Ok(sent(2)));
    assert!(!mails(&memory)[0].1.text.contains(expected));
}
