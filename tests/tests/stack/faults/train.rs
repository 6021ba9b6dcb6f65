//! Training while registry, store and bus do not do as they should: what was learnt is registered once and told, or the run
//! says why not; whatever happens, what served serves on.

use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::{DynamoDb, EventBridge, S3};
use evergreen_tests::iris::setosa;
use evergreen_tests::own_table::subscribers;
use evergreen_tests::storage::sha256;
use evergreen_tests::training::{as_good, fresh_id, good};
use evergreen_tests::wait::seconds;
use serde_json::{Value, json};

use crate::promotion::assert_champion_is_sound;

/// One version comes of the training, and it serves.
async fn trains_all_the_same(fault: Fault, least_times: usize) -> Value {
    let stack = Stack::take().await;
    let before = stack.registry.versions().await.len();
    let fault = stack.faults.add(fault.of("train"));
    let report = stack.train(good()).await;
    let times = fault.end();
    assert!(times >= least_times, "the fault happened {times} times");
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    assert_eq!(report["duplicate"], false, "{report}");
    assert_eq!(stack.registry.versions().await.len(), before + 1);
    assert_eq!(report["version"], stack.champion_number().await);
    assert_champion_is_sound(&stack).await;
    report
}

#[tokio::test]
async fn a_throttled_registry_delays_a_training_and_loses_nothing() {
    trains_all_the_same(Fault::throttles().with_all_of(DynamoDb).every(2).first(3), 3).await;
}

#[tokio::test]
async fn a_registry_that_drops_each_other_connection_loses_nothing() {
    trains_all_the_same(Fault::drops_request().with_all_of(DynamoDb).every(2), 3).await;
}

#[tokio::test]
async fn a_run_whose_opening_is_not_answered_is_opened_once() {
    trains_all_the_same(Fault::drops_answer().with(DynamoDb, "PutItem").about("RUNNING").first(1), 1).await;
}

#[tokio::test]
async fn a_number_whose_answer_is_lost_is_a_gap_and_no_version_is_overwritten() {
    trains_all_the_same(Fault::drops_answer().with(DynamoDb, "UpdateItem").first(1), 1).await;
}

#[tokio::test]
async fn a_transaction_that_does_not_reach_the_registry_is_sent_again() {
    trains_all_the_same(Fault::drops_request().with(DynamoDb, "TransactWriteItems").first(2), 2).await;
}

