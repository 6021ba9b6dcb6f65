//! The journal: JSON files in the bucket from which the model registry can be rebuilt.
//!
//! Each file holds the records that one transaction wrote to the registry. The transaction itself stores them beside
//! the event that reports the change. Whoever publishes the event first stores the file, and only then removes the
//! event. So every change whose event is gone has its file. If a process ends in between, the next one stores the same
//! content under the same key.

mod replay;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use replay::Replay;

use crate::digest::sha256_hex;
use crate::{ModelName, VersionNumber};

// The number is increased when a program for the older format would misread a new file.
/// The version of the JSON format of journal files.
pub const JOURNAL_FORMAT: u32 = 1;

/// Number of hexadecimal digits in the name of a journal file. They are the first digits of a SHA-256 hash.
const DIGITS: usize = 16;

/// A record of the registry as JSON: its fields, and its key in the fields `pk` and `sk`.
pub type StoredRecord = Map<String, Value>;

/// The key of a record in the registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    /// The partition key, such as `MODEL#iris`.
    pub pk: String,
    /// The sort key, such as `VERSION#00000007`.
    pub sk: String,
}

/// The content of one journal file: what one transaction changed in the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The version of this file's JSON format: the value of [`JOURNAL_FORMAT`] when it was written.
    pub format: u32,
    /// The key under which the event of the change waited to be published.
    pub event: String,
    /// The records that the transaction stored.
    pub written: Vec<StoredRecord>,
    /// The keys of the records that the transaction removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RecordKey>,
    // A version's record is in its manifest too, so it can be restored from there.
    /// The keys of the stored records for which the file had no room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<RecordKey>,
}

/// The kinds of records that a rebuilt registry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// The record of a training run or an import.
    Run,
    /// The record of a model version.
    Version,
    /// An entry of the history of champions.
    Champion,
    /// A name that people gave to a version.
    Alias,
    /// The tags and the note of a version.
    Annotations,
    /// The result of a verification.
    Verification,
    /// An entry of the audit trail.
    Audit,
    /// A record that this release does not know. It is restored as it is.
    Other,
}

impl RecordKey {
    /// Returns the key of a stored record. `None` if the record has no key.
    pub fn of(record: &StoredRecord) -> Option<Self> {
        let field = |name| record.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self { pk: field("pk")?, sk: field("sk")? })
    }

    /// Returns the kind of the record that has this key.
    pub fn kind(&self) -> RecordKind {
        const PREFIXES: [(&str, RecordKind); 6] = [
            ("RUN#", RecordKind::Run),
            ("VERSION#", RecordKind::Version),
            ("CHAMPION#", RecordKind::Champion),
            ("ALIAS#", RecordKind::Alias),
            ("NOTES#", RecordKind::Annotations),
            ("VERIFY#", RecordKind::Verification),
        ];
        if self.pk.starts_with("AUDIT#") {
            return RecordKind::Audit;
        }
        let known = PREFIXES.iter().find(|(prefix, _)| self.sk.starts_with(prefix));
        known.map_or(RecordKind::Other, |(_, kind)| *kind)
    }

    /// Returns the number of the model version whose record has this key. `None` if it is another record.
    pub fn version(&self) -> Option<VersionNumber> {
        VersionNumber::of_padded(self.sk.strip_prefix("VERSION#")?)
    }
}

/// Returns the S3 prefix of the journal files of `model`. It ends with `/`.
pub fn journal_of(model: &ModelName) -> String {
    format!("registry/{model}/journal/")
}

/// Returns the S3 key of the journal file of the change whose event has the key `event` in the outbox.
pub fn journal_key(model: &ModelName, event: &str) -> String {
    // The event's key begins with its time, so the files are listed in the order of the changes.
    let time = event.split('#').next().unwrap_or_default();
    let hash = sha256_hex(event.as_bytes());
    format!("{}{time}-{}.json", journal_of(model), hash.get(..DIGITS).unwrap_or_default())
}

/// Returns the S3 key under which the manifest of a deleted version is kept.
pub fn kept_manifest_key(model: &ModelName, number: VersionNumber) -> String {
    format!("registry/{model}/manifests/{}.json", number.padded())
}

/// How many records of each kind a rebuild restored or found.
pub type RecordCounts = BTreeMap<RecordKind, usize>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journal_files_are_listed_in_the_order_of_their_events() {
        let iris = "iris".parse().unwrap();
        let key = |event| journal_key(&iris, event);
        let first = key("2026-11-24T03:00:00.000Z#1#iris/manual-7/1/ModelPromoted");
        assert!(first.starts_with("registry/iris/journal/2026-11-24T03:00:00.000Z-"), "{first}");
        assert!(first < key("2026-11-24T03:00:00.001Z#0#iris/manual-8/1/TrainingSucceeded"));
        assert_ne!(first, key("2026-11-24T03:00:00.000Z#1#iris/manual-8/1/ModelPromoted"));
    }

    #[test]
    fn the_kind_of_a_record_follows_from_its_key() {
        let kind = |pk: &str, sk: &str| RecordKey { pk: pk.into(), sk: sk.into() }.kind();
        assert_eq!(kind("MODEL#iris", "VERSION#00000007"), RecordKind::Version);
        assert_eq!(kind("MODEL#iris", "CHAMPION#00000007"), RecordKind::Champion);
        assert_eq!(kind("AUDIT#iris", "2026-11-24T03:00:00.000Z#a"), RecordKind::Audit);
        assert_eq!(kind("MODEL#iris", "NOVELTY#1"), RecordKind::Other);
    }
}
