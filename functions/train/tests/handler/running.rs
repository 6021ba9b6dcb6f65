//! Tests of a run, from the event to the version.

use evergreen_lifecycle::{Baseline, EventKind, Label, Manifest, RunStatus, Verdict};
use evergreen_scoring::Model;
use evergreen_testkit::{finished_run, moment, version};
use serde_json::{Value, json};

use crate::support::{TestWorld, sample, stump};

#[tokio::test]
async fn the_first_scheduled_run_makes_the_champion() {
    let world = TestWorld::new();
    let report = world.invoke("a", sample("train-schedule")).await.unwrap();
    assert_eq!((report.status, report.duplicate), (RunStatus::Succeeded, false));
    assert!(report.metrics.unwrap().headline() >= 0.9, "{report:?}");
    assert_eq!(world.champion_number(), Some(1));
    assert_eq!(world.events(), [EventKind::TrainingSucceeded, EventKind::ModelPromoted]);
}

#[tokio::test]
async fn artifact_and_manifest_are_stored_before_the_pointer_names_them() {
    let world = TestWorld::new();
    world.invoke("a", json!({"note": "first"})).await.unwrap();
    let state = world.memory.state();
    let champion = state.champions.last().unwrap();
    let artifact = &state.objects[&champion.version.artifact.key];
    assert_eq!(evergreen_lifecycle::digest::sha256_hex(artifact), champion.version.artifact.sha256);
    let manifest: Manifest = serde_json::from_slice(&state.objects[&champion.version.manifest_key]).unwrap();
    assert_eq!(manifest.version, champion.version);
    assert_eq!(manifest.version.decision.verdict, Verdict::FirstChampion);
    assert_eq!(manifest.signature.labels(), ["setosa", "versicolor", "virginica"].map(Label::from));
    let Some(Baseline::Classification { shares, log_loss, .. }) = manifest.baseline else { panic!("Iris has classes") };
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && (log_loss - 3.0_f64.ln()).abs() < 0.05, "{log_loss}");
    let model = Model::load_registered(artifact, &champion.version.artifact, &"iris".parse().unwrap()).unwrap();
    let lineage = model.metadata().lineage.as_ref().unwrap();
    assert_eq!((&lineage.code_version, lineage.seed), (&manifest.version.code_version, manifest.version.seed));
    assert_eq!((&lineage.dataset, lineage.family), (&manifest.version.dataset.fingerprint, manifest.version.family));
    assert_eq!(lineage.parameters, manifest.version.parameters);
    let total: f64 = manifest.feature_importances.values().sum();
    assert!((total - 1.0).abs() < 1e-6, "{total}");
}

#[tokio::test]
async fn the_same_event_twice_makes_one_version() {
    let world = TestWorld::new();
    let event = json!({"trigger": "schedule", "scheduled_time": "2026-11-24T03:00:00Z"});
    let first = world.invoke("a", event.clone()).await.unwrap();
    let second = world.invoke("b", event).await.unwrap();
    assert_eq!((first.version, first.duplicate), (second.version, false));
    assert!(second.duplicate);
    assert_eq!(world.memory.state().versions.len(), 1);
}

#[tokio::test]
async fn a_worse_version_is_kept_and_says_why_it_is_not_promoted() {
    let world = TestWorld::new();
    world.invoke("a", Value::Null).await.unwrap();
    let report = world.invoke("b", stump()).await.unwrap();
    assert_eq!(report.status, RunStatus::Rejected);
    assert!(report.reason.unwrap().contains("below the floor 0.9000"));
    assert_eq!((world.champion_number(), world.memory.state().versions.len()), (Some(1), 2));
    assert_eq!(world.events().last(), Some(&EventKind::ModelRejected));
}

#[tokio::test]
async fn a_challenger_is_judged_against_a_champion_that_appears_meanwhile() {
    let world = TestWorld::new();
    let rival = evergreen_testkit::champion(version(7, 1.0, moment("2026-11-24T03:00:04Z")));
    world.memory.state().rival = Some(rival);
    let report = world.invoke("a", Value::Null).await.unwrap();
    let state = world.memory.state();
    let decision = &state.versions[&report.version.unwrap()].decision;
    assert_eq!(decision.champion_version.map(|number| number.get()), Some(7));
    assert_eq!(state.champions.last().unwrap().revision, 2);
}

#[tokio::test]
async fn a_damaged_champion_is_replaced() {
    let world = TestWorld::new();
    world.invoke("a", Value::Null).await.unwrap();
    for content in world.memory.state().objects.values_mut() {
        content.reverse();
    }
    let report = world.invoke("b", Value::Null).await.unwrap();
    let decision = world.memory.state().versions[&report.version.unwrap()].decision.clone();
    assert_eq!(decision.verdict, Verdict::ChampionUnreadable);
    assert_eq!(world.champion_number(), Some(2));
}

#[tokio::test]
async fn a_failed_run_is_retried_under_its_own_id() {
    let world = TestWorld::new();
    world.memory.take_away("artifacts");
    world.invoke("a", json!({"id": "again"})).await.unwrap_err();
    world.memory.bring_back("artifacts");
    let report = world.invoke("a", json!({"id": "again"})).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    let state = world.memory.state();
    assert_eq!(state.runs.values().map(|run| run.attempt).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn an_unreachable_bus_does_not_undo_a_version() {
    let world = TestWorld::new();
    world.memory.take_away("bus");
    let report = world.invoke("a", Value::Null).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_second_delivery_does_not_disturb_a_running_attempt() {
    let world = TestWorld::new();
    let running = evergreen_testkit::run("busy", moment("2026-11-24T03:00:00Z"));
    world.memory.state().runs.insert(running.id.clone(), running);
    let report = world.invoke("b", json!({"id": "busy"})).await.unwrap();
    assert_eq!((report.status, report.duplicate), (RunStatus::Running, true));
    assert!(world.memory.state().versions.is_empty());
}

#[tokio::test]
async fn the_report_says_what_a_caller_needs() {
    let world = TestWorld::new();
    let done = version(3, 0.95, moment("2026-11-24T02:00:00Z"));
    let run = finished_run("done", moment("2026-11-24T02:00:00Z"), &done);
    world.memory.state().versions.insert(done.number, done);
    world.memory.state().runs.insert(run.id.clone(), run);
    let report = world.invoke("b", json!({"id": "done"})).await.unwrap();
    insta::assert_json_snapshot!(report, @r#"
    {
      "run_id": "manual-done",
      "status": "SUCCEEDED",
      "version": 3,
      "reason": "hold-out accuracy 0.9500; there was no champion",
      "family": "random_forest",
      "metrics": {
        "training_accuracy": 1.0,
        "accuracy": 0.95,
        "balanced_accuracy": 0.95,
        "f1": 0.95,
        "log_loss": 0.2,
        "roc_auc": 0.95,
        "duration": 0.5
      },
      "search": null,
      "warnings": [],
      "duplicate": true
    }
    "#);
}

#[tokio::test]
async fn a_run_is_dated_after_the_run_before_it_though_the_clock_is_behind() {
    let world = TestWorld::new();
    let first = world.invoke("a", Value::Null).await.unwrap();
    let began = world.run(&first).started_at;
    world.clock.set(moment("2026-11-23T05:00:00Z"));
    world.memory.take_away("artifacts");
    world.invoke("b", json!({"id": "behind"})).await.unwrap_err();
    let state = world.memory.state();
    let behind = state.runs.values().find(|run| run.id.as_str() == "manual-behind").unwrap();
    assert!(behind.started_at > began, "{} is not after {began}", behind.started_at);
}
