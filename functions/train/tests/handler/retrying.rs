//! Tests of retries: a short outage costs seconds, not a whole training. Permanent failures are not retried.

use evergreen_lifecycle::{RunState, RunStatus};
use evergreen_testkit::Memory;
use serde_json::json;

use crate::support::{TestWorld, quick};

fn attempts(memory: &Memory) -> Vec<u32> {
    memory.state().runs.values().map(|run| run.attempt).collect()
}

#[tokio::test(start_paused = true)]
async fn a_table_throttled_for_a_while_does_not_repeat_the_fit() {
    for operation in ["open", "take_number", "create", "register"] {
        let world = TestWorld::new();
        world.memory.state().busy.insert(operation, 12);
        let report = world.invoke("a", quick()).await.unwrap();
        assert_eq!((report.status, report.version.map(|number| number.get())), (RunStatus::Succeeded, Some(1)));
        assert_eq!((attempts(&world.memory), world.memory.state().last_number), (vec![1], 1), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_manifest_that_is_written_again_may_meet_a_busy_store() {
    let world = TestWorld::new();
    world.memory.state().rival = Some(evergreen_testkit::champion(evergreen_testkit::version(
        7,
        0.5,
        evergreen_testkit::moment("2026-11-24T03:00:04Z"),
    )));
    world.memory.state().busy.insert("replace", 5);
    world.memory.state().unheard.insert("replace", 1);
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!(world.manifest(&report).version.decision.champion_version.map(|number| number.get()), Some(7));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_stays_busy_fails_the_run_with_its_own_error_and_before_the_invocation_ends() {
    let world = TestWorld::new();
    world.memory.state().busy.insert("register", u32::MAX);
    let begun = tokio::time::Instant::now();
    let reason = world.assert_fails("a", quick(), "Unavailable").await;
    assert_eq!(reason, "the memory failed: it is busy");
    assert!((600..900).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert!(world.memory.state().runs.values().all(|run| run.retry_until().is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_recorded_while_the_table_is_throttled_for_a_while() {
    let world = TestWorld::with(&[("t.csv", b"a,variety\n")]);
    world.memory.state().busy.insert("fail", 12);
    world.assert_fails("a", quick(), "InvalidTable").await;
}

#[tokio::test(start_paused = true)]
async fn a_registration_with_a_lost_answer_happens_once() {
    let world = TestWorld::new();
    world.memory.state().unheard.insert("register", 1);
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded);
    let state = world.memory.state();
    assert_eq!((state.champions.len(), state.versions.len(), state.events.len()), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_registration_whose_answer_does_not_come_in_time_is_still_a_success() {
    let world = TestWorld::new();
    // The answer to the registration is lost. Every later try finds a busy registry until the invocation ends.
    world.memory.state().unheard.insert("register", 1);
    world.memory.state().busy_after_unheard = Some(("register", u32::MAX));
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!((report.status, report.duplicate), (RunStatus::Succeeded, false));
    assert_eq!(world.champion_number(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_promotion_with_a_lost_answer_is_not_repeated() {
    let world = TestWorld::new();
    for invocation in ["a", "b"] {
        world.invoke(invocation, quick()).await.unwrap();
    }
    world.memory.state().busy.insert("promote", 8);
    world.memory.state().unheard.insert("promote", 1);
    let promoted = world.promote(1).await.unwrap();
    assert_eq!((promoted.revision, promoted.duplicate), (3, false));
    assert_eq!(world.memory.state().champions.len(), 3);
}

#[tokio::test]
async fn ten_trainings_at_once_all_make_a_version() {
    let world = TestWorld::new();
    let train = async |name: &str| world.invoke(name, json!({"id": name})).await.unwrap().status;
    let ends = tokio::join!(
        train("1"),
        train("2"),
        train("3"),
        train("4"),
        train("5"),
        train("6"),
        train("7"),
        train("8"),
        train("9"),
        train("10")
    );
    let ends: [RunStatus; 10] = ends.into();
    assert!(ends.iter().all(|end| matches!(end, RunStatus::Succeeded | RunStatus::Rejected)), "{ends:?}");
    let state = world.memory.state();
    assert_eq!((state.versions.len(), state.last_number, state.events.len()), (10, 10, 20));
    let revisions: Vec<_> = state.champions.iter().map(|champion| champion.revision).collect();
    assert_eq!(revisions, (1..=state.champions.len() as u32).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_final_failure_is_not_repeated_by_the_platforms_retry() {
    let world = TestWorld::with(&[("t.csv", b"a,variety\n")]);
    let first = world.assert_fails("a", quick(), "InvalidTable").await;
    let reads = world.memory.state().dataset_reads;
    for _ in 0..2 {
        let error = world.invoke("a", quick()).await.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), ("FailedBefore", first.clone()));
    }
    let state = world.memory.state();
    assert_eq!((state.dataset_reads, state.events.len()), (reads, 1));
    let runs: Vec<_> = state.runs.values().collect();
    assert!(matches!(runs.as_slice(), [run] if run.attempt == 1 && matches!(run.state, RunState::Failed { .. })));
}

#[tokio::test]
async fn sending_the_event_again_retries_the_run() {
    let world = TestWorld::with(&[("t.csv", b"a,variety\n")]);
    world.invoke("a", json!({"id": "again"})).await.unwrap_err();
    world.store(&[]);
    let report = world.invoke("b", json!({"id": "again"})).await.unwrap();
    assert_eq!((report.status, attempts(&world.memory)), (RunStatus::Succeeded, vec![2]));
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_is_not_read_three_times() {
    let world = TestWorld::new();
    let key = "incoming/iris/forest.onnx";
    world.memory.state().incoming.insert(key.into(), b"no model".to_vec());
    let event = json!({"import": key});
    world.assert_fails("a", event.clone(), "InvalidImport").await;
    world.memory.take_away("incoming");
    let error = world.invoke("a", event).await.unwrap_err();
    assert_eq!(error.kind(), "FailedBefore");
}

#[tokio::test]
async fn a_slow_import_is_not_retried_and_a_slow_training_is() {
    let mut world = TestWorld::new();
    world.seconds = 1;
    let key = "incoming/iris/forest.onnx";
    world.memory.state().incoming.insert(key.into(), b"no model".to_vec());
    for (event, is_retried) in [(json!({"import": key}), false), (quick(), true)] {
        let invocation = format!("retried-{is_retried}");
        world.assert_fails(&invocation, event, "OutOfTime").await;
        let state = world.memory.state();
        let run = state.runs.values().find(|run| run.invocation == invocation).unwrap();
        assert_eq!(run.retry_until().is_some(), is_retried, "{run:?}");
    }
}
