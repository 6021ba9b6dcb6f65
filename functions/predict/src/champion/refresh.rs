//! One refresh of the champion: reads the champion pointer in the registry. If the pointer names a new artifact,
//! fetches, verifies and parses that artifact.
//!
//! The registry keeps a copy of a small artifact beside the pointer. The refresh tries the copy first: it arrives in
//! the same round trip as the pointer, over a connection that is needed anyway. The copy is used only if its bytes are
//! exactly those that were registered. Otherwise the refresh fetches the object in S3.

use std::sync::Arc;

use evergreen_http::causes;
use evergreen_lifecycle::ports::{Champions, LARGEST_COPY, Unavailable, WithCopy};
use evergreen_lifecycle::{ModelName, Pointer, Unreadable};

use super::LoadedChampion;
use crate::loaded::{LoadError, LoadedVersion, VersionFacts};
use crate::ports::PredictWorld;

/// Result of a successful refresh of the champion (a check for a new champion).
#[derive(Debug)]
pub(super) enum Refreshed {
    /// The registry still names the champion that is in memory.
    Unchanged,
    /// The registry names another champion, which is now loaded.
    New(Arc<LoadedChampion>),
    /// The registry names no champion: no model version was ever promoted.
    NoChampion,
}

/// Error: why a refresh of the champion failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RefreshError {
    /// The registry (DynamoDB) could not be read.
    #[error(transparent)]
    Registry(#[from] Unavailable),
    /// The registry no longer names a champion, although a champion was loaded before.
    #[error("the registry has no champion pointer, but a champion was loaded before; the loaded champion is kept")]
    PointerGone,
    /// A newer release of the software wrote the champion's record, and this release cannot read it.
    #[error(transparent)]
    Pointer(#[from] Unreadable),
    /// The champion's artifact (model file) could not be fetched from S3, or cannot be loaded.
    #[error(transparent)]
    Artifact(#[from] LoadError),
    /// The refresh of the champion took longer than its time limit. The field holds the limit in seconds.
    #[error("the refresh of the champion took longer than {0} s")]
    TimedOut(u64),
    /// The refresh of the champion panicked, which is a bug of this function.
    #[error("the refresh of the champion panicked")]
    Panicked,
}

impl RefreshError {
    /// Returns whether the refresh of the champion may have failed for lack of time.
    pub(super) fn may_lack_time(&self) -> bool {
        // Calls to AWS services also fail if Lambda freezes the environment during the call.
        match self {
            Self::Registry(_) | Self::TimedOut(_) | Self::Artifact(LoadError::Fetch(_)) => true,
            Self::PointerGone | Self::Pointer(_) | Self::Artifact(_) | Self::Panicked => false,
        }
    }
}

/// Refreshes the champion: checks whether the registry names a new champion, and loads it. `loaded` is the champion in
/// memory, or `None`.
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

/// Reads the champion's record and the copy of its model file from the registry (DynamoDB). If that read fails, reads
/// only the record.
async fn champion_with_copy<W: PredictWorld>(world: &W) -> Result<Option<WithCopy>, Unavailable> {
    match world.registry().champion_with_artifact().await {
        Ok(found) => Ok(found),
        Err(error) => {
            // The two reads need separate permissions, and a new permission is not effective everywhere at once.
            let cause = causes(&error);
            tracing::warn!(cause, "the registry's copy of the artifact cannot be read: the stored object is fetched");
            Ok(world.registry().champion().await?.map(|pointer| (pointer, None)))
        }
    }
}

/// Checks whether the registry names another champion than `loaded`, which is in memory. If so, loads the new champion.
async fn follow<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    loaded: &LoadedChampion,
) -> Result<Refreshed, RefreshError> {
    // Reads only the pointer first: usually it names the same artifact, and reading the copy of the artifact costs
    // money.
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
    // The connection to the registry is open, so the copy in the registry is read. A new connection to the store would
    // delay the requests that arrive meanwhile.
    let (pointer, copy) = champion_with_copy(world).await?.ok_or(RefreshError::PointerGone)?;
    load(world, model, pointer?, copy).await
}

/// Loads the model of the champion that the registry record `pointer` names. `copy` is the registry's copy of the model
/// file. Without a valid copy, reads the file from S3.
async fn load<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    pointer: Pointer,
    copy: Option<Vec<u8>>,
) -> Result<Refreshed, RefreshError> {
    let facts = VersionFacts::of_champion(&pointer);
    // A copy with other bytes than those that were registered is not used.
    if let Some(copy) = copy {
        match LoadedVersion::parse(copy, facts.clone(), model, world.clock().now()).await {
            Ok(loaded) => return Ok(Refreshed::New(Arc::new(LoadedChampion::new(pointer, loaded)))),
            Err(error) => {
                let cause = causes(&error);
                tracing::warn!(cause, "the registry's copy of the artifact is not valid: the stored object is fetched");
            }
        }
    }
    let loaded = LoadedVersion::fetch(world, model, facts).await?;
    Ok(Refreshed::New(Arc::new(LoadedChampion::new(pointer, loaded))))
}
