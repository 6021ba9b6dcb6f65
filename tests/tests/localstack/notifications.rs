//! Tests the messages that the SNS topic's subscribers receive when an alarm changes its state.

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_sqs::types::QueueAttributeName;
use evergreen_tests::Stack;
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

use crate::copies::Copy;

#[tokio::test]
async fn a_raised_alarm_is_sent_with_what_the_alert_function_reads_of_it() {
    let stack = Stack::take().await;
    let queue = subscribe(&stack).await;
    let mut copy = Copy::of(&stack, &stack.cloudwatch.alarm("training-failed").await);
    copy.alarm.actions_enabled = Some(true);
    copy.publish(0, true).await;
    copy.define(&stack).await;
    let name = copy.alarm.alarm_name().unwrap_or_default();
    let sent = until("the notification", seconds(60), async || {
        let sent = receive(&stack, &queue).await;
        sent.into_iter().find(|sent| sent["AlarmName"] == name)
    })
    .await;
    assert_eq!(copy.state().await, StateValue::Alarm);
    let states = (&sent["OldStateValue"], &sent["NewStateValue"]);
    assert_eq!(states, (&json!("INSUFFICIENT_DATA"), &json!("ALARM")), "{sent}");
    assert!(sent["NewStateReason"].as_str().is_some_and(|reason| reason.contains("Threshold Crossed")), "{sent}");
    assert!(sent["StateChangeTime"].as_str().is_some_and(|moment| moment.starts_with("20")), "{sent}");
    assert!(sent["AlarmDescription"].as_str().is_some_and(|words| words.contains("iris")), "{sent}");
    assert_eq!(sent["Trigger"]["MetricName"], "FailedRuns", "{sent}");
    assert_eq!(sent["Trigger"]["Threshold"].as_f64(), Some(1.0), "{sent}");
}

/// Creates an SQS queue that subscribes to the alarms' SNS topic, and returns the queue's URL.
async fn subscribe(stack: &Stack) -> String {
    let queues = aws_sdk_sqs::Client::new(&stack.config);
    let made = queues.create_queue().queue_name("told").send().await.expect("SQS makes a queue");
    let url = made.queue_url.expect("a queue has an address");
    let named = queues.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let attributes = named.send().await.expect("SQS answers").attributes.unwrap_or_default();
    let subscribe = aws_sdk_sns::Client::new(&stack.config).subscribe().topic_arn(stack.topic()).protocol("sqs");
    subscribe.endpoint(&attributes[&QueueAttributeName::QueueArn]).send().await.expect("SNS takes the queue");
    url
}

/// Returns the alarm notifications that wait in the SQS queue, without the envelope that SNS adds.
async fn receive(stack: &Stack, url: &str) -> Vec<Value> {
    let receive = aws_sdk_sqs::Client::new(&stack.config).receive_message().queue_url(url).max_number_of_messages(10);
    let messages = receive.send().await.expect("SQS answers").messages.unwrap_or_default();
    let inner = |body: String| {
        let around: Value = serde_json::from_str(&body).ok()?;
        serde_json::from_str(around["Message"].as_str()?).ok()
    };
    messages.into_iter().filter_map(|message| inner(message.body?)).collect()
}
