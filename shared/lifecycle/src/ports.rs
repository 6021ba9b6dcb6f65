//! The ports: one trait for each outside service that the code needs. A handler asks only for the ports that it uses.
//!
//! An adapter serves one model. Writes that may collide are conditional: on a conflict they fail and change nothing.

mod retention;
mod usage;

use std::error::Error;
use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{AlarmRecord, Announcement, Champion, Datum, Pointer, Record, Run, RunId, Version, VersionNumber};

pub use retention::{Forgetting, ObjectRetention, RecordRetention};
pub use usage::RequestUsage;

/// The cause of a failure outside this crate.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Error for something that could not be read or written. The caller may try again.
#[derive(Debug, thiserror::Error)]
#[error("{what} is unavailable")]
pub struct Unavailable {
    /// The action that failed, such as `reading the champion`.
    pub what: &'static str,
    /// Why the action failed.
    #[source]
    pub cause: Cause,
    /// Whether such a failure usually passes within seconds: throttling, a conflict, a timeout, a server error. Missing
    /// permissions and unreadable records do not.
    pub is_brief: bool,
}

impl Unavailable {
    /// Creates an error for `what` whose cause does not pass by itself.
    pub fn new(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { what, cause: cause.into(), is_brief: false }
    }

    /// Creates an error for `what` whose cause usually passes within seconds.
    pub fn briefly(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { is_brief: true, ..Self::new(what, cause) }
    }
}

/// Why a conditional write of a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunWriteError {
    /// The registry holds another attempt at this run.
    #[error("run {0} is in other hands")]
    Conflict(RunId),
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a version was not registered. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another attempt has taken over the run, or the run has ended.
    #[error("run {0} is in other hands")]
    RunTaken(RunId),
    /// The champion changed after the gate's decision. Score against the new champion and decide again.
    #[error("the champion changed while the gate decided")]
    ChampionMoved,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a registered version was not made champion. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// Another version was promoted in the meantime.
    #[error("the champion changed meanwhile")]
    ChampionMoved,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why an artifact could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactReadError {
    /// No object has that key.
    #[error("artifact {0} is not there")]
    NotFound(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Maximum size in bytes of an artifact that the registry copies beside the champion. A DynamoDB item holds 400 KB, and
/// reads and writes are billed by size.
pub const LARGEST_COPY: usize = 256 * 1024;

/// A version that is ready to be registered. One step registers the version, ends the run and, if the gate says so,
/// promotes the version.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// The run in its final state.
    pub run: Run,
    /// The version that the run made.
    pub version: Version,
    /// The new champion; `None` if the version is not promoted.
    pub promotion: Option<Champion>,
    /// Revision of the champion that the gate compared with; 0 if there was no champion.
    pub seen_revision: u32,
    /// The artifact's content, if the version is promoted and the registry must keep a copy.
    pub artifact: Option<Vec<u8>>,
    /// The events to announce. They are stored in the same step, so they are announced even if this invocation dies.
    pub announcements: Vec<Announcement>,
}

/// A new attempt at a run.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The new attempt.
    pub run: &'a Run,
    /// The recorded previous attempt, if any.
    pub former: Option<&'a Run>,
    /// The event that the attempt died ([`LifecycleEvent::of_loss`](crate::LifecycleEvent::of_loss)). It is announced
    /// after the attempt's time, unless the attempt ends otherwise.
    pub lost: &'a Announcement,
}

/// The promotion of a registered version by a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion<'a> {
    /// The new champion.
    pub champion: &'a Champion,
    /// Revision of the champion that the caller read; 0 if there was no champion.
    pub seen_revision: u32,
    /// The artifact's content. The registry keeps a copy of it.
    pub artifact: &'a [u8],
    /// The event to announce.
    pub announcement: &'a Announcement,
}

/// An object to be stored, and the attempt that stores it.
#[derive(Debug, Clone, Copy)]
pub struct NewObject<'a> {
    /// The object's key.
    pub key: &'a str,
    /// The bytes to store.
    pub content: &'a [u8],
    /// The media type, such as `application/json`.
    pub media_type: &'static str,
    /// Mark of the attempt that owns the object ([`Run::mark`]). It is stored with the object.
    pub mark: &'a str,
}

/// The store's tag of an object's current content. A rewrite compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectTag(pub String);

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another attempt's object has that key. It was not changed.
    #[error("{0} is another attempt's object")]
    Taken(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// An event that the event bus refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The announcement's key.
    pub key: String,
    /// The bus's error code.
    pub code: String,
}

