//! Compares the champion's answers with those that training wrote down for the same rows, once for each champion and
//! release.
//!
//! The rows follow from the cells of the baseline. A difference means that a new release scores the artifact in another way
//! than the release that trained it, although the artifact is intact.

use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::drift::SkewCheck;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, SkewRecord, Unavailable};
use evergreen_scoring::{Model, probe};
use serde::Deserialize;

/// The release of this software.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// The part of a manifest that the comparison needs.
#[derive(Deserialize)]
struct ProbedManifest {
    #[serde(default)]
    probes: Option<Vec<Vec<f32>>>,
}

/// Compares the champion's answers, if that was not done yet. Logs the result. A failure is logged, and the next
/// measurement compares.
pub async fn check_skew(registry: &(impl Champions + SkewRecord), artifacts: &impl Artifacts, model: &ModelName) {
    match compare(registry, artifacts, model).await {
        Ok(Some(check)) if check.differing > 0 => tracing::error!(result = check.sentence(), "the champion is skewed"),
        Ok(Some(check)) => tracing::info!(result = check.sentence(), "the champion's answers were compared"),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, cause = %error.cause, "the champion's answers could not be compared"),
    }
}

/// Returns the new comparison. `None` if the champion was compared before, or has no intact artifact or no manifest.
async fn compare(
    registry: &(impl Champions + SkewRecord),
    artifacts: &impl Artifacts,
    model: &ModelName,
) -> Result<Option<SkewCheck>, Unavailable> {
    let Some(Ok(pointer)) = registry.champion().await? else { return Ok(None) };
    let Some(champion) = pointer.champion() else { return Ok(None) };
    if registry.skew().await?.is_some_and(|check| check.is_of(pointer.number, RELEASE)) {
        return Ok(None);
    }
    let Some(artifact) = content(artifacts, &pointer.artifact.key).await? else { return Ok(None) };
    let Some(manifest) = content(artifacts, &champion.version.manifest_key).await? else { return Ok(None) };
    // Other parts of the measurement report a damaged artifact.
    let Ok(loaded) = Model::load_registered(&artifact, &pointer.artifact, model) else { return Ok(None) };
    let Ok(manifest) = serde_json::from_slice::<ProbedManifest>(&manifest) else { return Ok(None) };
    // Without answers of training, there is nothing to compare with, so the rows count as none.
    let trained = manifest.probes.unwrap_or_default();
    let served = if trained.is_empty() { Vec::new() } else { probe(&loaded).unwrap_or_default() };
    let check = SkewCheck::new(pointer.number, RELEASE, &trained, &served);
    registry.store_skew(&check).await?;
    Ok(Some(check))
}

async fn content(artifacts: &impl Artifacts, key: &str) -> Result<Option<Vec<u8>>, Unavailable> {
    match artifacts.get(key).await {
        Ok(content) => Ok(Some(content)),
        Err(ArtifactReadError::NotFound(_)) => Ok(None),
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}
