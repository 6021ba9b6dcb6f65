//! One look for the champion: read the pointer, and if it points elsewhere fetch, verify and parse what it points to.

use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, Unavailable};
use evergreen_lifecycle::{Artifact, Champion, ModelName, VersionNumber};
use evergreen_scoring::{Model, RegisteredError};

use super::Serving;
use crate::ports::World;

/// Artifacts longer than this, in bytes, are verified and parsed beside the runtime's only thread: that takes half a
/// millisecond or more then, and as long no call would be answered. For a smaller one the hand-over costs more than it
/// spares.
const LARGE: usize = 128 * 1024;

/// What a look found.
#[derive(Debug)]
pub(super) enum Look {
    /// The champion that serves already.
    Same,
    /// Another one, ready to serve.
    New(Arc<Serving>),
    /// No version was ever promoted.
    Nothing,
}

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The pointer could not be read.
    #[error(transparent)]
    Registry(#[from] Unavailable),
    /// A champion served, and now there is no pointer.
    #[error("the champion's pointer is gone")]
    PointerGone,
    /// The artifact could not be fetched.
    #[error(transparent)]
    Fetch(#[from] ArtifactReadError),
    /// The artifact is not what was registered, or no model.
    #[error("the artifact of version {version}: {cause}")]
    Damaged {
        /// The champion's version.
        version: VersionNumber,
        /// What is wrong with it.
        cause: RegisteredError,
    },
    /// The artifact is another model's.
    #[error("the artifact of version {version} is of the model {found:?}")]
    OtherModel {
        /// The champion's version.
        version: VersionNumber,
        /// The name in the artifact.
        found: String,
    },
    /// It took too long.
    #[error("the look for a champion took longer than {0} s")]
    TimedOut(u64),
    /// A fault of this function.
    #[error("the look for a champion panicked")]
    Panicked,
}

/// Looks for the champion of `model`. `serving` is what serves, and stays what it is if the artifact is the same.
pub(super) async fn look<W: World>(
    world: &W,
    model: &ModelName,
    serving: Option<Arc<Serving>>,
) -> Result<Look, LoadError> {
    let Some(champion) = world.registry().champion().await? else {
        return if serving.is_some() { Err(LoadError::PointerGone) } else { Ok(Look::Nothing) };
    };
    match serving {
        Some(serving) if *serving.champion() == champion => return Ok(Look::Same),
        Some(serving) if serving.champion().version.artifact.sha256 == champion.version.artifact.sha256 => {
            return Ok(Look::New(Arc::new(serving.promoted_again(champion))));
        }
        _ => {}
    }
    let bytes = world.artifacts().get(&champion.version.artifact.key).await?;
    let parsed = parse(bytes, &champion, model).await?;
    Ok(Look::New(Arc::new(Serving::new(champion, parsed, world.clock().now()))))
}

async fn parse(bytes: Vec<u8>, champion: &Champion, model: &ModelName) -> Result<Model, LoadError> {
    if bytes.len() <= LARGE {
        return verified(&bytes, &champion.version.artifact, champion.version.number, model);
    }
    let (artifact, number, model) = (champion.version.artifact.clone(), champion.version.number, model.clone());
    let work = tokio::task::spawn_blocking(move || verified(&bytes, &artifact, number, &model));
    work.await.unwrap_or(Err(LoadError::Panicked))
}

fn verified(bytes: &[u8], artifact: &Artifact, version: VersionNumber, model: &ModelName) -> Result<Model, LoadError> {
    let parsed = Model::load_registered(bytes, artifact).map_err(|cause| LoadError::Damaged { version, cause })?;
    if parsed.metadata().model != model.as_str() {
        return Err(LoadError::OtherModel { version, found: parsed.metadata().model.clone() });
    }
    Ok(parsed)
}
