//! Tests the publishing of events while the EventBridge bus fails. Each event is published at least once. Its id lets
//! consumers drop duplicates.

use std::collections::BTreeMap;

use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::{DynamoDb, EventBridge};
use evergreen_tests::training::{as_good, fresh_id};
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

use evergreen_tests::events::Listener;

/// Types of the events that a training run publishes if its model version becomes the champion.
const KINDS: [&str; 2] = ["ModelPromoted", "TrainingSucceeded"];

/// Trains a model version while the train function's calls have the fault. Returns how many events of each type
/// arrived.
async fn tells_in_the_end(fault: Fault) -> BTreeMap<String, usize> {
    // The run's events are published at once, or later by the metrics function.
    let stack = Stack::take().await;
    stack.served().await;
    let listener = Listener::start(&stack).await;
    let fault = stack.faults.add(fault.of("train"));
    let run = stack.train(as_good()).await["run_id"].clone();
    assert!(fault.end() > 0, "the fault concerned no call");
    let received = until_told(&stack, &run).await;
    listener.stop().await;
    received
}

/// Publishes all events that are stored in the registry. Returns how many events of each type arrived for this training
/// run.
async fn until_told(stack: &Stack, run: &Value) -> BTreeMap<String, usize> {
    stack.registry.age_outbox().await;
    stack.functions.measure().await;
    assert_eq!(stack.registry.waiting_events().await.len(), 0, "an event is left untold");
    let mut received: Vec<Value> = Vec::new();
    until("both events", seconds(20), async || {
        let new = stack.kept_in("test-events").await.into_iter().filter(|event| event["detail"]["run_id"] == *run);
        received.extend(new);
        KINDS.iter().all(|kind| received.iter().any(|event| event["detail-type"] == *kind)).then_some(())
    })
    .await;
    let mut ids = BTreeMap::<String, Vec<&Value>>::new();
    for event in &received {
        assert!(event["detail"]["id"].is_string(), "an event without an id: {event}");
        ids.entry(event["detail-type"].to_string()).or_default().push(&event["detail"]["id"]);
    }
    let is_one = |ids: &Vec<&Value>| ids.iter().all(|id| *id == ids[0]);
    assert!(ids.values().all(is_one), "the copies of an event have one id: {received:#?}");
    ids.into_iter().map(|(kind, ids)| (kind, ids.len())).collect()
}

#[tokio::test]
async fn an_unreachable_bus_fails_no_training_and_gets_the_event_later() {
    let received = tells_in_the_end(Fault::fails().with(EventBridge, "PutEvents")).await;
    assert!(received.values().all(|times| *times == 1), "{received:?}");
}

#[tokio::test]
async fn a_throttled_bus_gets_the_event() {
    tells_in_the_end(Fault::throttles().with(EventBridge, "PutEvents").first(2)).await;
}

#[tokio::test]
async fn a_bus_whose_answer_is_lost_may_get_an_event_twice_with_one_id() {
    tells_in_the_end(Fault::drops_answer().with(EventBridge, "PutEvents").first(1)).await;
}

#[tokio::test]
async fn a_bus_that_answers_late_may_get_an_event_twice_with_one_id() {
    tells_in_the_end(Fault::withholds_answer(seconds(4)).with(EventBridge, "PutEvents").first(1)).await;
}

#[tokio::test]
async fn an_event_that_stayed_in_the_outbox_is_sent_again_with_the_same_id() {
    tells_in_the_end(Fault::fails().with(DynamoDb, "DeleteItem").about("OUTBOX#")).await;
}

#[tokio::test]
async fn events_that_the_bus_refuses_are_sent_later() {
    let refused = json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "a fault"});
    let answer = json!({"FailedEntryCount": 2, "Entries": [refused, refused]});
    tells_in_the_end(Fault::answers(&answer.to_string()).with(EventBridge, "PutEvents").first(1)).await;
}

#[tokio::test]
async fn the_event_of_a_training_with_a_lost_answer_is_sent() {
    let stack = Stack::take().await;
    stack.served().await;
    let listener = Listener::start(&stack).await;
    let fault = stack
        .faults
        .add(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").about("VERSION#").first(6).of("train"));
    let mut event = as_good();
    event["id"] = fresh_id().into();
    stack.functions.call(&stack.functions.train, &event).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    until_told(&stack, &format!("manual-{}", event["id"].as_str().unwrap_or_default()).into()).await;
    listener.stop().await;
}
