//! Versions other than the champion that requests ask for by name, in memory.
//!
//! Such a version is loaded when the first request asks for it, and at most [`MAX_VERSIONS`] of them are kept. The
//! champion is not affected: it has its own place in memory, and no request for it waits here.
//!
//! The registry is read at most once in a refresh interval for each alias and each kept version. If it does not answer,
//! what is in memory goes on answering. A version whose artifact is damaged is not fetched again for an interval.

mod memory;

use std::sync::Arc;

use evergreen_lifecycle::ports::{AliasLookup, Unavailable, Versions};
use evergreen_lifecycle::text::causes;
use evergreen_lifecycle::{AliasName, ModelName, Record, Version, VersionNumber};
use jiff::SignedDuration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use self::memory::OtherMemory;
pub use self::memory::{MAX_BYTES, MAX_VERSIONS};
use crate::champion::REFRESH_TIMEOUT;
use crate::loaded::{LoadedVersion, VersionFacts};
use crate::ports::PredictWorld;
use crate::requested::VersionOrAlias;

/// A version in memory that a request asked for, with its record in the registry.
#[derive(Debug)]
pub struct OtherVersion {
    record: Record<Version>,
    loaded: Arc<LoadedVersion>,
}

impl OtherVersion {
    /// Returns the registry's record of the version. A newer release may have written it.
    pub fn record(&self) -> &Record<Version> {
        &self.record
    }

    /// Returns the version in memory, which predicts rows.
    pub fn loaded(&self) -> &Arc<LoadedVersion> {
        &self.loaded
    }
}

/// Error: why the version that a request asks for cannot answer it.
#[derive(Debug, thiserror::Error)]
pub enum OtherVersionError {
    /// The model has no alias with this name.
    #[error("no alias is called {0}")]
    UnknownAlias(AliasName),
    /// No version with this number is registered.
    #[error("version {0} is not registered")]
    UnknownVersion(VersionNumber),
    /// The artifact of the version is missing or damaged, or this release cannot read it.
    #[error("version {0} has no artifact that can be loaded")]
    CannotServe(VersionNumber),
    /// The registry or the store failed or did not answer in time. The cause is already in the log.
    #[error("the version cannot be read now")]
    Unavailable,
}

/// The versions other than the champion that requests asked for lately.
#[derive(Debug)]
pub struct OtherVersions<W> {
    world: Arc<W>,
    model: ModelName,
    interval: SignedDuration,
    // Two requests at once must not load the same version twice.
    memory: Mutex<OtherMemory>,
}

impl<W: PredictWorld> OtherVersions<W> {
    /// Creates a memory without versions. `interval` is the minimum time between two reads of the same record.
    pub fn new(world: Arc<W>, model: ModelName, interval: SignedDuration) -> Self {
        Self { world, model, interval, memory: Mutex::default() }
    }

    /// Returns the number of the version that a request names by number or alias. Only an alias is looked up.
    ///
    /// # Errors
    /// [`OtherVersionError::UnknownAlias`], or [`OtherVersionError::Unavailable`] if the alias cannot be read now.
    pub async fn number(&self, by: &VersionOrAlias) -> Result<VersionNumber, OtherVersionError> {
        match by {
            VersionOrAlias::Version(number) => Ok(*number),
            VersionOrAlias::Alias(name) => in_time(self.named(name)).await,
        }
    }

    /// Returns the version with this number, which is loaded if it is not in memory.
    ///
    /// # Errors
    /// [`OtherVersionError`] says why the version cannot answer.
    pub async fn get(&self, number: VersionNumber) -> Result<Arc<OtherVersion>, OtherVersionError> {
        in_time(self.kept_or_loaded(number)).await
    }

    async fn named(&self, name: &AliasName) -> Result<VersionNumber, OtherVersionError> {
        let now = self.world.clock().now();
        let mut memory = self.memory.lock().await;
        let known = match memory.alias(name, now, self.interval) {
            Some(fresh) => fresh,
            None => match self.world.registry().alias(name).await {
                Ok(alias) => memory.remember_alias(name, alias.map(|alias| alias.version), now),
                Err(error) => memory.former_alias(name).ok_or_else(|| unavailable(&error))?,
            },
        };
        known.ok_or_else(|| OtherVersionError::UnknownAlias(name.clone()))
    }

    async fn kept_or_loaded(&self, number: VersionNumber) -> Result<Arc<OtherVersion>, OtherVersionError> {
        let now = self.world.clock().now();
        let mut memory = self.memory.lock().await;
        if let Some(kept) = memory.use_fresh(number, now, self.interval) {
            return Ok(kept);
        }
        if memory.is_unusable(number, now, self.interval) {
            return Err(OtherVersionError::CannotServe(number));
        }
        let record = match (self.world.registry().version(number).await, memory.use_kept(number)) {
            (Ok(Some(record)), _) => record,
            (Ok(None), _) => {
                memory.forget(number);
                return Err(OtherVersionError::UnknownVersion(number));
            }
            (Err(_), Some(kept)) => return Ok(kept),
            (Err(error), None) => return Err(unavailable(&error)),
        };
        match memory.confirm(number, &record, now) {
            Some(kept) => Ok(kept),
            None => self.load(number, record, memory).await,
        }
    }

    /// Loads the version with this record, and keeps it in memory.
    async fn load(
        &self,
        number: VersionNumber,
        record: Record<Version>,
        mut memory: MutexGuard<'_, OtherMemory>,
    ) -> Result<Arc<OtherVersion>, OtherVersionError> {
        let now = self.world.clock().now();
        let Some(facts) = VersionFacts::of(number, &record) else {
            memory.remember_unusable(number, now);
            return Err(OtherVersionError::CannotServe(number));
        };
        // Room is made before the artifact is fetched, so that both are never in memory together.
        memory.make_room(facts.artifact.size);
        match LoadedVersion::fetch(self.world.as_ref(), &self.model, facts).await {
            Ok(loaded) => Ok(memory.keep(OtherVersion { record, loaded: Arc::new(loaded) }, now)),
            Err(error) => {
                tracing::warn!(version = number.get(), cause = causes(&error), "a version cannot be loaded");
                if error.may_lack_time() {
                    return Err(OtherVersionError::Unavailable);
                }
                memory.remember_unusable(number, now);
                Err(OtherVersionError::CannotServe(number))
            }
        }
    }
}

/// Returns the output of `work`, or an error if it takes longer than a refresh may.
async fn in_time<T>(work: impl Future<Output = Result<T, OtherVersionError>>) -> Result<T, OtherVersionError> {
    timeout(REFRESH_TIMEOUT, work).await.unwrap_or_else(|_| {
        tracing::warn!(seconds = REFRESH_TIMEOUT.as_secs(), "a version was not loaded in time");
        Err(OtherVersionError::Unavailable)
    })
}

fn unavailable(error: &Unavailable) -> OtherVersionError {
    tracing::warn!(cause = causes(error), "the version that a request asks for cannot be read");
    OtherVersionError::Unavailable
}
