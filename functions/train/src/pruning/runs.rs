//! Deletes the records of old runs, after the versions that they made.

use std::collections::BTreeSet;

use evergreen_lifecycle::listing::Span;
use evergreen_lifecycle::ports::{ChangeError, Listing, Steering, Versions};
use evergreen_lifecycle::{
    Actor, ActorKind, Announcement, AuditEntry, AuditedAction, Change, Edit, RetentionRule, RunId, VersionNumber,
    deletable_runs, oldest_kept, time,
};

use super::{ACTOR, MOST};
use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::trainer::{Invocation, Trainer};

// A transaction of DynamoDB has at most 100 writes.
/// Number of runs that one transaction deletes.
const AT_ONCE: usize = 50;

impl<W: TrainWorld> Trainer<'_, W> {
    /// Deletes the runs that the rule does not keep, after the versions `gone` were deleted. Returns their number.
    pub(super) async fn prune_runs(
        &self,
        rule: RetentionRule,
        gone: &[VersionNumber],
        invocation: &Invocation,
    ) -> Result<usize, TrainError> {
        let runs = self.old_runs(rule, gone).await?;
        let mut deleted = 0;
        for (part, ids) in runs.chunks(AT_ONCE).enumerate() {
            if self.remove_runs(ids, part, rule, invocation).await? {
                deleted += ids.len();
            }
        }
        Ok(deleted)
    }

    /// Returns the runs that the rule does not keep once the versions `gone` are deleted. Of very many, it returns the
    /// newest, so that a later retention continues.
    pub(super) async fn old_runs(&self, rule: RetentionRule, gone: &[VersionNumber]) -> Result<Vec<RunId>, TrainError> {
        let (registry, now) = (self.world.registry(), self.world.clock().now());
        let versions = registry.version_summaries(MOST).await?;
        let Some(since) = oldest_kept(&versions, rule) else { return Ok(Vec::new()) };
        let runs = registry.run_summaries(Span { from: None, until: Some(since) }, MOST, now).await?;
        let mut registered: BTreeSet<_> = versions.iter().map(|version| version.number).collect();
        // A list may lack a version. So each version that is not listed is read.
        let unlisted = runs.iter().filter_map(|run| run.version).filter(|version| !registered.contains(version));
        for version in unlisted.collect::<BTreeSet<_>>() {
            if registry.version(version).await?.is_some() {
                registered.insert(version);
            }
        }
        // The list may also still have a version that is gone.
        registered.retain(|version| !gone.contains(version));
        Ok(deletable_runs(&runs, &registered, since, now))
    }

    /// Deletes the records of some runs in one transaction. Returns `false` if an attempt at one of them has just begun.
    async fn remove_runs(
        &self,
        ids: &[RunId],
        part: usize,
        rule: RetentionRule,
        invocation: &Invocation,
    ) -> Result<bool, TrainError> {
        let subject = if ids.len() == 1 { "1 old run".to_owned() } else { format!("{} old runs", ids.len()) };
        let entry = AuditEntry {
            id: format!("retention-runs-{part}-{}", invocation.id),
            at: time::to_millis(self.world.clock().now()),
            actor: Actor { kind: ActorKind::Stack, name: ACTOR.to_owned() },
            action: AuditedAction::RunsDeleted,
            subject,
            reason: Some(format!("only the newest {} versions are kept", rule.keep)),
            details: [("runs".to_owned(), ids.len().to_string())].into(),
        };
        let announcement = Announcement::of_change(&entry, &self.settings.model, None, None)?;
        let edits = ids.iter().cloned().map(Edit::RemoveRun).collect();
        let change = Change { edits, entry, announcements: vec![announcement], key: None };
        match self.world.registry().apply(&change).await {
            Ok(()) | Err(ChangeError::Repeated(_)) => {
                self.publish(&change.announcements, invocation).await;
                Ok(true)
            }
            Err(ChangeError::Unavailable(error)) => Err(error.into()),
            // The next retention looks again.
            Err(_) => Ok(false),
        }
    }
}