#[tokio::test]
async fn a_transaction_whose_answer_is_lost_registers_one_version() {
    trains_all_the_same(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").first(1), 1).await;
}

#[tokio::test]
async fn a_transaction_that_is_answered_late_registers_one_version() {
    let late = Fault::withholds_answer(seconds(4));
    trains_all_the_same(late.with(DynamoDb, "TransactWriteItems").first(1), 1).await;
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_for_throttling_is_tried_until_it_is_taken() {
    trains_all_the_same(Fault::cancels(1, "ThrottlingError").first(10), 10).await;
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_for_lack_of_throughput_is_tried_until_it_is_taken() {
    trains_all_the_same(Fault::cancels(0, "ProvisionedThroughputExceeded").first(10), 10).await;
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_for_a_conflict_is_tried_until_it_is_taken() {
    trains_all_the_same(Fault::cancels(2, "TransactionConflict").first(10), 10).await;
}

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

/// The run fails, says why, and what served serves on; the next one succeeds.
async fn fails_and_says_so(fault: Fault, reason: &str) {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let artifact = stack.bucket.get(&artifact_of(serving)).await.expect("the artifact is there");
    let (champion, versions) = (stack.registry.champion().await, stack.registry.versions().await);

    let fault = stack.faults.add(fault.of("train"));
    let id = fresh_id();
    let mut event = as_good();
    event["id"] = id.clone().into();
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert!(fault.end() > 0, "the fault concerned no call");

    assert!(outcome.failed, "{}", outcome.payload);
    let run = stack.registry.run(&format!("manual-{id}")).await.expect("it is on record");
    assert_eq!(run["status"], "FAILED", "{run}");
    assert!(run["reason"].as_str().is_some_and(|told| told.contains(reason)), "{run}");
    assert_eq!(stack.registry.champion().await, champion);
    assert_eq!(stack.registry.versions().await, versions);
    assert_eq!(stack.bucket.get(&artifact_of(serving)).await.as_deref().map(sha256), Some(sha256(&artifact)));
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), serving);
    let report = stack.train(event).await;
    assert_eq!((&report["status"], &report["duplicate"]), (&"SUCCEEDED".into(), &false.into()), "{report}");
}

#[tokio::test]
async fn an_artifact_that_cannot_be_stored_is_a_failed_run() {
    fails_and_says_so(Fault::fails().with(S3, "PutObject").about("model.onnx"), "storing").await;
}

#[tokio::test]
async fn a_manifest_that_cannot_be_stored_is_a_failed_run() {
    fails_and_says_so(Fault::refuses(403, "AccessDenied").with(S3, "PutObject").about("manifest.json"), "AccessDenied")
        .await;
}

#[tokio::test]
async fn a_version_that_may_not_be_registered_is_a_failed_run() {
    let fault = Fault::refuses(400, "AccessDeniedException").with(DynamoDb, "TransactWriteItems");
    fails_and_says_so(fault, "AccessDeniedException").await;
}

#[tokio::test]
async fn a_list_of_the_users_files_that_cannot_be_had_is_a_failed_run_and_not_iris() {
    fails_and_says_so(Fault::refuses(403, "AccessDenied").with(S3, "ListObjectsV2"), "listing the dataset").await;
}

#[tokio::test]
async fn a_champion_that_cannot_be_fetched_is_a_failed_run_and_not_replaced_unseen() {
    fails_and_says_so(Fault::throttles().with(S3, "GetObject").about("model.onnx"), "reading an artifact").await;
}

#[tokio::test]
async fn a_bus_that_is_down_fails_no_training() {
    trains_all_the_same(Fault::fails().with(EventBridge, "PutEvents"), 1).await;
}

fn artifact_of(version: u64) -> String {
    format!("models/iris/{version:08}/model.onnx")
}

#[tokio::test]
async fn a_transaction_without_any_answer_is_found_done_by_the_next_try() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let before = stack.registry.versions().await.len();
    let fault = stack.faults.add(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").of("train"));
    let mut event = as_good();
    event["id"] = fresh_id().into();
    stack.functions.call(&stack.functions.train, &event).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    let report = stack.train(event).await;
    assert_eq!((&report["status"], &report["duplicate"]), (&"SUCCEEDED".into(), &true.into()), "{report}");
    assert_eq!(stack.registry.versions().await.len(), before + 1);
    assert_eq!(report["version"], stack.champion_number().await);
    assert_champion_is_sound(&stack).await;
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
    // Damage on the way is no answer: the run fails, and is tried again.
    let report = if outcome.failed { stack.train(event).await } else { outcome.payload };
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    assert_eq!(decision(&stack).await["verdict"], "not_worse");
}

async fn decision(stack: &Stack) -> Value {
    stack.registry.champion().await.expect("there is a champion")["version"]["decision"].clone()
}

/// A table that is damaged on its way is not learnt from.
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
async fn going_back_to_an_older_version_takes_effect_once_though_the_answer_is_lost() {
    let stack = Stack::take().await;
    let old = stack.train_to_serve(as_good()).await;
    stack.train_good().await;
    let fault = stack.faults.add(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").of("train").first(1));
    let report = stack.functions.call(&stack.functions.train, &json!({"promote": old})).await.payload;
    assert_eq!(fault.end(), 1);
    assert_eq!(report["promoted"], old, "{report}");
    assert_eq!(stack.champion_number().await, old);
    assert_champion_is_sound(&stack).await;
}

#[tokio::test]
async fn going_back_to_what_cannot_be_fetched_is_refused() {
    let stack = Stack::take().await;
    let old = stack.train_to_serve(as_good()).await;
    let serving = stack.train_good().await;
    let fault = stack.faults.add(Fault::fails().with(S3, "GetObject").about("model.onnx").of("train"));
    let outcome = stack.functions.call(&stack.functions.train, &json!({"promote": old})).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    assert!(outcome.failed, "{}", outcome.payload);
    assert_eq!(stack.champion_number().await, serving);
}
