//! Tests of the promotion of an earlier version by hand.

use evergreen_lifecycle::Champion;
use evergreen_testkit::{moment, version};

use serde_json::json;

use crate::support::{TestWorld, quick};

#[tokio::test]
async fn an_earlier_version_becomes_champion_again_on_request() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", quick()).await.unwrap();
    let promoted = world.promote(1).await.unwrap();
    assert_eq!((promoted.revision, promoted.replaced.map(|number| number.get())), (3, Some(2)));
    assert_eq!(world.champion_number(), Some(1));
    let told = world.details().pop().unwrap();
    assert!(told["reason"].as_str().unwrap().contains("the new one drifts"), "{told}");
    assert_eq!((&told["version"], &told["occurred_at"]), (&json!(1), &json!("2026-11-24T03:00:05.000Z")));
    assert!(world.promote(1).await.unwrap().duplicate);
    assert_eq!(world.memory.state().champions.len(), 3);
    let [entry] = world.memory.state().audit.clone().try_into().unwrap();
    assert_eq!((entry.subject.as_str(), entry.actor.name.as_str()), ("version 1", "lambda invoke"));
    assert_eq!(entry.reason.as_deref(), Some("the new one drifts"));
    assert_eq!(json!(entry.details), json!({"from": "2", "to": "1"}));
}

#[tokio::test]
async fn a_version_that_cannot_be_loaded_is_not_promoted() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", quick()).await.unwrap();
    assert_eq!(world.promote(9).await.unwrap_err().to_string(), "version 9 is not registered");
    world.memory.state().objects.remove("models/iris/00000001/model.onnx");
    let error = world.promote(1).await.unwrap_err();
    assert_eq!(error.to_string(), "version 1 cannot be promoted: its artifact is missing from the bucket");
    assert_eq!(world.champion_number(), Some(2));
}

#[tokio::test]
async fn a_promotion_that_loses_a_race_is_repeated() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", quick()).await.unwrap();
    let seen = world.memory.state().champions.last().cloned();
    let rival = Champion::succeeding(
        seen.as_ref(),
        version(7, 1.0, moment("2026-11-24T03:00:04Z")),
        moment("2026-11-24T03:00:05Z"),
    );
    world.memory.state().rival = Some(rival);
    let promoted = world.promote(1).await.unwrap();
    assert_eq!((promoted.revision, promoted.replaced.map(|number| number.get())), (4, Some(7)));
}
