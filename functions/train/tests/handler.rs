//! The handler over the events that it gets, with the ports in memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use evergreen_lifecycle::{Champion, EventKind, Gate, Manifest, RunState, RunStatus, Verdict};
use evergreen_testkit::{FixedClock, Memory, finished_run, moment, version};
use evergreen_train::{Answer, Invocation, Promoted, Report, TrainError, Trainer, Training};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A stump: whatever it learns, it tells two of three species apart at best.
fn stump() -> Value {
    json!({"hyperparameters": {"n_estimators": 1, "max_depth": 1}})
}

struct World {
    memory: Memory,
    clock: FixedClock,
    training: Training,
}

impl World {
    fn new() -> Self {
        Self {
            memory: Memory::default(),
            clock: FixedClock::at(moment("2026-11-24T03:00:05Z")),
            training: Training {
                model: "iris".parse().unwrap(),
                target: "variety".into(),
                gate: Gate::new(0.9, 0.04).unwrap(),
                code_version: "test".into(),
            },
        }
    }

    async fn invoke(&self, invocation: &str, event: Value) -> Result<Report, TrainError> {
        match self.handle(invocation, event).await? {
            Answer::Run(report) => Ok(report),
            Answer::Promotion(promoted) => panic!("expected a run, got {promoted:?}"),
        }
    }

    async fn promote(&self, number: u32) -> Result<Promoted, TrainError> {
        match self.handle("promotion", json!({"promote": number, "note": "the new one drifts"})).await? {
            Answer::Promotion(promoted) => Ok(promoted),
            Answer::Run(report) => panic!("expected a promotion, got {report:?}"),
        }
    }

    async fn handle(&self, invocation: &str, event: Value) -> Result<Answer, TrainError> {
        let deadline = evergreen_lifecycle::ports::Clock::now(&self.clock) + SignedDuration::from_mins(15);
        let (memory, clock, training) = (&self.memory, &self.clock, &self.training);
        let trainer = Trainer { registry: memory, storage: memory, bus: memory, clock, training };
        trainer.handle(event, &Invocation { id: invocation.into(), deadline }).await
    }

    fn events(&self) -> Vec<EventKind> {
        self.memory.state().events.iter().map(|event| event.kind).collect()
    }

    fn champion_number(&self) -> Option<u32> {
        self.memory.state().champions.last().map(|champion| champion.version.number.get())
    }
}

