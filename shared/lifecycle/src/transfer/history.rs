//! Decides whether the history of a model can be imported by a stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::export::version_of;
use super::place::is_of_journal;
use crate::VersionNumber;
use crate::digest::sha256_hex;
use crate::journal::{JournalEntry, RecordKey, RecordKind, Replay};

/// The files of a model in a bucket or in an export.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelHistory {
    /// The SHA-256 hash of each file, by its path in an export.
    pub hashes: BTreeMap<String, String>,
    /// The content of each file of the journal, by its path. Paths are in the order of the changes.
    pub journal: BTreeMap<String, JournalEntry>,
}

/// What an import does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportPlan {
    /// The paths of the files that the stack lacks. Files of the journal come last.
    pub missing: Vec<String>,
    // An import deletes nothing.
    /// The names of what the stack has and the imported history has deleted, such as `version 3`. It stays.
    pub staying: Vec<String>,
}

/// Error: a history cannot be imported, because the stack has a history of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// The stack has a file with other content. The field is its path.
    #[error("the stack has another {0}")]
    Conflict(String),
    /// The stack has a version that the imported history does not have.
    #[error("the stack has a version {0} of its own")]
    OwnVersion(VersionNumber),
    /// The stack has changed something that the imported history does not know, such as `alias staging`.
    #[error("the stack has a change of its own: {0}")]
    OwnChange(String),
}

impl ModelHistory {
    /// Adds a file.
    ///
    /// # Errors
    /// Returns an error if the file belongs to the journal and this release cannot read it.
    pub fn add(&mut self, path: &str, content: &[u8]) -> Result<(), serde_json::Error> {
        if is_of_journal(path) {
            self.journal.insert(path.to_owned(), serde_json::from_slice(content)?);
        }
        self.hashes.insert(path.to_owned(), sha256_hex(content));
        Ok(())
    }

    /// Returns the number of the champion, and its revision (number of promotions). `None` if the journal names none.
    pub fn champion(&self) -> Option<(VersionNumber, u32)> {
        let replay = self.replay();
        let (_, champion) = replay.records().iter().rfind(|(key, _)| key.kind() == RecordKind::Champion)?;
        let whole = |value: &Value| u32::try_from(value.as_u64()?).ok();
        let number = whole(champion.get("version")?.get("number")?)?;
        Some((VersionNumber::new(number)?, whole(champion.get("revision")?)?))
    }

    /// Selects the files to export. Only the journal must have been added before.
    pub fn exported(&self, mut paths: Vec<String>) -> Vec<String> {
        // A training stores its files before its records. So a higher number belongs to a training that goes on.
        let highest = self.replay().highest_version();
        let is_finished = |number: VersionNumber| highest.is_none_or(|highest| number <= highest);
        paths.retain(|path| version_of(path).is_none_or(is_finished));
        paths
    }

    fn replay(&self) -> Replay {
        replayed(self.journal.values())
    }
}

/// Decides whether a stack with the history `target` can import the history `imported`.
///
/// It can if it has no history, or an earlier part of this one. Entries of its audit trail and verifications are no history.
///
/// # Errors
/// [`ImportRefusal`] names the first file or change that the imported history does not have.
pub fn plan_import(imported: &ModelHistory, target: &ModelHistory) -> Result<ImportPlan, ImportRefusal> {
    let known = |path: &String| imported.hashes.get(path);
    if let Some((path, _)) = target.hashes.iter().find(|(path, hash)| known(path).is_some_and(|known| known != *hash)) {
        return Err(ImportRefusal::Conflict(path.clone()));
    }
    let expected = imported.replay();
    let own = target.hashes.keys().filter(|path| known(path).is_none());
    let removed = removed_versions(&expected);
    if let Some(number) = own.filter_map(|path| version_of(path)).find(|number| !removed.contains(number)) {
        return Err(ImportRefusal::OwnVersion(number));
    }
    let mut all = imported.journal.clone();
    all.extend(target.journal.clone());
    if let Some(key) = first_difference(&replayed(all.values()), &expected) {
        return Err(ImportRefusal::OwnChange(name_of(&key)));
    }
    let mut missing: Vec<_> =
        imported.hashes.keys().filter(|path| !target.hashes.contains_key(*path)).cloned().collect();
    missing.sort_by_key(|path| is_of_journal(path));
    let present = target.replay();
    let staying = present.records().keys().filter(|key| is_history(key) && !expected.records().contains_key(key));
    Ok(ImportPlan { missing, staying: staying.map(name_of).collect() })
}

fn replayed<'a>(entries: impl IntoIterator<Item = &'a JournalEntry>) -> Replay {
    let mut replay = Replay::default();
    entries.into_iter().for_each(|entry| replay.apply(entry.clone()));
    replay
}

fn removed_versions(replay: &Replay) -> BTreeSet<VersionNumber> {
    replay.removed().filter_map(RecordKey::version).collect()
}

/// Returns the first key of the history whose record differs between two replays.
fn first_difference(found: &Replay, expected: &Replay) -> Option<RecordKey> {
    let keys: BTreeSet<_> = found.records().keys().chain(expected.records().keys()).collect();
    let mut keys = keys.into_iter().filter(|key| is_history(key));
    keys.find(|key| found.records().get(key) != expected.records().get(key)).cloned()
}

/// Returns whether the record with this key is part of what an import must continue.
fn is_history(key: &RecordKey) -> bool {
    !matches!(key.kind(), RecordKind::Audit | RecordKind::Verification)
}

/// Returns what the record with this key is about, in words.
fn name_of(key: &RecordKey) -> String {
    let subject = key.sk.split_once('#').map_or("", |(_, subject)| subject);
    let number = || VersionNumber::of_padded(subject).map_or_else(|| subject.to_owned(), |number| number.to_string());
    match key.kind() {
        RecordKind::Run => format!("run {subject}"),
        RecordKind::Version => format!("version {}", number()),
        RecordKind::Champion => format!("promotion {}", number()),
        RecordKind::Alias => format!("alias {subject}"),
        RecordKind::Annotations => format!("tags or note of version {}", number()),
        RecordKind::Verification | RecordKind::Audit | RecordKind::Other => key.sk.clone(),
    }
}

#[cfg(test)]
#[path = "history/tests.rs"]
mod tests;
