//! Letting go of runs and versions that came to nothing, once the stack's days are over.

use evergreen_lifecycle::ports::{Forgetting, ObjectRetention, RecordRetention, Unavailable};
use evergreen_lifecycle::{KeepDays, Run, Version};
use jiff::Timestamp;

use crate::error::TrainError;
use crate::trainer::Trainer;

impl<R: RecordRetention, S: ObjectRetention, B, C> Trainer<'_, R, S, B, C> {
    /// Marks a failed or refused run, and the version that it made, to be forgotten. Best effort: what is not marked is kept.
    pub(crate) async fn let_go(&self, run: &Run, version: Option<&Version>) {
        let Some(days) = self.training.keep_days else { return };
        let Some(at) = days.forget_at(run) else { return };
        if let Err(error) = self.mark(run, version, days, at).await {
            tracing::warn!(run = %run.id, %error, "a run could not be marked to be forgotten; it is kept");
        }
    }

    /// The objects come first. Whoever keeps a version marks its record before its objects, so a mark on an object that should
    /// stay is seen here and taken back.
    async fn mark(
        &self,
        run: &Run,
        version: Option<&Version>,
        days: KeepDays,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        let Some(version) = version else { return self.registry.forget_records(run, at).await.map(|_| ()) };
        self.storage.expire_objects(version, days).await?;
        match self.registry.forget_records(run, at).await {
            Ok(Forgetting::Marked) => Ok(()),
            Ok(Forgetting::Kept) => self.storage.keep_objects(version).await,
            Err(error) => {
                self.storage.keep_objects(version).await?;
                Err(error)
            }
        }
    }

    /// Keeps a version, its run and its objects for ever: it is about to be promoted.
    ///
    /// # Errors
    /// [`TrainError::NoSuchVersion`] when the registry has forgotten it meanwhile.
    pub(crate) async fn keep(&self, version: &Version) -> Result<(), TrainError> {
        if !self.registry.keep_records(version).await? {
            return Err(TrainError::NoSuchVersion(version.number));
        }
        Ok(self.storage.keep_objects(version).await?)
    }
}
