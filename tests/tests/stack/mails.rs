//! Tests that mails are sent once, in order and at a limited rate. A second SNS topic reports problems with mail
//! itself.

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_tests::Stack;
use evergreen_tests::registry::{Item, text};
use evergreen_tests::wait::{seconds, throughout, until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::alarms::{RAISED_BY_HAND as KIND, assert_recipients, delivery, notification};

/// Returns a CloudWatch notification: an alarm was raised, or has ended, `minutes` from now.
fn changed(stack: &Stack, raised: bool, minutes: i64) -> Value {
    // A negative number means a past time.
    let mut change = notification(stack, KIND);
    let (before, after) = if raised { ("OK", "ALARM") } else { ("ALARM", "OK") };
    (change["OldStateValue"], change["NewStateValue"]) = (before.into(), after.into());
    let since = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    change["StateChangeTime"] = format!("{since:.3}").replace('Z', "+0000").into();
    change
}

/// Calls the alert function with a notification of an alarm and returns the function's report.
async fn hand(stack: &Stack, notification: &Value) -> Value {
    let outcome = stack.functions.call(&stack.functions.alert, &delivery(stack, &notification.to_string())).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    outcome.payload
}

#[tokio::test]
async fn an_alarm_that_arrives_after_its_end_is_not_mailed() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    // The first incident is normal. In the second incident, the notifications arrive in the wrong order.
    hand(&stack, &changed(&stack, true, -300)).await;
    hand(&stack, &changed(&stack, false, -290)).await;
    let mark = stack.inbox.mark().await;
    let (raised, over) = (changed(&stack, true, -100), changed(&stack, false, -90));
    let told = hand(&stack, &over).await["sent"].clone();
    assert_ne!(told, 0, "the function does not know who got the first mail");
    assert_eq!(hand(&stack, &raised).await["overtaken"], 1);
    assert_eq!(hand(&stack, &raised).await["overtaken"], 1, "nor is it when it comes again");
    assert_eq!(json!(stack.inbox.mark().await - mark), told);
    // A mail about the next incident is sent.
    let mark = stack.inbox.mark().await;
    hand(&stack, &changed(&stack, true, -1)).await;
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}

#[tokio::test]
async fn only_recipients_of_the_first_mail_get_the_second() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let raised = changed(&stack, true, -20);
    hand(&stack, &raised).await;
    let first = stack.mails_about(mark, KIND, StateValue::Alarm).await.swap_remove(0);
    stack.registry.delete_mail_item(&format!("CLAIM#{}", key(&raised, &first.to))).await;
    let report = hand(&stack, &changed(&stack, false, -10)).await;
    assert_eq!((&report["sent"], &report["not_due"]), (&json!(1), &json!(1)));
    let over = stack.mails_about(mark, KIND, StateValue::Ok).await;
    assert!(over.len() == 1 && over[0].to != first.to, "{over:?}");
}

#[tokio::test]
async fn an_alarm_that_rings_again_and_again_says_so_and_its_mails_are_held_back() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let mut held_back = 0;
    for step in 0..10 {
        let report = hand(&stack, &changed(&stack, step % 2 == 0, step - 20)).await;
        held_back += report["held_back"].as_u64().expect("a number");
    }
    assert_eq!(held_back, 2);
    let raised = stack.mails_about(mark, KIND, StateValue::Alarm).await;
    let again: Vec<_> = raised.iter().filter(|mail| mail.text.contains("rings again and again")).cloned().collect();
    let digests: Vec<_> = again.into_iter().filter(|mail| mail.text.contains("stands for the whole day")).collect();
    assert_eq!(raised.len(), 4 * digests.len());
    assert_recipients(&stack, &digests).await;
}

#[tokio::test]
async fn claims_have_their_own_partition() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let before = stack.registry.mail_items("CLAIM#").await;
    hand(&stack, &changed(&stack, true, 0)).await;
    let mails = stack.mails_about(mark, KIND, StateValue::Alarm).await;
    let mut claims = stack.registry.mail_items("CLAIM#").await;
    claims.retain(|claim| before.iter().all(|earlier| earlier["sk"] != claim["sk"]));
    assert_eq!(claims.len(), mails.len());
    assert!(claims.iter().all(|claim| claim["state"] == text("sent")), "{claims:?}");
    assert!(stack.registry.items("MAIL#").await.is_empty(), "runs and champions have no records of mails beside them");
    assert_eq!(stack.registry.mail_items("INCIDENTS").await.len(), 1);
}

