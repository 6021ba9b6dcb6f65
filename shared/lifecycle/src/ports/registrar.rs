//! Writing runs and versions, and promoting versions.

use std::future::Future;

use super::{Opening, RunWriteError, Unavailable};
use crate::{Announcement, Champion, Run, RunId, Version, VersionNumber};

/// Why a version was not registered. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another attempt has taken over the run, or the run has ended.
    #[error("run {0} belongs to another attempt now")]
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
    #[error("another version became champion meanwhile")]
    ChampionMoved,
    /// The registry did not answer.
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
    /// The events to announce. They are stored in the same step, so they are announced even if this invocation is
    /// stopped.
    pub announcements: Vec<Announcement>,
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

/// Writes run records and versions. Only training uses this trait.
pub trait Registrar: Send + Sync {
    /// Stores a new attempt. A first attempt requires that the run does not exist. A later attempt only replaces its
    /// predecessor, and never a run that made a version. The event that this attempt was lost is stored too, and
    /// replaces the predecessor's.
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
