//! Tests that each alarm sends one mail when it is raised and one mail when it ends.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_sesv2::types::MailType;
use evergreen_alert::{AlarmKind, CatalogEntry};
use evergreen_tests::Stack;
use evergreen_tests::mail::Mail;
use evergreen_tests::wait::{seconds, throughout, until};
use serde_json::{Value, json};

// The emulator never raises this alarm itself, so no other mails about the alarm are sent.
/// Name of the alarm that tests of mails raise by hand, without the stack's name.
pub const RAISED_BY_HAND: &str = "train-schedule-queue";

/// Returns the catalogue entries of the alarms that the AWS emulator can raise.
fn emulated() -> Vec<&'static CatalogEntry> {
    AlarmKind::KNOWN.iter().map(AlarmKind::entry).filter(|entry| entry.is_emulated).collect()
}

#[tokio::test]
async fn every_alarm_sends_a_mail_when_it_is_raised_and_when_it_is_over() {
    let stack = Stack::take().await;
    let alarms = stack.cloudwatch.alarms().await;
    let expected: BTreeSet<_> = emulated().iter().map(|entry| stack.cloudwatch.name(entry.name)).collect();
    let names: BTreeSet<_> = alarms.iter().filter_map(|alarm| alarm.alarm_name()).map(str::to_owned).collect();
    assert_eq!(names, expected);
    for &CatalogEntry { name: kind, threshold, is_about_mail, .. } in emulated() {
        let alarm = stack.cloudwatch.alarm(kind).await;
        assert_eq!(alarm.threshold(), Some(threshold), "{kind}");
        let mut topics = vec![stack.topic()];
        topics.extend(is_about_mail.then(|| stack.undelivered_topic()));
        assert_eq!(alarm.alarm_actions(), topics, "{kind}");
        assert_eq!(alarm.ok_actions(), topics, "{kind}");
        assert!(alarm.alarm_description().is_some_and(|words| words.contains("iris")), "{kind}");
    }
}

#[tokio::test]
async fn everybody_gets_both_mails_about_a_champion_that_is_not_good_enough() {
    let stack = Stack::take().await;
    let before = stack.train_good().await;
    let champion = stack.train_good().await;
    let deployed = stack.quicken("accuracy-low").await;
    let mark = stack.inbox.mark().await;

    stack.cloudwatch.publish("ModelAccuracyMargin", -0.5).await;
    assert_eq!(stack.cloudwatch.state("accuracy-low").await, StateValue::Alarm);
    let raised = stack.until_mailed(mark, "accuracy-low", StateValue::Alarm).await;
    stack.until_over("accuracy-low").await;
    let over = stack.until_mailed(mark, "accuracy-low", StateValue::Ok).await;
    stack.cloudwatch.define(deployed).await;

    assert_recipients(&stack, &raised).await;
    assert_recipients(&stack, &over).await;
    for mail in raised.iter().chain(&over) {
        assert!(mail.first_line().contains("iris"), "{}", mail.first_line());
        for body in [&mail.text, &mail.html] {
            assert!(body.contains(&format!("Version {champion}")), "the champion is not named: {body}");
            assert!(body.contains(&format!("Version {before}")), "the version before it is not named: {body}");
            assert!(body.contains("/_user_request_/alarms"), "the alarms are not linked: {body}");
        }
    }
    for mail in &raised {
        for body in [&mail.text, &mail.html] {
            assert!(body.contains("-0.5"), "the value is missing: {body}");
            assert!(body.contains("not good enough"), "what is wrong is missing: {body}");
        }
        assert!(mail.html.trim_start().to_lowercase().starts_with("<!doctype html"), "{}", mail.html);
    }
}

#[tokio::test]
async fn each_kind_of_alarm_has_its_own_text() {
    let stack = Stack::take().await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let mut first_lines = BTreeSet::new();
    for &CatalogEntry { name: kind, .. } in emulated() {
        stack.silence_others(kind).await;
        stack.cloudwatch.set_state(kind, StateValue::Ok, "a test begins").await;
        stack.cloudwatch.set_state(kind, StateValue::Alarm, "a test raises it").await;
        let mails = stack.until_mailed(mark, kind, StateValue::Alarm).await;
        first_lines.insert(mails[0].first_line().to_owned());
        stack.cloudwatch.set_state(kind, StateValue::Ok, "a test ends").await;
        stack.until_mailed(mark, kind, StateValue::Ok).await;
    }
    assert_eq!(first_lines.len(), emulated().len(), "{first_lines:#?}");
}

