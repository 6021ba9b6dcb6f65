//! Adds the changed records of a transaction to the event that reports the change, and stores them as a file of the
//! journal in the bucket ([`evergreen_lifecycle::journal`]).

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use evergreen_lifecycle::journal::{JOURNAL_FORMAT, JournalEntry, RecordKey, StoredRecord, journal_key};
use evergreen_lifecycle::ports::{NewObject, Unavailable};

use super::items::{RegistryItem, text};
use super::keys::{PARTITION, SORT};
use super::{Registry, transaction};

const WHAT: &str = "storing the changed records in the journal";

/// Name of the DynamoDB attribute of a stored event that contains the changed records as JSON text.
const CHANGES: &str = "changes";

// A DynamoDB item holds at most 400 KB, and the event itself needs a part of that.
/// Maximum number of bytes of JSON text for the changed records of one transaction.
const MAX_CHANGES: usize = 256 * 1024;

/// Records of the model's partition that are not part of the journal, because they follow from other records or from
/// the bucket. A rebuilt registry has no rollout.
const DERIVED: [&str; 4] = ["ARTIFACT", "CHAMPION", "COUNTER", "ROLLOUT"];

impl Registry {
    /// Adds the records that `writes` change to the first event that `writes` store. Without an event or a change, the
    /// writes stay as they are.
    pub(super) fn with_changes(
        &self,
        mut writes: Vec<TransactWriteItem>,
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let event = writes
            .iter()
            .position(|write| write.put().is_some_and(|put| word(put.item(), PARTITION) == Some(self.keys.outbox())));
        let Some(event) = event else { return Ok(writes) };
        let key = writes.get(event).and_then(|write| word(write.put()?.item(), SORT)).unwrap_or_default().to_owned();
        if let Some(changes) = self.entry(key, &writes)?
            && let Some(put) = writes.get_mut(event).and_then(|write| write.put.as_mut())
        {
            put.item.insert(CHANGES.to_owned(), text(changes));
        }
        Ok(writes)
    }

    /// Returns the journal file of a transaction as JSON text. `None` if the transaction changes no record.
    fn entry(&self, event: String, writes: &[TransactWriteItem]) -> Result<Option<String>, Unavailable> {
        let (mut written, mut left_out, mut size) = (Vec::new(), Vec::new(), 0);
        for item in writes.iter().filter_map(|write| Some(write.put()?.item())) {
            let Some(key) = self.journaled(item) else { continue };
            let record = record(item.clone())?;
            let length = serde_json::to_string(&record);
            let length = length.map_err(|error| Unavailable::new(transaction::WHAT, error))?.len();
            if size + length <= MAX_CHANGES {
                size += length;
                written.push(record);
            } else {
                left_out.push(key);
            }
        }
        let deleted = writes.iter().filter_map(|write| Some(write.delete()?.key()));
        let removed: Vec<_> = deleted.filter_map(|key| self.journaled(key)).collect();
        if written.is_empty() && removed.is_empty() && left_out.is_empty() {
            return Ok(None);
        }
        let entry = JournalEntry { format: JOURNAL_FORMAT, event, written, removed, left_out };
        serde_json::to_string(&entry).map(Some).map_err(|error| Unavailable::new(transaction::WHAT, error))
    }

    /// Returns the key of an item that is part of the journal. `None` for any other item.
    fn journaled(&self, item: &RegistryItem) -> Option<RecordKey> {
        let (pk, sk) = (word(item, PARTITION)?, word(item, SORT)?);
        let is_record = pk == self.keys.partition() && !DERIVED.contains(&sk);
        // An idempotency key expires after a day, and is of no use in a rebuilt registry.
        let is_audit = pk == self.keys.audit_trail() && !sk.starts_with("KEY#");
        (is_record || is_audit).then(|| RecordKey { pk: pk.to_owned(), sk: sk.to_owned() })
    }

    /// Stores the changed records of a stored event in the bucket.
    pub(super) async fn store_changes(&self, event: &str) -> Result<(), Unavailable> {
        let Some(item) = self.item(self.keys.event(event), "reading the records of a change").await? else {
            return Ok(());
        };
        let Some(changes) = word(&item, CHANGES) else { return Ok(()) };
        let Some(bucket) = &self.bucket else {
            return Err(Unavailable::new(WHAT, "the function has no bucket for the journal"));
        };
        let (key, content) = (&journal_key(&self.model, event), changes.as_bytes());
        // Every process that stores this file stores the same content, so the file of another process is as good.
        let object = NewObject { key, content, media_type: "application/json", mark: event };
        bucket.put_once(object, WHAT).await
    }
}

/// Returns a DynamoDB item as JSON.
pub(super) fn record(item: RegistryItem) -> Result<StoredRecord, Unavailable> {
    serde_dynamo::from_item(item).map_err(|error| Unavailable::new(transaction::WHAT, error))
}

/// Returns the text attribute `name` of a DynamoDB item.
fn word<'a>(item: &'a RegistryItem, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).map(String::as_str)
}