fn sample(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn the_first_scheduled_run_makes_the_champion() {
    let world = World::new();
    let report = world.invoke("a", sample("train-schedule")).await.unwrap();
    assert_eq!((report.status, report.duplicate), (RunStatus::Succeeded, false));
    assert!(report.metrics.unwrap().accuracy >= 0.9, "{report:?}");
    assert_eq!(world.champion_number(), Some(1));
    assert_eq!(world.events(), [EventKind::TrainingSucceeded, EventKind::ModelPromoted]);
}

#[tokio::test]
async fn artifact_and_manifest_are_stored_before_the_pointer_names_them() {
    let world = World::new();
    world.invoke("a", json!({"note": "first"})).await.unwrap();
    let state = world.memory.state();
    let champion = state.champions.last().unwrap();
    let artifact = &state.objects[&champion.version.artifact.key];
    assert_eq!(evergreen_scoring::sha256_hex(artifact), champion.version.artifact.sha256);
    let manifest: Manifest = serde_json::from_slice(&state.objects[&champion.version.manifest_key]).unwrap();
    assert_eq!(manifest.version, champion.version);
    assert_eq!(manifest.version.decision.verdict, Verdict::FirstChampion);
    assert_eq!(manifest.signature.labels(), ["setosa", "versicolor", "virginica"]);
    let total: f64 = manifest.feature_importances.values().sum();
    assert!((total - 1.0).abs() < 1e-6, "{total}");
}

#[tokio::test]
async fn the_same_event_twice_makes_one_version() {
    let world = World::new();
    let event = json!({"trigger": "schedule", "scheduled_time": "2026-11-24T03:00:00Z"});
    let first = world.invoke("a", event.clone()).await.unwrap();
    let second = world.invoke("b", event).await.unwrap();
    assert_eq!((first.version, first.duplicate), (second.version, false));
    assert!(second.duplicate);
    assert_eq!(world.memory.state().versions.len(), 1);
}

#[tokio::test]
async fn a_worse_version_is_kept_and_says_why_it_does_not_serve() {
    let world = World::new();
    world.invoke("a", Value::Null).await.unwrap();
    let report = world.invoke("b", stump()).await.unwrap();
    assert_eq!(report.status, RunStatus::Rejected);
    assert!(report.reason.unwrap().contains("below the floor 0.9000"));
    assert_eq!((world.champion_number(), world.memory.state().versions.len()), (Some(1), 2));
    assert_eq!(world.events().last(), Some(&EventKind::ModelRejected));
}

#[tokio::test]
async fn a_champion_that_appears_meanwhile_is_judged_against() {
    let world = World::new();
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
    let world = World::new();
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
async fn a_champion_of_other_columns_is_replaced_and_one_of_another_order_is_scored() {
    let world = World::new();
    world.invoke("a", Value::Null).await.unwrap();
    let decision = async |name: &str, columns: [usize; 4]| {
        world.memory.state().dataset = Some(("datasets/iris.csv".into(), reordered_iris(&columns)));
        let report = world.invoke(name, Value::Null).await.unwrap();
        world.memory.state().versions[&report.version.unwrap()].decision.clone()
    };
    assert_eq!(decision("b", [3, 1, 0, 2]).await.verdict, Verdict::NotWorse);
    assert_eq!(decision("c", [3, 2, 2, 2]).await.verdict, Verdict::ChampionIncomparable);
}

/// Iris with its columns in the order given; a column named again gets a new name.
fn reordered_iris(columns: &[usize]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (row, line) in evergreen_learning::IRIS_CSV.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let picked = columns.iter().enumerate().map(|(position, column)| {
            let again = row == 0 && columns[..position].contains(column);
            if again { format!("{} {position}", cells[*column]) } else { cells[*column].to_owned() }
        });
        let mut cells_out: Vec<String> = picked.collect();
        cells_out.push(cells[4].to_owned());
        lines.push(cells_out.join(","));
    }
    lines.join("\n").into_bytes()
}

#[tokio::test]
async fn a_table_that_cannot_be_learnt_from_fails_the_run_and_leaves_the_champion() {
    let world = World::new();
    world.invoke("a", Value::Null).await.unwrap();
    world.memory.state().dataset = Some(("datasets/iris.csv".into(), b"a,b\n1,x\n".to_vec()));
    let error = world.invoke("b", Value::Null).await.unwrap_err();
    assert_eq!(error.kind(), "InvalidTable");
    let state = world.memory.state();
    let run = state.runs.values().find(|run| matches!(run.state, RunState::Failed { .. })).unwrap();
    let RunState::Failed { reason, .. } = &run.state else { unreachable!("found by its state") };
    assert!(reason.contains("datasets/iris.csv") && reason.contains("variety"), "{reason}");
    assert_eq!(state.champions.len(), 1);
    assert_eq!(state.events.last().map(|event| event.kind), Some(EventKind::TrainingFailed));
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_on_record() {
    let world = World::new();
    for event in [json!({"sead": 1}), json!({"hyperparameters": {"n_estimators": 0}})] {
        let invocation = event.to_string().len().to_string();
        world.invoke(&invocation, event).await.unwrap_err();
    }
    let state = world.memory.state();
    assert_eq!(state.runs.len(), 2);
    assert!(state.runs.values().all(|run| matches!(run.state, RunState::Failed { .. })));
}

#[tokio::test]
async fn a_failed_run_is_tried_again_under_its_own_name() {
    let world = World::new();
    world.memory.take_away("artifacts");
    world.invoke("a", json!({"id": "again"})).await.unwrap_err();
    world.memory.bring_back("artifacts");
    let report = world.invoke("a", json!({"id": "again"})).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    let state = world.memory.state();
    assert_eq!(state.runs.values().map(|run| run.attempt).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_bus_that_is_away_does_not_undo_a_version() {
    let world = World::new();
    world.memory.take_away("bus");
    let report = world.invoke("a", Value::Null).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_second_delivery_leaves_a_run_that_is_at_work_alone() {
    let world = World::new();
    let running = evergreen_testkit::run("busy", moment("2026-11-24T03:00:00Z"));
    world.memory.state().runs.insert(running.id.clone(), running);
    let report = world.invoke("b", json!({"id": "busy"})).await.unwrap();
    assert_eq!((report.status, report.duplicate), (RunStatus::Running, true));
    assert!(world.memory.state().versions.is_empty());
}

#[tokio::test]
async fn an_earlier_version_serves_again_when_somebody_says_so() {
    let world = World::new();
    world.invoke("a", Value::Null).await.unwrap();
    world.invoke("b", Value::Null).await.unwrap();
    let promoted = world.promote(1).await.unwrap();
    assert_eq!((promoted.revision, promoted.replaced.map(|number| number.get())), (3, Some(2)));
    assert_eq!(world.champion_number(), Some(1));
    assert!(world.memory.state().events.last().unwrap().reason.contains("the new one drifts"));
    assert!(world.promote(1).await.unwrap().duplicate);
    assert_eq!(world.memory.state().champions.len(), 3);
}

#[tokio::test]
async fn a_version_that_could_not_serve_is_not_promoted() {
    let world = World::new();
    world.invoke("a", Value::Null).await.unwrap();
    world.invoke("b", Value::Null).await.unwrap();
    assert_eq!(world.promote(9).await.unwrap_err().to_string(), "version 9 is not registered");
    world.memory.state().objects.remove("models/iris/00000001/model.onnx");
    let error = world.promote(1).await.unwrap_err();
    assert_eq!(error.to_string(), "version 1 cannot serve: its artifact is not there");
    assert_eq!(world.champion_number(), Some(2));
}

#[tokio::test]
async fn a_promotion_that_another_one_overtakes_is_done_over_it() {
    let world = World::new();
    world.invoke("a", Value::Null).await.unwrap();
    world.invoke("b", Value::Null).await.unwrap();
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

#[tokio::test]
async fn the_report_says_what_a_caller_needs() {
    let world = World::new();
    let done = version(3, 0.95, moment("2026-11-24T02:00:00Z"));
    let run = finished_run("done", moment("2026-11-24T02:00:00Z"), &done);
    world.memory.state().runs.insert(run.id.clone(), run);
    let report = world.invoke("b", json!({"id": "done"})).await.unwrap();
    insta::assert_json_snapshot!(report, @r#"
    {
      "run_id": "manual-done",
      "status": "SUCCEEDED",
      "version": 3,
      "reason": "hold-out accuracy 0.9500; there was no champion",
      "metrics": {
        "training_accuracy": 1.0,
        "accuracy": 0.95,
        "balanced_accuracy": 0.95,
        "f1": 0.95,
        "log_loss": 0.2,
        "roc_auc": 0.95,
        "duration": 0.5
      },
      "duplicate": true
    }
    "#);
}
