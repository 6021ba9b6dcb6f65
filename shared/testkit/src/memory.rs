//! Implements the ports in memory, with the same conditions as the real ones. Tests can make each part unavailable.

mod clock;
mod events;
mod mail;
mod measuring;
mod registry;
mod storage;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::ports::{LARGEST_COPY, NewObject, ObjectTag, StoredSchedule, Unavailable};
use evergreen_lifecycle::{
    AlarmRecord, Announcement, Champion, Datum, KeepDays, LifecycleEvent, Pointer, Record, Run, RunId, Unreadable,
    Version, VersionNumber,
};
use jiff::Timestamp;

pub use clock::FixedClock;
pub use mail::{MailClaim, SentMail};

/// All ports in one place. Share it by reference.
#[derive(Debug, Default)]
pub struct Memory(Mutex<MemoryState>);

/// The content of [`Memory`]. Tests read and change it through [`Memory::state`].
#[derive(Debug, Default)]
pub struct MemoryState {
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
    /// All champions, oldest first. The last one is the current champion.
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
    /// After how many days objects expire, by key. Other objects stay forever.
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
    pub fn state(&self) -> MutexGuard<'_, MemoryState> {
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

    fn reach(&self, thing: &str) -> Result<MutexGuard<'_, MemoryState>, Unavailable> {
        let state = self.state();
        if state.away.contains(thing) {
            return Err(Unavailable::new("the memory", "it was taken away"));
        }
        Ok(state)
    }

    /// Reaches `thing` for an operation that may be [busy](MemoryState::busy).
    fn reach_for(&self, thing: &str, operation: &'static str) -> Result<MutexGuard<'_, MemoryState>, Unavailable> {
        let mut state = self.reach(thing)?;
        if count_down(&mut state.busy, operation) {
            return Err(Unavailable::briefly("the memory", "it is busy"));
        }
        Ok(state)
    }

    /// Returns the answer of a finished operation, or an error if the answer is [lost](MemoryState::unheard).
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

impl MemoryState {
    /// Makes `champion` the current one, with the registry's copy of its artifact.
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
