//! Tests the registration of a model version: the requests to DynamoDB, and the errors after a refused transaction.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use evergreen_lifecycle::ports::{
    LARGEST_COPY, Opening, PromoteError, Promotion, RegisterError, Registrar, Registration, RunWriteError, Unavailable,
};
use evergreen_lifecycle::{Announcement, AuditEntry, AuditedAction, Champion, LifecycleEvent, Pointer, Run};
use evergreen_testkit::{audit_entry, champion, moment, registration, run, version};

use super::support::{item, registry};
use crate::registry::items::RegistryItem;
use crate::tests::mocks::record;

/// Expected DynamoDB condition of the write that ends a training run, followed by the condition's values.
const AT_WORK: &str = r#"attempt = :attempt AND #status = :running {":attempt":1,":running":"RUNNING"}"#;

const START: &str = "2026-11-24T03:00:00Z";

fn first_champion() -> Champion {
    champion(version(1, 0.97, moment(START)))
}

fn of(number: u32, accuracy: f64, seen: Option<&Champion>) -> Registration {
    registration(run("7", moment(START)), version(number, accuracy, moment(START)), seen)
}

/// Test helper: returns each write of a transaction as text, with its kind, key and condition.
fn outline(writes: &[TransactWriteItem]) -> Vec<String> {
    let line = |kind: &str, item: &RegistryItem, condition: Option<&str>, values: Option<&RegistryItem>| {
        let values: BTreeMap<String, serde_json::Value> =
            serde_dynamo::from_item(values.cloned().unwrap_or_default()).unwrap();
        let (partition, sort) = (item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap());
        let place = if partition == "MODEL#iris" { sort.clone() } else { format!("{partition} {sort}") };
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
    let updates = |write: &TransactWriteItem| {
        let update = write.update()?;
        Some(line("update", update.key(), update.condition_expression(), None))
    };
    let outlined = |write| puts(write).or_else(|| checks(write)).or_else(|| deletes(write)).or_else(|| updates(write));
    writes.iter().map(|write| outlined(write).unwrap()).collect()
}

async fn sent_for(registration: &Registration) -> Vec<TransactWriteItem> {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    registry(&[&rule]).register(registration).await.unwrap();
    sent.only().transact_items.unwrap()
}

/// Test helper: returns a fake DynamoDB answer that cancels each transaction.
fn cancelling(codes: &'static [&'static str]) -> Rule {
    // `codes` has one error code for each write.
    mock!(Client::transact_write_items).then_error(move || {
        let reason = |code: &str| {
            let reason = CancellationReason::builder().code(code);
            if code == "None" { reason } else { reason.message("words of the table") }.build()
        };
        let reasons = codes.iter().map(|code| reason(code)).collect();
        let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        TransactWriteItemsError::TransactionCanceledException(cancelled)
    })
}

/// Test helper: registers a model version and returns the error after DynamoDB has cancelled the transaction.
async fn cancelled_with(codes: &'static [&'static str]) -> RegisterError {
    // `codes` has one error code for each write.
    registry(&[&cancelling(codes)]).register(&of(1, 0.97, None)).await.unwrap_err()
}

/// Test helper: returns a fake DynamoDB answer to a read, with the run `stored`. `None` means that there is no run.
fn on_record(stored: Option<Run>) -> Rule {
    mock!(Client::get_item).then_output(move || GetItemOutput::builder().set_item(stored.as_ref().map(item)).build())
}

fn announcement(kind: &str) -> Announcement {
    Announcement { key: format!("2026-11-24T03:00:10.000Z#{kind}"), kind: kind.to_owned(), detail: "{}".to_owned() }
}

fn failed() -> Run {
    run("7", moment(START)).failed("no such column".into(), None, moment(START))
}

#[tokio::test]
async fn the_first_promotion_requires_that_there_is_no_champion() {
    let expected = [
        format!("put RUN#manual-7 if {AT_WORK}"),
        "put VERSION#00000001 if attribute_not_exists(pk) {}".to_owned(),
        "put CHAMPION if attribute_not_exists(pk) {}".to_owned(),
        "put CHAMPION#00000001 if attribute_not_exists(pk) {}".to_owned(),
        "delete ARTIFACT if - {}".to_owned(),
        NO_LOSS.to_owned(),
    ];
    assert_eq!(outline(&sent_for(&of(1, 0.97, None)).await), expected);
}

