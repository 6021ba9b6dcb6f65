//! Stored versions as the gate and an operator's promotion see them.

use evergreen_learning::Rows;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Unavailable};
use evergreen_lifecycle::{Artifact, Champion, Incumbent};
use evergreen_scoring::{Model, RegisteredError};

/// Why a stored version cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum Defect {
    /// Its artifact is gone.
    #[error("its artifact is not there")]
    Gone,
    /// Its artifact is damaged.
    #[error("its artifact is damaged: {0}")]
    Damaged(#[from] RegisteredError),
}

/// What the gate needs to know of `champion`: its accuracy on the challenger's hold-out, if it can be scored there.
///
/// # Errors
/// [`Unavailable`] when the store does not answer; an artifact that is gone or damaged is an answer.
pub async fn assess(
    storage: &impl Artifacts,
    champion: Option<&Champion>,
    holdout: &Rows,
) -> Result<Incumbent, Unavailable> {
    let Some(champion) = champion else { return Ok(Incumbent::None) };
    let version = champion.version.number;
    Ok(match load(storage, &champion.version.artifact).await? {
        Err(_) => Incumbent::Unreadable { version },
        Ok(model) => match evergreen_learning::accuracy(&model, holdout) {
            Ok(accuracy) => Incumbent::Scored { version, accuracy },
            Err(_) => Incumbent::Incomparable { version },
        },
    })
}

/// The model that `artifact` describes, or why there is none.
///
/// # Errors
/// [`Unavailable`] when the store does not answer.
pub async fn load(storage: &impl Artifacts, artifact: &Artifact) -> Result<Result<Model, Defect>, Unavailable> {
    match storage.get(&artifact.key).await {
        Ok(content) => Ok(Model::load_registered(&content, artifact).map_err(Defect::from)),
        Err(ArtifactReadError::NotFound(_)) => Ok(Err(Defect::Gone)),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}
