//! The version that scores: which one a job names, and its model in memory.

use std::sync::Arc;

use evergreen_batch::{BatchJob, PartScorer};
use evergreen_lifecycle::ports::{Artifacts, Champions, Versions};
use evergreen_lifecycle::{Artifact, ModelName, Pointer, VersionNumber};
use evergreen_scoring::Model;
use tokio::sync::Mutex;

use crate::error::BatchStepError;
use crate::ports::ScoreWorld;

/// The scorer of the last job, which is kept between invocations.
#[derive(Debug, Default)]
pub(crate) struct KeptScorer(Mutex<Option<(BatchJob, Arc<PartScorer>)>>);

/// Returns the number and the model file of a version, or of the champion.
pub(crate) async fn pinned<W: ScoreWorld>(
    world: &W,
    version: Option<VersionNumber>,
) -> Result<(VersionNumber, Artifact), BatchStepError> {
    let Some(number) = version else {
        let pointer = world.registry().champion().await?.ok_or(BatchStepError::NoChampion)?;
        let Pointer { number, artifact, .. } = pointer.map_err(|_| BatchStepError::UnreadableChampion)?;
        return Ok((number, artifact));
    };
    let record = world.registry().version(number).await?.ok_or(BatchStepError::NoVersion(number))?;
    let artifact = match record {
        Ok(version) => Some(version.artifact),
        Err(record) => record.field("artifact"),
    };
    Ok((number, artifact.ok_or(BatchStepError::NoVersion(number))?))
}

/// Fetches and verifies a version's model.
pub(crate) async fn load<W: ScoreWorld>(
    world: &W,
    model: &ModelName,
    version: VersionNumber,
    artifact: &Artifact,
) -> Result<Arc<Model>, BatchStepError> {
    let bytes = world.artifacts().get(&artifact.key).await?;
    let loaded = Model::load_registered(&bytes, artifact, model);
    loaded.map(Arc::new).map_err(|cause| BatchStepError::Damaged { version, cause })
}

impl KeptScorer {
    /// Returns the scorer of a job, which is loaded if another job was the last one.
    pub(crate) async fn of<W: ScoreWorld>(&self, world: &W, job: &BatchJob) -> Result<Arc<PartScorer>, BatchStepError> {
        let mut kept = self.0.lock().await;
        if let Some((_, scorer)) = kept.as_ref().filter(|(of, _)| of == job) {
            return Ok(scorer.clone());
        }
        let model = load(world, &job.model, job.version, &job.artifact).await?;
        let scorer = Arc::new(PartScorer::new(model, job.version.get(), job.explain, &job.keep)?);
        *kept = Some((job.clone(), scorer.clone()));
        Ok(scorer)
    }
}
