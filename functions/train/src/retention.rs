//! Marks failed and rejected runs and their versions for deletion, after the number of days that the stack sets.
//! Versions that were ever promoted are kept.

use evergreen_lifecycle::ports::{Expiry, ObjectRetention, RecordRetention, Unavailable};
use evergreen_lifecycle::{KeepDays, Run, Version};
use jiff::Timestamp;

use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::trainer::Trainer;

impl<W: TrainWorld> Trainer<'_, W> {
    /// Marks a failed or rejected run and its version for deletion. A failure is only logged.
    pub(crate) async fn expire_run(&self, run: &Run, version: Option<&Version>) {
        let Some(days) = self.settings.keep_days else { return };
        let Some(at) = days.expires_at(run) else { return };
        if let Err(error) = self.mark(run, version, days, at).await {
            tracing::warn!(run = %run.id, %error, "the run could not be marked for deletion; it is kept");
        }
    }

    /// Marks a run and its version for deletion: first the S3 objects, then the registry records.
    async fn mark(
        &self,
        run: &Run,
        version: Option<&Version>,
        days: KeepDays,
        at: Timestamp,
    ) -> Result<(), Unavailable> {
        let Some(version) = version else { return self.world.registry().expire_records(run, at).await.map(|_| ()) };
        // A promotion at the same time removes the marks in the opposite order: first from the records, then from the
        // objects. If the promotion was first at the records, the marks are removed from the objects again.
        self.world.storage().expire_objects(version, days).await?;
        match self.world.registry().expire_records(run, at).await {
            Ok(Expiry::Marked) => Ok(()),
            Ok(Expiry::Kept) => self.world.storage().keep_objects(version).await,
            Err(error) => {
                self.world.storage().keep_objects(version).await?;
                Err(error)
            }
        }
    }

    /// Protects a version that will be promoted, its run and its S3 objects from deletion, now and later.
    ///
    /// # Errors
    /// Returns [`TrainError::NoSuchVersion`] if the registry has deleted the version meanwhile.
    pub(crate) async fn keep(&self, version: &Version) -> Result<(), TrainError> {
        if !self.world.registry().keep_records(version).await? {
            return Err(TrainError::NoSuchVersion(version.number));
        }
        Ok(self.world.storage().keep_objects(version).await?)
    }
}
