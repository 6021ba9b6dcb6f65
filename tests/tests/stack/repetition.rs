//! Tests that the same training request twice makes only one model version.

use evergreen_tests::Stack;
use evergreen_tests::training::{fresh_id, good};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[tokio::test]
async fn the_same_scheduled_time_twice_is_one_version() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let versions = stack.registry.versions().await.len();
    // This is a past time that no schedule and no other run of these tests has used.
    let at = Timestamp::from_second(Timestamp::now().as_second()).expect("a time") - SignedDuration::from_hours(24);
    let event = json!({"trigger": "schedule", "scheduled_time": at.to_string()});

    let first = stack.train(event.clone()).await;
    let second = stack.train(event).await;

    assert_eq!(first["run_id"], format!("scheduled-{}", at.strftime("%Y%m%dT%H%M%SZ")));
    assert_eq!((&first["run_id"], &first["version"]), (&second["run_id"], &second["version"]));
    assert_eq!((&first["duplicate"], &second["duplicate"]), (&json!(false), &json!(true)));
    assert_eq!(stack.registry.versions().await.len(), versions + 1);
    stack.train_good().await;
}

#[tokio::test]
async fn the_same_manual_request_twice_is_one_version() {
    let stack = Stack::take().await;
    let versions = stack.registry.versions().await.len();
    let mut event = good();
    event["id"] = fresh_id().into();

    let first = stack.train(event.clone()).await;
    let second = stack.train(event).await;

    assert_eq!(first["version"], second["version"]);
    assert_eq!(stack.registry.versions().await.len(), versions + 1);
    assert_eq!(stack.champion_number().await, first["version"].as_u64().expect("a version"));
}

#[tokio::test]
async fn the_same_request_twice_concurrently_is_one_version() {
    let stack = Stack::take().await;
    let versions = stack.registry.versions().await.len();
    let mut event = good();
    event["id"] = fresh_id().into();

    let (one, other) = tokio::join!(stack.train(event.clone()), stack.train(event));

    assert_eq!(one["run_id"], other["run_id"]);
    assert_eq!(stack.registry.versions().await.len(), versions + 1);
}

#[tokio::test]
async fn a_placeholder_that_was_not_replaced_starts_its_own_run() {
    let stack = Stack::take().await;
    let event = json!({"trigger": "schedule", "scheduled_time": "<aws.scheduler.scheduled-time>"});
    let first = stack.train(event.clone()).await;
    let second = stack.train(event).await;
    assert_ne!(first["run_id"], second["run_id"]);
    assert_ne!(first["version"], second["version"]);
    stack.train_good().await;
}
