//! The DynamoDB transactions of the registry. The main one ends a training run and registers its model version. If the
//! gate decided so, it also makes this version the champion.
//!
//! All writes of a transaction happen, or none. The transaction requires that the run's attempt is still the current
//! one. It also requires that the champion is still the one with which the gate compared the new version. This applies
//! even if the gate refused the version, because the refusal must not be based on a former champion. The events to
//! publish are part of the transaction.
//!
//! A transaction has at most nine writes of less than 400 KB each. DynamoDB allows a hundred writes and 4 MB in total.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use evergreen_lifecycle::ports::{LARGEST_COPY, Opening, Promotion, Registration, Unavailable};
use evergreen_lifecycle::{Announcement, Champion, LifecycleEvent, Run, Version};
use serde::Serialize;

use super::keys::Key;
use super::{Registry, copy, items, listing};

/// Name of the action in the error message if a write of a transaction cannot be built.
pub(super) const WHAT: &str = "preparing a transaction";

/// The stored status of a training run that has not ended.
const RUNNING: &str = "RUNNING";

/// DynamoDB condition: the attempt at the training run with the number `:attempt` is running.
const AT_WORK: &str = "attempt = :attempt AND #status = :running";

// The previous attempt is stored, and it made no model version. A run that made a model version is never overwritten.
/// DynamoDB condition for a retry of a training run: the run's stored attempt is the previous one, and it is running or
/// has failed.
const OVER_PREDECESSOR: &str = "attempt = :predecessor AND #status IN (:running, :failed)";

/// DynamoDB condition: no record has this key.
pub(super) const ABSENT: &str = "attribute_not_exists(pk)";

/// DynamoDB condition: the champion's revision (number of promotions) is still `:seen`.
const UNMOVED: &str = "revision = :seen";

