//! One look for the champion: read the pointer, and if it points elsewhere fetch, verify and parse what it points to.
//!
//! The registry keeps a copy of a small artifact beside the pointer, and that is tried first: it comes in the pointer's round
//! trip, over the connection that is needed anyway. It serves if it is, to the byte, what was registered; otherwise the
//! stored object is fetched.

use std::sync::Arc;

use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, Champions, LARGEST_COPY, Unavailable, WithCopy};
use evergreen_lifecycle::{ModelName, Pointer, Unreadable, VersionNumber};
use evergreen_scoring::{Model, RegisteredError};

use super::Serving;
use crate::journal::causes;
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
    /// The pointer does not say what to load.
    #[error(transparent)]
    Pointer(#[from] Unreadable),
    /// The artifact could not be fetched.
    #[error(transparent)]
    Fetch(#[from] ArtifactReadError),
    /// The artifact cannot serve.
    #[error("the artifact of version {version}: {cause}")]
    Damaged {
        /// The champion's version.
        version: VersionNumber,
        /// What is wrong with it.
        cause: RegisteredError,
    },
    /// It took too long.
    #[error("the look for a champion took longer than {0} s")]
    TimedOut(u64),
    /// A fault of this function.
    #[error("the look for a champion panicked")]
    Panicked,
}

impl LoadError {
    /// Whether more time might have helped: what a look asks for outside fails, too, when its environment hardly runs.
    pub(super) fn may_lack_time(&self) -> bool {
        match self {
            Self::Registry(_) | Self::Fetch(_) | Self::TimedOut(_) => true,
            Self::PointerGone | Self::Pointer(_) | Self::Damaged { .. } | Self::Panicked => false,
        }
    }
}

/// Looks for the champion of `model`. `serving` is what serves, and stays what it is if the artifact is the same.
pub(super) async fn look<W: World>(
    world: &W,
    model: &ModelName,
    serving: Option<Arc<Serving>>,
) -> Result<Look, LoadError> {
    if let Some(serving) = serving {
        return follow(world, model, &serving).await;
    }
    match champion_with_copy(world).await? {
        Some((pointer, copy)) => load(world, model, pointer?, copy).await,
        None => Ok(Look::Nothing),
    }
}

/// The pointer, with the copy of its artifact where there is one and the registry gives it. The pointer alone is another request, which may
/// be answered where this one is not: a role's right to it is of its own, and takes a while to be in effect everywhere.
async fn champion_with_copy<W: World>(world: &W) -> Result<Option<WithCopy>, Unavailable> {
    match world.registry().champion_with_artifact().await {
        Ok(found) => Ok(found),
        Err(error) => {
            let cause = causes(&error);
            tracing::warn!(cause, "the registry's copy of the artifact cannot be read: the stored object is fetched");
            Ok(world.registry().champion().await?.map(|pointer| (pointer, None)))
        }
    }
}

/// The look of a function that serves. It reads the pointer alone, which nearly always names what serves: the copy would be
/// read and paid for in vain.
async fn follow<W: World>(world: &W, model: &ModelName, serving: &Serving) -> Result<Look, LoadError> {
    let pointer = world.registry().champion().await?.ok_or(LoadError::PointerGone)??;
    if *serving.pointer() == pointer {
        return Ok(Look::Same);
    }
    if serving.pointer().artifact.sha256 == pointer.artifact.sha256 {
        return Ok(Look::New(Arc::new(serving.promoted_again(pointer))));
    }
    if pointer.artifact.size > LARGEST_COPY as u64 {
        return load(world, model, pointer, None).await;
    }
    // The connection to the registry stands. One to the store may have to be made first, which would hold up the calls that
    // come meanwhile.
    let (pointer, copy) = champion_with_copy(world).await?.ok_or(LoadError::PointerGone)?;
    load(world, model, pointer?, copy).await
}

/// The champion, ready to serve: from `copy` where that is sound, else from the stored object.
async fn load<W: World>(
    world: &W,
    model: &ModelName,
    pointer: Pointer,
    copy: Option<Vec<u8>>,
) -> Result<Look, LoadError> {
    if let Some(copy) = copy {
        match parse(copy, &pointer, model).await {
            Ok(parsed) => return Ok(Look::New(Arc::new(Serving::new(pointer, parsed, world.clock().now())))),
            Err(error) => {
                let cause = causes(&error);
                tracing::warn!(cause, "the registry's copy of the artifact cannot serve: the stored object is fetched");
            }
        }
    }
    let bytes = world.artifacts().get(&pointer.artifact.key).await?;
    let parsed = parse(bytes, &pointer, model).await?;
    Ok(Look::New(Arc::new(Serving::new(pointer, parsed, world.clock().now()))))
}

async fn parse(bytes: Vec<u8>, pointer: &Pointer, model: &ModelName) -> Result<Model, LoadError> {
    let version = pointer.number;
    let loaded = if bytes.len() <= LARGE {
        Model::load_registered(&bytes, &pointer.artifact, model)
    } else {
        let (artifact, model) = (pointer.artifact.clone(), model.clone());
        let work = tokio::task::spawn_blocking(move || Model::load_registered(&bytes, &artifact, &model));
        work.await.map_err(|_| LoadError::Panicked)?
    };
    loaded.map_err(|cause| LoadError::Damaged { version, cause })
}
