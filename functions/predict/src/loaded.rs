//! A model version in memory, and how its artifact is fetched, verified and parsed.

use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts};
use evergreen_lifecycle::{Artifact, Evaluation, ModelName, Pointer, Record, Version, VersionNumber};
use evergreen_rows::ColumnIndex;
use evergreen_scoring::{Model, RegisteredError};
use jiff::Timestamp;

use crate::ports::PredictWorld;

// For larger files, the work takes half a millisecond or more and would block requests on the runtime's only thread.
// For smaller files, the hand-over to the thread costs more than it saves.
/// Model files longer than this number of bytes are verified and parsed on another thread.
const LARGE_ARTIFACT: usize = 128 * 1024;

/// What the registry says about a model version whose artifact can be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionFacts {
    /// The number of the version.
    pub number: VersionNumber,
    /// Where its artifact is, with size and SHA-256.
    pub artifact: Artifact,
    /// Target coverage (0–1) of its prediction intervals. `None` for a classifier, or if this release cannot read it.
    pub interval_level: Option<f64>,
}

impl VersionFacts {
    /// Returns the facts about the version `number` from its record. `None` if a newer release wrote the record and this
    /// one cannot even read where the artifact is.
    pub fn of(number: VersionNumber, record: &Record<Version>) -> Option<Self> {
        let (artifact, interval_level) = match record {
            Ok(version) => return Some(Self::of_version(version)),
            Err(record) => (record.field("artifact")?, record.field("evaluation/interval/level")),
        };
        Some(Self { number, artifact, interval_level })
    }

    /// Returns the facts about a version from its whole record.
    pub fn of_version(version: &Version) -> Self {
        let interval_level = level_of(&version.evaluation);
        Self { number: version.number, artifact: version.artifact.clone(), interval_level }
    }

    /// Returns the facts about the champion from its record.
    pub fn of_champion(pointer: &Pointer) -> Self {
        let interval_level = pointer.interval_level();
        Self { number: pointer.number, artifact: pointer.artifact.clone(), interval_level }
    }
}

fn level_of(evaluation: &Evaluation) -> Option<f64> {
    match evaluation {
        Evaluation::Regression(metrics) => Some(metrics.interval.level),
        Evaluation::Classification(_) => None,
    }
}

impl LoadError {
    /// Returns whether the loading may have failed for lack of time, so that another try may succeed.
    pub fn may_lack_time(&self) -> bool {
        // Calls to AWS services also fail if Lambda freezes the environment during the call.
        matches!(self, Self::Fetch(ArtifactReadError::Unavailable(_)))
    }
}

/// A model version in memory, with its verified and loaded model.
#[derive(Debug, Clone)]
pub struct LoadedVersion {
    facts: VersionFacts,
    model: Arc<Model>,
    columns: Arc<ColumnIndex>,
    loaded_at: Timestamp,
}

/// Error: why the artifact of a model version could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The artifact could not be fetched from S3.
    #[error(transparent)]
    Fetch(#[from] ArtifactReadError),
    /// The artifact is damaged, or this release cannot load it.
    #[error("the artifact of version {version}: {cause}")]
    Damaged {
        /// Number of the model version.
        version: VersionNumber,
        /// Why the artifact cannot be loaded.
        cause: RegisteredError,
    },
    /// The loading panicked, which is a bug of this function.
    #[error("the loading of the artifact panicked")]
    Panicked,
}

impl LoadedVersion {
    /// Fetches, verifies and parses the artifact of a version of `model`.
    ///
    /// # Errors
    /// [`LoadError`] if the artifact is missing, damaged or cannot be fetched now.
    pub async fn fetch<W: PredictWorld>(world: &W, model: &ModelName, facts: VersionFacts) -> Result<Self, LoadError> {
        let bytes = world.artifacts().get(&facts.artifact.key).await?;
        Self::parse(bytes, facts, model, world.clock().now()).await
    }

    /// Verifies and parses `bytes`, the artifact of a version of `model`. `loaded_at` is the current time.
    ///
    /// # Errors
    /// [`LoadError::Damaged`] if the bytes are not the registered ones, or cannot be loaded.
    pub async fn parse(
        bytes: Vec<u8>,
        facts: VersionFacts,
        model: &ModelName,
        loaded_at: Timestamp,
    ) -> Result<Self, LoadError> {
        let parsed = if bytes.len() <= LARGE_ARTIFACT {
            Model::load_registered(&bytes, &facts.artifact, model)
        } else {
            let (artifact, model) = (facts.artifact.clone(), model.clone());
            let work = tokio::task::spawn_blocking(move || Model::load_registered(&bytes, &artifact, &model));
            work.await.map_err(|_| LoadError::Panicked)?
        };
        let parsed = parsed.map_err(|cause| LoadError::Damaged { version: facts.number, cause })?;
        let signature = parsed.signature();
        let columns = ColumnIndex::new(signature.columns()).with_labels(signature.labels().len());
        Ok(Self { facts, model: Arc::new(parsed), columns: Arc::new(columns), loaded_at })
    }

    /// Returns another version that has the same artifact. The loaded model is used for both.
    pub fn known_as(&self, facts: VersionFacts) -> Self {
        Self { facts, ..self.clone() }
    }

    /// Returns the number of the version.
    pub fn number(&self) -> VersionNumber {
        self.facts.number
    }

    /// Returns what the registry said about the version when it was loaded.
    pub fn facts(&self) -> &VersionFacts {
        &self.facts
    }

    /// Returns the version's model, which predicts rows.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the columns that the model expects in each row of a request.
    pub fn columns(&self) -> &ColumnIndex {
        &self.columns
    }

    /// Returns the time at which the artifact was loaded into memory.
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}
