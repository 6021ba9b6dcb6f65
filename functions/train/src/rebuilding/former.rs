//! Versions of earlier releases, which left a manifest but no file in the journal.

use std::collections::BTreeMap;

use evergreen_lifecycle::journal::{RecordKey, Replay};
use evergreen_lifecycle::{Champion, Manifest, Rescored, Run, RunMetrics, RunState, VersionNumber, time};
use jiff::{SignedDuration, Timestamp};

use super::has_key;

/// Text in the record of a run that was made from a manifest, in place of the ID of the invocation.
const REBUILT: &str = "rebuilt-from-manifest";

/// What manifests alone say about the registry.
#[derive(Debug, Default)]
pub(super) struct Former {
    /// The manifests of the versions to restore, in the order of their numbers.
    pub(super) manifests: Vec<Manifest>,
    /// The promotions by the gate that the journal does not know, oldest first.
    pub(super) champions: Vec<Champion>,
    /// The versions that must not be restored: they were deleted, or never registered.
    pub(super) skipped: Vec<VersionNumber>,
}

impl Former {
    /// Selects the manifests whose versions the journal lacks. `recorded` are the champions in the journal, and `began`
    /// is the time of its first file.
    pub(super) fn of(
        mut manifests: Vec<Manifest>,
        replay: &Replay,
        recorded: &BTreeMap<u32, Champion>,
        began: Option<Timestamp>,
    ) -> Self {
        manifests.sort_by_key(|manifest| manifest.version.number);
        let mut former = Self::default();
        for manifest in manifests {
            let number = manifest.version.number;
            let sort = format!("VERSION#{}", number.padded());
            if has_key(replay, &sort).is_some() {
                continue;
            }
            let is_early = began.is_none_or(|began| manifest.version.trained_at < began);
            let is_deleted = replay.has_removed(&RecordKey { pk: format!("MODEL#{}", manifest.model), sk: sort });
            // Since the journal began, each registered version has a file there or a run that names it.
            if is_deleted || !(is_early || is_named(replay, &manifest)) {
                former.skipped.push(number);
            } else {
                former.manifests.push(manifest);
            }
        }
        former.champions = champions(&former.manifests, recorded);
        former
    }
}

/// Returns whether the journal has the run of a version, and the run has made this version.
fn is_named(replay: &Replay, manifest: &Manifest) -> bool {
    let key = has_key(replay, &format!("RUN#{}", manifest.version.run_id));
    let run = key.and_then(|key| replay.records().get(&key));
    run.and_then(|run| run.get("version")?.as_u64()) == Some(u64::from(manifest.version.number.get()))
}

/// Returns the promotions by the gate before the first champion in the journal.
fn champions(manifests: &[Manifest], recorded: &BTreeMap<u32, Champion>) -> Vec<Champion> {
    let promoted: Vec<_> =
        manifests.iter().map(|manifest| &manifest.version).filter(|version| version.is_promoted_at_once()).collect();
    let first = recorded.keys().next().copied();
    // Promotions by hand are in no manifest. So the revisions are counted backwards from the first known one.
    let room = first.map_or(promoted.len(), |first| usize::try_from(first.saturating_sub(1)).unwrap_or(usize::MAX));
    let kept = promoted.len().min(room);
    let begin = first.map_or(1, |first| first.saturating_sub(kept as u32));
    let mut champions: Vec<Champion> = Vec::with_capacity(kept);
    for (revision, version) in (begin..).zip(promoted.into_iter().rev().take(kept).rev()) {
        let previous = champions.last().map(|champion| champion.version.number);
        let (promoted_at, version) = (version.trained_at, version.clone());
        champions.push(Champion { revision, promoted_at, previous, version, by_hand: None });
    }
    champions
}

/// Makes the record of the run that made a version, from the version's manifest.
pub(super) fn run_of(manifest: &Manifest) -> Run {
    let version = &manifest.version;
    let (finished_at, number, reason) = (version.trained_at, version.number, version.decision.to_string());
    let state = if version.decision.promotes() {
        RunState::Succeeded { finished_at, version: number, reason }
    } else {
        RunState::Rejected { finished_at, version: number, reason }
    };
    let took = SignedDuration::try_from_secs_f64(version.durations.total).unwrap_or_default();
    let decision = &version.decision;
    let rescored = decision.champion_version.zip(decision.champion_loss);
    Run {
        id: version.run_id.clone(),
        model: manifest.model.clone(),
        attempt: 1,
        invocation: REBUILT.to_owned(),
        tries: 1,
        trigger: manifest.trigger.clone(),
        code_version: version.code_version.clone(),
        started_at: time::to_millis(finished_at.checked_sub(took).unwrap_or(finished_at)),
        lease_until: finished_at,
        dataset: Some(version.dataset.clone()),
        seed: version.imported.is_none().then_some(version.seed),
        parameters: Some(version.parameters.clone()),
        search: version.search.clone(),
        warnings: Vec::new(),
        imported: version.imported.clone(),
        rescored: rescored.map(|(version, loss)| Rescored { version, metric: decision.metric, loss }),
        metrics: Some(RunMetrics::of(&version.evaluation, version.training_score, version.durations.total)),
        progress: None,
        state,
    }
}
