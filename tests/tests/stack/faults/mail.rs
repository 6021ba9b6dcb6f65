//! Tests mail about alarms while SES or the registry fails. Every recipient gets the mail, and only once if possible.
//! An event whose mail cannot be sent waits in a queue.

use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::{DynamoDb, Ses};
use evergreen_tests::wait::{seconds, until};

use crate::alarms::{RAISED_BY_HAND as KIND, assert_recipients, delivery, notification};

// The duration is longer than all tries of one call, and longer than Lambda's retries in this test.
/// Duration for which the fake fault makes SES throttle all calls.
const THROTTLED: Duration = seconds(15);

/// Checks that every recipient gets exactly one mail about an alarm, although the alert function's calls have the
/// fault.
async fn tells_everybody_once(fault: Fault, least_times: usize) {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault = stack.faults.add(fault.of("alert"));
    let delivery = delivery(&stack, &notification(&stack, KIND).to_string());
    stack.functions.hand_over(&stack.functions.alert, &delivery).await;
    stack.until_mailed(mark, KIND, StateValue::Alarm).await;
    let times = fault.end();
    assert!(times >= least_times, "the fault happened {times} times");
    // All mails that are still in progress are finished before this call ends.
    let again = stack.functions.call(&stack.functions.alert, &delivery).await;
    assert!(!again.failed, "{}", again.payload);
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}

#[tokio::test]
async fn a_throttled_mail_is_sent_once_to_everybody() {
    tells_everybody_once(Fault::throttles().with(Ses, "SendEmail").first(2), 2).await;
}

#[tokio::test]
async fn mails_throttled_beyond_the_retries_of_a_call_are_sent_once_to_everybody() {
    tells_everybody_once(Fault::throttles().with(Ses, "SendEmail").first(5), 5).await;
}

#[tokio::test]
async fn mails_throttled_for_a_while_are_sent_once_to_everybody() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault = stack.faults.add(Fault::throttles().with(Ses, "SendEmail").of("alert"));
    let event = delivery(&stack, &notification(&stack, KIND).to_string());
    stack.functions.hand_over(&stack.functions.alert, &event).await;
    tokio::time::sleep(THROTTLED).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    until("everybody to get the mail", seconds(60), async || {
        let mails = stack.mails_about(mark, KIND, StateValue::Alarm).await;
        (mails.len() >= 2).then_some(())
    })
    .await;
    let again = stack.functions.call(&stack.functions.alert, &event).await;
    assert!(!again.failed, "{}", again.payload);
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_is_not_sent_twice_and_its_notification_is_queued() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault = stack.faults.add(Fault::drops_answer().with(Ses, "SendEmail").of("alert").about("ada@"));
    let event = delivery(&stack, &notification(&stack, KIND).to_string());
    stack.functions.hand_over(&stack.functions.alert, &event).await;
    until("the alarm in the queue", seconds(60), async || {
        stack.kept_in("alert-failure").await.into_iter().find(|kept| kept["requestPayload"] == event)
    })
    .await;
    assert_eq!(fault.end(), 1, "a mail that may have been sent was sent again");
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}

#[tokio::test]
async fn a_mail_whose_request_is_lost_is_sent_from_the_queue_an_hour_later() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault = stack.faults.add(Fault::drops_request().with(Ses, "SendEmail").of("alert").about("ada@"));
    let event = delivery(&stack, &notification(&stack, KIND).to_string());
    stack.functions.hand_over(&stack.functions.alert, &event).await;
    let kept = until("the alarm in the queue", seconds(60), async || {
        stack.kept_in("alert-failure").await.into_iter().find(|kept| kept["requestPayload"] == event)
    })
    .await;
    assert_eq!(fault.end(), 1, "to whoever asks, a lost request looks like a lost answer");
    assert_eq!(stack.mails_about(mark, KIND, StateValue::Alarm).await.len(), 1);

    stack.registry.age_claims().await;
    let outcome = stack.functions.call(&stack.functions.alert, &kept["requestPayload"]).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}

#[tokio::test]
async fn a_mail_that_ses_answers_slowly_is_not_sent_twice() {
    tells_everybody_once(Fault::withholds_answer(seconds(7)).with(Ses, "SendEmail").first(1), 1).await;
}

#[tokio::test]
async fn a_claim_that_is_throttled_is_made() {
    tells_everybody_once(Fault::throttles().with(DynamoDb, "PutItem").about("MAIL#").first(2), 2).await;
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_does_not_keep_the_mail_back() {
    tells_everybody_once(Fault::drops_answer().with(DynamoDb, "PutItem").about("MAIL#").first(1), 1).await;
}

#[tokio::test]
async fn without_the_registry_the_mail_is_sent_and_names_what_is_unknown() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault = stack.faults.add(Fault::fails().with_all_of(DynamoDb).of("alert"));
    let event = delivery(&stack, &notification(&stack, KIND).to_string());
    let outcome = stack.functions.call(&stack.functions.alert, &event).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    assert!(!outcome.failed, "{}", outcome.payload);
    let mails = stack.mails_about(mark, KIND, StateValue::Alarm).await;
    assert_recipients(&stack, &mails).await;
}

#[tokio::test]
async fn a_recipient_whom_ses_refuses_blocks_no_other_mail() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault =
        stack.faults.add(Fault::refuses(400, "MessageRejected").with(Ses, "SendEmail").about("ada@").of("alert"));
    let event = delivery(&stack, &notification(&stack, KIND).to_string());
    let outcome = stack.functions.call(&stack.functions.alert, &event).await;
    assert!(outcome.failed, "{}", outcome.payload);
    let told = stack.mails_about(mark, KIND, StateValue::Alarm).await;
    assert_eq!(told.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["grace@example.com"]);
    drop(fault);
    let outcome = stack.functions.call(&stack.functions.alert, &event).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}

#[tokio::test]
async fn mails_that_ses_refuses_are_queued_and_sent_from_the_queue() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let mark = stack.inbox.mark().await;
    let fault = stack.faults.add(Fault::fails().with(Ses, "SendEmail").of("alert"));
    let event = delivery(&stack, &notification(&stack, KIND).to_string());
    stack.functions.hand_over(&stack.functions.alert, &event).await;
    let kept = until("the alarm in the queue", seconds(60), async || {
        stack.kept_in("alert-failure").await.into_iter().find(|kept| kept["requestPayload"] == event)
    })
    .await;
    drop(fault);
    assert!(stack.mails_about(mark, KIND, StateValue::Alarm).await.is_empty());
    let outcome = stack.functions.call(&stack.functions.alert, &kept["requestPayload"]).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    assert_recipients(&stack, &stack.mails_about(mark, KIND, StateValue::Alarm).await).await;
}
