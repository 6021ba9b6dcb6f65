//! Implements the ports in memory, with the same conditions as the real ones. Tests can make each part unavailable.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use evergreen_lifecycle::ports::{
    AlarmRecords, Announcer, ArtifactReadError, ArtifactWriter, Artifacts, Champions, Claim, Clock, Datasets,
    EventOutbox, Forgetting, Incoming, IncomingError, LARGEST_COPY, Lease, Mail, MailClaims, Mailer, MetricSink,
    NewObject, ObjectRetention, ObjectTag, Opening, PromoteError, Promotion, RecordRetention, Refusal, RegisterError,
    Registrar, Registration, RememberError, RequestUsage, RunWriteError, Runs, Schedules, SendError, Sleeper,
    StoreError, StoredFile, StoredSchedule, UNANSWERED, Unavailable, Versions, Waiting, WithCopy,
};
use evergreen_lifecycle::{
    AlarmRecord, Announcement, Champion, Datum, KeepDays, LifecycleEvent, Pointer, Record, Run, RunId, RunState,
    Unreadable, Version, VersionNumber, time,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// A clock that stands still until a test or a sleep sets it.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// Creates a clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Sleeper for FixedClock {
    /// Sets the clock to the end of the sleep, and returns at once.
    async fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number of events on a page of the outbox.
const PAGE: usize = 3;

/// The recipient and the mail.
pub type SentMail = (String, Mail);

/// The state of a mail that a function has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailClaim {
    /// A function is sending it.
    Sending(Lease),
    /// The mail was sent.
    Sent,
    /// Sending it got no answer at that time.
    Unanswered(Timestamp),
}

impl MailClaim {
    /// Returns why another claim is refused at `now`, and until when.
    fn standing(&self, now: Timestamp) -> (Claim, Timestamp) {
        match self {
            Self::Sent => (Claim::Sent, Timestamp::MAX),
            Self::Unanswered(at) => (Claim::Unanswered, *at + UNANSWERED),
            Self::Sending(lease) if now < lease.until => (Claim::Busy, lease.until),
            Self::Sending(lease) => (Claim::Unanswered, lease.until + UNANSWERED),
        }
    }
}

/// All ports in one place. Share it by reference.
#[derive(Debug, Default)]
pub struct Memory(Mutex<State>);

/// The content of [`Memory`]. Tests read and change it through [`Memory::state`].
#[derive(Debug, Default)]
pub struct State {
    /// Training runs.
    pub runs: BTreeMap<RunId, Run>,
    /// Registered versions.
    pub versions: BTreeMap<VersionNumber, Version>,
    /// The last version number that was taken; 0 if the counter is lost.
    pub last_number: u32,
    /// Events that are not yet announced, by their keys. `None` is an unreadable event.
    pub outbox: BTreeMap<String, Option<Announcement>>,
    /// Training runs that this release cannot read. Each has its own start time.
    pub unreadable_runs: Vec<Unreadable>,
    /// All champions, oldest first. The last one serves.
    pub champions: Vec<Champion>,
    /// Overrides the pointer: `Some(None)` if it is lost, or a record of another release. `None` points to the last
    /// champion.
    pub pointer: Option<Option<Record<Pointer>>>,
    /// Runs once after the copy has been read, as if another function had done it.
    pub after_copy_is_read: Option<fn(&mut Self)>,
    /// The training schedule.
    pub schedule: Option<StoredSchedule>,
    /// The requests of this month, one count for each key.
    pub requests: Vec<u64>,
    /// The registry's copy of the champion's artifact.
    pub copy: Option<Vec<u8>>,
    /// Stored objects, by key.
    pub objects: BTreeMap<String, Vec<u8>>,
    /// The owner of each object. Objects that a test stored have no owner.
    pub marks: BTreeMap<String, String>,
    /// The files of the user's table, by key.
    pub datasets: BTreeMap<String, Vec<u8>>,
    /// Files of imported models, by key.
    pub incoming: BTreeMap<String, Vec<u8>>,
    /// Their entity tags, if a test sets them.
    pub etags: BTreeMap<String, String>,
    /// Events on the bus.
    pub events: Vec<Announcement>,
    /// Keys of the events that the bus rejects.
    pub refused: BTreeSet<String>,
    /// Published metrics.
    pub data: Vec<Datum>,
    /// Sent mails.
    pub mails: Vec<SentMail>,
    /// Claims on mails, by key.
    pub claims: BTreeMap<String, MailClaim>,
    /// Records about alarms, by name.
    pub alarms: BTreeMap<String, AlarmRecord>,
    /// When the records of training runs and versions expire, by `run ID` and `version NUMBER`.
    pub forgotten: BTreeMap<String, Timestamp>,
    /// Training runs and versions whose records must stay, by the same names.
    pub kept: BTreeSet<String>,
    /// After how many days objects expire, by key. Other objects stay for ever.
    pub expiring: BTreeMap<String, KeepDays>,
    /// Parts that do not answer: `registry`, `retention` (of records), `copy` (the request for pointer and copy),
    /// `artifacts`, `datasets`, `incoming`, `outbox`, `bus`, `schedule`, `usage`, `sink`, `rate` (of mails), or a
    /// recipient's address.
    pub away: BTreeSet<String>,
    /// How often each operation will fail for a short time. Operations are those of `Registrar`, and `create` and
    /// `replace`.
    pub busy: BTreeMap<&'static str, u32>,
    /// How often each operation will succeed but lose its answer.
    pub unheard: BTreeMap<&'static str, u32>,
    /// The entry that becomes [busy](Self::busy) as soon as an answer was lost.
    pub busy_after_unheard: Option<(&'static str, u32)>,
    /// How often artifacts were read.
    pub reads: usize,
    /// How often files of the user's table were read.
    pub dataset_reads: usize,
    /// Former champions that the pointer does not know. Their revisions are taken.
    pub former: Vec<Champion>,
    /// An object that appears just before the next one is created, as if another registry used the same bucket.
    pub intruder: Option<(String, Vec<u8>)>,
    /// A champion that appears between the gate's decision and the next registration, as if another training run had
    /// made it.
    pub rival: Option<Champion>,
}

impl Memory {
    /// Locks the content and returns it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes `thing` unavailable.
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

