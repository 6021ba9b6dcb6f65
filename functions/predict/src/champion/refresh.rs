//! One refresh of the champion: reads the champion pointer in the registry. If the pointer names a new artifact,
//! fetches, verifies and parses that artifact.
//!
//! The registry keeps a copy of a small artifact beside the pointer. The refresh tries the copy first: it arrives in
//! the same round trip as the pointer, over a connection that is needed anyway. The copy is used only if its bytes are
//! exactly those that were registered. Otherwise the refresh fetches the object in S3.

use std::sync::Arc;

use evergreen_lifecycle::ports::{ChampionRecords, Champions, LARGEST_COPY, Rollouts, Unavailable};
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::text::causes;
use evergreen_lifecycle::{ModelName, Pointer, Record, Unreadable};

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

/// What is in memory when a refresh begins.
pub(super) struct InMemory {
    /// The champion. `None` if none was loaded.
    pub(super) champion: Option<Arc<LoadedChampion>>,
    /// The challenger of the rollout, which the registry may name as champion now.
    pub(super) challenger: Option<Arc<LoadedVersion>>,
}

/// The champion, and the rollout that runs beside it. `None` if none runs.
pub(super) type RefreshResult = (Refreshed, Option<Rollout>);

/// Refreshes the champion: checks whether the registry names a new champion, and loads it. The same call to the registry
/// also reads the rollout.
pub(super) async fn refresh<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    in_memory: InMemory,
) -> Result<RefreshResult, RefreshError> {
    if let Some(champion) = &in_memory.champion {
        return follow(world, model, champion, in_memory.challenger.as_deref()).await;
    }
    match with_copy(world).await? {
        Some(found) => load(world, model, found).await,
        None => Ok((Refreshed::NoChampion, None)),
    }
}

/// Reads the champion's record, the copy of its model file and the rollout from the registry (DynamoDB). If that read
/// fails, reads only the record.
async fn with_copy<W: PredictWorld>(world: &W) -> Result<Option<ChampionRecords>, Unavailable> {
    match world.registry().serving(true).await {
        Ok(found) => Ok(found),
        Err(error) => {
            // The two reads need separate permissions, and a new permission is not effective everywhere at once.
            let cause = causes(&error);
            tracing::warn!(cause, "the registry's copy of the artifact cannot be read: the stored object is fetched");
            let pointer = world.registry().champion().await?;
            Ok(pointer.map(|pointer| ChampionRecords { pointer, copy: None, rollout: None }))
        }
    }
}

/// Checks whether the registry names another champion than `loaded`, which is in memory. If so, loads the new champion.
async fn follow<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    loaded: &LoadedChampion,
    challenger: Option<&LoadedVersion>,
) -> Result<RefreshResult, RefreshError> {
    // Reads only pointer and rollout first: usually the pointer names the same artifact, and reading the copy of the
    // artifact costs money.
    let found = world.registry().serving(false).await?.ok_or(RefreshError::PointerGone)?;
    let pointer = found.pointer?;
    let rollout = running_beside(&pointer, found.rollout);
    if *loaded.pointer() == pointer {
        return Ok((Refreshed::Unchanged, rollout));
    }
    if loaded.pointer().artifact.sha256 == pointer.artifact.sha256 {
        return Ok((Refreshed::New(Arc::new(loaded.promoted_again(pointer))), rollout));
    }
    if let Some(challenger) = challenger.filter(|challenger| challenger.facts().artifact == pointer.artifact) {
        let version = challenger.known_as(VersionFacts::of_champion(&pointer));
        return Ok((Refreshed::New(Arc::new(LoadedChampion::new(pointer, version))), rollout));
    }
    if pointer.artifact.size > LARGEST_COPY as u64 {
        return Ok((load_champion(world, model, pointer, None).await?, rollout));
    }
    // The connection to the registry is open, so the copy in the registry is read. A new connection to the store would
    // delay the requests that arrive meanwhile.
    load(world, model, with_copy(world).await?.ok_or(RefreshError::PointerGone)?).await
}

/// Returns the rollout if it runs beside the champion that `pointer` names.
fn running_beside(pointer: &Pointer, rollout: Option<Record<Rollout>>) -> Option<Rollout> {
    let rollout = rollout?.inspect_err(|error| {
        tracing::warn!(cause = error.to_string(), "the rollout cannot be read, so only the champion answers");
    });
    rollout.ok().filter(|rollout| rollout.runs_beside(pointer.revision))
}

/// Loads the champion that the records name.
async fn load<W: PredictWorld>(
    world: &W,
    model: &ModelName,
    found: ChampionRecords,
) -> Result<RefreshResult, RefreshError> {
    let pointer = found.pointer?;
    let rollout = running_beside(&pointer, found.rollout);
    Ok((load_champion(world, model, pointer, found.copy).await?, rollout))
}

/// Loads the model of the champion that the registry record `pointer` names. `copy` is the registry's copy of the model
/// file. Without a valid copy, reads the file from S3.
async fn load_champion<W: PredictWorld>(
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
