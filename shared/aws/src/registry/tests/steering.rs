//! Tests the changes that people make: the conditions that DynamoDB checks.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{CancellationReason, Update};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use evergreen_lifecycle::ports::{AliasLookup, ChangeError, MAX_ALIASES, Steering};
use evergreen_lifecycle::{Alias, AuditedAction, Change, Edit, VersionNumber};
use evergreen_testkit::{audit_entry, change, moment};

use super::support::{item, registry, texts};
use crate::registry::items::RegistryItem;
use crate::tests::mocks::record;

fn alias(index: usize) -> Alias {
    let name = format!("alias-{index}").parse().unwrap();
    Alias { name, version: VersionNumber::FIRST, revision: 1, set_at: moment("2026-11-24T03:00:00Z") }
}

fn adding() -> Change {
    let entry = audit_entry(AuditedAction::AliasSet, "alias alias-0", moment("2026-11-24T03:00:00Z"));
    change(Edit::SetAlias { alias: alias(0), seen_revision: 0 }, entry)
}

/// Returns the answers of the table before the transaction: the counter, and this number of aliases.
fn reads(counter: Option<u32>, aliases: usize) -> [Rule; 2] {
    let counter = counter.map(|revision| item(&serde_json::json!({"revision": revision})));
    let aliases: Vec<RegistryItem> = (1..=aliases).map(|index| item(&alias(index))).collect();
    [answer(counter), {
        let page = move || QueryOutput::builder().set_items(Some(aliases.clone())).build();
        mock!(Client::query).then_output(page)
    }]
}

fn answer(item: Option<RegistryItem>) -> Rule {
    mock!(Client::get_item).then_output(move || GetItemOutput::builder().set_item(item.clone()).build())
}

/// Returns the update of the counter in a transaction.
fn counter(transaction: &TransactWriteItemsInput) -> Update {
    let updates = transaction.transact_items().iter().filter_map(|write| write.update().cloned());
    let mut counters = updates.filter(|update| update.key()["sk"].as_s().is_ok_and(|sort| sort == "ALIASES"));
    counters.next().unwrap()
}

#[tokio::test]
async fn a_new_alias_needs_the_counter_that_was_read_before_the_aliases() {
    for (stored, condition) in [(None, "attribute_not_exists(pk)"), (Some(7), "revision = :seen")] {
        let (sending, sent) = record(mock!(Client::transact_write_items), || {
            MockResponse::Output(TransactWriteItemsOutput::builder().build())
        });
        let [counted, listed] = reads(stored, MAX_ALIASES - 1);
        registry(&[&answer(None), &counted, &listed, &sending]).apply(&adding()).await.unwrap();
        assert_eq!(counter(&sent.only()).condition_expression(), Some(condition));
    }
}

/// Two people add the last possible alias. The table refuses the second transaction, which is planned again.
#[tokio::test]
async fn an_alias_that_was_added_meanwhile_counts() {
    let refusing = mock!(Client::transact_write_items).then_error(|| {
        // The writes: the version, the alias, the counter, the entry and the event.
        let codes = ["None", "None", "ConditionalCheckFailed", "None", "None"];
        let reasons = codes.map(|code| CancellationReason::builder().code(code).build()).to_vec();
        let cancelled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        TransactWriteItemsError::TransactionCanceledException(cancelled)
    });
    let ([counted, listed], [again, full]) = (reads(Some(7), MAX_ALIASES - 1), reads(Some(8), MAX_ALIASES));
    let calls = [&answer(None), &counted, &listed, &refusing, &answer(None), &again, &full];
    let refused = registry(&calls).apply(&adding()).await.unwrap_err();
    assert!(matches!(refused, ChangeError::TooManyAliases), "{refused}");
}

#[tokio::test]
async fn one_alias_is_one_item_in_a_consistent_read() {
    let (rule, sent) = record(mock!(Client::get_item), || {
        MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&alias(1)))).build())
    });
    assert_eq!(registry(&[&rule]).alias(&alias(1).name).await.unwrap(), Some(alias(1)));
    let request = sent.only();
    assert_eq!(request.consistent_read(), Some(true));
    assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "ALIAS#alias-1")])));
    assert_eq!(registry(&[&answer(None)]).alias(&alias(2).name).await.unwrap(), None);
}
