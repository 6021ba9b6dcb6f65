//! Rebuilds the registry from the bucket: restores each record that the registry lacks or has in an older state.
//!
//! The journal has the records of every change since this release. Versions of earlier releases have only their
//! manifests, from which the records of the version, its run and its promotion by the gate are made. Nothing is removed
//! and no newer record is overwritten, so `predict` keeps answering meanwhile, and a rebuild may be repeated.

mod former;
mod recording;
mod succession;

use std::collections::{BTreeMap, BTreeSet};

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::journal::{
    JournalEntry, RecordCounts, RecordKey, RecordKind, Replay, StoredRecord, journal_of,
};
use evergreen_lifecycle::ports::{
    ArtifactReadError, ArtifactWriter, Artifacts, LARGEST_COPY, ObjectList, RegistryRestore, Restorable, StoredFile,
    Unavailable,
};
use evergreen_lifecycle::{Champion, Manifest, ModelName, VersionNumber};
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::trainer::{Invocation, Trainer};
use former::Former;
use succession::lost_revisions;

/// Number of objects that are read from the bucket at the same time.
const AT_ONCE: usize = 16;

/// Maximum number of unreadable objects that a report names.
const MAX_NAMED: usize = 20;

/// File name of a manifest beside the artifact of its version.
const MANIFEST: &str = "manifest.json";

/// JSON answer to a request to rebuild the registry: how many records it had and how many were restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RebuildReport {
    /// The number of restored records, by kind.
    pub restored: RecordCounts,
    /// The number of records that the registry already had, by kind.
    pub present: RecordCounts,
    /// The champion that the restored history names. `None` if no version was ever promoted.
    pub champion: Option<VersionNumber>,
    /// The versions that were not restored: they were deleted, have expired, or were never registered.
    pub skipped: Vec<VersionNumber>,
    /// The number of objects in the bucket that this release cannot read.
    pub unreadable: usize,
    /// The keys of the first unreadable objects.
    pub unreadable_keys: Vec<String>,
}

/// What the bucket knows about the registry.
struct Known {
    replay: Replay,
    former: Former,
    champions: BTreeMap<u32, Champion>,
    /// The revisions of champions whose records somebody had deleted before the newest champion.
    lost: BTreeSet<u32>,
    /// The numbers that have files in the bucket.
    stored: BTreeSet<VersionNumber>,
    highest: Option<VersionNumber>,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Restores the records that the registry lacks, and records the result in the audit trail. `request` is the id by
    /// which the requester finds it there.
    ///
    /// # Errors
    /// Returns [`TrainError`] if the registry or the store does not answer. What was restored until then stays.
    pub(crate) async fn rebuild(
        &self,
        request: Option<String>,
        invocation: &Invocation,
    ) -> Result<RebuildReport, TrainError> {
        let report = restore_all(self.world, &self.settings.model, self.retries(invocation)).await?;
        self.record_rebuild(&report, request, invocation).await?;
        Ok(report)
    }
}

async fn restore_all<W: TrainWorld>(
    world: &W,
    model: &ModelName,
    retries: RetryLimit,
) -> Result<RebuildReport, TrainError> {
    let mut report = RebuildReport::default();
    let known = know(world.storage(), model, &mut report).await?;
    let restore = async |record: Restorable<'_>| retries.call(async || world.registry().restore(record).await).await;
    // First the counter, so that no training takes a number of a version that is about to be restored.
    if let Some(highest) = known.highest {
        restore(Restorable::Counter(highest)).await?;
    }
    for manifest in &known.former.manifests {
        let run = former::run_of(manifest);
        report.count(RecordKind::Run, restore(Restorable::Run(&run)).await?);
        report.count(RecordKind::Version, restore(Restorable::Version(&manifest.version)).await?);
    }
    for champion in &known.former.champions {
        report.count(RecordKind::Champion, restore(Restorable::Former(champion)).await?);
    }
    // Versions come before the aliases and tags that name them.
    let mut records: Vec<_> = known.replay.records().iter().collect();
    records.sort_by_key(|(key, _)| key.kind());
    for (key, record) in records {
        if let Some(number) = known.expired(key, record) {
            report.skipped.extend(key.version().map(|_| number));
            continue;
        }
        if known.is_lost(key) {
            continue;
        }
        report.count(key.kind(), restore(Restorable::Record(record)).await?);
    }
    // Last the pointer, because it may only name a registered version with a whole artifact.
    if let Some(champion) = known.champion() {
        report.champion = Some(champion.version.number);
        match whole_artifact(world.storage(), champion).await? {
            Some(artifact) => {
                let copy = (artifact.len() <= LARGEST_COPY).then_some(artifact.as_slice());
                restore(Restorable::Pointer(champion, copy)).await?;
            }
            None => report.cannot_read(&champion.version.artifact.key),
        }
    }
    Ok(report)
}

impl Known {
    /// Returns the newest champion.
    fn champion(&self) -> Option<&Champion> {
        self.champions.values().rfind(|champion| !self.lost.contains(&champion.revision))
    }

    /// Returns whether a record is that of a champion that no longer counts.
    fn is_lost(&self, key: &RecordKey) -> bool {
        let revision = key.sk.strip_prefix("CHAMPION#").and_then(|revision| revision.parse().ok());
        key.kind() == RecordKind::Champion && revision.is_some_and(|revision| self.lost.contains(&revision))
    }

