use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_smithy_mocks::{MockResponse, Rule, mock};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::feedback::{PredictedLabel, PredictedOutcome, PredictionRecord, RivalPrediction, TrueValue};
use evergreen_testkit::moment;

use super::*;
use crate::registry::tests::support::registry;
use crate::tests::mocks::record;

fn group(ids: &[&str], rival: Option<u32>) -> FeedbackGroup {
    let outcome = PredictedOutcome::Label(PredictedLabel::new(1, &[0.25, 0.75]));
    let rival = rival.and_then(VersionNumber::new);
    let rival = rival.map(|version| RivalPrediction { version, outcome: outcome.clone() });
    let version = VersionNumber::FIRST;
    let record = PredictionRecord { version, at: moment("2026-11-24T23:00:00Z"), unique: 1, outcome, rival };
    let judged = ids.iter().map(|id| JudgedPrediction::new(id, &record, TrueValue::Label(1), None).unwrap());
    FeedbackGroup::of(judged.collect()).pop().unwrap()
}

fn nothing_stored() -> Rule {
    mock!(Client::get_item).then_output(|| GetItemOutput::builder().build())
}

fn refusing(codes: Vec<&'static str>) -> Rule {
    mock!(Client::transact_write_items).then_error(move || {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        TransactWriteItemsError::TransactionCanceledException(cancelled)
    })
}

fn sorts(sent: &TransactWriteItemsInput) -> Vec<String> {
    let writes = sent.transact_items().iter().filter_map(|write| Key::sort_of(write.put()?.item()));
    writes.map(str::to_owned).collect()
}

#[tokio::test]
async fn ids_counts_and_the_comparison_are_stored_together() {
    let (write, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    let registry = registry(&[&nothing_stored(), &nothing_stored(), &write]);
    assert_eq!(registry.count_feedback(&group(&["a"], Some(2))).await.unwrap(), BTreeSet::new());
    let sent: TransactWriteItemsInput = sent.only();
    let id = format!("ID#{}", sha256_hex(b"a"));
    assert_eq!(sorts(&sent), ["DAY#2026-11-24#00000001#0", "PAIR#00000001#00000002#0", &id]);
    let conditions = sent.transact_items().iter().map(|write| write.put().unwrap().condition_expression().unwrap());
    assert!(conditions.into_iter().all(|condition| condition == "attribute_not_exists(pk)"));
    let day = sent.transact_items()[0].put().unwrap().item().clone();
    let stored: StoredCounts<LiveTally> = items::decode(day, "reading").unwrap();
    assert_eq!((stored.revision, stored.counts), (1, group(&["a"], None).tally()));
}

#[tokio::test]
async fn a_known_id_is_told_and_the_others_are_counted() {
    let (write, sent) = record(mock!(Client::transact_write_items), || {
        MockResponse::Output(TransactWriteItemsOutput::builder().build())
    });
    let refused = refusing(vec!["None", "ConditionalCheckFailed", "None"]);
    let registry = registry(&[&nothing_stored(), &refused, &nothing_stored(), &write]);
    let known = registry.count_feedback(&group(&["a", "b"], None)).await.unwrap();
    assert_eq!(known, BTreeSet::from([sha256_hex(b"a")]));
    let sorts = sorts(&sent.only());
    assert_eq!(sorts.len(), 2);
    assert_eq!(sorts[1], format!("ID#{}", sha256_hex(b"b")));
}

#[tokio::test]
async fn a_call_that_another_one_overtook_is_tried_again() {
    let write = mock!(Client::transact_write_items).then_output(|| TransactWriteItemsOutput::builder().build());
    let overtaken = refusing(vec!["ConditionalCheckFailed", "None"]);
    let busy = refusing(vec!["TransactionConflict", "None"]);
    // A rule answers one call.
    let [first, second, third] = [(); 3].map(|()| nothing_stored());
    let registry = registry(&[&first, &overtaken, &second, &busy, &third, &write]);
    assert_eq!(registry.count_feedback(&group(&["a"], None)).await.unwrap(), BTreeSet::new());
}

#[tokio::test]
async fn the_parts_of_a_day_are_added_up() {
    let (query, sent) = record(mock!(Client::query), || {
        let keys = RegistryKeys::of(&"iris".parse().unwrap());
        let day = group(&["a"], None).day;
        let counts = group(&["a", "b"], None).tally();
        let item = |part| {
            let stored = StoredCounts { revision: 3, counts: counts.clone(), expires_at: 0 };
            items::encode(&keys.day_tally(day, VersionNumber::FIRST, part), &stored, "storing").unwrap()
        };
        MockResponse::Output(QueryOutput::builder().items(item(0)).items(item(5)).build())
    });
    let day = "2026-11-24".parse().unwrap();
    let tallies = registry(&[&query]).day_tallies(day..=day).await.unwrap();
    let expected = group(&["a", "b", "c", "d"], None).tally();
    assert_eq!(tallies, [DayTally { day, version: VersionNumber::FIRST, tally: expected }]);
    let values = sent.only().expression_attribute_values.unwrap();
    let [first, end] = [":first", ":end"].map(|name| values[name].as_s().unwrap().clone());
    assert_eq!((first.as_str(), end.as_str()), ("DAY#2026-11-24", "DAY#2026-11-24$"));
}
