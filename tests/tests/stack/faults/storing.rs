//! Tests training while S3 fails. The data set, the champion's artifact that the gate compares, and the stored artifact
//! are complete. If not, the record of the run gives the reason for the failure.

use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::S3;
use evergreen_tests::own_table::subscribers;
use evergreen_tests::training::{as_good, fresh_id};
use serde_json::{Value, json};

use super::training::{fails_and_says_so, trains_all_the_same};

#[tokio::test]
async fn an_artifact_is_stored_through_a_throttled_store() {
    trains_all_the_same(Fault::throttles().with(S3, "PutObject").first(2), 2).await;
}

#[tokio::test]
async fn an_artifact_stored_without_an_answer_is_recognised_as_its_own() {
    trains_all_the_same(Fault::drops_answer().with(S3, "PutObject").about("model.onnx").first(1), 1).await;
}

#[tokio::test]
async fn a_manifest_stored_without_an_answer_is_stored() {
    trains_all_the_same(Fault::drops_answer().with(S3, "PutObject").about("manifest.json").first(1), 1).await;
}

#[tokio::test]
async fn an_artifact_that_cannot_be_stored_is_a_failed_run() {
    fails_and_says_so(Fault::refuses(403, "AccessDenied").with(S3, "PutObject").about("model.onnx"), "AccessDenied")
        .await;
}

#[tokio::test]
async fn a_manifest_that_cannot_be_stored_is_a_failed_run() {
    fails_and_says_so(Fault::refuses(403, "AccessDenied").with(S3, "PutObject").about("manifest.json"), "AccessDenied")
        .await;
}

#[tokio::test]
async fn an_unreadable_list_of_data_files_is_a_failed_run_and_not_iris() {
    fails_and_says_so(Fault::refuses(403, "AccessDenied").with(S3, "ListObjectsV2"), "listing the data set").await;
}

#[tokio::test]
async fn an_unreachable_champion_fails_the_run_and_is_not_replaced() {
    fails_and_says_so(Fault::throttles().with(S3, "GetObject").about("model.onnx"), "reading an artifact").await;
}

#[tokio::test]
async fn a_champion_damaged_in_transit_does_not_count_as_unreadable() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let fault = stack.faults.add(Fault::flips_a_bit().with(S3, "GetObject").about("model.onnx").of("train").first(1));
    let mut event = as_good();
    event["id"] = fresh_id().into();
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert_eq!(fault.end(), 1);
    // A file that is damaged in transit does not count as a damaged champion. The run fails and is retried.
    let report = if outcome.failed { stack.train(event).await } else { outcome.payload };
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    assert_eq!(decision(&stack).await["verdict"], "not_worse");
}

async fn decision(stack: &Stack) -> Value {
    stack.registry.champion().await.expect("there is a champion")["version"]["decision"].clone()
}

/// Checks that a training run fails and the champion stays, if the training table is damaged on its way from S3.
async fn does_not_learn_from(fault: Fault) {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let settings = "target = \"churned\"\nfloor = 0.5\n";
    let table = subscribers(0..300);
    stack.store_table(&[("dataset.toml", settings.as_bytes()), ("table.csv", table.as_bytes())]).await;
    let fault = stack.faults.add(fault.with(S3, "GetObject").about("table.csv").of("train"));
    let outcome = stack.functions.call(&stack.functions.train, &json!({"id": fresh_id()})).await;
    let times = fault.end();
    stack.clear_table().await;
    assert!(times > 0, "the fault concerned no call");
    assert!(outcome.failed, "{}", outcome.payload);
    assert_eq!(outcome.payload["errorType"], "Unavailable", "{}", outcome.payload);
    assert_eq!(stack.champion_number().await, serving);
}

#[tokio::test]
async fn no_model_is_trained_on_an_interrupted_transfer() {
    does_not_learn_from(Fault::cuts_answer()).await;
}

#[tokio::test]
async fn no_model_is_trained_on_half_a_table() {
    does_not_learn_from(Fault::shortens_answer()).await;
}

#[tokio::test]
async fn no_model_is_trained_on_a_table_with_a_flipped_bit() {
    does_not_learn_from(Fault::flips_a_bit()).await;
}

#[tokio::test]
async fn a_rollback_to_an_unreachable_artifact_is_refused() {
    let stack = Stack::take().await;
    let old = stack.train_to_serve(as_good()).await;
    let serving = stack.train_good().await;
    let fault =
        stack.faults.add(Fault::refuses(403, "AccessDenied").with(S3, "GetObject").about("model.onnx").of("train"));
    let outcome = stack.functions.call(&stack.functions.train, &json!({"promote": old})).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    assert!(outcome.failed, "{}", outcome.payload);
    assert_eq!(stack.champion_number().await, serving);
}
