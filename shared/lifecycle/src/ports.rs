//! The ports: one trait for each thing that a function needs of the world, so that a handler asks only for what it uses.
//!
//! An adapter serves one model. Writes that could clash are conditional: they fail with a conflict and change nothing.

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

/// The cause of a failure outside the domain.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Something could not be read or written, and may be tried again.
#[derive(Debug, thiserror::Error)]
#[error("{what} is unavailable")]
pub struct Unavailable {
    /// What was asked of whom, such as `reading the champion`.
    pub what: &'static str,
    /// Why it failed.
    #[source]
    pub cause: Cause,
    /// Whether such a cause usually passes within seconds: throttling, a conflict, a timeout, a fault of the server. A lack
    /// of rights or a record that cannot be read does not.
    pub is_brief: bool,
}

impl Unavailable {
    /// `what` failed because of `cause`, which does not pass by itself.
    pub fn new(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { what, cause: cause.into(), is_brief: false }
    }

    /// `what` failed because of `cause`, which usually passes within seconds.
    pub fn briefly(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { is_brief: true, ..Self::new(what, cause) }
    }
}

/// Why a conditional write of a run did not happen.
#[derive(Debug, thiserror::Error)]
pub enum RunWriteError {
    /// Another attempt at the run stands in the registry.
    #[error("run {0} is in other hands")]
    Conflict(RunId),
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a version was not registered. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The run is in other hands, or has ended.
    #[error("run {0} is in other hands")]
    RunTaken(RunId),
    /// The champion is no longer the one that the gate saw: score against the new one and decide again.
    #[error("the champion changed while the gate decided")]
    ChampionMoved,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a registered version was not made champion. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// Another version was promoted meanwhile.
    #[error("the champion changed meanwhile")]
    ChampionMoved,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why an artifact could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactReadError {
    /// No object has that key.
    #[error("artifact {0} is not there")]
    NotFound(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Bytes of an artifact of which the registry keeps a copy beside the champion, at most. An item of DynamoDB's holds
/// 400 KB, and what is read or written of one is billed by its size.
pub const LARGEST_COPY: usize = 256 * 1024;

/// A run's version, ready to be registered in one step with the run's end and, if the gate says so, the promotion.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// The run in its final state.
    pub run: Run,
    /// The version that it made.
    pub version: Version,
    /// The champion to be, when the version is promoted.
    pub promotion: Option<Champion>,
    /// The champion's revision that the gate saw; 0 when there was none.
    pub seen_revision: u32,
    /// The artifact's content, when the version is promoted and the registry is to keep a copy of it.
    pub artifact: Option<Vec<u8>>,
    /// What is to be told of it: stored with it, so that it is told even when whoever registers dies.
    pub announcements: Vec<Announcement>,
}

/// An attempt that begins.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The attempt.
    pub run: &'a Run,
    /// The attempt before it, as it is on record, if there is one.
    pub former: Option<&'a Run>,
    /// That the attempt died ([`LifecycleEvent::of_loss`](crate::LifecycleEvent::of_loss)): to be told when its time is over,
    /// unless it ends otherwise.
    pub lost: &'a Announcement,
}

/// A registered version that somebody promotes.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion<'a> {
    /// The champion to be.
    pub champion: &'a Champion,
    /// The champion's revision that was seen; 0 when there was none.
    pub seen_revision: u32,
    /// The artifact's content, of which the registry is to keep a copy.
    pub artifact: &'a [u8],
    /// What is to be told of it.
    pub announcement: &'a Announcement,
}

/// An object to be stored, and who stores it.
#[derive(Debug, Clone, Copy)]
pub struct NewObject<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its content.
    pub content: &'a [u8],
    /// Its media type.
    pub media_type: &'static str,
    /// Whose it is ([`Run::mark`]); stored with it.
    pub mark: &'a str,
}

/// What the store says of an object's present content: a rewrite compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectTag(pub String);

/// Why an object was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another attempt's object has that key. It was not touched.
    #[error("{0} is another attempt's object")]
    Taken(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// An event that the bus did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The announcement's key.
    pub key: String,
    /// The bus's code.
    pub code: String,
}

