//! Stores the S3 objects of a new version under a free version number.
//!
//! The attempt that stores the artifact first owns the version number: S3 rejects a second artifact under the same key.
//! After that, no other attempt writes under that number. The owner itself only rewrites the manifest, until the
//! version is registered.

use evergreen_learning::Trained;
use evergreen_lifecycle::ports::{ArtifactWriter, NewObject, ObjectTag, Registrar, Registration, StoreError};
use evergreen_lifecycle::{IMPORTED_FILE, Run, VersionNumber};

use crate::challenger::{Challenger, DatasetRecord};
use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::trainer::Trainer;

/// Media type of model artifacts and imported files in S3.
const BYTES: &str = "application/octet-stream";

// Each number is above all stored numbers. A number is taken all the same if another registry uses the same bucket and
// has just stored that number.
/// Maximum number of version numbers that one attempt of a run tries.
const MAX_NUMBERS: u32 = 16;

impl<W: TrainWorld> Trainer<'_, W> {
    /// Stores the model's artifact in S3 under the next free version number. For an import, also stores the uploaded
    /// file.
    pub(crate) async fn store(
        &self,
        run: &Run,
        dataset: DatasetRecord,
        trained: Trained,
        imported: Option<&[u8]>,
        retries: RetryLimit,
    ) -> Result<Challenger, TrainError> {
        let mut challenger = Challenger::new(run, self.free_number(retries).await?, dataset, trained);
        for _ in 1..MAX_NUMBERS {
            match self.store_objects(run, &challenger, imported, retries).await {
                Ok(()) => return Ok(challenger),
                Err(StoreError::Taken(key)) => {
                    tracing::warn!(
                        key,
                        "the bucket already has an object under this version number; the next free number is used"
                    );
                    challenger = challenger.renumbered(run, self.free_number(retries).await?);
                }
                Err(StoreError::Unavailable(error)) => return Err(error.into()),
            }
        }
        self.store_objects(run, &challenger, imported, retries).await?;
        Ok(challenger)
    }

    /// Reserves a version number for the new model version. It is higher than all version numbers in the registry and
    /// in S3.
    async fn free_number(&self, retries: RetryLimit) -> Result<VersionNumber, TrainError> {
        // The registry's counter alone is not enough: it may be lost, and another registry may use the same bucket.
        let registered = retries.call(async || self.world.registry().last_registered().await).await?;
        let stored = retries.call(async || self.world.storage().last_stored(registered).await).await?;
        Ok(retries.call(async || self.world.registry().take_number(registered.max(stored)).await).await?)
    }

    async fn store_objects(
        &self,
        run: &Run,
        challenger: &Challenger,
        imported: Option<&[u8]>,
        retries: RetryLimit,
    ) -> Result<(), StoreError> {
        let file_key = challenger.number().object_key(&run.model, IMPORTED_FILE);
        let file = imported.map(|content| (file_key.as_str(), content));
        for (key, content) in [(challenger.key(), challenger.content())].into_iter().chain(file) {
            let object = NewObject { key, content, media_type: BYTES, mark: &run.mark() };
            retries.call(async || self.world.storage().create(object).await).await?;
        }
        Ok(())
    }

    /// Stores the version's manifest in S3: the JSON file that describes the version. `former` identifies the stored
    /// manifest that is replaced. `None` if none is stored yet.
    pub(crate) async fn store_manifest(
        &self,
        run: &Run,
        challenger: &Challenger,
        registration: &Registration,
        former: Option<ObjectTag>,
        retries: RetryLimit,
    ) -> Result<ObjectTag, TrainError> {
        // The version is registered later, and that may still fail.
        let content = &serde_json::to_vec_pretty(&challenger.manifest(registration))?;
        let (key, mark) = (&registration.version.manifest_key, &run.mark());
        let object = NewObject { key, content, media_type: "application/json", mark };
        let stored = retries.call(async || match &former {
            Some(former) => self.world.storage().replace(object, former).await,
            None => self.world.storage().create(object).await,
        });
        Ok(stored.await?)
    }
}
