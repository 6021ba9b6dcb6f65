//! Tests of the deletion of old runs: runs that created no champion expire. Versions that were ever promoted do not.

use evergreen_lifecycle::{KeepDays, RunStatus};
use evergreen_testkit::moment;
use serde_json::json;

use crate::support::{TestWorld, quick, stump};

fn forgetting() -> TestWorld {
    let mut world = TestWorld::new();
    world.training.keep_days = KeepDays::new(30);
    world
}

#[tokio::test]
async fn a_refused_run_its_version_and_its_objects_expire_together() {
    let world = forgetting();
    let report = world.invoke("a", stump()).await.unwrap();
    assert_eq!(report.status, RunStatus::Rejected);
    let state = world.memory.state();
    let at = state.forgotten[&format!("run {}", report.run_id)];
    assert_eq!(at, moment("2026-12-24T03:00:05Z"));
    assert_eq!(state.forgotten["version 1"], at);
    let expiring: Vec<_> = state.expiring.iter().map(|(key, days)| (key.as_str(), days.to_string())).collect();
    let folder = "models/iris/00000001";
    let expected = ["manifest.json", "model.onnx"].map(|file| format!("{folder}/{file}"));
    assert_eq!(expiring, expected.each_ref().map(|key| (key.as_str(), "30".to_owned())));
}

#[tokio::test]
async fn a_failed_run_expires() {
    let world = forgetting();
    world.invoke("a", json!({"seed": "no number"})).await.unwrap_err();
    let forgotten: Vec<_> = world.memory.state().forgotten.keys().cloned().collect();
    assert_eq!(forgotten, ["run manual-a"]);
}

#[tokio::test]
async fn a_promoted_version_is_kept() {
    let world = forgetting();
    world.invoke("a", quick()).await.unwrap();
    let state = world.memory.state();
    assert!(state.forgotten.is_empty() && state.expiring.is_empty(), "{:?}", state.forgotten);
}

#[tokio::test]
async fn without_days_everything_is_kept() {
    let world = TestWorld::new();
    world.invoke("a", stump()).await.unwrap();
    let state = world.memory.state();
    assert!(state.forgotten.is_empty() && state.expiring.is_empty());
}

#[tokio::test]
async fn a_refused_version_that_somebody_promotes_is_kept() {
    let world = forgetting();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", stump()).await.unwrap();
    assert!(!world.memory.state().forgotten.is_empty());
    world.promote(2).await.unwrap();
    let state = world.memory.state();
    assert!(state.forgotten.is_empty() && state.expiring.is_empty(), "{:?}", state.forgotten);
}

#[tokio::test]
async fn a_version_that_somebody_kept_meanwhile_does_not_expire() {
    let world = forgetting();
    world.memory.state().kept.insert("version 1".into());
    world.invoke("a", stump()).await.unwrap();
    let state = world.memory.state();
    assert!(state.forgotten.is_empty() && state.expiring.is_empty(), "{:?}", state.forgotten);
}

#[tokio::test]
async fn a_failed_expiry_mark_does_not_change_the_run() {
    let world = forgetting();
    world.memory.take_away("retention");
    let report = world.invoke("a", stump()).await.unwrap();
    assert_eq!(report.status, RunStatus::Rejected);
    assert!(world.memory.state().expiring.is_empty(), "objects must not expire where the record stays");
}