/// A page of the events that wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Those that this code can read, oldest first.
    pub announcements: Vec<Announcement>,
    /// How many it cannot read.
    pub unreadable: usize,
    /// The key after which the next page begins; none: this is the last page.
    pub next: Option<String>,
}

/// A schedule as its scheduler has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchedule {
    /// When it fires: `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// The IANA time zone by whose clocks it fires; UTC where none is told.
    pub zone: Option<String>,
    /// When it was made or last changed; nothing before that was due by it.
    pub changed_at: Timestamp,
    /// Whether it fires at all.
    pub is_enabled: bool,
}

/// The training schedule.
pub trait Schedules: Send + Sync {
    /// The schedule as it is now; nothing when it is gone.
    ///
    /// # Errors
    /// [`Unavailable`] when the scheduler does not answer.
    fn schedule(&self) -> impl Future<Output = Result<Option<StoredSchedule>, Unavailable>> + Send;
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Lets time pass.
pub trait Sleeper: Send + Sync {
    /// Returns when `time` has passed.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// Runs that are read at once, at most.
pub const MOST_RUNS: u32 = 500;

/// The run records.
pub trait Runs: Send + Sync {
    /// The run of that identity, if there is one; a read that sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn run(&self, id: &RunId) -> impl Future<Output = Result<Option<Record<Run>>, Unavailable>> + Send;

    /// The newest runs, newest first, at most `limit`. Those that this release cannot read stand among them.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_runs(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Run>>, Unavailable>> + Send;

    /// The same for who asks how training fares: up to [`MOST_RUNS`] where most of the newest `limit` train nothing, so that
    /// many imports push no training out of sight.
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

/// Writing run records and versions: what only training does.
pub trait Registrar: Send + Sync {
    /// Stores an attempt that begins: the first only where there is no such run, a later one only over its predecessor,
    /// and never over a run that made a version. That the attempt died is stored to be told, and is no longer to be told of
    /// its predecessor.
    ///
    /// # Errors
    /// [`RunWriteError::Conflict`] when another attempt got there first.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), RunWriteError>> + Send;

    /// Stores how an attempt failed, and with it what is to be told of that, unless another attempt has taken over.
    ///
    /// # Errors
    /// [`RunWriteError::Conflict`] when the attempt is no longer the one that is running.
    fn fail(&self, run: &Run, announcements: &[Announcement])
    -> impl Future<Output = Result<(), RunWriteError>> + Send;

    /// The highest number of a registered version; a read that sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn last_registered(&self) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;

    /// The highest revision in the champions' history, 0 without one; a read that sees every earlier write. It is the
    /// champion's own, unless somebody has deleted or replaced the pointer.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn last_revision(&self) -> impl Future<Output = Result<u32, Unavailable>> + Send;

    /// Takes the next version number above `above`, never given twice. A counter that is gone, damaged or behind `above` is
    /// raised, and never lowered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn take_number(
        &self,
        above: Option<VersionNumber>,
    ) -> impl Future<Output = Result<VersionNumber, Unavailable>> + Send;

    /// Registers a version, ends its run and, where asked, promotes it: all of it or nothing, what is to be told included. A
    /// promotion puts the copy of the artifact in place of the former champion's; without one, or with one of more than
    /// [`LARGEST_COPY`] bytes, there is none afterwards. A registration that has happened already is a success.
    ///
    /// # Errors
    /// [`RegisterError`] says which condition failed.
    fn register(&self, registration: &Registration) -> impl Future<Output = Result<(), RegisterError>> + Send;

    /// Makes a registered version champion again, with its entry in the history, the copy of its artifact as in
    /// [`register`](Self::register), and what is to be told: all of it or nothing.
    ///
    /// # Errors
    /// [`PromoteError::ChampionMoved`] when the champion's revision is not the one that was seen.
    fn promote(&self, promotion: &Promotion<'_>) -> impl Future<Output = Result<(), PromoteError>> + Send;
}

/// The champion pointer, and the registry's copy of its artifact where one is kept.
pub type WithCopy = (Record<Pointer>, Option<Vec<u8>>);

/// The champion pointer and its history.
pub trait Champions: Send + Sync {
    /// The pointer to the champion, if there is one; a read that sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn champion(&self) -> impl Future<Output = Result<Option<Record<Pointer>>, Unavailable>> + Send;

