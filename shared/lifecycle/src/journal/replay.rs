//! Replays journal files: finds out which records the registry must have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{JournalEntry, RecordKey, StoredRecord};
use crate::VersionNumber;

/// The state of the registry after the changes in the journal files that were applied so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    records: BTreeMap<RecordKey, StoredRecord>,
    removed: BTreeSet<RecordKey>,
}

impl Replay {
    /// Applies one journal file. The files must be applied in the order of their keys.
    pub fn apply(&mut self, entry: JournalEntry) {
        for record in entry.written {
            let Some(key) = RecordKey::of(&record) else { continue };
            self.removed.remove(&key);
            // Clocks of two machines may differ. So the newer one of two records is the one with the higher attempt or
            // revision, and the last one only if they have the same.
            if self.records.get(&key).is_none_or(|known| rank(known) <= rank(&record)) {
                self.records.insert(key, record);
            }
        }
        for key in entry.removed {
            self.records.remove(&key);
            self.removed.insert(key);
        }
    }

    /// Returns the records that the registry must have, by key.
    pub fn records(&self) -> &BTreeMap<RecordKey, StoredRecord> {
        &self.records
    }

    /// Returns whether a record with this key was removed and not stored again.
    pub fn has_removed(&self, key: &RecordKey) -> bool {
        self.removed.contains(key)
    }

    /// Returns the keys of the records that were removed and not stored again.
    pub fn removed(&self) -> impl Iterator<Item = &RecordKey> {
        self.removed.iter()
    }

    /// Returns the highest number of a version that the journal names, removed versions included.
    pub fn highest_version(&self) -> Option<VersionNumber> {
        self.records.keys().chain(&self.removed).filter_map(RecordKey::version).max()
    }
}

/// Returns how new a record is among the records with the same key: its attempt or revision, and whether it has ended.
fn rank(record: &StoredRecord) -> (u64, bool) {
    let number = |name| record.get(name).and_then(Value::as_u64);
    let is_running = record.get("status").and_then(Value::as_str) == Some("RUNNING");
    (number("attempt").or(number("revision")).unwrap_or(0), !is_running)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::journal::JOURNAL_FORMAT;

    fn record(sk: &str, fields: Value) -> StoredRecord {
        let mut record = fields.as_object().cloned().unwrap_or_default();
        record.insert("pk".into(), "MODEL#iris".into());
        record.insert("sk".into(), sk.into());
        record
    }

    fn key(sk: &str) -> RecordKey {
        RecordKey { pk: "MODEL#iris".into(), sk: sk.into() }
    }

    fn entry(written: Vec<StoredRecord>, removed: &[&str]) -> JournalEntry {
        let removed = removed.iter().map(|sk| key(sk)).collect();
        JournalEntry { format: JOURNAL_FORMAT, event: "a".into(), written, removed, left_out: Vec::new() }
    }

    fn replayed(entries: impl IntoIterator<Item = JournalEntry>) -> Replay {
        let mut replay = Replay::default();
        entries.into_iter().for_each(|entry| replay.apply(entry));
        replay
    }

    #[test]
    fn a_removed_record_is_gone_until_it_is_stored_again() {
        let set = |revision: u32| entry(vec![record("ALIAS#staging", json!({"revision": revision}))], &[]);
        let replay = replayed([set(1), set(2), entry(Vec::new(), &["ALIAS#staging"])]);
        assert!(replay.records().is_empty() && replay.has_removed(&key("ALIAS#staging")));
        let replay = replayed([set(2), entry(Vec::new(), &["ALIAS#staging"]), set(1)]);
        assert_eq!(replay.records()[&key("ALIAS#staging")]["revision"], 1);
    }

    #[test]
    fn the_end_of_a_run_outlives_a_report_of_its_loss_that_is_dated_later() {
        let run = |attempt: u32, status: &str| {
            entry(vec![record("RUN#a", json!({"attempt": attempt, "status": status}))], &[])
        };
        let status = |entries: [JournalEntry; 2]| replayed(entries).records()[&key("RUN#a")]["status"].clone();
        assert_eq!(status([run(1, "SUCCEEDED"), run(1, "RUNNING")]), "SUCCEEDED");
        assert_eq!(status([run(2, "FAILED"), run(1, "RUNNING")]), "FAILED");
        assert_eq!(status([run(1, "FAILED"), run(2, "RUNNING")]), "RUNNING");
    }

    #[test]
    fn the_highest_version_counts_removed_versions() {
        let written = vec![record("VERSION#00000003", json!({})), record("CHAMPION#00000009", json!({}))];
        let replay = replayed([entry(written, &[]), entry(Vec::new(), &["VERSION#00000007"])]);
        assert_eq!(replay.highest_version(), VersionNumber::new(7));
    }

    proptest! {
        /// A journal file that is applied twice changes nothing: a rebuild may be repeated.
        #[test]
        fn a_journal_may_be_replayed_twice(
            changes in proptest::collection::vec((0u8..4, 0u32..4, any::<bool>()), 0..12),
        ) {
            let entries: Vec<_> = changes.iter().map(|(name, revision, stays)| {
                let sk = format!("ALIAS#{name}");
                if *stays { entry(vec![record(&sk, json!({"revision": revision}))], &[]) } else { entry(Vec::new(), &[&sk]) }
            }).collect();
            let doubled: Vec<_> = entries.iter().flat_map(|entry| [entry.clone(), entry.clone()]).collect();
            prop_assert_eq!(replayed(entries), replayed(doubled));
        }
    }
}
