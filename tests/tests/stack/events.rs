//! Tests the events that the stack publishes on the EventBridge bus.

use std::collections::BTreeSet;

use evergreen_tests::Stack;
use evergreen_tests::events::Listener;
use evergreen_tests::registry::text;
use evergreen_tests::training::{bad, fresh_id, good};
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

#[tokio::test]
async fn trainings_promotions_refusals_and_failures_are_sent_to_the_bus() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let listener = Listener::start(&stack).await;

    let promoted = stack.train_good().await;
    let refused = stack.train(bad()).await;
    let failing = json!({"id": fresh_id(), "hyperparameters": {"max_depth": 0}});
    stack.functions.call(&stack.functions.train, &failing).await;

    let mut received = Vec::new();
    until("five events", seconds(20), async || {
        received.extend(listener.received(&stack).await);
        (received.len() >= 5).then_some(())
    })
    .await;
    listener.stop().await;

    let detail = |kind: &str, run: &Value| {
        let found = received.iter().find(|event| event["detail-type"] == kind && event["detail"]["run_id"] == *run);
        found.unwrap_or_else(|| panic!("no {kind} of {run} in {received:#?}"))["detail"].clone()
    };
    let run = stack.registry.versions().await.into_iter().find(|version| version["number"] == promoted);
    let run = run.expect("the version is registered")["run_id"].clone();
    for kind in ["TrainingSucceeded", "ModelPromoted"] {
        let told = detail(kind, &run);
        assert_eq!((&told["model"], &told["version"]), (&json!("iris"), &json!(promoted)), "{told}");
        assert!(told["metrics"]["accuracy"].as_f64().is_some_and(|accuracy| accuracy >= 0.9), "{told}");
    }
    for kind in ["TrainingSucceeded", "ModelRejected"] {
        assert_eq!(detail(kind, &refused["run_id"])["version"], refused["version"]);
    }
    let failed = detail("TrainingFailed", &format!("manual-{}", failing["id"].as_str().unwrap_or_default()).into());
    assert!(failed["reason"].as_str().is_some_and(|reason| reason.contains("max_depth")), "{failed}");
    let ids: BTreeSet<_> = received.iter().filter_map(|event| event["detail"]["id"].as_str()).collect();
    assert!(ids.len() >= 5, "five facts have five ids: {received:#?}");
    let waiting = stack.registry.waiting_events().await;
    assert_eq!(waiting.len(), 0, "a published event waits no longer: {waiting:#?}");
    stack.train_good().await;
}

/// Stores an unpublished event in the registry.
async fn leave(stack: &Stack, id: &str) -> String {
    // A training run leaves such an event if it is killed between its transaction and the publishing.
    let key = format!("2026-11-24T03:00:00.000Z#1#{id}");
    let detail = json!({"id": id, "model": "iris", "reason": "the process was killed"}).to_string();
    stack.registry.leave_event(&key, &[("detail_type", "ModelPromoted"), ("detail", &detail)]).await;
    key
}

/// Returns the received EventBridge events whose detail has this id.
async fn heard_of(stack: &Stack, listener: &Listener, id: &str) -> Vec<Value> {
    // Waits until one second after the first of them has arrived.
    let mut received = Vec::new();
    until(&format!("the event {id}"), seconds(20), async || {
        received.extend(listener.received(stack).await);
        received.iter().any(|event: &Value| event["detail"]["id"] == id).then_some(())
    })
    .await;
    tokio::time::sleep(seconds(1)).await;
    received.extend(listener.received(stack).await);
    received.retain(|event| event["detail"]["id"] == id);
    received
}

#[tokio::test]
async fn the_event_of_a_stopped_training_is_sent_by_the_next_measurement_or_training() {
    let stack = Stack::take().await;
    stack.served().await;
    let listener = Listener::start(&stack).await;
    let unreadable = "2026-11-24T02:00:00.000Z#1#of-another-release";
    stack.registry.leave_event(unreadable, &[("written_by", "a newer release")]).await;

    for (id, is_training) in [("left-for-metrics", false), ("left-for-training", true)] {
        leave(&stack, id).await;
        if is_training {
            stack.train_good().await;
        } else {
            stack.functions.measure().await;
        }
        // The training run's own events start a measurement, which may publish the stored event at the same time.
        let received = heard_of(&stack, &listener, id).await;
        assert_eq!(
            (&received[0]["source"], &received[0]["detail-type"]),
            (&json!("evergreen"), &json!("ModelPromoted"))
        );
        until("the published event to be deleted and the unreadable one to wait", seconds(10), async || {
            let waiting = stack.registry.waiting_events().await;
            (waiting.len() == 1 && waiting[0]["sk"] == text(unreadable)).then_some(())
        })
        .await;
    }
    listener.stop().await;
    stack.registry.drop_event(unreadable).await;
}

#[tokio::test]
async fn an_event_that_is_sent_twice_has_the_same_id() {
    let stack = Stack::take().await;
    let listener = Listener::start(&stack).await;
    let report = stack.train(good()).await;
    let run = report["run_id"].as_str().expect("a run has an id");
    let id = format!("iris/{run}/1/TrainingSucceeded");
    let received = heard_of(&stack, &listener, &id).await;
    let first = &received[0]["detail"];

    // This imitates an event that was published, but whose publisher stopped before it deleted the stored event.
    let detail = first.to_string();
    let key = format!("{}#0#{id}", "2026-11-24T03:00:00.000Z");
    stack.registry.leave_event(&key, &[("detail_type", "TrainingSucceeded"), ("detail", &detail)]).await;
    stack.functions.measure().await;
    let again = heard_of(&stack, &listener, &id).await;
    assert_eq!(&again[0]["detail"], first);
    listener.stop().await;
}
