//! Tests of a registry that is rebuilt from the bucket alone.

use std::collections::BTreeMap;

use evergreen_lifecycle::journal::RecordKind;
use evergreen_lifecycle::{AuditedAction, Champion, Run, RunId, Version, VersionNumber};
use evergreen_testkit::moment;
use evergreen_train::{RebuildReport, TrainResponse};
use serde_json::{Value, json};

use crate::support::{TestWorld, quick, stump};

/// What a test compares: runs, versions, champions, the copy of the artifact, and the counter.
type Registry = (BTreeMap<RunId, Run>, BTreeMap<VersionNumber, Version>, Vec<Champion>, Option<Vec<u8>>, u32);

fn registry(world: &TestWorld) -> Registry {
    let state = world.memory.state();
    let (runs, versions, champions) = (state.runs.clone(), state.versions.clone(), state.champions.clone());
    (runs, versions, champions, state.copy.clone(), state.last_number)
}

fn lose_everything(world: &TestWorld) {
    let mut state = world.memory.state();
    state.runs.clear();
    state.versions.clear();
    state.champions.clear();
    (state.copy, state.last_number) = (None, 0);
    state.outbox.clear();
    state.changes.clear();
}

async fn rebuild(world: &TestWorld) -> RebuildReport {
    match world.handle("rebuild", json!({"rebuild": true})).await.unwrap() {
        TrainResponse::Rebuild(report) => report,
        other => panic!("expected a rebuild, got {other:?}"),
    }
}

/// A model with a promoted, a refused and a failed run, and a promotion by hand.
async fn with_a_history() -> TestWorld {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", Value::Null).await.unwrap();
    world.invoke("c", stump()).await.unwrap();
    world.invoke("d", json!({"family": "forest"})).await.unwrap_err();
    world.promote(1).await.unwrap();
    world
}

#[tokio::test]
async fn a_lost_registry_is_rebuilt_record_by_record() {
    let world = with_a_history().await;
    let before = registry(&world);
    lose_everything(&world);
    let report = rebuild(&world).await;
    assert_eq!(registry(&world), before);
    let expected = [(RecordKind::Run, 4), (RecordKind::Version, 3), (RecordKind::Champion, 3)].into();
    assert_eq!((report.restored, report.unreadable, report.skipped), (expected, 0, Vec::new()));
    assert_eq!(report.champion.map(VersionNumber::get), Some(1));
}

/// Without any record of a champion, promotions are counted from 1 again. The journal still has the higher numbers of before.
#[tokio::test]
async fn after_the_history_of_champions_was_lost_the_newest_champion_is_rebuilt() {
    let world = with_a_history().await;
    world.memory.state().champions.clear();
    world.clock.set(moment("2026-11-25T03:00:00Z"));
    world.invoke("e", quick()).await.unwrap();
    let before = registry(&world);
    assert_eq!(
        before.2.iter().map(|champion| (champion.revision, champion.version.number.get())).collect::<Vec<_>>(),
        [(1, 4)]
    );
    lose_everything(&world);
    let report = rebuild(&world).await;
    assert_eq!(report.champion.map(VersionNumber::get), Some(4));
    assert_eq!(registry(&world), before);
    assert!(rebuild(&world).await.restored.is_empty());
}

#[tokio::test]
async fn a_rebuild_of_a_whole_registry_changes_nothing() {
    let world = with_a_history().await;
    let before = registry(&world);
    let report = rebuild(&world).await;
    assert_eq!((registry(&world), report.restored.len()), (before, 0));
}

#[tokio::test]
async fn a_damaged_registry_gets_only_what_it_lacks() {
    let world = with_a_history().await;
    let before = registry(&world);
    world.memory.state().versions.remove(&VersionNumber::FIRST);
    let report = rebuild(&world).await;
    assert_eq!((registry(&world), report.restored), (before, [(RecordKind::Version, 1)].into()));
}

