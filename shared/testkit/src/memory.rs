//! Test fake of all outside services in memory. Tests can make each service fail.
//!
//! Writes have the same conditions as in the real services.

mod batch;
mod clock;
mod console;
mod events;
mod feedback;
mod journal;
mod listing;
mod live;
mod mail;
mod mail_links;
mod measuring;
mod registry;
mod rollouts;
mod served;
mod sessions;
mod skew;
mod steering;
mod storage;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::cost::MonthUsage;
use evergreen_lifecycle::drift::{DriftComparison, DriftSummary, SkewCheck};
use evergreen_lifecycle::feedback::{LiveSummary, LiveTally, PairedTally};
use evergreen_lifecycle::incident::FormerAlarm;
use evergreen_lifecycle::journal::JournalEntry;
use evergreen_lifecycle::mail_link::MailLink;
use evergreen_lifecycle::ports::{
    AcceptedMail, AlarmStatus, CountShare, HourCounts, LARGEST_COPY, NewObject, ObjectTag, RequestDay, RolloutShare,
    StoredSchedule, Unavailable,
};
use evergreen_lifecycle::reaction::ReactionLog;
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::session::{Session, SessionLink};
use evergreen_lifecycle::{
    Alias, AliasName, Annotations, Announcement, AuditEntry, Champion, Datum, IncidentRecord, KeepDays, LifecycleEvent,
    MadeChange, Mute, Pointer, PublishedMetrics, Record, Run, RunId, Unreadable, Verification, Version, VersionNumber,
};
use jiff::Timestamp;
use jiff::civil::Date;

pub use clock::FixedClock;
pub use mail::{MailClaim, SentMail};

/// Test fake of all outside services, such as the model registry and the event bus, in memory. Share it by reference.
#[derive(Debug, Default)]
pub struct Memory(Mutex<MemoryState>);