impl Registry {
    /// Returns the DynamoDB writes that record the start of an attempt at a training run.
    pub(super) fn opening(&self, opening: &Opening<'_>) -> Result<Vec<TransactWriteItem>, Unavailable> {
        // One write stores the event "the attempt was lost". That event is published after the attempt's maximum
        // duration, unless the attempt ends before and deletes it.
        let Opening { run, former, lost } = opening;
        let put = self.run_write(run, None)?;
        let put = match run.attempt.saturating_sub(1) {
            0 => put.condition_expression(ABSENT),
            predecessor => put
                .condition_expression(OVER_PREDECESSOR)
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":predecessor", items::number(predecessor))
                .expression_attribute_values(":running", items::text(RUNNING))
                .expression_attribute_values(":failed", items::text("FAILED")),
        };
        let mut writes = vec![finish(put)?, self.outbox_write(lost)?];
        if let Some(former) = former {
            writes.extend(self.removal_of_loss(former, std::slice::from_ref(lost))?);
        }
        Ok(writes)
    }

    /// Returns the DynamoDB writes that end a training run and register its model version.
    pub(super) fn writes(&self, registration: &Registration) -> Result<Vec<TransactWriteItem>, Unavailable> {
        // If requested, they also make the version the champion.
        let Registration { run, version, promotion, rollout, seen_revision, artifact, announcements } = registration;
        let mut writes = vec![self.end_of(run, Some(version))?, self.new_version(version)?];
        match promotion {
            Some(champion) => writes.extend(self.move_pointer(champion, *seen_revision, artifact.as_deref())?),
            None => writes.push(self.champion_unmoved(*seen_revision)?),
        }
        if let Some(rollout) = rollout {
            writes.push(self.rollout_write(rollout)?);
        }
        writes.extend(self.removal_of_loss(run, announcements)?);
        self.add_events(writes, announcements)
    }

    /// Returns the DynamoDB writes that make a registered model version the champion.
    pub(super) fn promotion(&self, promotion: &Promotion<'_>) -> Result<Vec<TransactWriteItem>, Unavailable> {
        // The first write makes sure that the version was not deleted meanwhile.
        let Promotion { champion, seen_revision, artifact, announcement, entry } = promotion;
        let mut writes = vec![self.kept_version(champion.version.number)?];
        writes.extend(self.move_pointer(champion, *seen_revision, Some(artifact))?);
        writes.push(self.audited(entry)?);
        self.add_events(writes, std::slice::from_ref(announcement))
    }

    /// Returns the DynamoDB writes that record the failure of a training run.
    pub(super) fn failure(
        &self,
        run: &Run,
        announcements: &[Announcement],
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        let mut writes = vec![self.end_of(run, None)?];
        writes.extend(self.removal_of_loss(run, announcements)?);
        self.add_events(writes, announcements)
    }

    /// Returns the DynamoDB write that deletes the stored event "the attempt of `run` was lost". `None` if no deletion
    /// is needed.
    fn removal_of_loss(
        &self,
        run: &Run,
        announcements: &[Announcement],
    ) -> Result<Option<TransactWriteItem>, Unavailable> {
        // No deletion is needed if one of `announcements` has the same key and replaces that event. A transaction may
        // write each record only once.
        let key = LifecycleEvent::of_loss(run).outbox_key();
        if announcements.iter().any(|announcement| announcement.key == key) {
            return Ok(None);
        }
        Ok(Some(self.deletion(self.keys.event(&key))?))
    }

    fn add_events(
        &self,
        mut writes: Vec<TransactWriteItem>,
        announcements: &[Announcement],
    ) -> Result<Vec<TransactWriteItem>, Unavailable> {
        for announcement in announcements {
            writes.push(self.outbox_write(announcement)?);
        }
        Ok(writes)
    }

    /// Returns the DynamoDB writes that make `champion` the current champion and store a copy of its model file,
    /// `artifact`.
    pub(super) fn move_pointer(
        &self,
        champion: &Champion,
        seen: u32,
        artifact: Option<&[u8]>,
    ) -> Result<[TransactWriteItem; 3], Unavailable> {
        // Their condition is that the current champion still has the revision `seen`. If `artifact` is `None` or too
        // large, they delete the old copy instead.
        let copy = match artifact.filter(|content| content.len() <= LARGEST_COPY) {
            Some(content) => self.copy_of(champion, content)?,
            None => self.no_copy()?,
        };
        Ok([self.succession(champion, seen)?, self.history_of(champion)?, copy])
    }

    /// Returns the DynamoDB write that stores a copy of the champion's model file.
    fn copy_of(&self, champion: &Champion, content: &[u8]) -> Result<TransactWriteItem, Unavailable> {
        // This write needs no condition. If the condition on the champion record is false, the whole transaction is
        // cancelled.
        finish(Put::builder().table_name(&self.table).set_item(Some(copy::encode(&self.keys, champion, content))))
    }

    fn no_copy(&self) -> Result<TransactWriteItem, Unavailable> {
        self.deletion(self.keys.artifact())
    }

    pub(super) fn deletion(&self, key: Key) -> Result<TransactWriteItem, Unavailable> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key.into_item()));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
    }

    fn end_of(&self, run: &Run, version: Option<&Version>) -> Result<TransactWriteItem, Unavailable> {
        let put = self.run_write(run, version)?;
        finish(
            put.condition_expression(AT_WORK)
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":attempt", items::number(run.attempt))
                .expression_attribute_values(":running", items::text(RUNNING)),
        )
    }

    fn new_version(&self, version: &Version) -> Result<TransactWriteItem, Unavailable> {
        let put = self.write(&self.keys.version(version.number), version)?;
        finish(with(put, listing::of_version(version)?).condition_expression(ABSENT))
    }

    /// Returns the DynamoDB write that stores a run with its summary. `version` is the version that the run made.
    fn run_write(&self, run: &Run, version: Option<&Version>) -> Result<PutBuilder, Unavailable> {
        Ok(with(self.write(&self.keys.run(&run.id), run)?, listing::of_run(run, version)?))
    }

    fn succession(&self, champion: &Champion, seen: u32) -> Result<TransactWriteItem, Unavailable> {
        let put = self.write(&self.keys.champion(), champion)?;
        finish(match seen {
            0 => put.condition_expression(ABSENT),
            _ => put.condition_expression(UNMOVED).expression_attribute_values(":seen", items::number(seen)),
        })
    }

    fn history_of(&self, champion: &Champion) -> Result<TransactWriteItem, Unavailable> {
        finish(self.write(&self.keys.champion_of(champion.revision), champion)?.condition_expression(ABSENT))
    }

    pub(super) fn champion_unmoved(&self, seen: u32) -> Result<TransactWriteItem, Unavailable> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(self.keys.champion().into_item()));
        let check = match seen {
            0 => check.condition_expression(ABSENT),
            _ => check.condition_expression(UNMOVED).expression_attribute_values(":seen", items::number(seen)),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(incomplete)?).build())
    }

    pub(super) fn write<T: Serialize>(&self, key: &Key, record: &T) -> Result<PutBuilder, Unavailable> {
        Ok(Put::builder().table_name(&self.table).set_item(Some(items::encode(key, record, WHAT)?)))
    }
}

/// Adds attributes to the item that `put` writes.
fn with(put: PutBuilder, attributes: [(&str, AttributeValue); 2]) -> PutBuilder {
    attributes.into_iter().fold(put, |put, (name, value)| put.item(name, value))
}

pub(super) fn finish(put: PutBuilder) -> Result<TransactWriteItem, Unavailable> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
}

pub(super) fn incomplete(error: BuildError) -> Unavailable {
    Unavailable::new(WHAT, error)
}
