//! Tests the predict function while the registry or S3 fails. The current model version continues to answer, and only
//! registered artifacts are ever used.

use std::time::{Duration, Instant};

use evergreen_tests::Stack;
use evergreen_tests::faults::Service::{DynamoDb, S3};
use evergreen_tests::faults::{ActiveFault, Fault};
use evergreen_tests::iris::setosa;
use evergreen_tests::stack::variable;
use evergreen_tests::training::as_good;
use evergreen_tests::wait::{seconds, until};
use serde_json::json;

// The delay is longer than any function waits for an answer.
/// Delay of a call to AWS that hangs.
const HANGING: Duration = seconds(60);

// The function waits at most 2 s for a refresh of the champion, and the rest is for the emulator.
/// Maximum time for a prediction request in these tests.
const PATIENCE: Duration = seconds(5);

/// Checks that the old model version answers predictions while the registry has the fault.
async fn serves_on_without_the_registry(fault: Fault) {
    // A newer version was promoted. After the fault, the newer version answers.
    let stack = Stack::take().await;
    let old = stack.serve_new().await;
    let fault = stack.faults.add(fault.with_all_of(DynamoDb).of("predict"));
    let new = stack.train_to_serve(as_good()).await;
    still_serves(&stack, old, &fault).await;
    drop(fault);
    stack.until_served(new).await;
}

#[tokio::test]
async fn a_throttled_registry_leaves_the_last_version_serving() {
    serves_on_without_the_registry(Fault::throttles()).await;
}

#[tokio::test]
async fn a_failing_registry_leaves_the_last_version_serving() {
    serves_on_without_the_registry(Fault::fails()).await;
}

#[tokio::test]
async fn a_registry_that_drops_connections_leaves_the_last_version_serving() {
    serves_on_without_the_registry(Fault::drops_request()).await;
}

#[tokio::test]
async fn a_registry_with_truncated_answers_leaves_the_last_version_serving() {
    serves_on_without_the_registry(Fault::cuts_answer()).await;
}

#[tokio::test]
async fn a_hanging_registry_leaves_the_last_version_serving_without_long_waits() {
    serves_on_without_the_registry(Fault::delays(HANGING)).await;
}

#[tokio::test]
async fn a_registry_that_answers_late_leaves_the_last_version_serving_without_long_waits() {
    serves_on_without_the_registry(Fault::withholds_answer(HANGING)).await;
}

/// Checks that the old model version answers predictions while reads from S3 have the fault.
async fn serves_on_without_the_store(fault: Fault) {
    // A newer version was promoted. Meanwhile, the copy of the model file in the registry cannot be read either. After
    // the fault, the newer version answers.
    let stack = Stack::take().await;
    let old = stack.serve_new().await;
    let _copy = stack.faults.add(no_copy());
    let fault = stack.faults.add(fault.with(S3, "GetObject").of("predict"));
    let new = stack.train_to_serve(as_good()).await;
    still_serves(&stack, old, &fault).await;
    drop(fault);
    stack.until_served(new).await;
}

#[tokio::test]
async fn a_throttled_store_leaves_the_last_version_serving() {
    serves_on_without_the_store(Fault::throttles()).await;
}

#[tokio::test]
async fn a_hanging_store_leaves_the_last_version_serving_without_long_waits() {
    serves_on_without_the_store(Fault::delays(HANGING)).await;
}

#[tokio::test]
async fn an_artifact_with_a_flipped_bit_does_not_serve() {
    serves_on_without_the_store(Fault::flips_a_bit()).await;
}

#[tokio::test]
async fn half_of_an_artifact_does_not_serve() {
    serves_on_without_the_store(Fault::shortens_answer()).await;
}

#[tokio::test]
async fn an_interrupted_transfer_of_an_artifact_does_not_serve() {
    serves_on_without_the_store(Fault::cuts_answer()).await;
}

#[tokio::test]
async fn a_cold_start_outlives_two_throttled_reads() {
    cold_start_serves(Fault::throttles().with(DynamoDb, "BatchGetItem").first(2)).await;
}

#[tokio::test]
async fn a_cold_start_outlives_a_dropped_connection() {
    cold_start_serves(Fault::drops_request().with_all_of(DynamoDb).first(1)).await;
}

#[tokio::test]
async fn a_cold_start_without_the_copy_fetches_the_object() {
    cold_start_serves(no_copy()).await;
}

#[tokio::test]
async fn a_cold_start_asks_again_for_an_unprocessed_pointer() {
    let keys = json!([
        {"pk": {"S": "MODEL#iris"}, "sk": {"S": "CHAMPION"}},
        {"pk": {"S": "MODEL#iris"}, "sk": {"S": "ARTIFACT"}},
    ]);
    let left_out = json!({"Responses": {}, "UnprocessedKeys": {variable("EVERGREEN_TABLE"): {"Keys": keys}}});
    cold_start_serves(Fault::answers(&left_out.to_string()).with(DynamoDb, "BatchGetItem")).await;
}

