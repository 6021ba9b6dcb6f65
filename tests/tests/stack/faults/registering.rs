//! Tests training while the registry fails. The new model version is registered once, or the record of the run gives
//! the reason for the failure.

use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::DynamoDb;
use evergreen_tests::training::{as_good, fresh_id};
use evergreen_tests::wait::seconds;
use serde_json::json;

use super::training::{fails_and_says_so, trains_all_the_same};
use crate::promotion::assert_champion_is_sound;

// The text occurs in no other transaction. A training run's first transaction does not contain it.
/// Text by which a test selects the DynamoDB transaction that registers a model version.
const REGISTRATION: &str = "VERSION#";

#[tokio::test]
async fn a_throttled_registry_delays_a_training_and_loses_nothing() {
    trains_all_the_same(Fault::throttles().with_all_of(DynamoDb).every(2).first(3), 3).await;
}

#[tokio::test]
async fn a_registry_that_drops_every_other_connection_loses_nothing() {
    trains_all_the_same(Fault::drops_request().with_all_of(DynamoDb).every(2), 3).await;
}

#[tokio::test]
async fn a_run_whose_opening_is_not_answered_is_opened_once() {
    trains_all_the_same(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").first(1), 1).await;
}

#[tokio::test]
async fn a_run_whose_opening_is_throttled_is_opened_later() {
    trains_all_the_same(Fault::cancels(0, "ThrottlingError").first(3), 3).await;
}

#[tokio::test]
async fn a_number_whose_answer_is_lost_is_a_gap_and_no_version_is_overwritten() {
    trains_all_the_same(Fault::drops_answer().with(DynamoDb, "UpdateItem").first(1), 1).await;
}

#[tokio::test]
async fn a_transaction_that_does_not_reach_the_registry_is_sent_again() {
    trains_all_the_same(Fault::drops_request().with(DynamoDb, "TransactWriteItems").about(REGISTRATION).first(2), 2)
        .await;
}

#[tokio::test]
async fn a_transaction_whose_answer_is_lost_registers_one_version() {
    trains_all_the_same(Fault::drops_answer().with(DynamoDb, "TransactWriteItems").about(REGISTRATION).first(1), 1)
        .await;
}

#[tokio::test]
async fn a_transaction_that_is_answered_late_registers_one_version() {
    let late = Fault::withholds_answer(seconds(4));
    trains_all_the_same(late.with(DynamoDb, "TransactWriteItems").about(REGISTRATION).first(1), 1).await;
}

#[tokio::test]
async fn a_transaction_without_an_answer_is_found_done_by_the_next_try() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let before = stack.registry.versions().await.len();
    let lost = Fault::drops_answer().with(DynamoDb, "TransactWriteItems").about(REGISTRATION).first(6);
    let fault = stack.faults.add(lost.of("train"));
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
async fn a_transaction_cancelled_for_throttling_is_retried_until_it_succeeds() {
    trains_all_the_same(Fault::cancels(1, "ThrottlingError").about(REGISTRATION).first(4), 4).await;
}

#[tokio::test]
async fn a_transaction_cancelled_for_throughput_is_retried_until_it_succeeds() {
    trains_all_the_same(Fault::cancels(0, "ProvisionedThroughputExceeded").about(REGISTRATION).first(4), 4).await;
}

#[tokio::test]
async fn a_transaction_cancelled_for_a_conflict_is_retried_until_it_succeeds() {
    trains_all_the_same(Fault::cancels(2, "TransactionConflict").about(REGISTRATION).first(4), 4).await;
}

#[tokio::test]
async fn a_registration_without_permission_is_a_failed_run() {
    let fault = Fault::refuses(400, "AccessDeniedException").with(DynamoDb, "TransactWriteItems").about(REGISTRATION);
    fails_and_says_so(fault, "AccessDeniedException").await;
}

#[tokio::test]
async fn a_rollback_whose_answer_is_lost_takes_effect_once() {
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
async fn the_next_training_replaces_a_deleted_pointer() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let revision = stack.registry.champion().await.expect("there is a champion")["revision"].clone();
    stack.registry.delete("CHAMPION").await;
    let version = stack.train_to_serve(as_good()).await;
    let champion = stack.registry.champion().await.expect("there is a champion again");
    assert_eq!(champion["version"]["number"], version);
    assert!(champion["revision"].as_u64() > revision.as_u64(), "{champion}");
    stack.until_served(version).await;
}
