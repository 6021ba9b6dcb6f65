//! The DynamoDB writes of the changes that people make.
//!
//! What a rollout, an alias, a recent champion or the tag `pin` names cannot be deleted. Four conditions in the transaction of
//! a deletion make sure of that, whatever happens at the same time:
//!
//! - The champion has the revision that the caller saw. So the history of champions is as it was read.
//! - The counter `ALIASES` has the value that was read before the aliases. Setting any alias increases it.
//! - The tags and the note have the revision that was read.
//! - The rollout has the revision that was read.
//!
//! The other way round, a promotion, a rollout, an alias and a tag need the version's record in their own transaction.

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, TransactWriteItem, Update};
use evergreen_lifecycle::ports::{ChangeError, MAX_ALIASES, Rollouts, Unavailable};
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::{
    Alias, Annotations, AuditEntry, Change, Edit, MadeChange, Mute, PIN, PROTECTED_CHAMPIONS, Pointer, Protection,
    Record, RequestKey, RunId, VersionNumber,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::keys::{self, Key};
use super::transaction::{ABSENT, finish, incomplete};
use super::{Registry, items, listing};

/// How long the idempotency key of a change is remembered.
const KEY_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Update of a version's record: the record is kept, now and later.
const KEEP: &str = "SET kept = :kept REMOVE expires_at";

/// What changed if somebody else added an alias at the same time. The change is then planned again.
pub(super) const OTHER_ALIASES: &str = "the number of aliases";

/// DynamoDB condition: the record exists.
const PRESENT: &str = "attribute_exists(pk)";

/// A change with an idempotency key, as it is stored under the key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RememberedChange {
    #[serde(flatten)]
    pub(super) made: MadeChange,
    /// The time from which the key can be used again, in seconds since 1970. DynamoDB deletes the record then.
    pub(super) expires_at: i64,
}

/// The stored mute of an alarm.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredMute {
    #[serde(flatten)]
    pub(super) mute: Mute,
    expires_at: i64,
}

/// The counter that every change of an alias increases.
#[derive(Debug, Default, Deserialize)]
struct AliasesRecord {
    revision: u32,
}

/// The writes of a change. Each one with a condition has a text that says what changed if the condition is false.
#[derive(Debug, Default)]
pub(super) struct ChangeWrites {
    pub(super) writes: Vec<TransactWriteItem>,
    pub(super) conditions: Vec<(Key, String)>,
}

impl ChangeWrites {
    fn add(&mut self, key: Key, what: impl Into<String>, write: TransactWriteItem) {
        self.conditions.push((key, what.into()));
        self.writes.push(write);
    }
}

impl Registry {
    /// Returns the writes of a change.
    pub(super) async fn plan(&self, change: &Change) -> Result<ChangeWrites, ChangeError> {
        let mut plan = ChangeWrites::default();
        for edit in &change.edits {
            self.plan_edit(edit, &mut plan).await?;
        }
        plan.writes.push(self.audited(&change.entry)?);
        for announcement in &change.announcements {
            plan.writes.push(self.outbox_write(announcement)?);
        }
        if let Some(key) = &change.key {
            plan.writes.push(self.remember(key, &change.entry)?);
        }
        Ok(plan)
    }

    /// Returns the write that adds an entry to the audit trail.
    pub(super) fn audited(&self, entry: &AuditEntry) -> Result<TransactWriteItem, Unavailable> {
        finish(self.write(&self.keys.audit_entry(entry.at, &entry.id), entry)?.condition_expression(ABSENT))
    }

    fn remember(&self, key: &RequestKey, entry: &AuditEntry) -> Result<TransactWriteItem, Unavailable> {
        let expires_at = (entry.at + KEY_KEPT).as_second();
        let made = MadeChange { entry: entry.clone(), request: Some(key.request.clone()) };
        let put = self.write(&self.keys.idempotency(&key.key), &RememberedChange { made, expires_at })?;
        // DynamoDB may delete the record days after its time.
        finish(
            put.condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
                .expression_attribute_values(":now", items::number(entry.at.as_second())),
        )
    }

