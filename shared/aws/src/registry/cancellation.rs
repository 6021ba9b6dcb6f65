//! Sends a transaction, and explains a failure by listing each refused write with its record and error code.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use evergreen_lifecycle::ports::Unavailable;

use super::Registry;
use super::keys::Key;
use crate::failure::unavailable;

/// Error code of a write whose condition failed.
const CONDITION: &str = "ConditionalCheckFailed";

/// Error codes of writes that may succeed a moment later: another transaction uses the item, or the table is busy.
/// Source: `TransactionCanceledException` in the DynamoDB API reference.
const BRIEF: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// A transaction that failed.
#[derive(Debug)]
pub(super) struct Refused {
    /// Sort keys of the records whose conditions failed.
    unmet: Vec<String>,
    /// The error to report if no failed condition explains it.
    pub(super) error: Unavailable,
}

impl Refused {
    /// Checks whether the condition on the record at `key` failed.
    pub(super) fn is_about(&self, key: &Key) -> bool {
        self.unmet.iter().any(|sort| sort == key.sort())
    }
}

impl Registry {
    /// Performs all of `writes`, or none of them.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>, what: &'static str) -> Result<(), Refused> {
        let places: Vec<_> = writes.iter().map(place).collect();
        // The SDK adds a token to the call, so that its own retries cannot perform the writes twice.
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = transaction.send().await else { return Ok(()) };
        Err(match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancellation(&places, cancelled, &error, what)
            }
            _ => Refused { unmet: Vec::new(), error: unavailable(what)(error) },
        })
    }
}

fn cancellation(
    places: &[String],
    cancelled: &TransactionCanceledException,
    error: &SdkError<TransactWriteItemsError>,
    what: &'static str,
) -> Refused {
    let refused = || places.iter().zip(cancelled.cancellation_reasons()).filter(|(_, reason)| code(reason) != "None");
    let unmet: Vec<_> =
        refused().filter(|(_, reason)| code(reason) == CONDITION).map(|(place, _)| place.clone()).collect();
    let words: Vec<_> = refused().map(|(place, reason)| in_words(place, reason)).collect();
    let request = error.request_id().unwrap_or("unknown");
    let words = format!("the table cancelled the transaction: {} (request {request})", words.join("; "));
    // If the answer gives no reason, another try may succeed, so the failure counts as brief.
    let is_brief = refused().all(|(_, reason)| BRIEF.contains(&code(reason)));
    Refused { unmet, error: Unavailable { is_brief, ..Unavailable::new(what, words) } }
}

/// Describes a refused write. A failed condition needs only its code. Other refusals come with a message.
fn in_words(place: &str, reason: &CancellationReason) -> String {
    match reason.message().filter(|_| code(reason) != CONDITION) {
        Some(message) => format!("{place} {}, {message}", code(reason)),
        None => format!("{place} {}", code(reason)),
    }
}

fn code(reason: &CancellationReason) -> &str {
    reason.code().unwrap_or("None")
}

/// Returns the sort key of the record that `write` changes or checks.
fn place(write: &TransactWriteItem) -> String {
    let put = write.put().map(|put| put.item());
    let key = put.or(write.delete().map(|delete| delete.key())).or(write.condition_check().map(|check| check.key()));
    key.and_then(Key::sort_of).unwrap_or("a record").to_owned()
}