#[tokio::test]
async fn a_mail_that_an_earlier_release_sent_is_not_sent_again() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let raised = changed(&stack, true, 0);
    let recipients = stack.functions.setting(&stack.functions.alert, "EVERGREEN_RECIPIENTS").await;
    let told = recipients.split(',').next().expect("a recipient");
    // This is the format of the record in releases up to 0.1.
    let item = json!({
        "pk": "MODEL#iris",
        "sk": format!("MAIL#{}", key(&raised, told)),
        "sent": true,
        "lease_until": "2099-01-01T00:00:00.000Z",
        "expires_at": 4_070_908_801_i64,
    });
    let item: Item = serde_dynamo::to_item(item).expect("an item");
    stack.registry.put(item.clone()).await;
    let mark = stack.inbox.mark().await;
    let report = hand(&stack, &raised).await;
    stack.registry.delete(item["sk"].as_s().expect("a text")).await;
    assert_eq!(report["sent_before"], 1);
    let mails = stack.mails_about(mark, KIND, StateValue::Alarm).await;
    assert_eq!(mails.len() + 1, recipients.split(',').count());
    assert!(mails.iter().all(|mail| mail.to != told), "{mails:?}");
}

#[tokio::test]
async fn mail_problems_are_reported_without_the_alert_function() {
    let stack = Stack::take().await;
    stack.served().await;
    let sns = aws_sdk_sns::Client::new(&stack.config);
    let subscriptions = sns.list_subscriptions_by_topic().topic_arn(stack.undelivered_topic()).send().await;
    let subscriptions = subscriptions.expect("SNS answers").subscriptions.unwrap_or_default();
    let recipients = stack.functions.setting(&stack.functions.alert, "EVERGREEN_RECIPIENTS").await;
    let readers: Vec<_> = subscriptions.iter().map(|it| (it.protocol(), it.endpoint())).collect();
    assert_eq!(readers, [(Some("email"), recipients.split(',').next())]);

    // The emulator's SNS sends no mail. A subscribed SQS queue receives the message that the mail would contain.
    let queue = "train-schedule";
    let endpoint = format!("{}-{queue}", stack.topic().replace(":sns:", ":sqs:").trim_end_matches("-alerts"));
    let subscribe = sns.subscribe().topic_arn(stack.undelivered_topic()).protocol("sqs").endpoint(endpoint);
    let subscribed = subscribe.return_subscription_arn(true).send().await.expect("SNS takes the subscription");
    for (kind, state) in [
        ("alert-failure-queue", StateValue::Alarm),
        ("alert-failure-queue", StateValue::Ok),
        ("alert-topic-queue", StateValue::Alarm),
        ("alert-topic-queue", StateValue::Ok),
    ] {
        stack.cloudwatch.set_state(kind, state.clone(), "a test").await;
        let told = until("the second topic to notify", seconds(20), async || stack.kept_in(queue).await.pop()).await;
        let message: Value = serde_json::from_str(told["Message"].as_str().expect("a message")).expect("JSON");
        assert_eq!(message["AlarmName"], stack.cloudwatch.name(kind));
        assert_eq!(message["NewStateValue"], state.as_str());
    }
    stack.cloudwatch.set_state("throttles", StateValue::Alarm, "a test").await;
    throughout(seconds(1), async || assert!(stack.kept_in(queue).await.is_empty(), "nothing else is sent there")).await;
    stack.cloudwatch.set_state("throttles", StateValue::Ok, "a test ends").await;
    let arn = subscribed.subscription_arn().expect("a subscription has an ARN");
    sns.unsubscribe().subscription_arn(arn).send().await.expect("SNS ends the subscription");
}

/// Returns the registry's key for the record about one mail to `recipient` about this alarm notification.
fn key(notification: &Value, recipient: &str) -> String {
    // Every release of the software computes the same key.
    let word = |name: &str| notification[name].as_str().expect("a text").to_owned();
    let since: jiff::Timestamp = word("StateChangeTime").parse().expect("a time");
    let mut digest = Sha256::new();
    for part in [word("AlarmName"), word("NewStateValue"), since.to_string(), recipient.to_owned()] {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