#[tokio::test]
async fn the_same_notification_twice_is_one_mail() {
    let stack = Stack::take_for_alarm(RAISED_BY_HAND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let kind = RAISED_BY_HAND;
    let notification = notification(&stack, kind);

    stack.notify(&notification).await;
    let mails = stack.until_mailed(mark, kind, StateValue::Alarm).await;
    stack.notify(&notification).await;
    // This call waits for its result. After the call, the alert function has seen the notification a second time.
    let outcome = stack.functions.call(&stack.functions.alert, &delivery(&stack, &notification.to_string())).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    throughout(seconds(1), async || {
        let now = stack.mails_about(mark, kind, StateValue::Alarm).await;
        assert_eq!(now.len(), mails.len(), "a duplicate was mailed: {now:#?}");
    })
    .await;
}

#[tokio::test]
async fn an_alarm_that_was_never_raised_sends_no_second_mail() {
    let stack = Stack::take_for_alarm(RAISED_BY_HAND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let kind = RAISED_BY_HAND;
    let mut first = notification(&stack, kind);
    (first["OldStateValue"], first["NewStateValue"]) = ("INSUFFICIENT_DATA".into(), "OK".into());
    let outcome = stack.functions.call(&stack.functions.alert, &delivery(&stack, &first.to_string())).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    assert!(stack.mails_about(mark, kind, StateValue::Ok).await.is_empty());
}

#[tokio::test]
async fn a_notification_that_cannot_be_read_is_kept_in_a_queue() {
    let stack = Stack::take().await;
    let delivery = delivery(&stack, "This is no alarm.");
    // SNS on AWS retries like this asynchronous call. The emulator's SNS calls once and does not retry.
    stack.functions.hand_over(&stack.functions.alert, &delivery).await;
    let kept = until("the notification in the queue", seconds(60), async || {
        stack.kept_in("alert-failure").await.into_iter().find(|kept| kept["requestPayload"] == delivery)
    })
    .await;
    assert_eq!(kept["requestContext"]["condition"], "RetriesExhausted", "{kept}");
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_kept_and_can_be_sent_later() {
    let stack = Stack::take_for_alarm(RAISED_BY_HAND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let kind = RAISED_BY_HAND;
    let delivery = delivery(&stack, &notification(&stack, kind).to_string());

    put_into_sandbox(&stack, true).await;
    stack.functions.hand_over(&stack.functions.alert, &delivery).await;
    let kept = until("the alarm in the queue", seconds(60), async || {
        stack.kept_in("alert-failure").await.into_iter().find(|kept| kept["requestPayload"] == delivery)
    })
    .await;
    put_into_sandbox(&stack, false).await;
    assert!(stack.mails_about(mark, kind, StateValue::Alarm).await.is_empty());

    let outcome = stack.functions.call(&stack.functions.alert, &kept["requestPayload"]).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    assert_recipients(&stack, &stack.mails_about(mark, kind, StateValue::Alarm).await).await;
}

/// Puts the emulated AWS account into SES's sandbox, or takes it out if `sandboxed` is false.
async fn put_into_sandbox(stack: &Stack, sandboxed: bool) {
    // In the sandbox, the account can send mail only to verified recipients.
    let details = aws_sdk_sesv2::Client::new(&stack.config).put_account_details().production_access_enabled(!sandboxed);
    let details = details.mail_type(MailType::Transactional).website_url("https://example.com");
    details.send().await.expect("SES changes the account");
}

/// Asserts that there is one mail for each configured recipient, and that all come from the configured sender.
pub async fn assert_recipients(stack: &Stack, mails: &[Mail]) {
    let setting = async |name| stack.functions.setting(&stack.functions.alert, name).await;
    let (recipients, sender) = (setting("EVERGREEN_RECIPIENTS").await, setting("EVERGREEN_SENDER").await);
    let mut expected: Vec<_> = recipients.split(',').collect();
    let mut actual: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    expected.sort_unstable();
    actual.sort_unstable();
    assert!(expected.len() > 1, "several recipients are to be tested: {recipients}");
    assert_eq!(actual, expected);
    assert!(mails.iter().all(|mail| mail.from.contains(&sender)), "{mails:?}");
}

/// Returns the SNS message that CloudWatch publishes when the alarm `kind` is raised.
pub fn notification(stack: &Stack, kind: &str) -> Value {
    // The message contains the current time, so each message is different.
    json!({
        "AlarmName": stack.cloudwatch.name(kind),
        "AlarmDescription": "The schedule could not start a training of iris.",
        "AWSAccountId": "000000000000",
        "NewStateValue": "ALARM",
        "NewStateReason":
            "Threshold Crossed: 1 datapoint [3.0 (24/11/26 06:08:00)] was greater than or equal to the threshold (1.0).",
        "StateChangeTime": format!("{:.3}", jiff::Timestamp::now()).replace('Z', "+0000"),
        "Region": "US East (N. Virginia)",
        "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Namespace": "AWS/SQS",
            "StatisticType": "Statistic",
            "Statistic": "MAXIMUM",
            "Dimensions": [{"name": "QueueName", "value": stack.cloudwatch.name("train-schedule")}],
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
        },
    })
}

/// Returns the event with which SNS delivers `message` to the alert function.
pub fn delivery(stack: &Stack, message: &str) -> Value {
    let topic = stack.topic();
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{topic}:00000000-0000-0000-0000-000000000000"),
        "Sns": {
            "Type": "Notification",
            "MessageId": "00000000-0000-0000-0000-000000000001",
            "TopicArn": topic,
            "Subject": null,
            "Message": message,
            "Timestamp": "2026-11-24T03:00:00.000Z",
            "SignatureVersion": "1",
            "Signature": "none",
            "SigningCertUrl": "https://example.com/",
            "UnsubscribeUrl": "https://example.com/",
            "MessageAttributes": {},
        },
    }]})
}
