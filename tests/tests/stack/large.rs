//! Tests trainings whose table is read as a stream, in invocations that pause, and as a job outside Lambda.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray};
use evergreen_testkit::parquet;
use evergreen_tests::Stack;
use evergreen_tests::training::fresh_id;
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};
use tokio::process::Command;

/// The train program that the stack runs.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/local/build/TrainFunction/bootstrap");

const SETTINGS: &[u8] = b"target = \"size\"\nstream = true\nfloor = 0.7\ncandidates = 1\nfolds = 2\n";

/// Returns a Parquet file of `rows` plants, in row groups of 5,000.
fn plants(rows: usize) -> Vec<u8> {
    let number = |step: usize| (0..rows).map(move |row| (row * step % 10_007) as f64 / 100.0);
    let size = |row: usize| {
        let sum = row * 37 % 10_007 + row * 53 % 10_007 + row * 91 % 2_009;
        ["tiny", "small", "short", "middle", "tall", "giant"][(sum / 3_700).min(5)]
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("light", Arc::new(Float64Array::from_iter_values(number(37)))),
        ("water", Arc::new(Float64Array::from_iter_values(number(53)))),
        ("soil", Arc::new(Float64Array::from_iter_values(number(71)))),
        ("size", Arc::new(StringArray::from_iter_values((0..rows).map(size)))),
    ];
    parquet(columns, Some(5_000))
}

fn boosting(rounds: u32, leaves: u32) -> Value {
    json!({"id": fresh_id(), "hyperparameters": {"n_estimators": rounds, "max_leaves": leaves}})
}

async fn trains(stack: &Stack, run: &str) -> Value {
    until(&format!("run {run} to end"), seconds(300), async || {
        let run = stack.registry.run(run).await?;
        (run["status"] != "RUNNING").then_some(run)
    })
    .await
}

#[tokio::test]
async fn a_streamed_training_pauses_before_its_invocation_ends_and_goes_on_over_the_bus() {
    let stack = Stack::take().await;
    stack.train_good().await;
    stack.store_table(&[("dataset.toml", SETTINGS), ("plants.parquet", &plants(60_000))]).await;
    // Ten of fifteen seconds are for the training. It needs more, so it pauses.
    let train = &stack.functions.train;
    stack.functions.set_timeout(train, 15).await;
    let report = stack.train(boosting(400, 64)).await;
    assert_eq!((&report["status"], &report["version"]), (&json!("RUNNING"), &Value::Null), "{report}");
    let id = report["run_id"].as_str().expect("an id");
    let run = trains(&stack, id).await;
    stack.functions.set_timeout(train, 900).await;
    assert_eq!(run["status"], "SUCCEEDED", "{run}");
    assert!(run["attempt"].as_u64().is_some_and(|attempt| attempt > 1), "{run}");
    assert_eq!((&run["parameters"]["n_estimators"], &run["dataset"]["rows"]), (&json!(400), &json!(60_000)), "{run}");
    let warnings = run["warnings"].to_string();
    assert!(warnings.contains("read as a stream") && !warnings.contains("there was time for"), "{warnings}");
    assert!(stack.bucket.keys("checkpoints/").await.is_empty(), "the checkpoint is deleted");
    stack.until_model(&run["version"]).await;
    let answer = stack.api.predict(&json!({"light": 99.0, "water": 99.0, "soil": 1.0})).await.ok();
    assert_eq!(answer.body["labels"], json!(["giant"]), "{}", answer.text);
    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn the_train_program_runs_an_event_as_a_job() {
    let stack = Stack::take().await;
    stack.train_good().await;
    stack.store_table(&[("dataset.toml", SETTINGS), ("plants.parquet", &plants(5_000))]).await;
    let event = boosting(30, 16);
    let variables = stack.functions.variables(&stack.functions.train).await;
    let job = Command::new(PROGRAM).arg(event.to_string()).envs(variables).env("AWS_BATCH_JOB_ID", fresh_id()).output();
    let done = job.await.expect("the program starts");
    let log = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{log}");
    let answer = String::from_utf8_lossy(&done.stdout);
    let answer = answer.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok()).expect("JSON");
    assert_eq!(answer["status"], "SUCCEEDED", "{answer}");
    stack.until_model(&answer["version"]).await;
    // An argument that is no event ends the job with a clear text.
    let variables = stack.functions.variables(&stack.functions.train).await;
    let refused = Command::new(PROGRAM).arg("train!").envs(variables).output().await.expect("the program starts");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("the argument is not an event"), "{said}");
    stack.clear_table().await;
    stack.serve_iris_again().await;
}
