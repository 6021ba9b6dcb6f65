//! Tests of registry records that a newer release wrote before a rollback.

use evergreen_lifecycle::{Pointer, RunStatus, Unreadable, Verdict};
use serde_json::{Value, json};

use crate::support::TestWorld;

/// Replaces the champion's registry record by a changed one, which a newer release of the software might write.
fn rewrite_pointer(world: &TestWorld, change: impl Fn(&mut Value)) {
    let mut state = world.memory.state();
    let mut fields = serde_json::to_value(state.champions.last().unwrap()).unwrap();
    change(&mut fields);
    state.pointer = Some(Some(Pointer::in_part(Unreadable::new("CHAMPION", "unknown variant", fields))));
}

fn with_unknown_enums(fields: &mut Value) {
    fields["version"]["family"] = "oracle".into();
    fields["version"]["decision"]["verdict"] = "chosen_by_lot".into();
    fields["version"]["evaluation"] = json!({"ranking": 0.9});
}

#[tokio::test]
async fn a_challenger_is_judged_against_a_champion_whose_record_can_be_read_in_part() {
    let world = TestWorld::new();
    world.invoke("a", Value::Null).await.unwrap();
    rewrite_pointer(&world, with_unknown_enums);
    let report = world.invoke("b", Value::Null).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    let state = world.memory.state();
    let decision = &state.versions[&report.version.unwrap()].decision;
    assert_eq!((decision.verdict, decision.champion_version.map(|number| number.get())), (Verdict::NotWorse, Some(1)));
    let champion = state.champions.last().unwrap();
    assert_eq!((champion.revision, champion.previous.map(|number| number.get())), (2, Some(1)));
}

#[tokio::test]
async fn a_champion_with_an_unreadable_data_set_is_not_compared() {
    let world = TestWorld::new();
    world.invoke("a", Value::Null).await.unwrap();
    rewrite_pointer(&world, |fields| fields["version"]["dataset"]["task"] = "ranking".into());
    let report = world.invoke("b", Value::Null).await.unwrap();
    let decision = world.memory.state().versions[&report.version.unwrap()].decision.clone();
    assert_eq!(decision.verdict, Verdict::ChampionIncomparable);
}

#[tokio::test]
async fn a_pointer_without_an_artifact_fails_the_run_with_advice() {
    let world = TestWorld::new();
    world.invoke("a", Value::Null).await.unwrap();
    rewrite_pointer(&world, |fields| fields["version"]["artifact"] = "elsewhere".into());
    let error = world.invoke("b", Value::Null).await.unwrap_err();
    assert_eq!(error.kind(), "UnreadableRecord");
    let failed = world.memory.state().runs.values().find(|run| run.invocation == "b").cloned().unwrap();
    assert_eq!(failed.retry_until(), None, "no retry of the platform's mends it");
    insta::assert_snapshot!(error, @"this release cannot read the record CHAMPION: unknown variant; deploy the release that wrote it, or a newer one");
}

#[tokio::test]
async fn an_earlier_version_is_promoted_over_a_partly_readable_pointer() {
    let world = TestWorld::new();
    world.invoke("a", Value::Null).await.unwrap();
    world.invoke("b", Value::Null).await.unwrap();
    rewrite_pointer(&world, with_unknown_enums);
    let promoted = world.promote(1).await.unwrap();
    assert_eq!((promoted.promoted.get(), promoted.replaced.map(|number| number.get())), (1, Some(2)));
    assert_eq!((promoted.revision, world.champion_number()), (3, Some(1)));
}

#[tokio::test]
async fn a_run_that_a_newer_release_left_is_not_continued() {
    let world = TestWorld::new();
    let fields = json!({"id": "manual-left", "status": "PAUSED", "started_at": "2026-11-24T02:00:00.000Z"});
    world.memory.state().unreadable_runs.push(Unreadable::new("RUN#manual-left", "unknown variant `PAUSED`", fields));
    let error = world.invoke("a", json!({"id": "left"})).await.unwrap_err();
    assert_eq!(error.kind(), "UnreadableRecord");
    assert!(world.invoke("b", Value::Null).await.is_ok(), "other runs are not affected");
}
