//! Tests the ids of predictions and their feedback while the registry fails.

use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::{DynamoDb, S3};
use evergreen_tests::iris::setosa;
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;
use serde_json::{Value, json};

/// Returns the id of a new prediction.
async fn id(stack: &Stack) -> Value {
    until("a prediction with an id", seconds(60), async || {
        let answer = stack.api.predict(&setosa()).await.ok().body;
        answer["ids"].as_array().and_then(|ids| ids.first().cloned())
    })
    .await
}

#[tokio::test]
async fn predictions_go_on_without_the_key_of_their_ids() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let read = |operation| Fault::fails().with(DynamoDb, operation).of("predict").about("PREDICTIONS");
    let faults = ["BatchGetItem", "GetItem", "PutItem"].map(|operation| stack.faults.add(read(operation)));
    stack.functions.forget_environments(&stack.functions.predict).await;
    let answer = stack.api.predict(&setosa()).await.ok();
    assert_eq!((answer.version(), answer.body.get("ids")), (version, None));
    drop(faults);
    stack.functions.forget_environments(&stack.functions.predict).await;
    assert!(id(&stack).await.is_string());
}

#[tokio::test]
async fn feedback_whose_transaction_is_not_answered_is_counted_once() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let body = json!({"id": id(&stack).await, "actual": "setosa"});
    let feed = async || Answer::to(stack.api.request(Method::POST, "/feedback").json(&body)).await;
    let fault = stack.faults.add(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").of("console").first(1));
    let first = feed().await.ok().body;
    assert_eq!((&first["counted"], fault.times()), (&json!(1), 1), "{first}");
    assert_eq!(feed().await.ok().body, json!({"counted": 0, "repeated": 1, "refused": []}));
}

#[tokio::test]
async fn feedback_without_the_registry_is_a_503_and_can_be_repeated() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let body = json!({"id": id(&stack).await, "actual": "setosa"});
    let feed = async || Answer::to(stack.api.request(Method::POST, "/feedback").json(&body)).await;
    let fault = stack.faults.add(Fault::fails().with(DynamoDb, "TransactWriteItems").of("console"));
    feed().await.problem(503);
    drop(fault);
    assert_eq!(feed().await.ok().body["counted"], 1);
}

#[tokio::test]
async fn a_row_of_feedback_that_cannot_be_stored_is_a_503_and_nothing_is_counted() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let console = &stack.functions.console;
    stack.functions.set(console, "EVERGREEN_KEEP_FEEDBACK_ROWS", "true").await;
    let body = json!({"id": id(&stack).await, "actual": "setosa", "row": setosa()});
    let feed = async || Answer::to(stack.api.request(Method::POST, "/feedback").json(&body)).await;
    let fault = stack.faults.add(Fault::fails().with(S3, "PutObject").of("console").about("feedback"));
    let failed = feed().await;
    drop(fault);
    let repeated = feed().await;
    stack.functions.set(console, "EVERGREEN_KEEP_FEEDBACK_ROWS", "false").await;
    let keys = stack.bucket.keys("feedback/iris/").await;
    for key in &keys {
        stack.bucket.delete(key).await;
    }
    failed.problem(503);
    let repeated = repeated.ok().body;
    assert_eq!((&repeated["counted"], &repeated["rows"]["kept"], keys.len()), (&json!(1), &json!(1), 1), "{repeated}");
}