    /// Reaches `thing` for an operation that may be [busy](State::busy).
    fn reach_for(&self, thing: &str, operation: &'static str) -> Result<MutexGuard<'_, State>, Unavailable> {
        let mut state = self.reach(thing)?;
        if count_down(&mut state.busy, operation) {
            return Err(Unavailable::briefly("the memory", "it is busy"));
        }
        Ok(state)
    }

    /// Returns the answer of a finished operation, or an error if the answer is [lost](State::unheard).
    fn answer<T, E: From<Unavailable>>(&self, operation: &'static str, answer: T) -> Result<T, E> {
        let mut state = self.state();
        if count_down(&mut state.unheard, operation) {
            let busy = state.busy_after_unheard.take();
            state.busy.extend(busy);
            return Err(Unavailable::briefly("the memory", "its answer was lost").into());
        }
        Ok(answer)
    }
}

fn count_down(counts: &mut BTreeMap<&'static str, u32>, operation: &'static str) -> bool {
    let Some(count) = counts.get_mut(operation).filter(|count| **count > 0) else { return false };
    *count -= 1;
    true
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
    async fn open(&self, Opening { run, former, lost }: &Opening<'_>) -> Result<(), RunWriteError> {
        let mut state = self.reach_for("registry", "open")?;
        if state.runs.get(&run.id) == Some(*run) {
            return Ok(());
        }
        let follows = match state.runs.get(&run.id) {
            Some(stored) => stored.attempt + 1 == run.attempt && stored.version().is_none(),
            None => run.attempt == 1,
        };
        if !follows {
            return Err(RunWriteError::Conflict(run.id.clone()));
        }
        state.runs.insert(run.id.clone(), (*run).clone());
        if let Some(former) = former {
            state.forget_loss(former);
        }
        state.keep(std::slice::from_ref(lost));
        Ok(())
    }

    async fn fail(&self, run: &Run, announcements: &[Announcement]) -> Result<(), RunWriteError> {
        let mut state = self.reach_for("registry", "fail")?;
        if state.runs.get(&run.id) == Some(run) {
            return Ok(());
        }
        if !is_at_work(&state, run) {
            return Err(RunWriteError::Conflict(run.id.clone()));
        }
        state.runs.insert(run.id.clone(), run.clone());
        state.forget_loss(run);
        state.keep(announcements);
        Ok(())
    }

    async fn last_registered(&self) -> Result<Option<VersionNumber>, Unavailable> {
        Ok(self.reach("registry")?.versions.keys().next_back().copied())
    }

    async fn last_revision(&self) -> Result<u32, Unavailable> {
        let state = self.reach("registry")?;
        Ok(state.champions.iter().chain(&state.former).map(|champion| champion.revision).max().unwrap_or_default())
    }

    async fn take_number(&self, above: Option<VersionNumber>) -> Result<VersionNumber, Unavailable> {
        let mut state = self.reach_for("registry", "take_number")?;
        state.last_number = state.last_number.max(above.map_or(0, VersionNumber::get)) + 1;
        VersionNumber::new(state.last_number).ok_or_else(|| Unavailable::new("taking a number", "it is 0"))
    }

    async fn register(&self, registration: &Registration) -> Result<(), RegisterError> {
        let mut state = self.reach_for("registry", "register")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if state.runs.get(&registration.run.id) == Some(&registration.run) {
            return Ok(());
        }
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
        state.forget_loss(&registration.run);
        state.keep(&registration.announcements);
        drop(state);
        self.answer("register", ())
    }

    async fn promote(&self, promotion: &Promotion<'_>) -> Result<(), PromoteError> {
        let mut state = self.reach_for("registry", "promote")?;
        let rival = state.rival.take();
        state.champions.extend(rival);
        if state.revision() != promotion.seen_revision {
            return Err(PromoteError::ChampionMoved);
        }
        state.move_pointer(promotion.champion, Some(promotion.artifact));
        state.keep(std::slice::from_ref(promotion.announcement));
        drop(state);
        self.answer("promote", ())
    }
}

impl EventOutbox for Memory {
    async fn waiting(&self, before: Timestamp, after: Option<&str>) -> Result<Waiting, Unavailable> {
        let state = self.reach("outbox")?;
        let (before, after) = (time::format(before), after.unwrap_or_default());
        let mut page = Waiting::default();
        let mut waiting =
            state.outbox.range(after.to_owned()..before).filter(|(key, _)| key.as_str() > after).peekable();
        while let Some((key, event)) = waiting.next() {
            match event {
                Some(event) => page.announcements.push(event.clone()),
                None => page.unreadable += 1,
            }
            if page.announcements.len() + page.unreadable == PAGE {
                page.next = waiting.peek().is_some().then(|| key.clone());
                break;
            }
        }
        Ok(page)
    }