    /// Returns the number of the version that a record belongs to, if the version's files have expired. The record of the
    /// version and that of its run expired with them, which is in no journal.
    fn expired(&self, key: &RecordKey, record: &StoredRecord) -> Option<VersionNumber> {
        let number = match key.kind() {
            RecordKind::Version => key.version(),
            RecordKind::Run => record.get("version").and_then(Value::as_u64).and_then(number),
            _ => None,
        }?;
        let version = RecordKey { pk: key.pk.clone(), sk: format!("VERSION#{}", number.padded()) };
        let was_champion = self.champions.values().any(|champion| champion.version.number == number);
        let is_left = self.stored.contains(&number) || was_champion || self.replay.has_removed(&version);
        (!is_left).then_some(number)
    }
}

fn number(number: u64) -> Option<VersionNumber> {
    VersionNumber::new(u32::try_from(number).ok()?)
}

impl RebuildReport {
    fn count(&mut self, kind: RecordKind, is_restored: bool) {
        let counts = if is_restored { &mut self.restored } else { &mut self.present };
        *counts.entry(kind).or_default() += 1;
    }

    fn cannot_read(&mut self, key: &str) {
        self.unreadable += 1;
        if self.unreadable_keys.len() < MAX_NAMED {
            self.unreadable_keys.push(key.to_owned());
        }
    }
}

/// Reads the journal and the manifests in the bucket.
async fn know(
    storage: &(impl Artifacts + ArtifactWriter + ObjectList),
    model: &ModelName,
    report: &mut RebuildReport,
) -> Result<Known, TrainError> {
    let files = storage.list(&journal_of(model)).await?;
    let began = files.first().and_then(|file| time_of(&file.key));
    let mut replay = Replay::default();
    for entry in read_all::<JournalEntry>(storage, &files, report).await? {
        replay.apply(entry);
    }
    let mut objects = storage.list(&VersionNumber::objects_of(model)).await?;
    let stored: BTreeSet<_> =
        objects.iter().filter_map(|object| VersionNumber::of_object(model, &object.key)).collect();
    objects.retain(|object| object.key.ends_with(MANIFEST));
    let manifests = read_all::<Manifest>(storage, &objects, report).await?;
    let recorded: BTreeMap<u32, Champion> = champions_in(&replay, report);
    let former = Former::of(manifests, &replay, &recorded, began);
    report.skipped.clone_from(&former.skipped);
    let mut champions = recorded;
    champions.extend(former.champions.iter().map(|champion| (champion.revision, champion.clone())));
    let highest = replay.highest_version().max(stored.last().copied());
    let lost = lost_revisions(&champions);
    Ok(Known { highest, replay, former, champions, lost, stored })
}

fn champions_in(replay: &Replay, report: &mut RebuildReport) -> BTreeMap<u32, Champion> {
    let records = replay.records().iter().filter(|(key, _)| key.kind() == RecordKind::Champion);
    let mut champions = BTreeMap::new();
    for (key, record) in records {
        match typed::<Champion>(record) {
            Some(champion) => {
                champions.insert(champion.revision, champion);
            }
            None => report.cannot_read(&key.sk),
        }
    }
    champions
}

fn typed<T: DeserializeOwned>(record: &StoredRecord) -> Option<T> {
    serde_json::from_value(record.clone().into()).ok()
}

/// Returns the key of the record of a version, run or champion in the replayed journal.
fn has_key(replay: &Replay, sort: &str) -> Option<RecordKey> {
    replay.records().keys().find(|key| key.sk == sort).cloned()
}

/// Reads JSON objects from the bucket, in the given order. An unreadable object is counted and left out.
async fn read_all<T: DeserializeOwned>(
    storage: &impl Artifacts,
    files: &[StoredFile],
    report: &mut RebuildReport,
) -> Result<Vec<T>, Unavailable> {
    let mut contents = stream::iter(files)
        .map(|file| async move { (file.key.as_str(), storage.get(&file.key).await) })
        .buffered(AT_ONCE);
    let mut read = Vec::with_capacity(files.len());
    while let Some((key, content)) = contents.next().await {
        match content {
            Ok(content) => match serde_json::from_slice(&content) {
                Ok(value) => read.push(value),
                Err(_) => report.cannot_read(key),
            },
            // It was listed a moment ago, so somebody has just deleted it.
            Err(ArtifactReadError::NotFound(_)) => {}
            Err(ArtifactReadError::Unavailable(error)) => return Err(error),
        }
    }
    Ok(read)
}

/// Returns the content of the champion's artifact. `None` if it is missing, or not the one that was registered.
async fn whole_artifact(storage: &impl Artifacts, champion: &Champion) -> Result<Option<Vec<u8>>, Unavailable> {
    let artifact = &champion.version.artifact;
    match storage.get(&artifact.key).await {
        Ok(content) => Ok(Some(content).filter(|content| sha256_hex(content) == artifact.sha256)),
        Err(ArtifactReadError::NotFound(_)) => Ok(None),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}

/// Returns the time in the key of a journal file.
fn time_of(key: &str) -> Option<Timestamp> {
    let (time, _hash) = key.rsplit('/').next()?.rsplit_once('-')?;
    time.parse().ok()
}
