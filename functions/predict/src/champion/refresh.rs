//! One refresh of the champion: reads the pointer and, if the artifact is new, fetches, verifies and parses it.
//!
//! The registry keeps a copy of a small artifact beside the pointer. The copy is tried first: it arrives in the same
//! round trip as the pointer, over a connection that is needed anyway. It is used only if its bytes are exactly those
//! that were registered. Otherwise the stored object is fetched.

use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, LARGEST_COPY, Unavailable, WithCopy};
use evergreen_lifecycle::{ModelName, Pointer, Unreadable, VersionNumber};
use evergreen_scoring::{Model, RegisteredError};

use super::LoadedChampion;
use crate::journal::causes;
use crate::ports::PredictWorld;

/// Artifacts longer than this, in bytes, are verified and parsed on another thread. That takes half a millisecond or
/// more and would block requests on the runtime's only thread. For smaller artifacts the hand-over costs more than it
/// saves.
const LARGE_ARTIFACT: usize = 128 * 1024;

/// Result of a refresh.
#[derive(Debug)]
pub(super) enum Refreshed {
    /// The registry still names the champion in memory.
    Unchanged,
    /// The registry names another champion, which is loaded and verified.
    New(Arc<LoadedChampion>),
    /// No version was ever promoted.
    NoChampion,
}

/// Why a refresh failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RefreshError {
    /// The registry could not be read.
    #[error(transparent)]
    Registry(#[from] Unavailable),
    /// The pointer is missing although a champion was loaded.
    #[error("the registry has no champion pointer, but a champion was loaded before; the loaded champion is kept")]
    PointerGone,
    /// This release cannot read which artifact the pointer names.
    #[error(transparent)]
    Pointer(#[from] Unreadable),
    /// The artifact could not be fetched from the store.
    #[error(transparent)]
    Fetch(#[from] ArtifactReadError),
    /// The artifact is damaged or cannot be loaded.
    #[error("the artifact of version {version}: {cause}")]
    Damaged {
        /// Version of the champion.
        version: VersionNumber,
        /// The reason why its artifact cannot be loaded.
        cause: RegisteredError,
    },
    /// The refresh took too long. The field holds the limit in seconds.
    #[error("the refresh of the champion took longer than {0} s")]
    TimedOut(u64),
    /// The refresh panicked, which is a bug of this function.
    #[error("the refresh of the champion panicked")]
    Panicked,
}

impl RefreshError {
    /// Checks whether more time might have helped. Calls to other services also fail if the environment hardly runs.
    pub(super) fn may_lack_time(&self) -> bool {
        match self {
            Self::Registry(_) | Self::Fetch(_) | Self::TimedOut(_) => true,
            Self::PointerGone | Self::Pointer(_) | Self::Damaged { .. } | Self::Panicked => false,
        }
    }
}

/// Refreshes the champion of `model`. `loaded` is the champion in memory. Its model is reused if the artifact is the
/// same.
pub(super) async fn refresh<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    loaded: Option<Arc<LoadedChampion>>,
) -> Result<Refreshed, RefreshError> {
    if let Some(loaded) = loaded {
        return follow(world, model, &loaded).await;
    }
    match champion_with_copy(world).await? {
        Some((pointer, copy)) => load(world, model, pointer?, copy).await,
        None => Ok(Refreshed::NoChampion),
    }
}

/// Reads the pointer together with the copy of its artifact. If that fails, reads the pointer alone. The two reads need
/// separate permissions, and a new permission takes a while to become effective everywhere.
async fn champion_with_copy<W: PredictWorld>(world: &W) -> Result<Option<WithCopy>, Unavailable> {
    match world.registry().champion_with_artifact().await {
        Ok(found) => Ok(found),
        Err(error) => {
            let cause = causes(&error);
            tracing::warn!(cause, "the registry's copy of the artifact cannot be read: the stored object is fetched");
            Ok(world.registry().champion().await?.map(|pointer| (pointer, None)))
        }
    }
}

/// Refreshes a champion that is already loaded. Reads only the pointer first: it nearly always names the same artifact,
/// and reading the copy costs money.
async fn follow<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    loaded: &LoadedChampion,
) -> Result<Refreshed, RefreshError> {
    let pointer = world.registry().champion().await?.ok_or(RefreshError::PointerGone)??;
    if *loaded.pointer() == pointer {
        return Ok(Refreshed::Unchanged);
    }
    if loaded.pointer().artifact.sha256 == pointer.artifact.sha256 {
        return Ok(Refreshed::New(Arc::new(loaded.promoted_again(pointer))));
    }
    if pointer.artifact.size > LARGEST_COPY as u64 {
        return load(world, model, pointer, None).await;
    }
    // The connection to the registry is open. A new connection to the store would delay the requests that arrive
    // meanwhile.
    let (pointer, copy) = champion_with_copy(world).await?.ok_or(RefreshError::PointerGone)?;
    load(world, model, pointer?, copy).await
}

/// Loads the champion that `pointer` names, from `copy` if that is valid, otherwise from the stored object.
async fn load<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    pointer: Pointer,
    copy: Option<Vec<u8>>,
) -> Result<Refreshed, RefreshError> {
    if let Some(copy) = copy {
        match parse(copy, &pointer, model).await {
            Ok(parsed) => {
                return Ok(Refreshed::New(Arc::new(LoadedChampion::new(pointer, parsed, world.clock().now()))));
            }
            Err(error) => {
                let cause = causes(&error);
                tracing::warn!(cause, "the registry's copy of the artifact is not valid: the stored object is fetched");
            }
        }
    }
    let bytes = world.artifacts().get(&pointer.artifact.key).await?;
    let parsed = parse(bytes, &pointer, model).await?;
    Ok(Refreshed::New(Arc::new(LoadedChampion::new(pointer, parsed, world.clock().now()))))
}

async fn parse(bytes: Vec<u8>, pointer: &Pointer, model: &ModelName) -> Result<Model, RefreshError> {
    let version = pointer.number;
    let loaded = if bytes.len() <= LARGE_ARTIFACT {
        Model::load_registered(&bytes, &pointer.artifact, model)
    } else {
        let (artifact, model) = (pointer.artifact.clone(), model.clone());
        let work = tokio::task::spawn_blocking(move || Model::load_registered(&bytes, &artifact, &model));
        work.await.map_err(|_| RefreshError::Panicked)?
    };
    loaded.map_err(|cause| RefreshError::Damaged { version, cause })
}