/// One page of the events that still have to be announced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The events that this release can read, oldest first.
    pub announcements: Vec<Announcement>,
    /// Number of events that this release cannot read.
    pub unreadable: usize,
    /// The key after which the next page begins; `None` on the last page.
    pub next: Option<String>,
}

/// A schedule, as the scheduler stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchedule {
    /// When the schedule fires: `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// IANA time zone of the expression; `None` means UTC.
    pub zone: Option<String>,
    /// When the schedule was created or last changed. It demanded no run before that time.
    pub changed_at: Timestamp,
    /// Whether the schedule is active.
    pub is_enabled: bool,
}

/// Reads the training schedule.
pub trait Schedules: Send + Sync {
    /// Returns the current schedule, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`Unavailable`] when the scheduler does not answer.
    fn schedule(&self) -> impl Future<Output = Result<Option<StoredSchedule>, Unavailable>> + Send;
}

/// Tells the time. Tests replace it.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// Waits. Tests replace it.
pub trait Sleeper: Send + Sync {
    /// Returns after `time` has passed.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Maximum number of runs in one read.
pub const MOST_RUNS: u32 = 500;

/// Reads run records.
pub trait Runs: Send + Sync {
    /// Returns the run `id`, if it exists. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn run(&self, id: &RunId) -> impl Future<Output = Result<Option<Record<Run>>, Unavailable>> + Send;

    /// Returns at most `limit` runs, newest first, including runs that this release cannot read.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_runs(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send;

    /// Returns the newest runs for a caller that wants to know about training. If most of the newest `limit` runs are
    /// imports, it returns up to [`MOST_RUNS`] runs, so that imports do not hide the training runs.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_runs_with_trainings(
        &self,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send {
        async move {
            let runs = self.recent_runs(limit).await?;
            let trains = |run: &&Record<Run>| run.as_ref().is_ok_and(|run| run.trigger.is_training());
            let (wanted, trainings) = (limit as usize, runs.iter().filter(trains).count());
            if runs.len() < wanted || trainings >= wanted / 2 {
                return Ok(runs);
            }
            self.recent_runs(MOST_RUNS).await
        }
    }
}

/// Writes run records and versions. Only training uses this trait.
pub trait Registrar: Send + Sync {
    /// Stores a new attempt. A first attempt requires that the run does not exist. A later attempt only replaces its
    /// predecessor, and never a run that made a version. The event that this attempt died is stored too, and replaces
    /// the predecessor's.
    ///
    /// # Errors
    /// [`RunWriteError::Conflict`] when another attempt was stored first.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), RunWriteError>> + Send;

    /// Stores how an attempt failed, together with the events to announce, unless another attempt has taken over.
    ///
    /// # Errors
    /// [`RunWriteError::Conflict`] when another attempt is running, or the run has ended.
    fn fail(&self, run: &Run, announcements: &[Announcement])
    -> impl Future<Output = Result<(), RunWriteError>> + Send;

    /// Returns the highest number of a registered version. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn last_registered(&self) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;

    /// Returns the highest revision in the champion history, or 0 if the history is empty. The read is consistent. The
    /// result is the champion's own revision, unless somebody deleted or replaced the pointer.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn last_revision(&self) -> impl Future<Output = Result<u32, Unavailable>> + Send;

    /// Takes the next version number above `above`. No number is given twice. A counter that is missing, damaged or
    /// behind `above` is raised; it is never lowered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn take_number(
        &self,
        above: Option<VersionNumber>,
    ) -> impl Future<Output = Result<VersionNumber, Unavailable>> + Send;

    /// Registers a version, ends its run, stores the events to announce and, if requested, promotes the version. All of
    /// it happens, or nothing. A promotion replaces the registry's copy of the former champion's artifact. If the new
    /// artifact is missing or larger than [`LARGEST_COPY`] bytes, no copy remains. Repeating a successful registration
    /// succeeds.
    ///
    /// # Errors
    /// [`RegisterError`] says which condition failed.
    fn register(&self, registration: &Registration) -> impl Future<Output = Result<(), RegisterError>> + Send;

