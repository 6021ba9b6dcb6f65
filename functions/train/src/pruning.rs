//! Deletes old versions and their runs, so that only the newest ones and those with a name stay ([`deletable`]).
//!
//! A version's record, artifact and manifest go together. Each version takes three steps, and a later retention continues
//! after the step that was the last one:
//!
//! 1. The manifest is copied to a place where it stays.
//! 2. One transaction removes the record, if nothing protects the version, and stores audit entry and event.
//! 3. The version's objects are deleted. They belong to no record any more.
//!
//! After that, the bucket has objects of registered versions only. Objects without a record are deleted too, unless an
//! attempt at a run is in progress, which stores its objects before its record. The runs follow by the same rule
//! ([`evergreen_lifecycle::deletable_runs`]), many in one transaction.

mod runs;

use std::collections::BTreeSet;

use evergreen_lifecycle::journal::kept_manifest_key;
use evergreen_lifecycle::ports::{
    ArtifactWriter, Artifacts, Champions, ChangeError, Listing, MOST_RUNS, NewObject, ObjectList, ObjectRemoval, Runs,
    Steering, StoreError, Versions,
};
use evergreen_lifecycle::{
    Actor, ActorKind, Announcement, AuditEntry, AuditedAction, Change, Edit, PIN, RetentionFacts, RetentionRule,
    RunStatus, VersionNumber, deletable, time,
};
use serde::Serialize;

use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::trainer::{Invocation, Trainer};
use crate::verifying::found;

/// Maximum number of versions and of champions that one retention reads.
const MOST: u32 = 10_000;

/// The name of the actor in the audit entry of a deletion.
const ACTOR: &str = "retention";

/// Text that marks the kept manifests as stored by a retention.
const MARK: &str = "retention";

