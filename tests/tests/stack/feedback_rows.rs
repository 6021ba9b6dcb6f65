//! Tests the way of a row of feedback: into the bucket, and from there into the training rows of the next version.

use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::iris::flowers;
use evergreen_tests::training::good;
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;
use serde_json::{Value, json};

/// The prefix of the files with rows of feedback.
const ROWS: &str = "feedback/iris/";

/// Returns elements of feedback about flowers that are not in the table: a little longer than those that are.
async fn elements(stack: &Stack, version: u64) -> Vec<Value> {
    let flowers: Vec<_> = flowers().into_iter().step_by(3).collect();
    let longer = |row: &Value| -> Value {
        let cells = row.as_object().expect("a row").iter();
        cells.map(|(name, value)| (name.clone(), json!(value.as_f64().expect("a number") + 0.013))).collect()
    };
    let rows: Vec<Value> = flowers.iter().map(|flower| longer(&flower.row)).collect();
    let answer = until("ids of the new version", seconds(60), async || {
        let answer = stack.api.predict(&json!(rows)).await.ok().body;
        (answer["model"]["version"] == version && answer["ids"].is_array()).then_some(answer)
    })
    .await;
    let ids = answer["ids"].as_array().expect("ids").iter();
    let element = |((id, flower), row): ((&Value, &evergreen_tests::iris::Flower), &Value)| json!({"id": id, "actual": flower.species, "row": row});
    ids.zip(&flowers).zip(&rows).map(element).collect()
}

async fn feed(stack: &Stack, elements: &[Value]) -> Value {
    Answer::to(stack.api.request(Method::POST, "/feedback").json(&json!({"feedback": elements}))).await.ok().body
}

async fn delete_rows(stack: &Stack) {
    for key in stack.bucket.keys(ROWS).await {
        stack.bucket.delete(&key).await;
    }
}

#[tokio::test]
async fn without_the_parameters_rows_are_neither_kept_nor_learned_from() {
    let stack = Stack::take().await;
    delete_rows(&stack).await;
    let version = stack.serve_new().await;
    let elements = elements(&stack, version).await;
    let answer = feed(&stack, &elements).await;
    assert_eq!((&answer["counted"], &answer["rows"]["kept"]), (&json!(elements.len()), &json!(0)), "{answer}");
    assert!(answer["rows"]["why"].as_str().unwrap().contains("KeepFeedbackRows=false"), "{answer}");
    assert!(stack.bucket.keys(ROWS).await.is_empty());
    let report = stack.train(good()).await;
    let run = stack.api.get(&format!("/runs/{}", report["run_id"].as_str().expect("an id"))).await.ok().body;
    assert_eq!(run["dataset"]["feedback"], Value::Null, "{run}");
}

#[tokio::test]
async fn rows_of_feedback_are_kept_once_and_the_next_training_learns_from_them() {
    let stack = Stack::take().await;
    delete_rows(&stack).await;
    let version = stack.serve_new().await;
    let (console, train) = (&stack.functions.console, &stack.functions.train);
    stack.functions.set(console, "EVERGREEN_KEEP_FEEDBACK_ROWS", "true").await;
    stack.functions.set(train, "EVERGREEN_FEEDBACK_DAYS", "90").await;

    let elements = elements(&stack, version).await;
    let mut wrong = elements.clone();
    wrong[0]["row"]["petal length (cm)"] = json!("long");
    let first = feed(&stack, &wrong).await;
    let again = feed(&stack, &elements).await;
    let keys = stack.bucket.keys(ROWS).await;
    let damaged = format!("{ROWS}day={}/00000001-damaged.parquet", jiff::Timestamp::now().strftime("%Y-%m-%d"));
    stack.bucket.put(&damaged, b"PAR1, cut off".to_vec()).await;
    let report = stack.train(good()).await;
    let run = stack.api.get(&format!("/runs/{}", report["run_id"].as_str().expect("an id"))).await.ok().body;

    stack.functions.set(console, "EVERGREEN_KEEP_FEEDBACK_ROWS", "false").await;
    stack.functions.set(train, "EVERGREEN_FEEDBACK_DAYS", "0").await;
    delete_rows(&stack).await;

    let others = elements.len() - 1;
    assert_eq!((&first["counted"], &first["rows"]["kept"]), (&json!(others), &json!(others)), "{first}");
    assert_eq!(first["refused"][0]["field"], "row", "{first}");
    assert!(first["refused"][0]["detail"].as_str().unwrap().contains("petal length (cm)"), "{first}");
    assert_eq!((&again["rows"]["kept"], &again["rows"]["not_kept"]), (&json!(1), &json!(others)), "{again}");
    assert_eq!(keys.len(), 2, "{keys:?}");
    let learned = &run["dataset"]["feedback"];
    let (rows, held_out) = (learned["rows"].as_u64().unwrap(), learned["left_out"]["held_out"].as_u64().unwrap());
    assert_eq!(rows + held_out, elements.len() as u64, "{run}");
    assert!(rows > 0 && run["dataset"]["rows"] == json!(150 + rows), "{run}");
    let warnings = run["warnings"].to_string();
    assert!(warnings.contains("damaged.parquet was left out"), "{warnings}");
}
