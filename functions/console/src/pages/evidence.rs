//! Reads the manifest of a version, which holds the evidence for the model card.

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Unavailable};
use evergreen_lifecycle::{Manifest, Version};

use crate::ports::ConsoleWorld;

/// Reads the manifest of a version. The inner error says why there is none, as a sentence for people.
pub(super) async fn read<W: ConsoleWorld>(
    world: &W,
    version: &Version,
) -> Result<Result<Manifest, String>, Unavailable> {
    let unreadable = |_| "This release cannot read the manifest, so only the registry's facts are shown.".to_owned();
    match world.artifacts().get(&version.manifest_key).await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_err(unreadable)),
        Err(ArtifactReadError::NotFound(_)) => {
            Ok(Err("The manifest is no longer in the bucket, so only the registry's facts are shown.".to_owned()))
        }
        Err(ArtifactReadError::Unavailable(error)) => Err(error),
    }
}
