//! Tests of registering a version: what is asked of the table, and what its refusals mean.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use evergreen_lifecycle::Champion;
use evergreen_lifecycle::ports::{LARGEST_COPY, PromoteError, RegisterError, Registrar, Registration};
use evergreen_testkit::{champion, moment, registration, run, version};

use super::items::Item;
use super::support::registry;
use crate::mocks::record;

/// The condition on the run's end, and its values.
const AT_WORK: &str = r#"attempt = :attempt AND #status = :running {":attempt":1,":running":"RUNNING"}"#;

const START: &str = "2026-11-24T03:00:00Z";

fn first_champion() -> Champion {
    champion(version(1, 0.97, moment(START)))
}

fn of(number: u32, accuracy: f64, seen: Option<&Champion>) -> Registration {
    registration(run("7", moment(START)), version(number, accuracy, moment(START)), seen)
}

/// Each write as its kind, place, condition and the condition's values.
fn outline(writes: &[TransactWriteItem]) -> Vec<String> {
    let line = |kind: &str, item: &Item, condition: Option<&str>, values: Option<&Item>| {
        let values: BTreeMap<String, serde_json::Value> =
            serde_dynamo::from_item(values.cloned().unwrap_or_default()).unwrap();
        assert_eq!(item["pk"].as_s().unwrap(), "MODEL#iris");
        let place = item["sk"].as_s().unwrap();
        format!("{kind} {place} if {} {}", condition.unwrap_or("-"), serde_json::to_string(&values).unwrap())
    };
    let puts = |write: &TransactWriteItem| {
        let put = write.put()?;
        Some(line("put", put.item(), put.condition_expression(), put.expression_attribute_values()))
    };
    let checks = |write: &TransactWriteItem| {
        let check = write.condition_check()?;
        Some(line("check", check.key(), Some(check.condition_expression()), check.expression_attribute_values()))
    };
    let deletes = |write: &TransactWriteItem| {
        let delete = write.delete()?;
        Some(line("delete", delete.key(), delete.condition_expression(), None))
    };
    writes.iter().map(|write| puts(write).or_else(|| checks(write)).or_else(|| deletes(write)).unwrap()).collect()
}

async fn sent_for(registration: &Registration) -> Vec<TransactWriteItem> {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    registry(&[&rule]).register(registration).await.unwrap();
    sent.only().transact_items.unwrap()
}

/// A table that cancels with these codes.
fn cancelling(codes: &'static [&'static str]) -> Rule {
    mock!(Client::transact_write_items).then_error(move || {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        TransactWriteItemsError::TransactionCanceledException(cancelled)
    })
}

/// What registering says when the table cancels with these codes.
async fn cancelled_with(codes: &'static [&'static str]) -> RegisterError {
    registry(&[&cancelling(codes)]).register(&of(1, 0.97, None)).await.unwrap_err()
}

#[tokio::test]
async fn the_first_champion_needs_that_there_is_none() {
    let expected = [
        format!("put RUN#manual-7 if {AT_WORK}"),
        "put VERSION#00000001 if attribute_not_exists(pk) {}".to_owned(),
        "put CHAMPION if attribute_not_exists(pk) {}".to_owned(),
        "put CHAMPION#00000001 if attribute_not_exists(pk) {}".to_owned(),
        "delete ARTIFACT if - {}".to_owned(),
    ];
    assert_eq!(outline(&sent_for(&of(1, 0.97, None)).await), expected);
}

#[tokio::test]
async fn a_successor_needs_the_champion_that_the_gate_saw() {
    let expected = [
        format!("put RUN#manual-7 if {AT_WORK}"),
        "put VERSION#00000002 if attribute_not_exists(pk) {}".to_owned(),
        r#"put CHAMPION if revision = :seen {":seen":1}"#.to_owned(),
        "put CHAMPION#00000002 if attribute_not_exists(pk) {}".to_owned(),
        "delete ARTIFACT if - {}".to_owned(),
    ];
    assert_eq!(outline(&sent_for(&of(2, 0.98, Some(&first_champion()))).await), expected);
}

