//! Sends a DynamoDB transaction. If it fails, the error lists each refused write with its record and error code.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::RequestId;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use evergreen_lifecycle::ports::Unavailable;

use super::Registry;
use super::keys::Key;
use crate::failure::unavailable;

/// DynamoDB's error code for a write whose condition failed.
const CONDITION: &str = "ConditionalCheckFailed";

// The reason is that another transaction uses the item, or that the table is busy. Source:
// `TransactionCanceledException` in the DynamoDB API reference.
/// DynamoDB's error codes for short problems, after which a write may soon succeed.
const BRIEF: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Error: a DynamoDB transaction failed, so none of its writes was performed.
#[derive(Debug)]
pub(super) struct Refused {
    /// The sort keys of the DynamoDB records whose conditions were false.
    unmet: Vec<String>,
    // The caller returns it if it finds no more precise error for the failed conditions.
    /// The error of the failed DynamoDB transaction.
    pub(super) error: Unavailable,
}

impl Refused {
    /// Returns whether the transaction failed because the condition on the record with the key `key` was false.
    pub(super) fn is_about(&self, key: &Key) -> bool {
        self.is_at(key.sort())
    }

    /// Returns whether the transaction failed because the condition on any record was false.
    pub(super) fn has_unmet(&self) -> bool {
        !self.unmet.is_empty()
    }

    /// Returns whether the transaction failed because the condition on the record with this sort key was false.
    pub(super) fn is_at(&self, sort: &str) -> bool {
        self.unmet.iter().any(|unmet| unmet == sort)
    }
}

impl Registry {
    /// Performs all of `writes` in one DynamoDB transaction, or none of them. `what` names the action in an error
    /// message.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>, what: &'static str) -> Result<(), Refused> {
        let places: Vec<_> = writes.iter().map(place).collect();
        let writes = self.with_changes(writes).map_err(|error| Refused { unmet: Vec::new(), error })?;
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
    // If the answer contains no reason, another try may succeed, so the error counts as a short problem.
    let is_brief = refused().all(|(_, reason)| BRIEF.contains(&code(reason)));
    Refused { unmet, error: Unavailable { is_brief, ..Unavailable::new(what, words) } }
}

/// Describes one refused write of a transaction as text: its sort key and its error code.
fn in_words(place: &str, reason: &CancellationReason) -> String {
    // DynamoDB's message is added, except for a failed condition, where the code says enough.
    match reason.message().filter(|_| code(reason) != CONDITION) {
        Some(message) => format!("{place} {}, {message}", code(reason)),
        None => format!("{place} {}", code(reason)),
    }
}

fn code(reason: &CancellationReason) -> &str {
    reason.code().unwrap_or("None")
}

/// Returns the sort key of the DynamoDB record that a write of a transaction changes or checks.
fn place(write: &TransactWriteItem) -> String {
    let put = write.put().map(|put| put.item());
    let key = put
        .or(write.delete().map(|delete| delete.key()))
        .or(write.update().map(|update| update.key()))
        .or(write.condition_check().map(|check| check.key()));
    key.and_then(Key::sort_of).unwrap_or("a record").to_owned()
}