/// JSON answer to a request to delete old versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RetentionReport {
    /// The versions that the rule does not keep.
    pub planned: Vec<VersionNumber>,
    /// The deleted versions. Empty if only a preview was wanted.
    pub deleted: Vec<VersionNumber>,
    /// Versions that somebody protected meanwhile, for example by an alias.
    pub protected: Vec<VersionNumber>,
    /// The numbers without a record whose objects were deleted.
    pub cleaned: Vec<VersionNumber>,
    /// The number of versions that stay.
    pub kept: usize,
    /// The number of runs that the rule does not keep, of at most 10,000 that the registry lists.
    pub planned_runs: usize,
    /// The number of runs whose records were deleted.
    pub deleted_runs: usize,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Deletes the versions that the rule does not keep.
    ///
    /// # Errors
    /// Returns [`TrainError`] if the registry or the store does not answer. A later retention then continues.
    pub(crate) async fn prune(
        &self,
        rule: RetentionRule,
        invocation: &Invocation,
    ) -> Result<RetentionReport, TrainError> {
        let mut report = self.preview(rule).await?;
        for number in report.planned.clone() {
            self.keep_manifest(number).await?;
            match self.remove_record(number, rule, invocation).await? {
                true => report.deleted.push(number),
                false => report.protected.push(number),
            }
        }
        report.kept += report.protected.len();
        report.cleaned = self.clean(&report.deleted).await?;
        report.deleted_runs = self.prune_runs(rule, &report.deleted, invocation).await?;
        Ok(report)
    }

    /// Returns which versions the rule does not keep. Deletes nothing.
    ///
    /// # Errors
    /// Returns [`TrainError`] if the registry does not answer.
    pub(crate) async fn preview(&self, rule: RetentionRule) -> Result<RetentionReport, TrainError> {
        let facts = self.retention_facts().await?;
        let planned = deletable(&facts, rule, self.world.clock().now());
        let kept = facts.versions.len() - planned.len();
        let planned_runs = self.old_runs(rule, &planned).await?.len();
        Ok(RetentionReport { planned, kept, planned_runs, ..RetentionReport::default() })
    }

    /// Deletes old versions after a scheduled training, if the stack's settings limit their number. A failure is only
    /// logged, because the next scheduled training tries again.
    pub(crate) async fn prune_after_training(&self, invocation: &Invocation) {
        let Some(rule) = self.settings.retention else { return };
        match self.prune(rule, invocation).await {
            Ok(report) => {
                let (deleted, cleaned) = (report.deleted.len(), report.cleaned.len());
                let (kept, runs) = (report.kept, report.deleted_runs);
                tracing::info!(deleted, cleaned, kept, runs, "old versions were deleted");
            }
            Err(error) => tracing::warn!(%error, "old versions could not be deleted; the next training tries again"),
        }
    }

    async fn retention_facts(&self) -> Result<RetentionFacts, TrainError> {
        let registry = self.world.registry();
        let summaries = registry.version_summaries(MOST).await?;
        let aliases = registry.aliases().await?;
        let champions = registry.recent_champions(MOST).await?;
        // A champion that this release cannot read must not make a version look unused.
        let champions = champions.into_iter().collect::<Result<Vec<_>, _>>()?;
        let pinned = summaries.iter().filter(|summary| summary.tags.contains_key(PIN));
        Ok(RetentionFacts {
            pinned: pinned.map(|summary| summary.number).collect(),
            versions: summaries.iter().map(|summary| summary.number).collect(),
            aliased: aliases.iter().map(|alias| alias.version).collect(),
            champions: champions
                .iter()
                .map(|pointer| (pointer.number, pointer.promoted_at().unwrap_or(self.world.clock().now())))
                .collect(),
        })
    }

    /// Copies the manifest of a version to the place of kept manifests.
    async fn keep_manifest(&self, number: VersionNumber) -> Result<(), TrainError> {
        let model = &self.settings.model;
        let (from, key) = (number.object_key(model, "manifest.json"), &kept_manifest_key(model, number));
        let Some(content) = &found(self.world.storage().get(&from).await)? else { return Ok(()) };
        let object = NewObject { key, content, media_type: "application/json", mark: MARK };
        match self.world.storage().create(object).await {
            Ok(_) | Err(StoreError::Taken(_)) => Ok(()),
            Err(StoreError::Unavailable(error)) => Err(error.into()),
        }
    }

    /// Removes the record of a version. Returns `false` if something protects the version now.
    async fn remove_record(
        &self,
        number: VersionNumber,
        rule: RetentionRule,
        invocation: &Invocation,
    ) -> Result<bool, TrainError> {
        let registry = self.world.registry();
        let seen_revision = registry.champion().await?.transpose()?.map_or(0, |pointer| pointer.revision);
        let entry = AuditEntry {
            id: format!("retention-{number}-{}", invocation.id),
            at: time::to_millis(self.world.clock().now()),
            actor: Actor { kind: ActorKind::Stack, name: ACTOR.to_owned() },
            action: AuditedAction::VersionDeleted,
            subject: format!("version {number}"),
            reason: Some(format!("only the newest {} versions are kept", rule.keep)),
            details: [("manifest".to_owned(), kept_manifest_key(&self.settings.model, number))].into(),
        };
        let announcement = Announcement::of_change(&entry, &self.settings.model, Some(number), None)?;
        let edits = vec![Edit::RemoveVersion { version: number, seen_revision }];
        let change = Change { edits, entry, announcements: vec![announcement], key: None };
        match registry.apply(&change).await {
            Ok(()) | Err(ChangeError::Repeated(_)) => {
                self.publish(&change.announcements, invocation).await;
                Ok(true)
            }
            Err(ChangeError::Unavailable(error)) => Err(error.into()),
            // Somebody promoted, named or tagged a version meanwhile. The next retention looks again.
            Err(_) => Ok(false),
        }
    }

    /// Deletes the objects of all numbers without a record. Returns those that were not deleted by this retention.
    async fn clean(&self, deleted: &[VersionNumber]) -> Result<Vec<VersionNumber>, TrainError> {
        let (storage, model) = (self.world.storage(), &self.settings.model);
        // First the objects, then the runs: an attempt that begins later takes a higher number.
        let objects = storage.list(&VersionNumber::objects_of(model)).await?;
        let stored: BTreeSet<_> =
            objects.iter().filter_map(|object| VersionNumber::of_object(model, &object.key)).collect();
        let is_idle = self.is_idle().await?;
        let mut cleaned = Vec::new();
        for number in stored {
            let is_ours = deleted.contains(&number);
            if !is_ours && (!is_idle || self.world.registry().version(number).await?.is_some()) {
                continue;
            }
            self.keep_manifest(number).await?;
            storage.remove_objects(model, number).await?;
            if !is_ours {
                cleaned.push(number);
            }
        }
        Ok(cleaned)
    }

    /// Returns whether no attempt at a run is in progress.
    async fn is_idle(&self) -> Result<bool, TrainError> {
        let now = self.world.clock().now();
        let runs = self.world.registry().recent_runs(MOST_RUNS).await?;
        Ok(runs.iter().all(|run| run.as_ref().is_ok_and(|run| run.status_at(now) != RunStatus::Running)))
    }
}