    /// The pointer with the registry's copy of its artifact, where one is kept, in one round trip.
    ///
    /// The copy is as the registry holds it: cut short, altered, or another version's when the champion changed between
    /// the two reads. Who uses it compares it with what the champion says of its artifact; the stored object is the truth.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer. A copy that cannot be had is none.
    fn champion_with_artifact(&self) -> impl Future<Output = Result<Option<WithCopy>, Unavailable>> + Send;

    /// The newest champions, newest first, at most `limit`, the present one included.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn recent_champions(&self, limit: u32) -> impl Future<Output = Result<Vec<Record<Pointer>>, Unavailable>> + Send;
}

/// The stored versions.
pub trait Versions: Send + Sync {
    /// The version of that number, if it is registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn version(
        &self,
        number: VersionNumber,
    ) -> impl Future<Output = Result<Option<Record<Version>>, Unavailable>> + Send;

    /// How many versions are registered.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn count_versions(&self) -> impl Future<Output = Result<u64, Unavailable>> + Send;
}

/// Reading stored objects of versions.
pub trait Artifacts: Send + Sync {
    /// The object's content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when it is gone, else unavailable.
    fn get(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Storing objects of versions. An object of another attempt is never written over.
pub trait ArtifactWriter: Send + Sync {
    /// Stores an object where none is. One with the same mark is the caller's own: it was stored by an earlier try, whose
    /// answer was lost. An attempt creates an object of one key with one content only.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object is there.
    fn create(&self, object: NewObject<'_>) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// Stores an object in place of the caller's own, which is the content that `former` tells of.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another attempt's object is there.
    fn replace(
        &self,
        object: NewObject<'_>,
        former: &ObjectTag,
    ) -> impl Future<Output = Result<ObjectTag, StoreError>> + Send;

    /// The highest number above `after` under which an object is stored, whoever stored it.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn last_stored(
        &self,
        after: Option<VersionNumber>,
    ) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;
}

/// A file of the user's table, as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The user's table: one or many files, and the settings beside them.
pub trait Datasets: Send + Sync {
    /// The prefix under which a model's files are stored; a `/` ends it.
    fn prefix(&self) -> &str;

    /// Every file under the prefix, in the order of the keys; none when the user has stored no table.
    ///
    /// # Errors
    /// [`Unavailable`] when the store does not answer.
    fn files(&self) -> impl Future<Output = Result<Vec<StoredFile>, Unavailable>> + Send;

    /// The file's content.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when it is gone, else unavailable.
    fn content(&self, key: &str) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;

    /// The bytes of a part of the file, as far as the file has them; `range` is not empty.
    ///
    /// # Errors
    /// [`ArtifactReadError::NotFound`] when it is gone, else unavailable.
    fn part(&self, key: &str, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ArtifactReadError>> + Send;
}

/// Why a model file made elsewhere could not be had.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// No object has that key.
    #[error("{0} is not there")]
    NotFound(String),
    /// It has more bytes than any model may have.
    #[error("{key} has {size} bytes; expected at most {limit}")]
    TooLarge {
        /// Its key.
        key: String,
        /// Its bytes.
        size: u64,
        /// What a model may have.
        limit: u64,
    },
    /// It is not what it was when it was asked for.
    #[error("{0} was overwritten since; the newer upload is a run of its own")]
    Overwritten(String),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Model files made elsewhere, which somebody has put into the store.
pub trait Incoming: Send + Sync {
    /// The prefix under which a model's files are put; a `/` ends it.
    fn incoming_prefix(&self) -> &str;

    /// The file's content, which is not fetched where it has more than `limit` bytes, or another entity tag than `etag`, if
    /// one is expected; with or without the quotes around it.
    ///
    /// # Errors
    /// [`IncomingError`] says whether it is gone, too large, another one by now, or out of reach.
    fn incoming(
        &self,
        key: &str,
        etag: Option<&str>,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<u8>, IncomingError>> + Send;
}

/// Events that the bus takes in one call, at most.
pub const MAX_ANNOUNCEMENTS: usize = 10;

/// Tells the rest of the world.
pub trait Announcer: Send + Sync {
    /// Puts at most [`MAX_ANNOUNCEMENTS`] events on the bus, in order. Returns those that it did not take.
    ///
    /// # Errors
    /// [`Unavailable`] when the bus does not answer; it may have taken the events all the same.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Result<Vec<Refusal>, Unavailable>> + Send;
}

/// The events that were stored with what they tell of and are still to be told. [`deliver`](crate::outbox::deliver) tells
/// them.
pub trait EventOutbox: Send + Sync {
    /// A page of the events that have waited since before `before`, oldest first, beginning after the key `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn waiting(
        &self,
        before: Timestamp,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Waiting, Unavailable>> + Send;

    /// Forgets an event that was told.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn told(&self, key: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Where figures are kept over time.
pub trait MetricSink: Send + Sync {
    /// Stores the figures.
    ///
    /// # Errors
    /// [`Unavailable`] when the sink does not answer.
    fn publish(&self, data: &[Datum], at: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// One mail to one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Why a mail was not accepted, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It was refused, and would be refused again. The reader may not be written to, or the account may not send.
    #[error(transparent)]
    Refused(Unavailable),
    /// It was turned away, because too many mails came in too short a time. Nothing was sent.
    #[error(transparent)]
    Throttled(Unavailable),
    /// The service is out of reach, or fails. Nothing was sent.
    #[error(transparent)]
    Unreachable(Unavailable),
    /// No answer came. The mail may have been sent.
    #[error(transparent)]
    Unanswered(Unavailable),
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends `mail` to `recipient`, in one try: who tries again knows what came of the first.
    ///
    /// # Errors
    /// [`SendError`] says whether another try may help, and whether the mail may have been sent.
    fn send(&self, recipient: &str, mail: &Mail) -> impl Future<Output = Result<(), SendError>> + Send;

    /// How many mails the account may send in a second.
    ///
    /// # Errors
    /// [`Unavailable`] when that is not said.
    fn rate(&self) -> impl Future<Output = Result<f64, Unavailable>> + Send;
}

/// Whether a mail may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's to send.
    Granted,
    /// It was sent.
    Sent,
    /// Another invocation is sending it.
    Busy,
    /// It may have been sent, and not long ago.
    Unanswered,
}

/// Who claims a mail, and from when until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Names the invocation. A claim that its holder makes again is granted.
    pub holder: String,
    /// The present moment.
    pub now: Timestamp,
    /// When the platform will have ended the invocation.
    pub until: Timestamp,
}

/// For how long claims are remembered: longer than a notification can wait in a queue (14 days) and be replayed.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// For how long a mail that may have been sent is not sent again. It outlasts the platform's retries of a notification, so
/// only a person who replays one can cause a second copy.
pub const UNANSWERED: SignedDuration = SignedDuration::from_hours(1);

/// Remembers which mails were sent, so that a notification delivered twice is one mail.
pub trait MailClaims: Send + Sync {
    /// Claims the mail of that key. A claim that was neither kept nor given back counts as unanswered when its lease ends,
    /// and an unanswered mail may be claimed anew after [`UNANSWERED`].
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn claim(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<Claim, Unavailable>> + Send;

    /// What is known at `now` of the mail of that key, without claiming it: nothing, or why a claim was refused. An
    /// unanswered mail stays one, however long ago.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn standing(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<Option<Claim>, Unavailable>> + Send;

    /// Notes that the mail was sent at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn sent(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Notes that no answer came at `now`.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn unanswered(&self, key: &str, now: Timestamp) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Gives a claim back, so that another try may take it at once.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn release(&self, key: &str, lease: &Lease) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Why what is remembered of an alarm was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// Another invocation has changed it: read it again.
    #[error("the alarm's record changed meanwhile")]
    Conflict,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What is remembered of each alarm.
pub trait AlarmRecords: Send + Sync {
    /// What is remembered of the alarm of that name; a read that sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn alarm(&self, name: &str) -> impl Future<Output = Result<Option<AlarmRecord>, Unavailable>> + Send;

    /// Stores a record over the one of the revision before it.
    ///
    /// # Errors
    /// [`RememberError::Conflict`] when another one is there.
    fn remember(&self, name: &str, record: &AlarmRecord) -> impl Future<Output = Result<(), RememberError>> + Send;
}
