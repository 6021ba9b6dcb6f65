//! Whether an artifact could serve: it is there, it is the one that was stored, and it can be read.

use evergreen_lifecycle::Artifact;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Cause};
use evergreen_scoring::{ArtifactError, Model, sha256_hex};

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
    /// It is longer or shorter than what was stored.
    #[error("artifact {key} has {found} bytes instead of {expected}")]
    Size {
        /// Its key.
        key: String,
        /// Bytes that were stored.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Its content is not what was stored.
    #[error("artifact {key} has SHA-256 {found} instead of {expected}")]
    Digest {
        /// Its key.
        key: String,
        /// Digest that was stored.
        expected: String,
        /// Digest of what is there.
        found: String,
    },
    /// It is what was stored, and this code cannot read it.
    #[error("artifact {key} cannot be read: {cause}")]
    Unreadable {
        /// Its key.
        key: String,
        /// What the reader says.
        cause: ArtifactError,
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
    verify(artifact, &bytes)
}

fn verify(artifact: &Artifact, bytes: &[u8]) -> Result<(), Defect> {
    let key = artifact.key.clone();
    let size = bytes.len() as u64;
    if size != artifact.size {
        return Err(Defect::Size { key, expected: artifact.size, found: size });
    }
    let digest = sha256_hex(bytes);
    if digest != artifact.sha256 {
        return Err(Defect::Digest { key, expected: artifact.sha256.clone(), found: digest });
    }
    Model::load(bytes).map(drop).map_err(|cause| Defect::Unreadable { key, cause })
}
