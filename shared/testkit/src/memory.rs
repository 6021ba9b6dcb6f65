//! The ports in memory, with the same conditions as the real ones, and a switch for each thing that can be away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::ports::{
    Announcer, ArtifactReadError, ArtifactWriter, Artifacts, Champions, Claim, Clock, Datasets, Forgetting, Incoming,
    IncomingError, LARGEST_COPY, Mail, Mailer, MetricSink, ObjectRetention, Outbox, PromoteError, RecordRetention,
    RegisterError, Registrar, Registration, RequestUsage, RunWriteError, Runs, Schedules, StoredFile, StoredSchedule,
    Unavailable, Versions, WithCopy,
};
use evergreen_lifecycle::{
    Champion, Datum, KeepDays, LifecycleEvent, Pointer, Record, Run, RunId, RunState, Unreadable, Version,
    VersionNumber,
};
use jiff::Timestamp;
use jiff::civil::Date;

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
    /// Run records that this release cannot read; each says itself when it started.
    pub unreadable_runs: Vec<Unreadable>,
    /// Champions, oldest first; the last one serves.
    pub champions: Vec<Champion>,
    /// The pointer where it is not the last champion: gone, or a record of another release.
    pub pointer: Option<Option<Record<Pointer>>>,
    /// What happens once the copy has been read, as if another function had done it.
    pub after_copy_is_read: Option<fn(&mut Self)>,
    /// Champions of the history that this release cannot read wholly, newer than all others; oldest first.
    pub odd_champions: Vec<Record<Pointer>>,
    /// The training schedule.
    pub schedule: Option<StoredSchedule>,
    /// The requests of this month, one count for each key.
    pub requests: Vec<u64>,
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
    /// Things that do not answer: `registry`, `retention` (of records), `copy` (the request for pointer and copy), `artifacts`, `datasets`, `incoming`, `bus`, `schedule`, `usage`, `sink`, or a recipient's address.
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
    async fn run(&self, id: &RunId) -> Result<Option<Record<Run>>, Unavailable> {
        let state = self.reach("registry")?;
        let key = format!("RUN#{id}");
        let odd = state.unreadable_runs.iter().find(|run| run.key == key).cloned().map(Err);
        Ok(odd.or_else(|| state.runs.get(id).cloned().map(Ok)))
    }

    async fn recent_runs(&self, limit: u32) -> Result<Vec<Record<Run>>, Unavailable> {
        let state = self.reach("registry")?;
        let odd = state.unreadable_runs.iter().cloned().map(Err);
        let mut runs: Vec<Record<Run>> = state.runs.values().cloned().map(Ok).chain(odd).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(started_at(run)));
        runs.truncate(limit as usize);
        Ok(runs)
    }
}

fn started_at(run: &Record<Run>) -> Option<Timestamp> {
    match run {
        Ok(run) => Some(run.started_at),
        Err(record) => record.moment("started_at"),
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
        if state.revision() != registration.seen_revision {
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
        if state.revision() + 1 != champion.revision {
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
        self.pointer = None;
        self.copy = artifact.filter(|content| content.len() <= LARGEST_COPY).map(<[u8]>::to_vec);
    }
}

fn is_at_work(state: &State, run: &Run) -> bool {
    state.runs.get(&run.id).is_some_and(|stored| stored.attempt == run.attempt && stored.state == RunState::Running)
}

impl State {
    /// The pointer as it is read.
    fn pointed(&self) -> Option<Record<Pointer>> {
        match &self.pointer {
            Some(pointer) => pointer.clone(),
            None => self.champions.last().cloned().map(|champion| Ok(champion.into())),
        }
    }

    /// The revision of the pointer; 0 where there is none that says.
    fn revision(&self) -> u32 {
        self.pointed().and_then(Result::ok).map_or(0, |pointer| pointer.revision)
    }
}

impl Champions for Memory {
    async fn champion(&self) -> Result<Option<Record<Pointer>>, Unavailable> {
        Ok(self.reach("registry")?.pointed())
    }

    async fn champion_with_artifact(&self) -> Result<Option<WithCopy>, Unavailable> {
        drop(self.reach("copy")?);
        let mut state = self.reach("registry")?;
        let found = state.pointed().map(|pointer| (pointer, state.copy.clone()));
        if let Some(happen) = state.after_copy_is_read.take() {
            happen(&mut state);
        }
        Ok(found)
    }

    async fn recent_champions(&self, limit: u32) -> Result<Vec<Record<Pointer>>, Unavailable> {
        let state = self.reach("registry")?;
        let history = state.champions.iter().cloned().map(|champion| Ok(champion.into()));
        let history: Vec<_> = history.chain(state.odd_champions.iter().cloned()).collect();
        Ok(history.into_iter().rev().take(limit as usize).collect())
    }
}

impl Versions for Memory {
    async fn version(&self, number: VersionNumber) -> Result<Option<Record<Version>>, Unavailable> {
        Ok(self.reach("registry")?.versions.get(&number).cloned().map(Ok))
    }

    async fn count_versions(&self) -> Result<u64, Unavailable> {
        Ok(self.reach("registry")?.versions.len() as u64)
    }
}

impl RequestUsage for Memory {
    async fn requests(&self, _first: Date, _last: Date) -> Result<Vec<u64>, Unavailable> {
        Ok(self.reach("usage")?.requests.clone())
    }
}

impl Schedules for Memory {
    async fn schedule(&self) -> Result<Option<StoredSchedule>, Unavailable> {
        Ok(self.reach("schedule")?.schedule.clone())
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
