//! Test fake of the journal in the bucket, and of the registry that is rebuilt from it.

use std::collections::BTreeSet;

use evergreen_lifecycle::journal::{JOURNAL_FORMAT, JournalEntry, RecordKey, RecordKind, StoredRecord};
use evergreen_lifecycle::ports::{ObjectList, RegistryRestore, Restorable, StoredFile, Unavailable};
use evergreen_lifecycle::{Announcement, Champion, ModelName, Run, RunState, Version};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Memory, MemoryState};

/// The partition of the records in the fake registry.
const PARTITION: &str = "MODEL#iris";

/// Returns the name of the model whose records the test fake holds.
pub(super) fn model() -> ModelName {
    match "iris".parse() {
        Ok(model) => model,
        Err(error) => panic!("{error}"),
    }
}

pub(super) fn run(run: &Run) -> StoredRecord {
    record(&format!("RUN#{}", run.id), run)
}

pub(super) fn version(version: &Version) -> StoredRecord {
    record(&format!("VERSION#{}", version.number.padded()), version)
}

pub(super) fn champion(champion: &Champion) -> StoredRecord {
    record(&format!("CHAMPION#{:08}", champion.revision), champion)
}

fn record<T: Serialize>(sort: &str, record: &T) -> StoredRecord {
    match serde_json::to_value(record) {
        Ok(serde_json::Value::Object(mut fields)) => {
            fields.insert("pk".into(), PARTITION.into());
            fields.insert("sk".into(), sort.into());
            fields
        }
        other => panic!("{sort} is no record: {other:?}"),
    }
}

fn typed<T: DeserializeOwned>(record: &StoredRecord) -> Result<T, Unavailable> {
    serde_json::from_value(record.clone().into()).map_err(|error| Unavailable::new("restoring a record", error))
}

impl MemoryState {
    /// Keeps the records of a change with its first event, as the real registry does.
    pub(super) fn note(&mut self, announcements: &[Announcement], written: Vec<StoredRecord>) {
        let Some(Announcement { key, .. }) = announcements.first() else { return };
        let entry = JournalEntry {
            format: JOURNAL_FORMAT,
            event: key.clone(),
            written,
            removed: Vec::new(),
            left_out: Vec::new(),
        };
        self.changes.insert(key.clone(), entry);
    }

    fn restore_run(&mut self, run: &Run) -> bool {
        let ended = |run: &Run| (run.attempt, run.state != RunState::Running);
        let is_newer = self.runs.get(&run.id).is_none_or(|stored| ended(stored) < ended(run));
        if is_newer {
            self.runs.insert(run.id.clone(), run.clone());
        }
        is_newer
    }

    fn restore_version(&mut self, version: &Version) -> bool {
        let is_new = !self.versions.contains_key(&version.number);
        if is_new {
            self.versions.insert(version.number, version.clone());
        }
        is_new
    }

    fn restore_champion(&mut self, champion: &Champion) -> bool {
        let is_new = self.champions.iter().all(|known| known.revision != champion.revision);
        if is_new {
            self.champions.push(champion.clone());
            self.champions.sort_by_key(|champion| champion.revision);
        }
        is_new
    }
}

impl RegistryRestore for Memory {
    async fn restore(&self, record: Restorable<'_>) -> Result<bool, Unavailable> {
        let mut state = self.reach_for("registry", "restore")?;
        Ok(match record {
            Restorable::Run(run) => state.restore_run(run),
            Restorable::Version(version) => state.restore_version(version),
            Restorable::Former(champion) => state.restore_champion(champion),
            // The last one of the champions is the pointer.
            Restorable::Pointer(_, artifact) => {
                let is_lost = state.pointer.take().is_some() || state.copy.is_none();
                state.copy = artifact.map(<[u8]>::to_vec);
                is_lost
            }
            Restorable::Counter(number) => {
                let is_behind = state.last_number < number.get();
                state.last_number = state.last_number.max(number.get());
                is_behind
            }
            Restorable::Record(record) => match RecordKey::of(record).map(|key| key.kind()) {
                Some(RecordKind::Run) => state.restore_run(&typed(record)?),
                Some(RecordKind::Version) => state.restore_version(&typed(record)?),
                Some(RecordKind::Champion) => state.restore_champion(&typed(record)?),
                _ => false,
            },
        })
    }
}

impl ObjectList for Memory {
    async fn list(&self, prefix: &str) -> Result<Vec<StoredFile>, Unavailable> {
        let state = self.reach("artifacts")?;
        let objects = state.objects.iter().chain(&state.journal).filter(|(key, _)| key.starts_with(prefix));
        let mut files: Vec<_> =
            objects.map(|(key, content)| StoredFile { key: key.clone(), size: content.len() as u64 }).collect();
        files.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(files)
    }

    async fn names_below(&self, prefix: &str) -> Result<Vec<String>, Unavailable> {
        let state = self.reach("artifacts")?;
        let names = state.journal.keys().filter_map(|key| key.strip_prefix(prefix)?.split_once('/'));
        let names: BTreeSet<String> = names.map(|(name, _)| name.to_owned()).collect();
        Ok(names.into_iter().collect())
    }
}