    /// Makes a registered version champion again. Also writes the history entry, the copy of the artifact as in
    /// [`register`](Self::register), and the event to announce. All of it happens, or nothing.
    ///
    /// # Errors
    /// [`PromoteError::ChampionMoved`] when the champion's revision has changed since the caller read it.
    fn promote(&self, promotion: &Promotion<'_>) -> impl Future<Output = Result<(), PromoteError>> + Send;
}

/// The champion pointer, and the registry's copy of its artifact, if there is a copy.
pub type WithCopy = (Record<Pointer>, Option<Vec<u8>>);

/// Reads the champion pointer and its history.
pub trait Champions: Send + Sync {
    /// Returns the champion pointer, if there is a champion. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn champion(&self) -> impl Future<Output = Result<Option<Record<Pointer>>, Unavailable>> + Send;

    /// Returns the champion pointer and the registry's copy of its artifact, if there is one, in one round trip.
    ///
    /// The copy is not checked. It may be cut short, altered, or of another version if the champion changed between the
    /// two reads. The caller must compare it with the champion's hash. If they differ, the stored object is right.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer. A copy that cannot be read counts as missing.
    fn champion_with_artifact(&self) -> impl Future<Output = Result<Option<WithCopy>, Unavailable>> + Send;

    /// Returns at most `limit` champions, newest first, including the current one.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_champions(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Pointer>>, Unavailable>> + Send;
}

/// Reads registered versions.
pub trait Versions: Send + Sync {
    /// Returns the version `number`, if it is registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn version(
        &self,
        number: VersionNumber,
    ) -> impl Future<Output = Result<Option<Record<Version>>, Unavailable>> + Send;

    /// Returns the number of registered versions.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn count_versions(&self) -> impl Future<Output = Result<u64, Unavailable>> + Send;
}

/// Reads stored objects of versions.
pub trait Artifacts: Send + Sync {
    /// Returns the object's content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the object does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn get(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Stores objects of versions. It never overwrites an object of another attempt.
pub trait ArtifactWriter: Send + Sync {
    /// Stores an object if the key is free. If an object with the same mark exists, the call succeeds: an earlier try
    /// stored it and the answer was lost. An attempt must create a key with one content only.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object has the key.
    fn create(&self, object: NewObject<'_>) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Replaces the caller's own object, whose content must still have the tag `former`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object has the key.
    fn replace(
        &self,
        object: NewObject<'_>,
        former: &ObjectTag,
    ) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Returns the highest version number above `after` that has a stored object, whoever stored it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn last_stored(
        &self,
        after: Option<VersionNumber>,
    ) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;
}

/// A stored file of the user's data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The object's key.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
}

/// Reads the user's data set: one or more files, and the settings beside them.
pub trait Datasets: Send + Sync {
    /// Returns the prefix of the model's files. It ends with `/`.
    fn prefix(&self) -> &str;

    /// Returns every file under the prefix, ordered by key; empty if the user has stored no data set.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn files(&self) -> impl Future<Output = Result<Vec<StoredFile>, Unavailable>> + Send;

    /// Returns the file's content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the file does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn content(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;