#[tokio::test]
async fn a_cold_start_serves_after_both_copy_and_object_failed_at_first() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let (_copy, fault) = (
        stack.faults.add(no_copy()),
        stack.faults.add(Fault::throttles().with(S3, "GetObject").of("predict").first(2)),
    );
    stack.functions.forget_environments(&stack.functions.predict).await;
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), version);
    assert_eq!(fault.times(), 2);
}

#[tokio::test]
async fn a_cold_start_without_the_registry_answers_503_and_recovers() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let fault = stack.faults.add(Fault::throttles().with_all_of(DynamoDb).of("predict"));
    stack.functions.forget_environments(&stack.functions.predict).await;
    let problem = stack.api.predict(&setosa()).await.problem(503);
    assert!(!problem.answer.header("retry-after").is_empty());
    for cause in ["Throttling", "DynamoDB", "registry", "fault"] {
        assert!(!problem.answer.text.contains(cause), "a 5xx shows its cause: {}", problem.answer.text);
    }
    drop(fault);
    stack.until_recovered(version).await;
}

#[tokio::test]
async fn a_cold_start_with_a_hanging_registry_answers_503_within_seconds() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let fault = stack.faults.add(Fault::delays(HANGING).with_all_of(DynamoDb).of("predict"));
    stack.functions.forget_environments(&stack.functions.predict).await;
    let begun = Instant::now();
    stack.api.predict(&setosa()).await.problem(503);
    // The cold start tries for 5 s to load the champion, and the request for 2 s.
    assert!(begun.elapsed() < seconds(12), "the call took {:?}", begun.elapsed());
    drop(fault);
    stack.until_recovered(version).await;
}

#[tokio::test]
async fn a_cold_start_with_only_damaged_bytes_gives_no_prediction() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let (_copy, fault) =
        (stack.faults.add(no_copy()), stack.faults.add(Fault::flips_a_bit().with(S3, "GetObject").of("predict")));
    stack.functions.forget_environments(&stack.functions.predict).await;
    stack.api.predict(&setosa()).await.problem(503);
    assert!(fault.end() > 0);
    stack.until_recovered(version).await;
}

#[tokio::test]
async fn an_unreadable_list_of_runs_is_a_503_and_predictions_go_on() {
    let stack = Stack::take().await;
    let version = stack.served().await;
    let fault = stack.faults.add(Fault::throttles().with(DynamoDb, "Query").of("console"));
    let problem = stack.api.get("/runs").await.problem(503);
    assert!(!problem.answer.header("retry-after").is_empty());
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), version);
    drop(fault);
    stack.api.get("/runs").await.ok();
}

#[tokio::test]
async fn a_pointer_that_was_deleted_leaves_the_last_version_serving() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let pointer = stack.registry.item("CHAMPION").await.expect("there is a champion");
    let refreshes = stack.faults.add(Fault::nothing().with_all_of(DynamoDb).of("predict"));
    stack.registry.delete("CHAMPION").await;
    still_serves(&stack, version, &refreshes).await;
    stack.registry.put(pointer).await;
}

/// Returns a fault: the registry refuses to read the champion together with the copy of its model file.
fn no_copy() -> Fault {
    // The same operation reads the champion's record without the copy, and that still works.
    Fault::refuses(400, "AccessDeniedException").with(DynamoDb, "BatchGetItem").about("ARTIFACT").of("predict")
}

/// Checks that the predict function answers after a cold start, although its calls have the fault.
async fn cold_start_serves(fault: Fault) {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let fault = stack.faults.add(fault.of("predict"));
    stack.functions.forget_environments(&stack.functions.predict).await;
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), version);
    assert!(fault.end() > 0, "the fault concerned no call");
}

/// Asserts that model version `version` answers every prediction request within 5 s while the fault is active.
async fn still_serves(stack: &Stack, version: u64, fault: &ActiveFault) {
    // The check ends when the fault has affected a refresh of the champion.
    let limit = 2 * stack.refresh_time().await + seconds(10);
    until("a refresh to meet the fault", limit, async || {
        let (begun, has_met) = (Instant::now(), fault.times() > 0);
        let answer = stack.api.predict(&setosa()).await.ok();
        assert_eq!(answer.version(), version, "{}", answer.text);
        assert!(begun.elapsed() < PATIENCE, "a call took {:?}", begun.elapsed());
        has_met.then_some(())
    })
    .await;
}
