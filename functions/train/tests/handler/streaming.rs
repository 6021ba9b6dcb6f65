//! Tests of trainings whose table is read as a stream.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use evergreen_lifecycle::{AuditedAction, EventKind, RunStatus, VerificationOutcome};
use evergreen_testkit::parquet;
use evergreen_train::{TrainReport, TrainResponse};
use serde_json::{Value, json};

use crate::support::TestWorld;

const ROWS: usize = 2_000;

/// Returns a Parquet file of flowers whose variety depends on two of three columns.
fn flowers() -> Vec<u8> {
    let number = |step: usize| (0..ROWS).map(move |row| (row * step % 1_009) as f64);
    let variety = |row: usize| if (row * 37 % 1_009) + (row * 53 % 1_009) > 1_009 { "tall" } else { "short" };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("a", Arc::new(Float64Array::from_iter_values(number(37)))),
        ("b", Arc::new(Float64Array::from_iter_values(number(53)))),
        ("c", Arc::new(Float64Array::from_iter_values(number(71)))),
        ("variety", Arc::new(StringArray::from_iter_values((0..ROWS).map(variety)))),
    ];
    parquet(columns, Some(300))
}

fn world() -> TestWorld {
    TestWorld::with(&[
        ("t.parquet", &flowers()),
        ("dataset.toml", b"stream = true\ncandidates = 2\nfolds = 2\nfamilies = [\"gradient_boosting\"]\n"),
    ])
}

/// Returns an event that fixes the number of trees.
fn boosting() -> Value {
    json!({"id": "large", "hyperparameters": {"n_estimators": 30, "max_leaves": 8}})
}

/// Returns the event that the bus passes to the function after a pause.
fn continuation(world: &TestWorld) -> Value {
    assert_eq!(world.events().pop(), Some(EventKind::TrainingRequested));
    world.details().pop().unwrap()
}

fn assert_is_complete(world: &TestWorld, report: &TrainReport) {
    assert_eq!((report.status, world.champion_number()), (RunStatus::Succeeded, Some(1)), "{:?}", report.reason);
    let said = report.warnings.iter().find(|warning| warning.contains("read as a stream")).unwrap();
    assert!(said.contains("on a sample of 2000 of its 2000 rows; then gradient boosting was fitted to 16"), "{said}");
    let manifest = world.manifest(report);
    assert_eq!((manifest.profile.sample_rows, manifest.version.dataset.rows), (Some(ROWS), ROWS));
    assert_eq!(manifest.version.parameters["n_estimators"], json!(30));
    assert!(world.memory.state().checkpoints.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_table_that_is_read_as_a_stream_makes_a_version() {
    let world = world();
    let report = world.invoke("a", boosting()).await.unwrap();
    assert_is_complete(&world, &report);
    assert_eq!(world.run(&report).attempt, 1);
}

#[tokio::test(start_paused = true)]
async fn a_training_that_runs_out_of_time_goes_on_in_another_invocation() {
    let mut world = world();
    // The last five seconds of an invocation are reserved, so there is no time for a tree.
    world.seconds = 5;
    let report = world.invoke("a", boosting()).await.unwrap();
    assert_eq!((report.status, report.version), (RunStatus::Running, None));
    assert_eq!(world.memory.state().checkpoints.len(), 1);
    let actions: Vec<AuditedAction> = world.memory.state().audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditedAction::TrainingRequested]);
    world.seconds = 900;
    let event = continuation(&world);
    // A stranger who repeats the first event does not disturb the run.
    assert!(world.invoke("stranger", boosting()).await.unwrap().duplicate);
    let report = world.invoke("b", event.clone()).await.unwrap();
    assert_is_complete(&world, &report);
    assert_eq!((world.run(&report).attempt, report.run_id.as_str()), (2, "manual-large"));
    // The bus may deliver an event twice.
    assert!(world.invoke("c", event).await.unwrap().duplicate);
    let error = world.invoke("d", json!({"continue": "manual-other"})).await.unwrap_err();
    assert_eq!(error.kind(), "NoCheckpoint");
    assert!(error.to_string().contains("manual-other has no checkpoint"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_training_that_makes_no_progress_fails_and_leaves_the_champion() {
    let mut world = world();
    world.seconds = 5;
    for invocation in ["a", "b", "c"] {
        let event = if invocation == "a" { boosting() } else { continuation(&world) };
        assert_eq!(world.invoke(invocation, event).await.unwrap().status, RunStatus::Running);
    }
    let event = continuation(&world);
    let reason = world.assert_fails("d", event, "LearningFailed").await;
    assert!(reason.contains("no time to grow a tree"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_training_goes_on_from_its_checkpoint_when_lambda_repeats_the_event() {
    let mut world = world();
    world.seconds = 5;
    world.invoke("a", boosting()).await.unwrap();
    world.seconds = 900;
    let report = world.invoke("a", boosting()).await.unwrap();
    assert_is_complete(&world, &report);
    assert_eq!(world.run(&report).attempt, 2);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_does_not_fit_is_read_as_a_stream_if_it_is_parquet() {
    let world = TestWorld::with(&[("t.csv", b"a,variety\n1,x\n"), ("dataset.toml", b"stream = true\n")]);
    let reason = world.assert_fails("a", boosting(), "InvalidTable").await;
    assert!(reason.contains("must be in Parquet files"), "{reason}");
    let families = b"stream = true\nfamilies = [\"random_forest\"]\n";
    let world = TestWorld::with(&[("t.parquet", &flowers()), ("dataset.toml", families)]);
    let reason = world.assert_fails("a", json!({}), "InvalidHyperparameters").await;
    assert!(reason.contains("only gradient_boosting can be trained on it"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_streamed_version_cannot_be_verified_and_the_reason_is_said() {
    let world = world();
    world.invoke("a", boosting()).await.unwrap();
    let TrainResponse::Verification(verified) = world.handle("v", json!({"verify": 1})).await.unwrap() else {
        panic!("expected a verification");
    };
    assert_eq!(verified.outcome, VerificationOutcome::NotPossible);
    assert!(verified.differences[0].contains("read as a stream"), "{:?}", verified.differences);
}