    /// Returns a part of the file's bytes. The result is shorter if the file ends within `range`, which must not be
    /// empty.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when the file does not exist, [`ArtifactReadError::Unavailable`] otherwise.
    fn part(&self, key: &str, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Why an imported model file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// No object has that key.
    #[error("{0} is not there")]
    NotFound(String),
    /// The file is larger than a model may be.
    #[error("{key} has {size} bytes; expected at most {limit}")]
    TooLarge {
        /// The object's key.
        key: String,
        /// Size in bytes.
        size: u64,
        /// Maximum size in bytes.
        limit: u64,
    },
    /// The file was overwritten after the import was requested.
    #[error("{0} was overwritten since; the newer upload is a run of its own")]
    Overwritten(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads model files that somebody uploaded for import.
pub trait Incoming: Send + Sync {
    /// Returns the prefix under which model files are uploaded. It ends with `/`.
    fn incoming_prefix(&self) -> &str;

    /// Returns the file's content. The content is not fetched if it has more than `limit` bytes. It is not fetched
    /// either if `etag` is given and the file has another entity tag. Quotes around the tag do not matter.
    ///
    /// # Errors
    /// [`IncomingError`] says whether the file is missing, too large, overwritten or unavailable.
    fn incoming(
        &self,
        key: &str,
        etag: Option<&str>,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<u8>, IncomingError>> + Send;
}

/// Maximum number of events that the bus takes in one call.
pub const MAX_ANNOUNCEMENTS: usize = 10;

/// Publishes events on the event bus.
pub trait Announcer: Send + Sync {
    /// Puts at most [`MAX_ANNOUNCEMENTS`] events on the bus, in order. Returns the events that the bus refused.
    ///
    /// # Errors
    /// [`Unavailable`] when the bus does not answer. It may have taken the events all the same.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Result<Vec<Refusal>, Unavailable>> + Send;
}

/// Stores events until they are announced. Each event is stored together with the change that it reports.
/// [`deliver`](crate::outbox::deliver) announces them.
pub trait EventOutbox: Send + Sync {
    /// Returns a page of the events that were stored before `before`, oldest first. The page begins after the key
    /// `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn waiting(
        &self,
        before: Timestamp,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Waiting, Unavailable>> + Send;

    /// Removes an event that was announced.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn told(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Publishes metrics over time.
pub trait MetricSink: Send + Sync {
    /// Stores the values of `data` for the time `at`.
    ///
    /// # Errors
    /// [`Unavailable`] when the sink does not answer.
    fn publish(&self, data: &[Datum], at: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// A mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Why a mail was not accepted, or why that is uncertain.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The mail was refused, and another try would be refused too. Either this recipient may not receive mail, or the
    /// account may not send it.
    #[error(transparent)]
    Refused(Unavailable),
    /// Too many mails came in too short a time. Nothing was sent.
    #[error(transparent)]
    Throttled(Unavailable),
    /// The mail service cannot be reached, or it failed. Nothing was sent.
    #[error(transparent)]
    Unreachable(Unavailable),
    /// The mail service did not answer. The mail may have been sent.
    #[error(transparent)]
    Unanswered(Unavailable),
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends `mail` to `recipient` in a single try. The caller decides about another try, because it knows the result
    /// of the first.
    ///
    /// # Errors
    /// [`SendError`] says whether another try may help, and whether the mail may have been sent.
    fn send(&self, recipient: &str, mail: &Mail) -> impl Future<Output = Result<(), SendError>> + Send;

    /// Returns how many mails the account may send per second.
    ///
    /// # Errors
    /// [`Unavailable`] when the mail service does not answer.
    fn rate(&self) -> impl Future<Output = Result<f64, Unavailable>> + Send;
}

/// Whether a mail may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The caller may send the mail.
    Granted,
    /// The mail was already sent.
    Sent,
    /// Another invocation is sending the mail.
    Busy,
    /// The mail may have been sent, and not long ago.
    Unanswered,
}

/// A claim on a mail: its holder and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Identifies the invocation. A holder may repeat its own claim.
    pub holder: String,
    /// The current time.
    pub now: Timestamp,
    /// The time by which the platform has ended the invocation.
    pub until: Timestamp,
}

/// How long claims are remembered. This is longer than a notification can wait in a queue (14 days) and then be
/// replayed.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long a mail that may have been sent is not sent again. This is longer than the platform's retries of a
/// notification, so only a person who replays one can cause a second copy.
pub const UNANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// Remembers which mails were sent, so that a notification delivered twice causes only one mail.
pub trait MailClaims: Send + Sync {
    /// Claims the mail `key`. If the holder neither confirms nor releases the claim, it counts as unanswered when its
    /// lease ends. An unanswered mail may be claimed again after [`UNANSWERED`].
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn claim(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<Claim, Unavailable>> + Send;

    /// Returns the state of the mail `key` at `now` without claiming it. Returns `None` if nobody claimed it, or why a
    /// claim would be refused. An unanswered mail stays unanswered, however long ago it was.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn standing(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<Option<Claim>, Unavailable>> + Send;

    /// Records that the mail was sent at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn sent(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Records that the mail service had not answered at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn unanswered(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Releases a claim, so that another try may claim the mail at once.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn release(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Why an alarm's record was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// Another invocation has changed the record. Read it again.
    #[error("the alarm's record changed meanwhile")]
    Conflict,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Stores a record for each alarm.
pub trait AlarmRecords: Send + Sync {
    /// Returns the record of the alarm `name`, if any. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn alarm(&self, name: &str) -> impl Future<Output = Result<Option<AlarmRecord>, Unavailable>> + Send;

    /// Replaces the record of the previous revision with `record`.
    ///
    /// # Errors
    /// [`RememberError::Conflict`] when the stored record has another revision.
    fn remember(&self, name: &str, record: &AlarmRecord) -> impl Future<Output = Result<(), RememberError>> + Send;
}
