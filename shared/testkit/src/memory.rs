//! The ports in memory, with the same conditions as the real ones, and a switch for each thing that can be away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::ports::{
    Announcer, ArtifactReadError, ArtifactWriter, Artifacts, Champions, Claim, Clock, Datasets, Forgetting, Incoming,
    IncomingError, LARGEST_COPY, Mail, Mailer, MetricSink, ObjectRetention, Outbox, PromoteError, RecordRetention,
    RegisterError, Registrar, Registration, RunWriteError, Runs, StoredFile, Unavailable, Versions, WithCopy,
};
use evergreen_lifecycle::{Champion, Datum, KeepDays, LifecycleEvent, Run, RunId, RunState, Version, VersionNumber};
use jiff::Timestamp;

/// A clock that shows what it was last set to.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mail that was sent, with its recipient.
pub type SentMail = (String, Mail);

/// Every port in one place. Clone nothing: share it by reference.
#[derive(Debug, Default)]
pub struct Memory(Mutex<State>);

/// What [`Memory`] holds; tests look and reach into it through [`Memory::state`].
#[derive(Debug, Default)]
pub struct State {
    /// Run records.
    pub runs: BTreeMap<RunId, Run>,
    /// Registered versions.
    pub versions: BTreeMap<VersionNumber, Version>,
    /// The last number taken.
    pub last_number: u32,
    /// Champions, oldest first; the last one serves.
    pub champions: Vec<Champion>,
    /// The registry's copy of the champion's artifact.
    pub copy: Option<Vec<u8>>,
    /// Stored objects.
    pub objects: BTreeMap<String, Vec<u8>>,
    /// The files of the user's table, by key.
    pub datasets: BTreeMap<String, Vec<u8>>,
    /// Model files made elsewhere, by key.
    pub incoming: BTreeMap<String, Vec<u8>>,
    /// Their entity tags, where a test cares.
    pub etags: BTreeMap<String, String>,
    /// Events on the bus.
    pub events: Vec<LifecycleEvent>,
    /// Published figures.
    pub data: Vec<Datum>,
    /// Sent mails.
    pub mails: Vec<SentMail>,
    /// Claims on mails: until when, and whether it was sent.
    pub claims: BTreeMap<String, (Timestamp, bool)>,
    /// When runs and versions may be forgotten, by `run ID` and `version NUMBER`.
    pub forgotten: BTreeMap<String, Timestamp>,
    /// Runs and versions that are to be kept, by the same names.
    pub kept: BTreeSet<String>,
    /// For how many days objects are kept, where not for ever.
    pub expiring: BTreeMap<String, KeepDays>,
    /// Things that do not answer: `registry`, `retention` (of records), `copy` (the request for pointer and copy), `artifacts`, `datasets`, `incoming`, `bus`, `sink`, or a recipient's address.
    pub away: BTreeSet<String>,
    /// How often artifacts were read.
    pub reads: usize,
    /// How often files of the user's table were.
    pub dataset_reads: usize,
    /// A champion that appears between the gate's look and the next registration, as from another training.
    pub rival: Option<Champion>,
}

impl Memory {
    /// What is held.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `thing` not answer.
    pub fn take_away(&self, thing: &str) {
        self.state().away.insert(thing.to_owned());
    }

    /// Makes `thing` answer again.
    pub fn bring_back(&self, thing: &str) {
        self.state().away.remove(thing);
    }

    fn reach(&self, thing: &str) -> Result<MutexGuard<'_, State>, Unavailable> {
        let state = self.state();
        if state.away.contains(thing) {
            return Err(Unavailable::new("the memory", "it was taken away"));
        }
        Ok(state)
    }
}

impl Runs for Memory {
    async fn run(&self, id: &RunId) -> Result<Option<Run>, Unavailable> {
        Ok(self.reach("registry")?.runs.get(id).cloned())
    }

    async fn recent_runs(&self, limit: u32) -> Result<Vec<Run>, Unavailable> {
        let mut runs: Vec<Run> = self.reach("registry")?.runs.values().cloned().collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.started_at));
        runs.truncate(limit as usize);
        Ok(runs)
    }
}

