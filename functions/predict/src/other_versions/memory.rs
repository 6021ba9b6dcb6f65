//! What is in memory of versions other than the champion: models, aliases, and versions that cannot be loaded. No I/O.

use std::sync::Arc;

use evergreen_lifecycle::{AliasName, Record, Version, VersionNumber};
use jiff::{SignedDuration, Timestamp};

use super::OtherVersion;
use crate::loaded::VersionFacts;

/// Maximum number of versions other than the champion in memory.
pub const MAX_VERSIONS: usize = 2;

// The function has 1,769 MB. The champion, its successor during a refresh, a challenger and these versions fit into them,
// and a fetched file beside its parsed form.
/// Maximum size of the artifacts of these versions together, in bytes: 192 MiB. One artifact alone always fits.
pub const MAX_BYTES: u64 = 192 << 20;

/// Maximum number of aliases whose version is remembered, and of versions that are known to be unusable.
const MAX_REMEMBERED: usize = 50;

/// The state of [`OtherVersions`](super::OtherVersions).
#[derive(Debug, Default)]
pub(super) struct OtherMemory {
    /// The version that was used last comes last.
    kept: Vec<Kept>,
    aliases: Vec<(AliasName, Option<VersionNumber>, Timestamp)>,
    unusable: Vec<(VersionNumber, Timestamp)>,
}

#[derive(Debug)]
struct Kept {
    version: Arc<OtherVersion>,
    /// When the registry last had a record of this version with the same artifact.
    confirmed_at: Timestamp,
}

impl Kept {
    fn number(&self) -> VersionNumber {
        self.version.loaded().number()
    }

    fn size(&self) -> u64 {
        self.version.loaded().facts().artifact.size
    }
}

/// Returns whether what was read at `at` is younger than `interval`. After a clock was set back, nothing is.
fn is_fresh(at: Timestamp, now: Timestamp, interval: SignedDuration) -> bool {
    let age = now.duration_since(at);
    !age.is_negative() && age < interval
}

impl OtherMemory {
    /// Returns what was read about an alias within `interval`: its version, or `Some(None)` if there is no such alias.
    pub(super) fn alias(
        &self,
        name: &AliasName,
        now: Timestamp,
        interval: SignedDuration,
    ) -> Option<Option<VersionNumber>> {
        let (_, version, at) = self.aliases.iter().find(|(known, ..)| known == name)?;
        is_fresh(*at, now, interval).then_some(*version)
    }

    /// Returns what was last read about an alias, however long ago. `None` if that is not known.
    pub(super) fn former_alias(&self, name: &AliasName) -> Option<Option<VersionNumber>> {
        self.aliases.iter().find(|(known, ..)| known == name).map(|(_, version, _)| *version)
    }

    /// Remembers the version that an alias names, and returns it.
    pub(super) fn remember_alias(
        &mut self,
        name: &AliasName,
        version: Option<VersionNumber>,
        now: Timestamp,
    ) -> Option<VersionNumber> {
        self.aliases.retain(|(known, ..)| known != name);
        if self.aliases.len() == MAX_REMEMBERED {
            self.aliases.remove(0);
        }
        self.aliases.push((name.clone(), version, now));
        version
    }

    /// Returns a version in memory that was confirmed within `interval`.
    pub(super) fn use_fresh(
        &mut self,
        number: VersionNumber,
        now: Timestamp,
        interval: SignedDuration,
    ) -> Option<Arc<OtherVersion>> {
        let kept = self.kept.iter().find(|kept| kept.number() == number)?;
        if is_fresh(kept.confirmed_at, now, interval) { self.use_kept(number) } else { None }
    }

    /// Returns a version in memory, and notes that it was used.
    pub(super) fn use_kept(&mut self, number: VersionNumber) -> Option<Arc<OtherVersion>> {
        let position = self.kept.iter().position(|kept| kept.number() == number)?;
        let kept = self.kept.remove(position);
        let version = Arc::clone(&kept.version);
        self.kept.push(kept);
        Some(version)
    }

    /// Returns the version in memory if `record`, which was read at `now`, has the same artifact.
    pub(super) fn confirm(
        &mut self,
        number: VersionNumber,
        record: &Record<Version>,
        now: Timestamp,
    ) -> Option<Arc<OtherVersion>> {
        let artifact = VersionFacts::of(number, record)?.artifact;
        let kept = self.kept.iter_mut().find(|kept| kept.number() == number)?;
        if kept.version.loaded().facts().artifact != artifact {
            return None;
        }
        kept.confirmed_at = now;
        Some(Arc::clone(&kept.version))
    }

    /// Removes a version that is no longer registered.
    pub(super) fn forget(&mut self, number: VersionNumber) {
        self.kept.retain(|kept| kept.number() != number);
    }

    /// Removes the versions that were not used for longest, until an artifact of `size` bytes fits.
    pub(super) fn make_room(&mut self, size: u64) {
        let bytes = |kept: &[Kept]| kept.iter().map(Kept::size).fold(size, u64::saturating_add);
        while !self.kept.is_empty() && (self.kept.len() >= MAX_VERSIONS || bytes(&self.kept) > MAX_BYTES) {
            self.kept.remove(0);
        }
    }

    /// Keeps a version that was loaded at `now`, and returns it.
    pub(super) fn keep(&mut self, version: OtherVersion, now: Timestamp) -> Arc<OtherVersion> {
        let version = Arc::new(version);
        self.forget(version.loaded().number());
        self.kept.push(Kept { version: Arc::clone(&version), confirmed_at: now });
        version
    }

    /// Remembers that the artifact of a version cannot be loaded.
    pub(super) fn remember_unusable(&mut self, number: VersionNumber, now: Timestamp) {
        self.unusable.retain(|(known, _)| *known != number);
        if self.unusable.len() == MAX_REMEMBERED {
            self.unusable.remove(0);
        }
        self.unusable.push((number, now));
    }

    /// Returns whether the artifact of a version could not be loaded within `interval`.
    pub(super) fn is_unusable(&self, number: VersionNumber, now: Timestamp, interval: SignedDuration) -> bool {
        self.unusable.iter().any(|(known, at)| *known == number && is_fresh(*at, now, interval))
    }
}