    async fn told(&self, key: &str) -> Result<(), Unavailable> {
        self.reach("outbox")?.outbox.remove(key);
        Ok(())
    }
}

impl State {
    /// Makes `champion` the serving one, with the registry's copy of its artifact.
    pub fn move_pointer(&mut self, champion: &Champion, artifact: Option<&[u8]>) {
        self.champions.push(champion.clone());
        self.pointer = None;
        self.copy = artifact.filter(|content| content.len() <= LARGEST_COPY).map(<[u8]>::to_vec);
    }

    fn forget_loss(&mut self, run: &Run) {
        self.outbox.remove(&LifecycleEvent::of_loss(run).outbox_key());
    }

    fn keep(&mut self, announcements: &[Announcement]) {
        self.outbox.extend(announcements.iter().map(|event| (event.key.clone(), Some(event.clone()))));
    }

    fn tag(&self, key: &str) -> ObjectTag {
        let mut hasher = DefaultHasher::new();
        self.objects.get(key).hash(&mut hasher);
        ObjectTag(format!("{:016x}", hasher.finish()))
    }

    fn store(&mut self, object: NewObject<'_>) -> ObjectTag {
        self.objects.insert(object.key.to_owned(), object.content.to_vec());
        self.marks.insert(object.key.to_owned(), object.mark.to_owned());
        self.tag(object.key)
    }
}

fn is_at_work(state: &State, run: &Run) -> bool {
    state.runs.get(&run.id).is_some_and(|stored| stored.attempt == run.attempt && stored.state == RunState::Running)
}

impl State {
    /// Returns the pointer as the ports read it.
    fn pointed(&self) -> Option<Record<Pointer>> {
        match &self.pointer {
            Some(pointer) => pointer.clone(),
            None => self.champions.last().cloned().map(|champion| Ok(champion.into())),
        }
    }

    /// Returns the revision of the pointer; 0 if the pointer is lost or unreadable.
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
        let newest = state.champions.iter().rev().take(limit as usize);
        Ok(newest.cloned().map(|champion| Ok(champion.into())).collect())
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
    async fn create(&self, object: NewObject<'_>) -> Result<ObjectTag, StoreError> {
        let mut state = self.reach_for("artifacts", "create")?;
        let intruder = state.intruder.take();
        state.objects.extend(intruder);
        let is_there = state.objects.contains_key(object.key);
        let tag = match state.marks.get(object.key) {
            Some(mark) if is_there && mark == object.mark => state.tag(object.key),
            _ if is_there => return Err(StoreError::Taken(object.key.to_owned())),
            _ => state.store(object),
        };
        drop(state);
        self.answer("create", tag)
    }

