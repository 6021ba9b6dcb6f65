//! What feedback needs to know about the version that predicted: its signature, and its losses on the hold-out. Both are
//! in the manifest, which never changes, so an environment keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use evergreen_http::Problem;
use evergreen_lifecycle::feedback::HoldOutLosses;
use evergreen_lifecycle::journal::kept_manifest_key;
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts};
use evergreen_lifecycle::{Signature, VersionNumber};
use serde::Deserialize;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;

/// Maximum number of versions that an environment keeps.
const MAX_KEPT: usize = 50;

/// The kept facts about versions.
#[derive(Debug, Default)]
pub(super) struct KnownVersions(Mutex<BTreeMap<VersionNumber, Arc<KnownVersion>>>);

/// The facts about one version: the part of its manifest that feedback needs.
#[derive(Debug, Deserialize)]
pub(super) struct KnownVersion {
    /// The signature. Ids number its labels in their order.
    pub signature: Signature,
    /// The losses on the hold-out. `None` if the manifest does not have them.
    pub hold_out: Option<HoldOutLosses>,
}

impl KnownVersions {
    /// Returns the facts about these versions. A version whose manifest is gone or unreadable is left out.
    pub(super) async fn get<W: ConsoleWorld>(
        &self,
        console: &Console<W>,
        numbers: BTreeSet<VersionNumber>,
    ) -> Result<BTreeMap<VersionNumber, Arc<KnownVersion>>, Problem> {
        let mut found = BTreeMap::new();
        for number in numbers {
            let known = match self.kept(number) {
                Some(known) => Some(known),
                None => console.known_version(number).await?.map(|known| self.keep(number, known)),
            };
            found.extend(known.map(|known| (number, known)));
        }
        Ok(found)
    }

    fn kept(&self, number: VersionNumber) -> Option<Arc<KnownVersion>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    fn keep(&self, number: VersionNumber, known: KnownVersion) -> Arc<KnownVersion> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            // Feedback is mostly about new versions.
            kept.pop_first();
        }
        Arc::clone(kept.entry(number).or_insert_with(|| Arc::new(known)))
    }
}

impl<W: ConsoleWorld> Console<W> {
    /// Reads the facts about a version. `None` if its manifest is gone or unreadable.
    async fn known_version(&self, number: VersionNumber) -> Result<Option<KnownVersion>, Problem> {
        // The manifest of a deleted version is kept at another place.
        for key in [number.object_key(self.model(), "manifest.json"), kept_manifest_key(self.model(), number)] {
            match self.world.artifacts().get(&key).await {
                Ok(content) => return Ok(serde_json::from_slice(&content).ok()),
                Err(ArtifactReadError::NotFound(_)) => {}
                Err(ArtifactReadError::Unavailable(error)) => return Err(problem::unavailable(error)),
            }
        }
        Ok(None)
    }
}