    async fn plan_edit(&self, edit: &Edit, plan: &mut ChangeWrites) -> Result<(), ChangeError> {
        match edit {
            Edit::Promote { champion, seen_revision, artifact } => {
                self.plan_kept(champion.version.number, plan)?;
                let places = [self.keys.champion(), self.keys.champion_of(champion.revision)];
                plan.conditions.extend(places.map(|place| (place, "the champion".to_owned())));
                plan.writes.extend(self.move_pointer(champion, *seen_revision, Some(artifact))?);
            }
            Edit::SetAlias { alias, seen_revision } => self.plan_alias(alias, *seen_revision, plan).await?,
            Edit::RemoveAlias { seen } => {
                plan.add(self.keys.alias(&seen.name), format!("the alias {}", seen.name), self.alias_removal(seen)?);
            }
            Edit::Annotate { version, annotations } => self.plan_annotations(*version, annotations, plan)?,
            Edit::RemoveVersion { version, seen_revision } => {
                self.plan_removal(*version, *seen_revision, plan).await?;
            }
            Edit::RemoveRun(id) => {
                plan.add(self.keys.run(id), format!("run {id}"), self.run_removal(id)?);
            }
            Edit::SetRollout(rollout) => self.plan_rollout(rollout, plan)?,
            Edit::Mute(mute) => {
                let stored = StoredMute { mute: mute.clone(), expires_at: mute.until.as_second() };
                plan.writes.push(finish(self.write(&self.keys.mute(&mute.alarm), &stored)?)?);
            }
            Edit::Verified(verification) => {
                let key = self.keys.verification(verification.version, verification.at);
                plan.writes.push(finish(self.write(&key, verification)?)?);
            }
            Edit::React(log) => {
                let put = self.write(&self.keys.reactions(), log)?;
                let put = finish(if_seen(put, log.revision.saturating_sub(1)))?;
                plan.add(self.keys.reactions(), "the log of reactions", put);
            }
            Edit::Unmute(alarm) => plan.writes.push(self.deletion(self.keys.mute(alarm))?),
            Edit::UseMailLink { hash, at } => {
                plan.add(self.keys.mail_link(hash), "the link", self.mail_link_use(hash, *at)?);
            }
        }
        Ok(())
    }

    /// Adds the write that stores a rollout. One that goes on needs its version, and the champion with which it began.
    pub(super) fn plan_rollout(&self, rollout: &Rollout, plan: &mut ChangeWrites) -> Result<(), Unavailable> {
        plan.add(self.keys.rollout(), "the rollout", self.rollout_write(rollout)?);
        if rollout.end.is_none() {
            // A transaction may use an item only once, and a change that promotes a version has ended the rollout.
            plan.add(self.keys.champion(), "the champion", self.champion_unmoved(rollout.champion_revision)?);
            let version = rollout.challenger.number;
            plan.add(
                self.keys.version(version),
                format!("version {version}"),
                self.present(self.keys.version(version))?,
            );
        }
        Ok(())
    }

    /// Returns the write that stores a rollout, if the stored record's revision is still one lower.
    pub(super) fn rollout_write(&self, rollout: &Rollout) -> Result<TransactWriteItem, Unavailable> {
        finish(if_seen(self.write(&self.keys.rollout(), rollout)?, rollout.revision.saturating_sub(1)))
    }

    /// Adds the write that keeps the record of a version, on condition that there is one.
    fn plan_kept(&self, version: VersionNumber, plan: &mut ChangeWrites) -> Result<(), Unavailable> {
        plan.add(self.keys.version(version), format!("version {version}"), self.kept_version(version)?);
        Ok(())
    }

