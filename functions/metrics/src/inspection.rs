//! Whether an artifact could serve: it is there, it is the one that was stored, and it can be read.

use evergreen_lifecycle::Artifact;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Cause};
use evergreen_scoring::{Model, RegisteredError};

/// Why a new environment could not serve an artifact.
#[derive(Debug, thiserror::Error)]
pub enum Defect {
    /// No object has its key.
    #[error("artifact {0} is not there")]
    Gone(String),
    /// The store does not hand it out, even when asked again.
    #[error("artifact {key} cannot be fetched: {cause}")]
    OutOfReach {
        /// Its key.
        key: String,
        /// What the store says.
        cause: Cause,
    },
    /// It is not what was stored, or this code cannot read it.
    #[error("artifact {key}: {cause}")]
    Damaged {
        /// Its key.
        key: String,
        /// What is wrong with it.
        cause: RegisteredError,
    },
}

/// Fetches, verifies and parses `artifact` as serving does.
///
/// # Errors
/// Its [`Defect`].
pub async fn inspect(artifacts: &impl Artifacts, artifact: &Artifact) -> Result<(), Defect> {
    let bytes = artifacts.get(&artifact.key).await.map_err(|error| match error {
        ArtifactReadError::NotFound(key) => Defect::Gone(key),
        ArtifactReadError::Unavailable(error) => Defect::OutOfReach { key: artifact.key.clone(), cause: error.cause },
    })?;
    Model::load_registered(&bytes, artifact)
        .map(drop)
        .map_err(|cause| Defect::Damaged { key: artifact.key.clone(), cause })
}
