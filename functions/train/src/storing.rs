//! Storing what was made under a number that nobody else has.
//!
//! Whoever stores the artifact first owns its number: the store takes it only where none is. From then on nobody else writes
//! under that number, and the owner itself rewrites nothing but its manifest, until its version is registered.

use evergreen_learning::Trained;
use evergreen_lifecycle::ports::{ArtifactWriter, NewObject, ObjectTag, Registrar, Registration, StoreError};
use evergreen_lifecycle::{IMPORTED_FILE, Run, VersionNumber};

use crate::candidate::{Candidate, Source};
use crate::error::TrainError;
use crate::patience::Patience;
use crate::trainer::Trainer;

/// The media type of models.
const BYTES: &str = "application/octet-stream";

/// Maximum number of numbers that one attempt tries. Each is above all that were stored when it was taken; so one that is
/// taken was stored in between, by an attempt of another registry that uses the same bucket.
const MAX_NUMBERS: u32 = 16;

impl<R, S, B, C> Trainer<'_, R, S, B, C>
where
    R: Registrar,
    S: ArtifactWriter,
{
    /// What was made, stored under the next free number, with the imported file that it was made of, if it was.
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

    /// A number above all that are registered or stored. The registry alone does not know the latter: its counter may be
    /// gone, and another registry may use the same bucket.
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

    /// Stores the manifest of what is to be registered, over the `former` one of this attempt, if there is one. It has to be
    /// there before the registration, which makes it final; whether that happens is not known before.
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