#[tokio::test]
async fn a_refused_version_leaves_the_champion_but_needs_it_unmoved() {
    for (seen, check) in [
        (Some(first_champion()), r#"check CHAMPION if revision = :seen {":seen":1}"#),
        (None, "check CHAMPION if attribute_not_exists(pk) {}"),
    ] {
        let expected = [
            format!("put RUN#manual-7 if {AT_WORK}"),
            "put VERSION#00000002 if attribute_not_exists(pk) {}".to_owned(),
            check.to_owned(),
        ];
        assert_eq!(outline(&sent_for(&of(2, 0.5, seen.as_ref())).await), expected);
    }
}

#[tokio::test]
async fn what_is_written_is_the_registration() {
    let registration = of(2, 0.98, Some(&first_champion()));
    let writes = sent_for(&registration).await;
    let item = |index: usize| writes[index].put().unwrap().item().clone();
    assert_eq!(serde_dynamo::from_item::<_, evergreen_lifecycle::Run>(item(0)).unwrap(), registration.run);
    assert_eq!(serde_dynamo::from_item::<_, evergreen_lifecycle::Version>(item(1)).unwrap(), registration.version);
    for index in [2, 3] {
        let champion: Champion = serde_dynamo::from_item(item(index)).unwrap();
        assert_eq!(Some(champion), registration.promotion);
    }
}

#[tokio::test]
async fn a_small_artifact_is_kept_beside_the_pointer_and_a_large_one_takes_the_former_copy_away() {
    let keeping = |size: usize| Registration { artifact: Some(vec![7; size]), ..of(1, 0.97, None) };
    let writes = sent_for(&keeping(LARGEST_COPY)).await;
    assert_eq!(outline(&writes)[4], "put ARTIFACT if - {}");
    let item = writes[4].put().unwrap().item();
    assert_eq!(item["content"].as_b().unwrap().as_ref(), vec![7; LARGEST_COPY]);
    let about = (item["version"].as_n().unwrap().as_str(), item["sha256"].as_s().unwrap().as_str());
    assert_eq!(about, ("1", first_champion().version.artifact.sha256.as_str()));
    assert_eq!(item.len(), 5);
    assert_eq!(outline(&sent_for(&keeping(LARGEST_COPY + 1)).await)[4], "delete ARTIFACT if - {}");
}

#[tokio::test]
async fn a_refused_versions_artifact_is_not_kept() {
    let writes = sent_for(&Registration { artifact: Some(vec![7]), ..of(2, 0.5, Some(&first_champion())) }).await;
    assert!(outline(&writes).iter().all(|write| !write.contains("ARTIFACT")));
}

#[tokio::test]
async fn the_call_carries_a_token_so_that_it_may_be_tried_again() {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    registry(&[&rule]).register(&of(1, 0.97, None)).await.unwrap();
    assert!(sent.only().client_request_token().is_some_and(|token| !token.is_empty()));
}

#[tokio::test]
async fn a_run_in_other_hands_is_said_first() {
    let error = cancelled_with(&["ConditionalCheckFailed", "None", "ConditionalCheckFailed", "None"]).await;
    assert!(matches!(error, RegisterError::RunTaken(id) if id.as_str() == "manual-7"));
}

#[tokio::test]
async fn a_champion_that_moved_is_said() {
    for codes in [
        &["None", "None", "ConditionalCheckFailed", "None"][..],
        &["None", "None", "None", "ConditionalCheckFailed"],
        &["None", "None", "TransactionConflict", "None"],
        &["TransactionConflict", "None", "None", "None"],
        &["None", "None", "None", "None", "TransactionConflict"],
    ] {
        assert!(matches!(cancelled_with(codes).await, RegisterError::ChampionMoved), "{codes:?}");
    }
}

#[tokio::test]
async fn anything_else_is_unavailable() {
    for codes in [&["None", "ConditionalCheckFailed", "None", "None"], &["None", "None", "ThrottlingError", "None"]] {
        assert!(matches!(cancelled_with(codes).await, RegisterError::Unavailable(_)), "{codes:?}");
    }
    let rule: Rule =
        mock!(Client::transact_write_items).then_error(|| TransactWriteItemsError::generic(Default::default()));
    let error = registry(&[&rule]).register(&of(1, 0.97, None)).await.unwrap_err();
    assert!(matches!(error, RegisterError::Unavailable(_)));
}

#[tokio::test]
async fn a_version_is_promoted_again_only_over_the_champion_that_was_seen() {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    let seen = first_champion();
    let again = Champion::succeeding(Some(&seen), version(1, 0.97, moment(START)), moment(START));
    registry(&[&rule]).promote(&again, Some(b"a model")).await.unwrap();
    let expected = [
        r#"put CHAMPION if revision = :seen {":seen":1}"#,
        "put CHAMPION#00000002 if attribute_not_exists(pk) {}",
        "put ARTIFACT if - {}",
    ];
    assert_eq!(outline(&sent.only().transact_items.unwrap()), expected);
}

#[tokio::test]
async fn a_promotion_that_another_one_overtook_is_refused() {
    for codes in [
        &["ConditionalCheckFailed", "None", "None"],
        &["None", "TransactionConflict", "None"],
        &["None", "None", "TransactionConflict"],
    ] as [&[&str]; 3]
    {
        let error = registry(&[&cancelling(codes)]).promote(&first_champion(), None).await.unwrap_err();
        assert!(matches!(error, PromoteError::ChampionMoved), "{codes:?}: {error}");
    }
    let busy = registry(&[&cancelling(&["ThrottlingError", "None", "None"])]);
    let error = busy.promote(&first_champion(), None).await.unwrap_err();
    assert!(matches!(error, PromoteError::Unavailable(_)));
}
