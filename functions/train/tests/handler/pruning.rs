//! Tests of the retention, which deletes old versions with their records, artifacts and manifests.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use evergreen_lifecycle::{Alias, RetentionRule, VersionNumber};
use evergreen_testkit::moment;
use evergreen_train::{RetentionReport, TrainError, TrainResponse};
use serde_json::{Value, json};

use crate::support::{TestWorld, quick, stump};

async fn prune(world: &TestWorld, keep: u32) -> Result<RetentionReport, TrainError> {
    let event = json!({"retention": {"keep": keep, "champion_days": 0}});
    match world.handle("retention", event).await? {
        TrainResponse::Retention(report) => Ok(report),
        other => panic!("expected a retention, got {other:?}"),
    }
}

fn numbers(numbers: &[VersionNumber]) -> Vec<u32> {
    numbers.iter().map(|number| number.get()).collect()
}

fn registered(world: &TestWorld) -> BTreeSet<u32> {
    world.memory.state().versions.keys().map(|number| number.get()).collect()
}

/// The numbers of versions that have the object `file` in the bucket.
fn stored(world: &TestWorld, file: &str) -> BTreeSet<u32> {
    let iris = "iris".parse().unwrap();
    let state = world.memory.state();
    let keys = state.objects.keys().filter(|key| key.ends_with(file));
    keys.filter_map(|key| VersionNumber::of_object(&iris, key)).map(VersionNumber::get).collect()
}

/// The keys of all objects of versions, and of the kept manifests.
fn keys(world: &TestWorld) -> BTreeSet<String> {
    world.memory.state().objects.keys().cloned().collect()
}

/// The kept manifests of deleted versions.
fn kept(world: &TestWorld) -> Vec<String> {
    world.memory.state().objects.keys().filter(|key| key.starts_with("registry/iris/manifests/")).cloned().collect()
}

/// A model with five versions, of which the first is the champion and the third has an alias.
async fn with_versions() -> TestWorld {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    for id in ["b", "c", "d", "e"] {
        world.invoke(id, stump()).await.unwrap();
    }
    let alias = Alias {
        name: "staging".parse().unwrap(),
        version: VersionNumber::new(3).unwrap(),
        revision: 1,
        set_at: moment("2026-11-24T03:00:00Z"),
    };
    world.memory.state().aliases.insert(alias.name.clone(), alias);
    world
}