    async fn replace(&self, object: NewObject<'_>, _former: &ObjectTag) -> Result<ObjectTag, StoreError> {
        let mut state = self.reach_for("artifacts", "replace")?;
        if state.marks.get(object.key).is_none_or(|mark| mark != object.mark) {
            return Err(StoreError::Taken(object.key.to_owned()));
        }
        let tag = state.store(object);
        drop(state);
        self.answer("replace", tag)
    }

    async fn last_stored(&self, after: Option<VersionNumber>) -> Result<Option<VersionNumber>, Unavailable> {
        let state = self.reach("artifacts")?;
        let numbers = state.objects.keys().filter_map(|key| {
            let model = key.strip_prefix("models/")?.split('/').next()?.parse().ok()?;
            VersionNumber::of_object(&model, key)
        });
        Ok(numbers.max().filter(|number| Some(*number) > after))
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

    async fn part(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>, ArtifactReadError> {
        let state = self.reach("datasets")?;
        let content = state.datasets.get(key).ok_or_else(|| ArtifactReadError::NotFound(key.to_owned()))?;
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX).min(content.len());
        Ok(content.get(at(range.start)..at(range.end)).unwrap_or_default().to_vec())
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
    async fn announce(&self, events: &[Announcement]) -> Result<Vec<Refusal>, Unavailable> {
        let mut state = self.reach("bus")?;
        let (refused, taken): (Vec<_>, Vec<_>) = events.iter().partition(|event| state.refused.contains(&event.key));
        state.events.extend(taken.into_iter().cloned());
        Ok(refused.into_iter().map(|event| Refusal { key: event.key.clone(), code: "Refused".to_owned() }).collect())
    }
}

impl MetricSink for Memory {
    async fn publish(&self, data: &[Datum], _at: Timestamp) -> Result<(), Unavailable> {
        self.reach("sink")?.data.extend_from_slice(data);
        Ok(())
    }
}

impl Mailer for Memory {
    async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), SendError> {
        self.reach(recipient).map_err(SendError::Refused)?.mails.push((recipient.to_owned(), mail.clone()));
        Ok(())
    }

    async fn rate(&self) -> Result<f64, Unavailable> {
        drop(self.reach("rate")?);
        Ok(1.0)
    }
}

impl MailClaims for Memory {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, Unavailable> {
        let mut state = self.reach("registry")?;
        if let Some(claim) = state.claims.get(key) {
            let is_own = matches!(claim, MailClaim::Sending(standing) if standing.holder == lease.holder);
            let (refusal, until) = claim.standing(lease.now);
            if !is_own && lease.now < until {
                return Ok(refusal);
            }
        }
        state.claims.insert(key.to_owned(), MailClaim::Sending(lease.clone()));
        Ok(Claim::Granted)
    }

    async fn standing(&self, key: &str, now: Timestamp) -> Result<Option<Claim>, Unavailable> {
        Ok(self.reach("registry")?.claims.get(key).map(|claim| claim.standing(now).0))
    }

    async fn sent(&self, key: &str, _now: Timestamp) -> Result<(), Unavailable> {
        self.reach("registry")?.claims.insert(key.to_owned(), MailClaim::Sent);
        Ok(())
    }

    async fn unanswered(&self, key: &str, now: Timestamp) -> Result<(), Unavailable> {
        self.reach("registry")?.claims.insert(key.to_owned(), MailClaim::Unanswered(now));
        Ok(())
    }

    async fn release(&self, key: &str, lease: &Lease) -> Result<(), Unavailable> {
        let mut state = self.reach("registry")?;
        let is_own = |claim: &MailClaim| matches!(claim, MailClaim::Sending(held) if held.holder == lease.holder);
        if state.claims.get(key).is_some_and(is_own) {
            state.claims.remove(key);
        }
        Ok(())
    }
}

impl AlarmRecords for Memory {
    async fn alarm(&self, name: &str) -> Result<Option<AlarmRecord>, Unavailable> {
        Ok(self.reach("registry")?.alarms.get(name).cloned())
    }

    async fn remember(&self, name: &str, record: &AlarmRecord) -> Result<(), RememberError> {
        let mut state = self.reach("registry")?;
        if state.alarms.get(name).map_or(0, |stored| stored.revision) + 1 != record.revision {
            return Err(RememberError::Conflict);
        }
        state.alarms.insert(name.to_owned(), record.clone());
        Ok(())
    }
}