#[tokio::test]
async fn versions_of_earlier_releases_are_rebuilt_from_their_manifests() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", stump()).await.unwrap();
    let (_, versions, champions, copy, _) = registry(&world);
    lose_everything(&world);
    world.memory.state().journal.clear();
    rebuild(&world).await;
    let (runs, rebuilt, history, rebuilt_copy, last_number) = registry(&world);
    assert_eq!((rebuilt, history, rebuilt_copy, last_number), (versions, champions, copy, 2));
    assert_eq!(runs.values().filter_map(Run::version).map(VersionNumber::get).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_version_that_was_never_registered_stays_unregistered() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", quick()).await.unwrap();
    // As if the second attempt had been stopped after it stored the manifest: nothing in the journal names its version.
    let names_the_second = |content: &Vec<u8>| String::from_utf8_lossy(content).contains("VERSION#00000002");
    world.memory.state().journal.retain(|_, content| !names_the_second(content));
    lose_everything(&world);
    let report = rebuild(&world).await;
    assert_eq!(report.skipped.into_iter().map(VersionNumber::get).collect::<Vec<_>>(), [2]);
    let (_, versions, _, _, last_number) = registry(&world);
    // Its number is not used again all the same.
    assert_eq!((versions.len(), last_number), (1, 2));
}

#[tokio::test]
async fn an_unreadable_file_is_named_and_the_others_are_used() {
    let world = with_a_history().await;
    lose_everything(&world);
    let damaged = world.memory.state().journal.keys().next_back().unwrap().clone();
    world.memory.state().journal.insert(damaged.clone(), b"{".to_vec());
    let report = rebuild(&world).await;
    assert_eq!((report.unreadable, report.unreadable_keys), (1, vec![damaged]));
    assert!(!registry(&world).1.is_empty());
}

#[tokio::test]
async fn an_event_waits_until_its_records_are_in_the_journal() {
    let world = TestWorld::new();
    world.memory.take_away("journal");
    world.invoke("a", quick()).await.unwrap();
    assert_eq!((world.events().len(), world.memory.state().journal.len()), (0, 0));
    world.memory.bring_back("journal");
    world.clock.set(moment("2026-11-24T03:02:30Z"));
    world.promote(1).await.unwrap();
    assert_eq!((world.events().len(), world.memory.state().journal.len()), (2, 1));
}

#[tokio::test]
async fn the_audit_trail_says_what_a_rebuild_restored_and_who_asked_for_it() {
    let world = with_a_history().await;
    lose_everything(&world);
    world.handle("rebuild", json!({"rebuild": true, "id": "request-7"})).await.unwrap();
    let entry = world.memory.state().audit.last().cloned().unwrap();
    assert_eq!(entry.action, AuditedAction::RegistryRebuilt);
    assert_eq!(entry.details["request"], "request-7");
    assert_eq!(entry.details["restored"], "4 runs, 3 versions, 3 promotions");
    assert_eq!((entry.details["champion"].as_str(), entry.details.contains_key("unreadable")), ("1", false));
    assert!(world.details().iter().any(|told| told["action"] == "registry_rebuilt"));
}

#[tokio::test]
async fn a_champion_whose_artifact_is_damaged_does_not_serve_after_a_rebuild() {
    let world = with_a_history().await;
    lose_everything(&world);
    let key = "models/iris/00000001/model.onnx".to_owned();
    world.memory.state().objects.insert(key.clone(), b"other".to_vec());
    let report = rebuild(&world).await;
    assert_eq!((report.unreadable_keys, world.memory.state().copy.clone()), (vec![key], None));
}

#[tokio::test]
async fn a_version_whose_files_have_expired_is_not_restored() {
    let world = with_a_history().await;
    lose_everything(&world);
    // The refused version is the third one. The bucket's rule deleted its files.
    world.memory.state().objects.retain(|key, _| !key.contains("/00000003/"));
    let report = rebuild(&world).await;
    assert_eq!(report.skipped.into_iter().map(VersionNumber::get).collect::<Vec<_>>(), [3]);
    assert_eq!((registry(&world).1.len(), registry(&world).0.len(), registry(&world).4), (2, 3, 3));
}