#[tokio::test]
async fn old_versions_go_with_artifact_and_manifest_and_their_manifests_are_kept_elsewhere() {
    let world = with_versions().await;
    let report = prune(&world, 1).await.unwrap();
    assert_eq!((numbers(&report.deleted), report.kept), (vec![2, 4], 3));
    let stays = BTreeSet::from([1, 3, 5]);
    assert_eq!(
        (registered(&world), stored(&world, "model.onnx"), stored(&world, "manifest.json")),
        (stays.clone(), stays.clone(), stays)
    );
    assert_eq!(kept(&world), ["registry/iris/manifests/00000002.json", "registry/iris/manifests/00000004.json"]);
    let told: Vec<_> = world.details().into_iter().filter(|told| told["action"] == "version_deleted").collect();
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn a_dry_run_names_the_versions_and_deletes_nothing() {
    let world = with_versions().await;
    let event = json!({"retention": {"keep": 1, "champion_days": 0, "dry_run": true}});
    let TrainResponse::Retention(report) = world.handle("retention", event).await.unwrap() else { panic!() };
    assert_eq!((numbers(&report.planned), report.deleted.len(), report.kept), (vec![2, 4], 0, 3));
    assert_eq!(registered(&world).len(), 5);
}

#[tokio::test]
async fn a_retention_that_ended_at_any_call_is_completed_by_the_next_one() {
    let expected = with_versions().await;
    prune(&expected, 1).await.unwrap();
    let mut crashes = 0;
    for calls in 0.. {
        let world = with_versions().await;
        world.memory.state().calls_left = Some(calls);
        let result = prune(&world, 1).await;
        world.memory.state().calls_left = None;
        // Whatever happened, a registered version is whole.
        assert!(registered(&world).is_subset(&stored(&world, "model.onnx")), "after {calls} calls");
        assert!(registered(&world).is_subset(&stored(&world, "manifest.json")), "after {calls} calls");
        prune(&world, 1).await.unwrap();
        assert_eq!(registered(&world), registered(&expected), "after {calls} calls");
        assert_eq!(keys(&world), keys(&expected), "after {calls} calls");
        if result.is_ok() {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 15, "{crashes}");
}

/// Test helper: what `keep` = 1 leaves after the runs are more than a day old.
async fn with_old_runs() -> TestWorld {
    let world = with_versions().await;
    // A failed run, and after it the newest version.
    world.invoke("failed", json!({"family": "forest"})).await.unwrap_err();
    world.invoke("f", stump()).await.unwrap();
    world.clock.set(moment("2026-11-28T03:00:00Z"));
    world
}

fn runs(world: &TestWorld) -> Vec<String> {
    world.memory.state().runs.keys().map(ToString::to_string).collect()
}

#[tokio::test]
async fn runs_go_with_their_versions_and_failed_runs_when_they_are_older_than_those_kept() {
    let world = with_old_runs().await;
    let event = json!({"retention": {"keep": 1, "champion_days": 0, "dry_run": true}});
    let TrainResponse::Retention(preview) = world.handle("preview", event).await.unwrap() else { panic!() };
    let report = prune(&world, 1).await.unwrap();
    assert_eq!((numbers(&report.deleted), preview.planned_runs, report.deleted_runs), (vec![2, 4, 5], 4, 4));
    assert_eq!(runs(&world), ["manual-a", "manual-c", "manual-f"]);
    let told: Vec<_> = world.details().into_iter().filter(|told| told["action"] == "runs_deleted").collect();
    assert_eq!((told.len(), &told[0]["details"]["runs"]), (1, &json!("4")));
}

#[tokio::test]
async fn runs_of_the_last_day_stay_so_that_a_repeated_event_is_harmless() {
    let world = with_versions().await;
    let report = prune(&world, 1).await.unwrap();
    assert_eq!((numbers(&report.deleted), report.deleted_runs, runs(&world).len()), (vec![2, 4], 0, 5));
}

#[tokio::test]
async fn a_retention_of_runs_that_ended_at_any_call_is_completed_by_the_next_one() {
    let expected = with_old_runs().await;
    prune(&expected, 1).await.unwrap();
    for calls in 0.. {
        let world = with_old_runs().await;
        world.memory.state().calls_left = Some(calls);
        let result = prune(&world, 1).await;
        world.memory.state().calls_left = None;
        let made: BTreeSet<_> = world.memory.state().runs.values().filter_map(|run| run.version()).collect();
        assert!(registered(&world).iter().all(|number| made.iter().any(|made| made.get() == *number)), "{calls} calls");
        prune(&world, 1).await.unwrap();
        assert_eq!((runs(&world), registered(&world)), (runs(&expected), registered(&expected)), "after {calls} calls");
        if result.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn objects_without_a_record_are_deleted_unless_an_attempt_is_under_way() {
    let world = with_versions().await;
    let key = VersionNumber::new(9).unwrap().object_key(&"iris".parse().unwrap(), "model.onnx");
    world.memory.state().objects.insert(key, b"left".to_vec());
    let mut running = world.memory.state().runs.values().next().unwrap().clone();
    running.state = evergreen_lifecycle::RunState::Running;
    running.id = "manual-running".parse().unwrap();
    world.memory.state().runs.insert(running.id.clone(), running.clone());
    assert_eq!(prune(&world, 9).await.unwrap().cleaned, []);
    // The attempt was stopped.
    world.memory.state().runs.remove(&running.id);
    assert_eq!(numbers(&prune(&world, 9).await.unwrap().cleaned), [9]);
    assert_eq!(stored(&world, "model.onnx"), registered(&world));
}

#[tokio::test]
async fn a_scheduled_training_deletes_old_versions_if_the_stack_limits_them() {
    let scheduled = json!({"trigger": "schedule", "scheduled_time": "2026-11-24T03:00:00Z"});
    for (retention, expected) in
        [(None, 6), (Some(RetentionRule { keep: NonZeroU32::new(2).unwrap(), champion_days: 0 }), 4)]
    {
        let mut world = with_versions().await;
        world.training.retention = retention;
        world.invoke("f", scheduled.clone()).await.unwrap();
        assert_eq!(registered(&world).len(), expected, "{retention:?}");
    }
    let mut world = with_versions().await;
    world.training.retention = Some(RetentionRule { keep: NonZeroU32::MIN, champion_days: 0 });
    world.invoke("f", Value::Null).await.unwrap();
    assert_eq!(registered(&world).len(), 6, "a training by hand deletes nothing");
}
