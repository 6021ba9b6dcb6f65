//! Tests of publishing: every change is published at least once, even if an invocation is stopped. If an event is
//! published twice, both have the same ID.

use evergreen_lifecycle::{EventKind, RunStatus};
use evergreen_testkit::moment;
use serde_json::{Value, json};

use crate::support::{TestWorld, quick, stump};

fn ids(details: &[Value]) -> Vec<&str> {
    details.iter().map(|detail| detail["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn published_events_leave_the_outbox() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    assert_eq!(ids(&world.details()), ["iris/manual-a/1/TrainingSucceeded", "iris/manual-a/1/ModelPromoted"]);
    assert!(world.memory.state().outbox.is_empty());
}

#[tokio::test]
async fn unpublished_events_are_published_by_the_next_training() {
    let world = TestWorld::new();
    world.memory.take_away("bus");
    assert_eq!(world.invoke("a", quick()).await.unwrap().status, RunStatus::Succeeded);
    world.invoke("b", json!({"sead": 1})).await.unwrap_err();
    assert_eq!((world.events().len(), world.memory.state().outbox.len()), (0, 3));

    world.memory.bring_back("bus");
    world.clock.set(moment("2026-11-24T03:02:00Z"));
    world.invoke("c", stump()).await.unwrap();
    // The run's own events come first, then the unpublished events in the order in which they happened.
    let expected = [
        "iris/manual-c/1/TrainingSucceeded",
        "iris/manual-c/1/ModelRejected",
        "iris/manual-a/1/TrainingSucceeded",
        "iris/manual-a/1/ModelPromoted",
        "iris/manual-b/1/TrainingFailed",
    ];
    assert_eq!(ids(&world.details()), expected);
    assert!(world.memory.state().outbox.is_empty());
}

#[tokio::test]
async fn events_that_another_invocation_publishes_are_left_to_it_for_a_minute() {
    let world = TestWorld::new();
    world.memory.take_away("bus");
    world.invoke("a", quick()).await.unwrap();
    world.memory.bring_back("bus");
    world.clock.set(moment("2026-11-24T03:01:04Z"));
    world.invoke("b", stump()).await.unwrap();
    assert_eq!((world.events().len(), world.memory.state().outbox.len()), (2, 2));
}

#[tokio::test]
async fn a_published_event_that_could_not_be_removed_is_published_again_under_the_same_id() {
    let world = TestWorld::new();
    world.memory.take_away("outbox");
    world.invoke("a", quick()).await.unwrap();
    world.memory.bring_back("outbox");
    world.clock.set(moment("2026-11-24T03:02:00Z"));
    world.promote(1).await.unwrap();
    let (first, again): (Vec<_>, Vec<_>) = (world.details()[..2].to_vec(), world.details()[2..].to_vec());
    assert!(again.iter().all(|event| first.contains(event)) && again.len() == 2, "{again:#?}");
    assert!(world.memory.state().outbox.is_empty());
}

#[tokio::test]
async fn an_event_that_is_unreadable_or_refused_does_not_stop_the_others() {
    let world = TestWorld::new();
    world.memory.take_away("bus");
    for invocation in ["a", "b", "c"] {
        world.invoke(invocation, json!({"sead": 1})).await.unwrap_err();
    }
    let refused = world.memory.state().outbox.keys().next().cloned().unwrap();
    world.memory.state().refused.insert(refused.clone());
    for day in 10..20 {
        world.memory.state().outbox.insert(format!("2026-11-{day}T03:00:00.000Z#unreadable"), None);
    }
    world.memory.bring_back("bus");
    world.clock.set(moment("2026-11-24T03:02:00Z"));
    world.invoke("d", quick()).await.unwrap();
    assert_eq!(world.events()[2..], [EventKind::TrainingFailed, EventKind::TrainingFailed]);
    assert_eq!(world.memory.state().outbox.len(), 11);
    assert!(world.memory.state().outbox.contains_key(&refused));
}

/// Starts a run and stops it before it ends, as if the platform ended the invocation.
async fn killed(world: &TestWorld, invocation: &str) {
    tokio::select! {
        biased;
        report = world.invoke(invocation, quick()) => panic!("it should have been killed: {report:?}"),
        () = tokio::task::yield_now() => {}
    }
}

#[tokio::test]
async fn a_lost_attempt_is_reported_when_its_time_is_over() {
    let world = TestWorld::new();
    killed(&world, "a").await;
    assert_eq!(world.events().len(), 0);
    world.clock.set(moment("2026-11-24T03:16:04Z"));
    world.invoke("b", stump()).await.unwrap();
    assert_eq!(world.events().len(), 2, "its time has been over for less than a minute");
    world.clock.set(moment("2026-11-24T03:16:06Z"));
    world.promote(9).await.unwrap_err();
    let told = world.details().pop().unwrap();
    assert_eq!(
        (&told["id"], &told["occurred_at"]),
        (&json!("iris/manual-a/1/TrainingFailed"), &json!("2026-11-24T03:15:05.000Z"))
    );
    assert!(told["reason"].as_str().unwrap().contains("without recording a result"), "{told}");
    assert!(world.memory.state().outbox.is_empty());
}

#[tokio::test]
async fn a_lost_attempt_that_a_retry_replaced_is_not_reported() {
    let world = TestWorld::new();
    killed(&world, "a").await;
    world.clock.set(moment("2026-11-24T03:01:10Z"));
    world.invoke("a", quick()).await.unwrap();
    assert!(world.memory.state().outbox.is_empty());
    assert_eq!(ids(&world.details()), ["iris/manual-a/2/TrainingSucceeded", "iris/manual-a/2/ModelPromoted"]);
}

#[tokio::test]
async fn only_a_retryable_failure_has_a_retry_deadline() {
    let world = TestWorld::new();
    world.memory.take_away("datasets");
    world.invoke("a", quick()).await.unwrap_err();
    world.invoke("b", json!({"sead": 1})).await.unwrap_err();
    let retried: Vec<_> = world.details().iter().map(|event| event["retry_until"].clone()).collect();
    assert_eq!(retried, [json!("2026-11-24T03:03:05Z"), Value::Null]);
}

#[tokio::test]
async fn each_attempts_failure_is_its_own_event() {
    let world = TestWorld::new();
    world.memory.take_away("datasets");
    for _ in 0..2 {
        world.invoke("a", quick()).await.unwrap_err();
    }
    assert_eq!(ids(&world.details()), ["iris/manual-a/1/TrainingFailed", "iris/manual-a/2/TrainingFailed"]);
}
