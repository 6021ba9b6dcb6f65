//! Stores a version's objects under a free version number.
//!
//! The attempt that stores the artifact first owns the number: the store rejects a second artifact under the same key.
//! Afterwards no other attempt writes under that number. The owner itself only rewrites the manifest, until the version
//! is registered.

use evergreen_learning::Trained;
use evergreen_lifecycle::ports::{ArtifactWriter, NewObject, ObjectTag, Registrar, Registration, StoreError};
use evergreen_lifecycle::{IMPORTED_FILE, Run, VersionNumber};

use crate::candidate::{Candidate, Source};
use crate::error::TrainError;
use crate::patience::Patience;
use crate::trainer::Trainer;

/// The media type of model files.
const BYTES: &str = "application/octet-stream";

/// Maximum number of version numbers that one attempt tries. Each is above all stored ones. If it is taken all the
/// same, another registry that uses the bucket stored it meanwhile.
const MAX_NUMBERS: u32 = 16;

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Registrar,
    S: ArtifactWriter,
{
    /// Stores the artifact under the next free number, and the imported file if there is one.
    pub(crate) async fn store(
        &self,
        run: &Run,
        source: Source,
        trained: Trained,
        imported: Option<&[u8]>,
        patience: Patience,
    ) -> Result<Candidate, TrainError> {
        let mut candidate = Candidate::new(run, self.free_number(patience).await?, source, trained);
        for _ in 1..MAX_NUMBERS {
            match self.store_objects(run, &candidate, imported, patience).await {
                Ok(()) => return Ok(candidate),
                Err(StoreError::Taken(key)) => {
                    tracing::warn!(key, "a version number is taken in the bucket and the next free one is used");
                    candidate = candidate.renumbered(run, self.free_number(patience).await?);
                }
                Err(StoreError::Unavailable(error)) => return Err(error.into()),
            }
        }
        self.store_objects(run, &candidate, imported, patience).await?;
        Ok(candidate)
    }

    /// Takes a number above all registered and stored ones. The registry alone is not enough: its counter may be lost,
    /// and another registry may use the same bucket.
    async fn free_number(&self, patience: Patience) -> Result<VersionNumber, TrainError> {
        let registered = patience.with(async || self.registry.last_registered().await).await?;
        let stored = patience.with(async || self.storage.last_stored(registered).await).await?;
        Ok(patience.with(async || self.registry.take_number(registered.max(stored)).await).await?)
    }

    async fn store_objects(
        &self,
        run: &Run,
        candidate: &Candidate,
        imported: Option<&[u8]>,
        patience: Patience,
    ) -> Result<(), StoreError> {
        let file_key = candidate.number().object_key(&run.model, IMPORTED_FILE);
        let file = imported.map(|content| (file_key.as_str(), content));
        for (key, content) in [(candidate.key(), candidate.content())].into_iter().chain(file) {
            let object = NewObject { key, content, media_type: BYTES, mark: &run.mark() };
            patience.with(async || self.storage.create(object).await).await?;
        }
        Ok(())
    }

    /// Stores the manifest, and replaces the `former` one of this attempt if there is one. The manifest must exist
    /// before the registration makes it final, and nobody knows yet whether that will succeed.
    pub(crate) async fn store_manifest(
        &self,
        run: &Run,
        candidate: &Candidate,
        registration: &Registration,
        former: Option<ObjectTag>,
        patience: Patience,
    ) -> Result<ObjectTag, TrainError> {
        let content = &serde_json::to_vec_pretty(&candidate.manifest(registration))?;
        let (key, mark) = (&registration.version.manifest_key, &run.mark());
        let object = NewObject { key, content, media_type: "application/json", mark };
        let stored = patience.with(async || match &former {
            Some(former) => self.storage.replace(object, former).await,
            None => self.storage.create(object).await,
        });
        Ok(stored.await?)
    }
}