/// The content of the test fake [`Memory`]. Tests read and change it through [`Memory::state`].
#[derive(Debug, Default)]
pub struct MemoryState {
    /// The stored records of training runs, by the identifier of the run.
    pub runs: BTreeMap<RunId, Run>,
    /// The stored records of model versions, by version number.
    pub versions: BTreeMap<VersionNumber, Version>,
    /// The last model version number that was taken from the fake registry. 0 if the counter is lost.
    pub last_number: u32,
    /// The stored verifications of versions, oldest first.
    pub verifications: Vec<Verification>,
    /// The journal files of changes whose events must still be published, by the key of the event.
    pub changes: BTreeMap<String, JournalEntry>,
    /// The files of the journal in the bucket, and other files outside of model versions, by key.
    pub journal: BTreeMap<String, Vec<u8>>,
    /// Stored events that must still be published, by key. `None` is an unreadable event.
    pub outbox: BTreeMap<String, Option<Announcement>>,
    // Each record has its own start time.
    /// Test input: stored records of training runs that the tested code cannot read, such as damaged records.
    pub unreadable_runs: Vec<Unreadable>,
    /// All champions so far, oldest first. The last one is the current champion.
    pub champions: Vec<Champion>,
    // Without a test input, the record names the last element of `champions`. `Some(Some(…))`: for example a record of
    // a newer release.
    /// Test input: the stored record that names the champion. `None` if no test sets it, `Some(None)` if it is lost.
    pub pointer: Option<Option<Record<Pointer>>>,
    // The function runs just after the champion and the copy of its model file were read.
    /// A function that runs once after the champion was read, to simulate a change by another process.
    pub after_copy_is_read: Option<fn(&mut Self)>,
    /// The training schedule. `None` if it does not exist.
    pub schedule: Option<StoredSchedule>,
    /// The states of the CloudWatch alarms.
    pub alarm_states: Vec<AlarmStatus>,
    /// The requests to the prediction API in the last day.
    pub request_day: RequestDay,
    /// The usage of the billed services in this month.
    pub month_usage: MonthUsage,
    /// How often the usage of the billed services was read.
    pub usage_reads: u32,
    /// The mails that the emulator accepted, newest first. `None` on AWS.
    pub accepted_mails: Option<Vec<AcceptedMail>>,
    /// The number of requests in this month, one element for each API key.
    pub requests: Vec<u64>,
    /// The model registry's copy of the champion's model file. `None` if there is no copy.
    pub copy: Option<Vec<u8>>,
    /// The objects of model versions in the bucket, by key.
    pub objects: BTreeMap<String, Vec<u8>>,
    // Objects that a test put there directly have no such text.
    /// For each stored S3 object, by key: a text that identifies which attempt at a training run stored the object.
    pub marks: BTreeMap<String, String>,
    /// The files of the user's data set in the bucket, by key.
    pub datasets: BTreeMap<String, Vec<u8>>,
    /// Former contents of files of the user's data set, by key and object version.
    pub former_datasets: BTreeMap<(String, String), Vec<u8>>,
    /// The checkpoints of training runs.
    pub checkpoints: BTreeMap<RunId, Vec<u8>>,
    /// The objects of batch jobs, by bucket and key.
    pub batch_objects: BTreeMap<(String, String), Vec<u8>>,
    /// The model files that were uploaded for import, by key.
    pub incoming: BTreeMap<String, Vec<u8>>,
    /// The entity tags of the uploaded model files, by key. Empty unless a test sets them.
    pub etags: BTreeMap<String, String>,
    /// The events that the event bus accepted, in order.
    pub events: Vec<Announcement>,
    /// The keys of the events that the fake event bus refuses.
    pub refused: BTreeSet<String>,
    /// The published metric values, in order.
    pub data: Vec<Datum>,
    /// The stored record of the metric values that were published last. `None` if there is no record.
    pub published: Option<PublishedMetrics>,
    /// The stored counts of served rows, in the order of their first storing.
    pub shares: Vec<CountShare>,
    /// Test input: the maximum number of served rows in a sample. 0 means that no row is kept.
    pub sampled_rows: usize,
    /// How often a sample of served rows was stored. The samples are among `objects`.
    pub sample_writes: usize,
    /// The newest rollout. `None` if there was none.
    pub rollout: Option<Rollout>,
    /// The stored counts of rollouts, in the order of their first storing.
    pub rollout_shares: Vec<RolloutShare>,
    /// The sums of the counts of served rows, in the order of their storing.
    pub hours: Vec<HourCounts>,
    /// The summary of the comparisons of served rows. `None` before the first one.
    pub drift: Option<DriftSummary>,
    /// The newest comparison of each length of window.
    pub comparisons: Vec<DriftComparison>,
    /// The newest judgement of the live accuracy. `None` before the first one.
    pub live: Option<LiveSummary>,
    /// The secret that signs the ids of predictions. `None` if no function created it yet.
    pub prediction_secret: Option<[u8; 32]>,
    /// Test input: whether rows of feedback are kept, among `objects`.
    pub keeps_feedback: bool,
    /// The hashes of the ids of predictions whose true value was counted.
    pub counted_ids: BTreeSet<String>,
    /// The counts of what turned out true, by the day of the prediction and the version.
    pub day_tallies: BTreeMap<(Date, VersionNumber), LiveTally>,
    /// The comparisons of two versions by what turned out true. The first version answered.
    pub paired_tallies: BTreeMap<(VersionNumber, VersionNumber), PairedTally>,
    /// The sent mails, in order.
    pub mails: Vec<SentMail>,
    /// The claims on mails, by the key of the mail. A claim reserves one mail for one Lambda invocation.
    pub claims: BTreeMap<String, MailClaim>,
    /// The stored record of the CloudWatch alarms and their incidents. `None` if there is no record.
    pub incidents: Option<IncidentRecord>,
    /// Test input: what an earlier release has stored about alarms, by the alarm's name.
    pub former_alarms: BTreeMap<String, FormerAlarm>,
    /// The aliases, by name.
    pub aliases: BTreeMap<AliasName, Alias>,
    /// The tags and notes of versions, by version number.
    pub annotations: BTreeMap<VersionNumber, Annotations>,
    /// The entries of the audit trail, in the order of the changes.
    pub audit: Vec<AuditEntry>,
    /// The idempotency keys of changes, with what was made with each.
    pub keys: BTreeMap<String, MadeChange>,
    /// The mutes of alarms, by the alarm's name without the name of the stack.
    pub mutes: BTreeMap<String, Mute>,
    /// The newest comparison of the answers in training and in serving. `None` before the first one.
    pub skew: Option<SkewCheck>,
    /// What the stack has done by itself.
    pub reactions: ReactionLog,
    /// The links that were not used yet, by the hash of their token.
    pub links: BTreeMap<String, SessionLink>,
    /// The values of the metric that alarms watch, oldest first.
    pub series: Vec<(Timestamp, f64)>,
    /// The links of mails, by the hash of their token.
    pub mail_links: BTreeMap<String, MailLink>,
    /// The open sessions, by the hash of their token.
    pub sessions: BTreeMap<String, Session>,
    // The keys are `run ID` for training runs and `version NUMBER` for model versions.
    /// When each record that is marked for deletion will be deleted, by the name of the record (such as `run ID`).
    pub forgotten: BTreeMap<String, Timestamp>,
    /// The names of the records that are protected from deletion: `run ID` or `version NUMBER`.
    pub kept: BTreeSet<String>,
    /// The number of days after which an S3 object expires, by key. Objects that are not listed are kept forever.
    pub expiring: BTreeMap<String, KeepDays>,
    // The names: `registry`, `retention` (of records), `copy` (the call that reads the champion with the copy of its
    // model file), `artifacts`, `removal` (of objects), `datasets`, `incoming`, `outbox`, `bus`, `schedule`, `sessions`
    // (and links), `usage`, `sink` (for metrics), `published` (the record of published metrics), `served`
    // (counts of served rows), `key` (of prediction ids), `feedback` (counts of it), `feedback_rows`, `rate` (of
    // mails), `batch` (objects of batch jobs). A mail address makes sending to this recipient fail.
    /// Test input: the names of the fake services for which every call fails, such as `registry`.
    pub away: BTreeSet<String>,
    /// Test input: the names of the fake services that never answer. Only `bus` can be one.
    pub stalled: BTreeSet<String>,
    // The keys are the method names of `Registrar`, and `apply`, `create`, `replace` and `switch` (of the schedule).
    /// Test input: for each operation, how many of its next calls fail with an error that passes within seconds.
    pub busy: BTreeMap<&'static str, u32>,
    // The error simulates an answer that is lost on the network. The keys are as in `busy`.
    /// Test input: for each operation, how many of its next calls do their work but return an error.
    pub unheard: BTreeMap<&'static str, u32>,
    /// Test input: an operation, and how many of its calls fail after the first lost answer. `None`: no calls fail.
    pub busy_after_unheard: Option<(&'static str, u32)>,
    /// Test input: how many calls work before all later calls fail, as if the process ended. `None`: all calls work.
    pub calls_left: Option<u32>,
    /// How many times objects of model versions were read.
    pub reads: usize,
    /// How many times files of the user's data set were read.
    pub dataset_reads: usize,
    /// Earlier champions that are not in `champions`. Their revisions (promotion numbers) cannot be used again.
    pub former: Vec<Champion>,
    // The object simulates another model registry that uses the same bucket.
    /// Test input: an object (key and content) that the fake stores just before it creates the next object. `None`: no
    /// object.
    pub intruder: Option<(String, Vec<u8>)>,
    // The promotion simulates another training run that ends at this moment.
    /// Test input: a champion that the fake promotes just before the next registration or promotion. `None`: no
    /// champion.
    pub rival: Option<Champion>,
}

impl Memory {
    /// Locks the content of the test fake, for reading and changing.
    pub fn state(&self) -> MutexGuard<'_, MemoryState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes every call to the service `thing` fail in the test fake ([`MemoryState::away`] lists the names).
    pub fn take_away(&self, thing: &str) {
        self.state().away.insert(thing.to_owned());
    }