#[tokio::test]
async fn a_promotion_requires_the_champion_that_the_gate_compared() {
    let expected = [
        format!("put RUN#manual-7 if {AT_WORK}"),
        "put VERSION#00000002 if attribute_not_exists(pk) {}".to_owned(),
        r#"put CHAMPION if revision = :seen {":seen":1}"#.to_owned(),
        "put CHAMPION#00000002 if attribute_not_exists(pk) {}".to_owned(),
        "delete ARTIFACT if - {}".to_owned(),
        NO_LOSS.to_owned(),
    ];
    assert_eq!(outline(&sent_for(&of(2, 0.98, Some(&first_champion()))).await), expected);
}

#[tokio::test]
async fn a_refused_version_keeps_the_champion_and_requires_it_unchanged() {
    for (seen, check) in [
        (Some(first_champion()), r#"check CHAMPION if revision = :seen {":seen":1}"#),
        (None, "check CHAMPION if attribute_not_exists(pk) {}"),
    ] {
        let expected = [
            format!("put RUN#manual-7 if {AT_WORK}"),
            "put VERSION#00000002 if attribute_not_exists(pk) {}".to_owned(),
            check.to_owned(),
            NO_LOSS.to_owned(),
        ];
        assert_eq!(outline(&sent_for(&of(2, 0.5, seen.as_ref())).await), expected);
    }
}

#[tokio::test]
async fn the_transaction_holds_the_whole_registration() {
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
async fn a_small_artifact_is_copied_beside_the_pointer_and_a_large_one_deletes_the_former_copy() {
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
async fn the_call_has_an_idempotency_token() {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    registry(&[&rule]).register(&of(1, 0.97, None)).await.unwrap();
    assert!(sent.only().client_request_token().is_some_and(|token| !token.is_empty()));
}

/// Expected DynamoDB write as text: it deletes the stored event "attempt 1 of the run was lost".
const NO_LOSS: &str = "delete OUTBOX#iris 2026-11-24T03:15:00.000Z#3#iris/manual-7/1/TrainingFailed if - {}";

fn attempt(attempt: u32) -> Run {
    Run { attempt, ..run("7", moment(START)) }
}

fn loss_of(run: &Run) -> Announcement {
    Announcement::of(&LifecycleEvent::of_loss(run)).unwrap()
}

#[tokio::test]
async fn an_attempt_is_opened_only_after_its_predecessor_and_with_the_event_of_its_loss() {
    let (first, second) = (attempt(1), Run { lease_until: moment("2026-11-24T03:16:00Z"), ..attempt(2) });
    let over_predecessor = "attempt = :predecessor AND #status IN (:running, :failed) \
                            {\":failed\":\"FAILED\",\":predecessor\":1,\":running\":\"RUNNING\"}";
    let cases = [
        (
            &first,
            None,
            vec![
                "put RUN#manual-7 if attribute_not_exists(pk) {}".to_owned(),
                "put OUTBOX#iris 2026-11-24T03:15:00.000Z#3#iris/manual-7/1/TrainingFailed if - {}".to_owned(),
            ],
        ),
        (
            &second,
            Some(&first),
            vec![
                format!("put RUN#manual-7 if {over_predecessor}"),
                "put OUTBOX#iris 2026-11-24T03:16:00.000Z#3#iris/manual-7/2/TrainingFailed if - {}".to_owned(),
                NO_LOSS.to_owned(),
            ],
        ),
    ];
    for (run, former, expected) in cases {
        let (rule, sent) = record(mock!(Client::transact_write_items), || {
            MockResponse::Output(TransactWriteItemsOutput::builder().build())
        });
        registry(&[&rule]).open(&Opening { run, former, lost: &loss_of(run) }).await.unwrap();
        let writes = sent.only().transact_items.unwrap();
        assert_eq!(outline(&writes), expected);
        let stored: Run = serde_dynamo::from_item(writes[0].put().unwrap().item().clone()).unwrap();
        assert_eq!(&stored, run);
    }
}

#[tokio::test]
async fn a_recorded_attempt_was_opened_by_an_earlier_try_and_another_attempt_blocks_it() {
    let run = attempt(2);
    let later = Run { started_at: moment("2026-11-24T03:00:01Z"), ..attempt(2) };
    for (stored, expected) in
        [(Some(run.clone()), true), (Some(later), false), (Some(Run { invocation: "b".into(), ..run.clone() }), false)]
    {
        let refusing = cancelling(&["ConditionalCheckFailed", "None", "None"]);
        let opening = Opening { run: &run, former: Some(&attempt(1)), lost: &loss_of(&run) };
        let answer = registry(&[&refusing, &on_record(stored.clone())]).open(&opening).await;
        assert_eq!(answer.is_ok(), expected, "{stored:?}");
        assert!(answer.is_ok() || matches!(answer, Err(RunWriteError::Conflict(id)) if id == run.id));
    }
}

#[tokio::test]
async fn a_silent_table_is_unavailable_and_not_a_conflict() {
    let rule = mock!(Client::transact_write_items).then_error(|| TransactWriteItemsError::generic(Default::default()));
    let run = attempt(1);
    let opening = Opening { run: &run, former: None, lost: &loss_of(&run) };
    let error = registry(&[&rule]).open(&opening).await.unwrap_err();
    assert!(matches!(error, RunWriteError::Unavailable(Unavailable { what: "opening a run", .. })));
}

#[tokio::test]
async fn events_are_written_with_the_change_that_they_report() {
    let announcements = vec![announcement("TrainingSucceeded"), announcement("ModelPromoted")];
    let writes = outline(&sent_for(&Registration { announcements, ..of(1, 0.97, None) }).await);
    let expected = ["TrainingSucceeded", "ModelPromoted"]
        .map(|kind| format!("put OUTBOX#iris 2026-11-24T03:00:10.000Z#{kind} if - {{}}"));
    assert_eq!(writes[6..], expected);
    // A DynamoDB transaction may have a hundred writes and 4 MB. A record has at most 400 KB.
    assert!(writes.len() <= 100 && writes.len() * 400_000 <= 4 << 20, "{writes:?}");
}

#[tokio::test]
async fn a_failure_is_stored_only_over_the_attempt_that_failed_and_with_its_events() {
    let (rule, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    registry(&[&rule]).fail(&failed(), &[announcement("TrainingFailed")]).await.unwrap();
    let writes = sent.only().transact_items.unwrap();
    let expected = [
        format!("put RUN#manual-7 if {AT_WORK}"),
        NO_LOSS.to_owned(),
        "put OUTBOX#iris 2026-11-24T03:00:10.000Z#TrainingFailed if - {}".to_owned(),
    ];
    assert_eq!(outline(&writes), expected);
    let stored: Run = serde_dynamo::from_item(writes[0].put().unwrap().item().clone()).unwrap();
    assert_eq!(stored, failed());
}

#[tokio::test]
async fn a_failure_of_a_run_that_another_attempt_holds_is_not_stored() {
    for (stored, expected) in [(Some(failed()), true), (Some(run("7", moment(START))), false), (None, false)] {
        let refusing = cancelling(&["ConditionalCheckFailed", "None"]);
        let answer = registry(&[&refusing, &on_record(stored.clone())]).fail(&failed(), &[]).await;
        assert_eq!(answer.is_ok(), expected, "{stored:?}");
        assert!(answer.is_ok() || matches!(answer, Err(RunWriteError::Conflict(id)) if id == failed().id));
    }
}

#[tokio::test]
async fn a_run_that_another_attempt_holds_is_reported_first() {
    let refusing = cancelling(&["ConditionalCheckFailed", "None", "ConditionalCheckFailed", "None"]);
    let running = on_record(Some(run("7", moment(START))));
    let error = registry(&[&refusing, &running]).register(&of(1, 0.97, None)).await.unwrap_err();
    assert!(matches!(error, RegisterError::RunTaken(id) if id.as_str() == "manual-7"));
}

#[tokio::test]
async fn a_registration_with_a_lost_answer_succeeds() {
    let registration = of(1, 0.97, None);
    let refusing = cancelling(&["ConditionalCheckFailed", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]);
    registry(&[&refusing, &on_record(Some(registration.run.clone()))]).register(&registration).await.unwrap();
}

#[tokio::test]
async fn only_a_failed_condition_on_the_champion_means_that_it_moved() {
    for codes in [
        &["None", "None", "ConditionalCheckFailed", "None", "None"][..],
        &["None", "None", "None", "ConditionalCheckFailed", "None"],
        &["None", "TransactionConflict", "ConditionalCheckFailed", "None", "None"],
    ] {
        assert!(matches!(cancelled_with(codes).await, RegisterError::ChampionMoved), "{codes:?}");
    }
    let refused = cancelling(&["None", "None", "ConditionalCheckFailed"]);
    let error = registry(&[&refused]).register(&of(2, 0.5, Some(&first_champion()))).await.unwrap_err();
    assert!(matches!(error, RegisterError::ChampionMoved));
}

#[tokio::test]
async fn a_throttled_write_is_retryable_and_is_named() {
    for (codes, words) in [
        (&["None", "None", "ThrottlingError", "None", "None"][..], "CHAMPION ThrottlingError, words of the table"),
        (&["ProvisionedThroughputExceeded", "None"], "RUN#manual-7 ProvisionedThroughputExceeded, words of the table"),
        (
            &["None", "TransactionConflict", "None", "TransactionConflict", "None"],
            "VERSION#00000001 TransactionConflict, words of the table; CHAMPION#00000001 TransactionConflict, words of \
             the table",
        ),
    ] {
        let RegisterError::Unavailable(error) = cancelled_with(codes).await else { panic!("{codes:?}") };
        assert!(error.is_brief, "{codes:?}");
        let expected = format!("the table cancelled the transaction: {words} (request unknown)");
        assert_eq!(error.cause.to_string(), expected);
    }
}

#[tokio::test]
async fn any_other_failure_is_not_retryable() {
    for codes in [&["None", "ConditionalCheckFailed", "None", "None"], &["None", "None", "ValidationError", "None"]] {
        let error = cancelled_with(codes).await;
        assert!(matches!(error, RegisterError::Unavailable(Unavailable { is_brief: false, .. })), "{codes:?}");
    }
    let rule: Rule =
        mock!(Client::transact_write_items).then_error(|| TransactWriteItemsError::generic(Default::default()));
    let error = registry(&[&rule]).register(&of(1, 0.97, None)).await.unwrap_err();
    assert!(matches!(error, RegisterError::Unavailable(_)));
}

/// Test helper: returns a request to make model version 1 the champion.
fn promotion<'a>(
    champion: &'a Champion,
    seen_revision: u32,
    (announcement, entry): &'a (Announcement, AuditEntry),
) -> Promotion<'a> {
    // `seen_revision` is the revision of the champion that the caller has read.
    Promotion { champion, seen_revision, artifact: b"a model", announcement, entry }
}

/// Test helper: returns the event and the audit entry of a promotion by hand.
fn told() -> (Announcement, AuditEntry) {
    (announcement("ModelPromoted"), audit_entry(AuditedAction::Promoted, "version 1", moment(START)))
}

#[tokio::test]
async fn a_version_is_promoted_again_only_if_the_champion_is_unchanged() {
    let told = told();
    let seen = first_champion();
    for (last_revision, seen, pointer) in [
        (1, Some(&seen), r#"put CHAMPION if revision = :seen {":seen":1}"#),
        (1, None, "put CHAMPION if attribute_not_exists(pk) {}"),
    ] {
        let (rule, sent) = record(mock!(Client::transact_write_items), || {
            MockResponse::Output(TransactWriteItemsOutput::builder().build())
        });
        let again = Champion::following(
            seen.cloned().map(Pointer::from).as_ref(),
            last_revision,
            version(1, 0.97, moment(START)),
            moment(START),
        );
        registry(&[&rule]).promote(&promotion(&again, Champion::revision_of(seen), &told)).await.unwrap();
        let expected = [
            "update VERSION#00000001 if attribute_exists(pk) {}",
            pointer,
            "put CHAMPION#00000002 if attribute_not_exists(pk) {}",
            "put ARTIFACT if - {}",
            "put AUDIT#iris 2026-11-24T03:00:00.000Z#1795489200000-version-1 if attribute_not_exists(pk) {}",
            "put OUTBOX#iris 2026-11-24T03:00:10.000Z#ModelPromoted if - {}",
        ];
        assert_eq!(outline(&sent.only().transact_items.unwrap()), expected);
    }
}

#[tokio::test]
async fn a_promotion_that_lost_a_race_is_refused_and_a_throttled_one_is_retryable() {
    let (champion, told) = (first_champion(), told());
    let overtaken: [&[&str]; 2] = [
        &["None", "ConditionalCheckFailed", "None", "None", "None", "None"],
        &["None", "None", "ConditionalCheckFailed", "None", "None", "None"],
    ];
    for codes in overtaken {
        let error = registry(&[&cancelling(codes)]).promote(&promotion(&champion, 0, &told)).await.unwrap_err();
        assert!(matches!(error, PromoteError::ChampionMoved), "{codes:?}: {error}");
    }
    for codes in [&["ThrottlingError", "None", "None", "None"], &["None", "None", "TransactionConflict", "None"]] {
        let error = registry(&[&cancelling(codes)]).promote(&promotion(&champion, 0, &told)).await.unwrap_err();
        assert!(matches!(error, PromoteError::Unavailable(Unavailable { is_brief: true, .. })), "{codes:?}");
    }
}
