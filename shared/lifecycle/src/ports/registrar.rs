//! Trait that writes training runs and model versions to the model registry, and promotes model versions to champion.

use std::future::Future;

use super::{Opening, RunWriteError, Unavailable};
use crate::rollout::Rollout;
use crate::{Announcement, AuditEntry, Champion, Run, RunId, Version, VersionNumber};

/// Error: a model version was not registered. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Another attempt at the same training run has taken over, or the run has already ended.
    #[error("run {0} belongs to another attempt now")]
    RunTaken(RunId),
    /// Another model version became champion after the gate's decision. The caller should decide again.
    #[error("the champion changed while the gate decided")]
    ChampionMoved,
    /// The rollout that the new one replaces was changed meanwhile. The caller should decide again.
    #[error("the rollout changed while the gate decided")]
    RolloutMoved,
    /// The call to the model registry failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Error: a registered model version was not made champion. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    /// Another model version became champion in the meantime.
    #[error("another version became champion meanwhile")]
    ChampionMoved,
    /// The call to the model registry failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

// The copy lets a Lambda function load the champion in one call. A DynamoDB item holds at most 400 KB, and reads and
// writes are billed by size.
/// Maximum size in bytes of a model file of which the model registry keeps a copy.
pub const LARGEST_COPY: usize = 256 * 1024;

// The transaction registers the version, ends its training run and, if the gate decided so, makes the version the
// champion.
/// A model version to register, with everything else that the same transaction must write.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// The training run that made the model version, in its final state.
    pub run: Run,
    /// The model version to register.
    pub version: Version,
    /// The new champion, with this model version. `None` if the version does not become champion.
    pub promotion: Option<Champion>,
    /// The rollout of this model version, which begins now. `None` if no rollout begins.
    pub rollout: Option<Rollout>,
    // The revision is the number of promotions so far. If the champion has another revision now, the registration
    // fails.
    /// The revision (number of promotions) of the champion when the gate decided. 0 if there was no champion.
    pub seen_revision: u32,
    // `None` if the model version does not become champion, or if no copy is wanted.
    /// The content of the model file, which the model registry will copy. `None`: the registry keeps no copy.
    pub artifact: Option<Vec<u8>>,
    // The events are published even if this Lambda invocation is stopped.
    /// The events to publish, such as a promotion. The same transaction stores them.
    pub announcements: Vec<Announcement>,
}

/// A person's request to make a registered model version the champion.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion<'a> {
    /// The new champion, with the requested model version.
    pub champion: &'a Champion,
    // The revision is the number of promotions so far. If the champion has another revision now, the promotion fails.
    /// The revision (number of promotions) of the champion that the caller read. 0 if there was no champion.
    pub seen_revision: u32,
    /// The content of the model file, which the model registry will copy.
    pub artifact: &'a [u8],
    /// The event that reports the promotion and must be published.
    pub announcement: &'a Announcement,
    /// The entry of the audit trail.
    pub entry: &'a AuditEntry,
}

// Only the training function uses this trait.
/// Writes the records of training runs and model versions to the model registry.
pub trait Registrar: Send + Sync {
    // The first attempt is only stored if the run does not exist. A later attempt only replaces the attempt before it,
    // and never a run that made a model version. The same transaction stores the event. The event is published after
    // the attempt's maximum duration, unless the attempt succeeds or fails before. It replaces the same event of the
    // previous attempt.
    /// Stores a new attempt at a training run, and an event that reports the attempt as lost if it never ends.
    ///
    /// # Errors
    /// [`RunWriteError::Conflict`] when another attempt was stored first. [`RunWriteError::Unavailable`] when the call
    /// to the registry fails.
    fn open(&self, opening: &Opening<'_>) -> impl Future<Output = Result<(), RunWriteError>> + Send;

    /// Stores the failed training run `run` and the events to publish, unless another attempt has taken over.
    ///
    /// # Errors
    /// [`RunWriteError::Conflict`] when another attempt is running, or the run has ended.
    /// [`RunWriteError::Unavailable`] when the call to the model registry fails.
    fn fail(&self, run: &Run, announcements: &[Announcement])
    -> impl Future<Output = Result<(), RunWriteError>> + Send;

    /// Returns the highest number of a registered model version, or `None` before the first one. The read sees every
    /// earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn last_registered(&self) -> impl Future<Output = Result<Option<VersionNumber>, Unavailable>> + Send;

    // The read is consistent: it sees every earlier write. Usually the result is the revision of the current champion.
    // The result differs if somebody deleted or replaced the record that names the champion.
    /// Returns the highest champion revision (number of promotions) in the stored history. 0 if the history is empty.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn last_revision(&self) -> impl Future<Output = Result<u32, Unavailable>> + Send;

    // If the stored counter is missing, damaged or lower than `above`, the counter is raised. The counter is never
    // lowered.
    /// Takes the next free model version number, which is higher than `above`. No number is taken twice.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn take_number(
        &self,
        above: Option<VersionNumber>,
    ) -> impl Future<Output = Result<VersionNumber, Unavailable>> + Send;

    // The transaction also stores the events to publish. If the version becomes champion, the registry's copy of the
    // champion's model file is replaced. If the new model file is missing or larger than `LARGEST_COPY` bytes, no copy
    // remains. Repeating a successful registration succeeds.
    /// Registers a model version, ends its training run and, if requested, makes the version the champion. One
    /// transaction writes everything or nothing.
    ///
    /// # Errors
    /// [`RegisterError`] says which condition failed, or that the call to the model registry failed.
    fn register(&self, registration: &Registration) -> impl Future<Output = Result<(), RegisterError>> + Send;

    // The transaction also writes the entry in the history of champions, the entry of the audit trail and the event to
    // publish. It stores the copy of the model file as `register` does.
    /// Makes an already registered model version the champion. One transaction writes everything or nothing.
    ///
    /// # Errors
    /// [`PromoteError::ChampionMoved`] when the champion has changed since the caller read it.
    /// [`PromoteError::Unavailable`] when the call to the model registry fails.
    fn promote(&self, promotion: &Promotion<'_>) -> impl Future<Output = Result<(), PromoteError>> + Send;
}
