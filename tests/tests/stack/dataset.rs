//! Tests the training on the user's own table.

use evergreen_tests::Stack;
use evergreen_tests::iris::CSV;
use evergreen_tests::training::{fresh_id, good};
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

const KEY: &str = "datasets/iris/flowers.csv";

#[tokio::test]
async fn an_uploaded_table_replaces_the_built_in_one() {
    let stack = Stack::take().await;
    stack.train_good().await;
    // Every flower of the Iris data set occurs twice in the table.
    let (_, rows) = CSV.split_once('\n').expect("a table has a header");
    stack.bucket.put(KEY, format!("{}\n{rows}", CSV.trim_end())).await;
    let report = stack.train(good()).await;
    stack.bucket.delete(KEY).await;

    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    let run = run(&stack, &report).await;
    assert_eq!((&run["dataset"]["source"], &run["dataset"]["rows"]), (&json!("datasets/iris/"), &json!(300)));

    let built_in = stack.train(good()).await;
    assert_eq!(built_in["status"], "SUCCEEDED", "{built_in}");
    let built_in = self::run(&stack, &built_in).await;
    assert_eq!((&built_in["dataset"]["source"], &built_in["dataset"]["rows"]), (&json!("built-in"), &json!(150)));
    assert_ne!(built_in["dataset"]["fingerprint"], run["dataset"]["fingerprint"]);
}

#[tokio::test]
async fn an_unusable_table_fails_the_run_with_the_reason() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let tables = [
        ("no target", "length,width\n1,2\n3,4\n".to_owned(), "variety"),
        ("no number", CSV.replacen("5.1", "five", 1), "sepal length (cm)"),
        ("no rows", CSV.lines().next().map(|header| format!("{header}\n")).unwrap_or_default(), "row"),
        ("one species", CSV.lines().take(51).map(|line| format!("{line}\n")).collect(), "variety"),
        ("nothing", String::new(), KEY),
    ];
    for (wrong, table, named) in tables {
        stack.bucket.put(KEY, table).await;
        let id = fresh_id();
        let outcome = stack.functions.call(&stack.functions.train, &json!({"id": id})).await;
        stack.bucket.delete(KEY).await;

        assert!(outcome.failed, "{wrong}: {}", outcome.payload);
        let run = stack.registry.run(&format!("manual-{id}")).await.expect("a failed run is on record");
        assert_eq!(run["status"], "FAILED", "{wrong}: {run}");
        let reason = run["reason"].as_str().expect("a failure has a reason");
        assert!(reason.contains(KEY) && reason.contains(named), "{wrong}: {reason}");
    }
    assert_eq!(stack.champion_number().await, serving);
    stack.assert_keeps_serving(serving).await;
    let published = stack.functions.measure().await;
    assert_eq!(published["FailedRuns"].as_f64(), Some(5.0), "{published}");

    stack.train_good().await;
    assert_eq!(stack.functions.measure().await["FailedRuns"].as_f64(), Some(0.0));
}

#[tokio::test]
async fn an_event_whose_training_fails_three_times_is_kept_in_a_queue() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let (train, event) = (&stack.functions.train, json!({"id": fresh_id(), "note": "fails"}));
    let bucket = stack.functions.setting(train, "EVERGREEN_BUCKET").await;
    stack.functions.set(train, "EVERGREEN_BUCKET", "no-such-bucket").await;
    let kept = kept_after_failing(&stack, &event).await;
    stack.functions.set(train, "EVERGREEN_BUCKET", &bucket).await;
    // The journal was missing with the bucket. So the events wait until a measurement sends them, after a minute.
    let waiting = stack.registry.waiting_events().await;
    assert_eq!(waiting.len(), 3, "one event for each failure: {waiting:#?}");
    for event in waiting {
        stack.registry.drop_event(event["sk"].as_s().expect("a sort key is text")).await;
    }

    assert!(kept["responsePayload"]["errorMessage"].as_str().is_some_and(|why| why.contains("Bucket")), "{kept}");
    assert_eq!(failed_run(&stack, &event).await["attempt"], json!(3));
    assert_eq!(stack.champion_number().await, serving);
    stack.train_good().await;
}

#[tokio::test]
async fn a_failure_that_no_retry_can_mend_is_final_and_kept_in_the_queue() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let event = json!({"id": fresh_id(), "note": "fails", "hyperparameters": {"max_depth": 0}});
    let kept = kept_after_failing(&stack, &event).await;

    assert!(kept["responsePayload"]["errorMessage"].as_str().is_some_and(|why| why.contains("max_depth")), "{kept}");
    // On AWS, Lambda's retries belong to one invocation. They end at once, because the failure is final. The emulator's
    // retries are separate invocations, as if a person had sent the event again. Each repeats the work, because the
    // cause may be gone.
    let run = failed_run(&stack, &event).await;
    assert_eq!(run.get("retry_until"), None, "{run}");
    assert_eq!(stack.champion_number().await, serving);
    stack.train_good().await;
}

/// Sends the event to the train function, waits until all tries have failed, and returns the message in the dead-letter
/// queue.
async fn kept_after_failing(stack: &Stack, event: &Value) -> Value {
    stack.functions.hand_over(&stack.functions.train, event).await;
    let kept = until("the event in the queue", seconds(60), async || {
        stack.kept_in("train-failure").await.into_iter().find(|kept| kept["requestPayload"] == *event)
    })
    .await;
    assert_eq!(kept["requestContext"]["condition"], "RetriesExhausted", "{kept}");
    kept
}

async fn failed_run(stack: &Stack, event: &Value) -> Value {
    let id = event["id"].as_str().expect("an id");
    let run = stack.registry.run(&format!("manual-{id}")).await.expect("it is on record");
    assert_eq!(run["status"], "FAILED", "{run}");
    run
}

async fn run(stack: &Stack, report: &Value) -> Value {
    let id = report["run_id"].as_str().expect("a run has an id");
    stack.registry.run(id).await.expect("the run is on record")
}