    /// Returns the write that keeps the record of a version, on condition that there is one.
    pub(super) fn kept_version(&self, version: VersionNumber) -> Result<TransactWriteItem, Unavailable> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.version(version).into_item()))
            .update_expression(KEEP)
            .condition_expression(PRESENT)
            .expression_attribute_values(":kept", items::flag(true));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }

    async fn plan_alias(&self, alias: &Alias, seen: u32, plan: &mut ChangeWrites) -> Result<(), ChangeError> {
        // Only a new alias could be one too many.
        let counted = if seen == 0 { Some(self.counted_for_new_alias().await?) } else { None };
        self.plan_kept(alias.version, plan)?;
        let key = self.keys.alias(&alias.name);
        let put = self.write(&key, alias)?;
        plan.add(key, format!("the alias {}", alias.name), finish(if_seen(put, seen))?);
        let counter = Update::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.aliases().into_item()))
            .update_expression("ADD revision :one")
            .expression_attribute_values(":one", items::number(1));
        let counter = match counted {
            None => counter,
            Some(0) => counter.condition_expression(ABSENT),
            Some(seen) => {
                counter.condition_expression(UNCHANGED).expression_attribute_values(":seen", items::number(seen))
            }
        };
        let counter = TransactWriteItem::builder().update(counter.build().map_err(incomplete)?).build();
        plan.add(self.keys.aliases(), OTHER_ALIASES, counter);
        Ok(())
    }

    /// Returns how often an alias was set, if there is room for a new one.
    async fn counted_for_new_alias(&self) -> Result<u32, ChangeError> {
        // The counter is read before the aliases. An alias that somebody else adds meanwhile increases it.
        let counted = self.aliases_counter().await?;
        let is_full = self.all_aliases().await?.len() >= MAX_ALIASES;
        if is_full { Err(ChangeError::TooManyAliases) } else { Ok(counted) }
    }

    /// Returns how often an alias was set.
    async fn aliases_counter(&self) -> Result<u32, Unavailable> {
        let what = "reading the counter of the aliases";
        let counter = self.item(self.keys.aliases(), what).await?;
        let counter: AliasesRecord = counter.map(|item| items::decode(item, what)).transpose()?.unwrap_or_default();
        Ok(counter.revision)
    }

    fn alias_removal(&self, seen: &Alias) -> Result<TransactWriteItem, Unavailable> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.alias(&seen.name).into_item()))
            .condition_expression("revision = :seen AND #version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":seen", items::number(seen.revision))
            .expression_attribute_values(":version", items::number(seen.version));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
    }

    fn plan_annotations(
        &self,
        version: VersionNumber,
        annotations: &Annotations,
        plan: &mut ChangeWrites,
    ) -> Result<(), Unavailable> {
        let what = "writing the tags of a version";
        let tags =
            serde_dynamo::to_attribute_value(&annotations.tags).map_err(|error| Unavailable::new(what, error))?;
        let is_pinned = annotations.tags.contains_key(PIN);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.version(version).into_item()))
            .condition_expression(PRESENT)
            .expression_attribute_names("#tags", listing::TAGS)
            .expression_attribute_values(":tags", tags);
        let update = if is_pinned {
            let keep = "SET #tags = :tags, kept = :kept REMOVE expires_at";
            update.update_expression(keep).expression_attribute_values(":kept", items::flag(true))
        } else {
            update.update_expression("SET #tags = :tags")
        };
        let write = TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build();
        plan.add(self.keys.version(version), format!("version {version}"), write);
        let put = self.write(&self.keys.annotations(version), annotations)?;
        let put = finish(if_seen(put, annotations.revision.saturating_sub(1)))?;
        plan.add(self.keys.annotations(version), written(version), put);
        Ok(())
    }

    async fn plan_removal(
        &self,
        version: VersionNumber,
        seen: u32,
        plan: &mut ChangeWrites,
    ) -> Result<(), ChangeError> {
        // The counter is read before the aliases. An alias that is set later increases it.
        let counted = self.aliases_counter().await?;
        let annotations = self.read_annotations(version).await?;
        let champions = self.protected_champions().await?;
        let rollout = self.readable_rollout().await?;
        let challenger = rollout.as_ref().filter(|it| it.runs_beside(seen)).map(|it| it.challenger.number);
        let aliases = self.all_aliases().await?;
        if let Some(protection) = Protection::of(version, &champions, challenger, &aliases, &annotations) {
            return Err(ChangeError::Protected { version, protection });
        }
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.version(version).into_item()))
            .condition_expression(PRESENT);
        let delete = TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build();
        plan.add(self.keys.version(version), format!("version {version}"), delete);
        plan.add(self.keys.champion(), "the champion", self.champion_unmoved(seen)?);
        plan.add(self.keys.aliases(), "the aliases", self.unchanged(self.keys.aliases(), counted)?);
        let revision = rollout.map_or(0, |rollout| rollout.revision);
        plan.add(self.keys.rollout(), "the rollout", self.unchanged(self.keys.rollout(), revision)?);
        let notes = self.annotations_removal(version, annotations.revision)?;
        plan.add(self.keys.annotations(version), written(version), notes);
        Ok(())
    }

    fn run_removal(&self, id: &RunId) -> Result<TransactWriteItem, Unavailable> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.run(id).into_item()))
            .condition_expression("attribute_not_exists(pk) OR #status <> :running")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":running", items::text("RUNNING"));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
    }

    /// Returns the newest rollout. What this release cannot read may protect any version.
    async fn readable_rollout(&self) -> Result<Option<Rollout>, Unavailable> {
        let what = "reading the rollout";
        self.rollout().await?.transpose().map_err(|record| Unavailable::new(what, record.to_string()))
    }

    /// Returns the versions of the newest champions, the current one first.
    async fn protected_champions(&self) -> Result<Vec<VersionNumber>, Unavailable> {
        let query = self.query(keys::CHAMPIONS).consistent_read(true);
        let champions: Vec<Record<Pointer>> = self.newest(query, PROTECTED_CHAMPIONS, "reading the champions").await?;
        let numbers = champions.iter().map(|champion| match champion {
            Ok(champion) => Some(champion.number),
            Err(record) => record.field("version/number"),
        });
        numbers.collect::<Option<_>>().ok_or_else(|| {
            Unavailable::new("reading the champions", "a record in the history of champions has no version number")
        })
    }

    /// Returns the write that checks that a record exists.
    fn present(&self, key: Key) -> Result<TransactWriteItem, Unavailable> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key.into_item()));
        let check = check.condition_expression(PRESENT).build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Returns the write that checks that a record with a revision is still as it was seen (0: absent).
    fn unchanged(&self, key: Key, seen: u32) -> Result<TransactWriteItem, Unavailable> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(key.into_item()));
        let check = match seen {
            0 => check.condition_expression(ABSENT),
            _ => check.condition_expression(UNCHANGED).expression_attribute_values(":seen", items::number(seen)),
        };
        Ok(TransactWriteItem::builder().condition_check(check.build().map_err(incomplete)?).build())
    }

    fn annotations_removal(&self, version: VersionNumber, seen: u32) -> Result<TransactWriteItem, Unavailable> {
        let key = self.keys.annotations(version);
        if seen == 0 {
            return self.unchanged(key, 0);
        }
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .condition_expression(UNCHANGED)
            .expression_attribute_values(":seen", items::number(seen));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
    }
}

/// DynamoDB condition: the record's revision is still `:seen`.
const UNCHANGED: &str = "revision = :seen";

/// Adds the condition that the record's revision is still `seen` (0: no record).
fn if_seen(put: PutBuilder, seen: u32) -> PutBuilder {
    match seen {
        0 => put.condition_expression(ABSENT),
        _ => put.condition_expression(UNCHANGED).expression_attribute_values(":seen", items::number(seen)),
    }
}

fn written(version: VersionNumber) -> String {
    format!("what people wrote about version {version}")
}
