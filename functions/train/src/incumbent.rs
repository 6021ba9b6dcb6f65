//! The champion, scored afresh on the challenger's hold-out.

use evergreen_learning::Rows;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Unavailable};
use evergreen_lifecycle::{Champion, Incumbent};
use evergreen_scoring::{Model, sha256_hex};

/// What the gate needs to know of `champion`.
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
    let content = match storage.get(&champion.version.artifact.key).await {
        Ok(content) => content,
        Err(ArtifactReadError::NotFound(_)) => return Ok(Incumbent::Unreadable { version }),
        Err(ArtifactReadError::Unavailable(error)) => return Err(error),
    };
    if sha256_hex(&content) != champion.version.artifact.sha256 {
        return Ok(Incumbent::Unreadable { version });
    }
    Ok(match Model::load(&content) {
        Err(_) => Incumbent::Unreadable { version },
        Ok(model) => match evergreen_learning::accuracy(&model, holdout) {
            Ok(accuracy) => Incumbent::Scored { version, accuracy },
            Err(_) => Incumbent::Incomparable { version },
        },
    })
}