impl Registrar for Memory {
    async fn open(&self, run: &Run) -> Result<(), RunWriteError> {
        let mut state = self.reach("registry")?;
        let follows = match state.runs.get(&run.id) {
            Some(stored) => stored.attempt + 1 == run.attempt && stored.version().is_none(),
            None => run.attempt == 1,
        };
        if !follows {
            return Err(RunWriteError::Conflict(run.id.clone()));
        }
        state.runs.insert(run.id.clone(), run.clone());
        Ok(())
    }

    async fn fail(&self, run: &Run) -> Result<(), RunWriteError> {
        let mut state = self.reach("registry")?;
        if !is_at_work(&state, run) {
            return Err(RunWriteError::Conflict(run.id.clone()));
        }
        state.runs.insert(run.id.clone(), run.clone());
        Ok(())
    }

    async fn take_number(&self) -> Result<VersionNumber, Unavailable> {
        let mut state = self.reach("registry")?;
        state.last_number += 1;
        VersionNumber::new(state.last_number).ok_or_else(|| Unavailable::new("taking a number", "it is 0"))
    }

    async fn register(&self, registration: &Registration) -> Result<(), RegisterError> {
        let mut state = self.reach("registry")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if !is_at_work(&state, &registration.run) {
            return Err(RegisterError::RunTaken(registration.run.id.clone()));
        }
        if Champion::revision_of(state.champions.last()) != registration.seen_revision {
            return Err(RegisterError::ChampionMoved);
        }
        state.runs.insert(registration.run.id.clone(), registration.run.clone());
        state.versions.insert(registration.version.number, registration.version.clone());
        if let Some(champion) = &registration.promotion {
            state.move_pointer(champion, registration.artifact.as_deref());
        }
        Ok(())
    }

    async fn promote(&self, champion: &Champion, artifact: Option<&[u8]>) -> Result<(), PromoteError> {
        let mut state = self.reach("registry")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if Champion::revision_of(state.champions.last()) + 1 != champion.revision {
            return Err(PromoteError::ChampionMoved);
        }
        state.move_pointer(champion, artifact);
        Ok(())
    }
}

impl State {
    /// Makes `champion` the one that serves, with the copy of its artifact that the registry keeps.
    pub fn move_pointer(&mut self, champion: &Champion, artifact: Option<&[u8]>) {
        self.champions.push(champion.clone());
        self.copy = artifact.filter(|content| content.len() <= LARGEST_COPY).map(<[u8]>::to_vec);
    }
}

fn is_at_work(state: &State, run: &Run) -> bool {
    state.runs.get(&run.id).is_some_and(|stored| stored.attempt == run.attempt && stored.state == RunState::Running)
}

impl Champions for Memory {
    async fn champion(&self) -> Result<Option<Champion>, Unavailable> {
        Ok(self.reach("registry")?.champions.last().cloned())
    }

    async fn champion_with_artifact(&self) -> Result<Option<WithCopy>, Unavailable> {
        drop(self.reach("copy")?);
        let state = self.reach("registry")?;
        Ok(state.champions.last().cloned().map(|champion| (champion, state.copy.clone())))
    }

    async fn recent_champions(&self, limit: u32) -> Result<Vec<Champion>, Unavailable> {
        Ok(self.reach("registry")?.champions.iter().rev().take(limit as usize).cloned().collect())
    }
}

impl Versions for Memory {
    async fn version(&self, number: VersionNumber) -> Result<Option<Version>, Unavailable> {
        Ok(self.reach("registry")?.versions.get(&number).cloned())
    }

    async fn count_versions(&self) -> Result<u64, Unavailable> {
        Ok(self.reach("registry")?.versions.len() as u64)
    }
}

impl Artifacts for Memory {
    async fn get(&self, key: &str) -> Result<Vec<u8>, ArtifactReadError> {
        let mut state = self.reach("artifacts")?;
        state.reads += 1;
        state.objects.get(key).cloned().ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))
    }
}

impl ArtifactWriter for Memory {
    async fn put(&self, key: &str, content: Vec<u8>, _media_type: &'static str) -> Result<(), Unavailable> {
        self.reach("artifacts")?.objects.insert(key.to_owned(), content);
        Ok(())
    }
}