    /// Makes the service `thing` of the test fake work again after [`take_away`](Self::take_away).
    pub fn bring_back(&self, thing: &str) {
        self.state().away.remove(thing);
    }

    fn reach(&self, thing: &str) -> Result<MutexGuard<'_, MemoryState>, Unavailable> {
        let mut state = self.state();
        if let Some(left) = state.calls_left {
            state.calls_left = Some(left.saturating_sub(1));
            if left == 0 {
                return Err(Unavailable::new("the memory", "the process ended"));
            }
        }
        if state.away.contains(thing) {
            return Err(Unavailable::new("the memory", "it was taken away"));
        }
        Ok(state)
    }

    /// Locks the content of the test fake for a call, or returns an error if a test wants the call to fail.
    fn reach_for(&self, thing: &str, operation: &'static str) -> Result<MutexGuard<'_, MemoryState>, Unavailable> {
        let mut state = self.reach(thing)?;
        if count_down(&mut state.busy, operation) {
            return Err(Unavailable::briefly("the memory", "it is busy"));
        }
        Ok(state)
    }

    /// Returns `answer` for a finished call, or an error if a test wants the answer to be [lost](MemoryState::unheard).
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
    /// Makes `champion` the current champion in the test fake, and keeps a copy of the model file `artifact`.
    pub fn move_pointer(&mut self, champion: &Champion, artifact: Option<&[u8]>) {
        self.champions.push(champion.clone());
        self.pointer = None;
        // No copy is kept of a file that is too large.
        self.copy = artifact.filter(|content| content.len() <= LARGEST_COPY).map(<[u8]>::to_vec);
    }

    fn forget_loss(&mut self, run: &Run) {
        let key = LifecycleEvent::of_loss(run).outbox_key();
        self.outbox.remove(&key);
        self.changes.remove(&key);
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
