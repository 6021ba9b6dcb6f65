//! Training while the store fails. The data set, the compared artifact and the stored artifact are complete, or the run
//! says why not.

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
async fn an_artifact_whose_storing_is_not_answered_is_not_taken_for_another_ones() {
    trains_all_the_same(Fault::drops_answer().with(S3, "PutObject").about("model.onnx").first(1), 1).await;
}

#[tokio::test]
async fn a_manifest_whose_storing_is_not_answered_is_stored() {
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
async fn a_list_of_the_users_files_that_cannot_be_had_is_a_failed_run_and_not_iris() {
    fails_and_says_so(Fault::refuses(403, "AccessDenied").with(S3, "ListObjectsV2"), "listing the data set").await;
}

#[tokio::test]
async fn a_champion_that_cannot_be_fetched_is_a_failed_run_and_not_replaced_unseen() {
    fails_and_says_so(Fault::throttles().with(S3, "GetObject").about("model.onnx"), "reading an artifact").await;
}

#[tokio::test]
async fn a_champion_whose_bytes_are_damaged_on_their_way_is_not_taken_for_unreadable() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let fault = stack.faults.add(Fault::flips_a_bit().with(S3, "GetObject").about("model.onnx").of("train").first(1));
    let mut event = as_good();
    event["id"] = fresh_id().into();
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert_eq!(fault.end(), 1);
    // Damage in transit is not a result. The run fails and is retried.
    let report = if outcome.failed { stack.train(event).await } else { outcome.payload };
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    assert_eq!(decision(&stack).await["verdict"], "not_worse");
}

async fn decision(stack: &Stack) -> Value {
    stack.registry.champion().await.expect("there is a champion")["version"]["decision"].clone()
}

/// Checks that training does not learn from a table that is damaged in transit.
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
async fn a_table_whose_transfer_breaks_off_is_not_learnt_from() {
    does_not_learn_from(Fault::cuts_answer()).await;
}

#[tokio::test]
async fn a_table_that_came_by_half_is_not_learnt_from() {
    does_not_learn_from(Fault::shortens_answer()).await;
}

#[tokio::test]
async fn a_table_with_a_bit_flipped_on_its_way_is_not_learnt_from() {
    does_not_learn_from(Fault::flips_a_bit()).await;
}

#[tokio::test]
async fn going_back_to_what_cannot_be_fetched_is_refused() {
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