impl RecordRetention for Memory {
    async fn forget_records(&self, run: &Run, at: Timestamp) -> Result<Forgetting, Unavailable> {
        let mut state = self.reach("retention")?;
        let version = run.version().map(|number| format!("version {number}"));
        let names: Vec<_> = version.into_iter().chain([format!("run {}", run.id)]).collect();
        if names.iter().any(|name| state.kept.contains(name)) {
            return Ok(Forgetting::Kept);
        }
        state.forgotten.extend(names.into_iter().map(|name| (name, at)));
        Ok(Forgetting::Marked)
    }

    async fn keep_records(&self, version: &Version) -> Result<bool, Unavailable> {
        let mut state = self.reach("registry")?;
        for name in [format!("version {}", version.number), format!("run {}", version.run_id)] {
            state.forgotten.remove(&name);
            state.kept.insert(name);
        }
        Ok(state.versions.contains_key(&version.number))
    }
}

impl ObjectRetention for Memory {
    async fn expire_objects(&self, version: &Version, days: KeepDays) -> Result<(), Unavailable> {
        let mut state = self.reach("artifacts")?;
        for key in [&version.artifact.key, &version.manifest_key] {
            state.expiring.insert(key.clone(), days);
        }
        Ok(())
    }

    async fn keep_objects(&self, version: &Version) -> Result<(), Unavailable> {
        let mut state = self.reach("artifacts")?;
        state.expiring.retain(|key, _| *key != version.artifact.key && *key != version.manifest_key);
        Ok(())
    }
}

impl Datasets for Memory {
    fn prefix(&self) -> &str {
        "datasets/iris/"
    }

    async fn files(&self) -> Result<Vec<StoredFile>, Unavailable> {
        let state = self.reach("datasets")?;
        Ok(state
            .datasets
            .iter()
            .map(|(key, content)| StoredFile { key: key.clone(), size: content.len() as u64 })
            .collect())
    }

    async fn content(&self, key: &str) -> Result<Vec<u8>, ArtifactReadError> {
        let mut state = self.reach("datasets")?;
        state.dataset_reads += 1;
        state.datasets.get(key).cloned().ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))
    }
}

impl Incoming for Memory {
    fn incoming_prefix(&self) -> &str {
        "incoming/iris/"
    }

    async fn incoming(&self, key: &str, etag: Option<&str>, limit: u64) -> Result<Vec<u8>, IncomingError> {
        let state = self.reach("incoming")?;
        let content = state.incoming.get(key).cloned().ok_or_else(|| IncomingError::NotFound(key.to_owned()))?;
        if etag.zip(state.etags.get(key)).is_some_and(|(expected, found)| expected != found) {
            return Err(IncomingError::Overwritten(key.to_owned()));
        }
        let size = content.len() as u64;
        if size > limit {
            return Err(IncomingError::TooLarge { key: key.to_owned(), size, limit });
        }
        Ok(content)
    }
}

impl Announcer for Memory {
    async fn announce(&self, events: &[LifecycleEvent]) -> Result<(), Unavailable> {
        self.reach("bus")?.events.extend_from_slice(events);
        Ok(())
    }
}

impl MetricSink for Memory {
    async fn publish(&self, data: &[Datum], _at: Timestamp) -> Result<(), Unavailable> {
        self.reach("sink")?.data.extend_from_slice(data);
        Ok(())
    }
}

impl Mailer for Memory {
    async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), Unavailable> {
        self.reach(recipient)?.mails.push((recipient.to_owned(), mail.clone()));
        Ok(())
    }
}

impl Outbox for Memory {
    async fn claim(&self, key: &str, now: Timestamp, lease_until: Timestamp) -> Result<Claim, Unavailable> {
        let mut state = self.reach("registry")?;
        match state.claims.get(key) {
            Some((_, true)) => Ok(Claim::Sent),
            Some((until, false)) if *until > now => Ok(Claim::Busy),
            _ => {
                state.claims.insert(key.to_owned(), (lease_until, false));
                Ok(Claim::Granted)
            }
        }
    }

    async fn sent(&self, key: &str, keep_until: Timestamp) -> Result<(), Unavailable> {
        self.reach("registry")?.claims.insert(key.to_owned(), (keep_until, true));
        Ok(())
    }

    async fn release(&self, key: &str) -> Result<(), Unavailable> {
        self.reach("registry")?.claims.remove(key);
        Ok(())
    }
}
