//! Makes the changes that people ask for, and reads what the changes leave.

use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use evergreen_lifecycle::ports::{AliasLookup, ChangeError, MAX_ALIASES, Reactions, Steering, Unavailable};
use evergreen_lifecycle::reaction::ReactionLog;
use evergreen_lifecycle::{
    Alias, AliasName, Annotations, AuditEntry, Change, Edit, MadeChange, Mute, PIN, RunId, Verification, VersionNumber,
    time,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::cancellation::Refused;
use super::changes::{ChangeWrites, OTHER_ALIASES, RememberedChange, StoredMute};
use super::items::{self, RegistryItem};
use super::keys::RegistryKeys;
use super::{Registry, keys};
use crate::failure::unavailable;

const CHANGING: &str = "making a change";

const READING_ENTRY: &str = "reading an audit entry";

/// How often a change is tried if other transactions are using the same records.
const TRIES: u32 = 4;

/// The pause before the second try. Each later pause is twice as long.
const PAUSE: Duration = Duration::from_millis(40);

impl AliasLookup for Registry {
    async fn alias(&self, name: &AliasName) -> Result<Option<Alias>, Unavailable> {
        let what = "reading an alias";
        let item = self.item(self.keys.alias(name), what).await?;
        item.map(|item| items::decode(item, what)).transpose()
    }
}

impl Steering for Registry {
    async fn apply(&self, change: &Change) -> Result<(), ChangeError> {
        self.refuse_repeated(change).await?;
        self.keep_run(change).await?;
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.try_change(change).await {
                Err(ChangeError::Unavailable(error)) if error.is_brief => tokio::time::sleep(pause).await,
                result => return result,
            }
            pause *= 2;
        }
        self.try_change(change).await
    }

    async fn made_with(&self, key: &str, now: Timestamp) -> Result<Option<MadeChange>, Unavailable> {
        let what = "reading an idempotency key";
        let Some(item) = self.item(self.keys.idempotency(key), what).await? else { return Ok(None) };
        let remembered: RememberedChange = items::decode(item, what)?;
        Ok((remembered.expires_at > now.as_second()).then_some(remembered.made))
    }

    async fn aliases(&self) -> Result<Vec<Alias>, Unavailable> {
        let mut aliases = self.all_aliases().await?;
        aliases.truncate(MAX_ALIASES);
        Ok(aliases)
    }

    async fn annotations(&self, version: VersionNumber) -> Result<Annotations, Unavailable> {
        self.read_annotations(version).await
    }

    async fn audit(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<AuditEntry>, Unavailable> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let before = before.map_or_else(|| keys::AFTER_AUDIT.to_owned(), time::format);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk < :before")
            .expression_attribute_values(":pk", items::text(self.keys.audit_trail()))
            .expression_attribute_values(":before", items::text(before))
            .consistent_read(true)
            .scan_index_forward(false);
        self.all(query, Some(limit), "reading the audit trail").await
    }

    async fn audit_entry(&self, at: Timestamp, id: &str) -> Result<Option<AuditEntry>, Unavailable> {
        let item = self.item(self.keys.audit_entry(at, id), READING_ENTRY).await?;
        item.map(|item| items::decode(item, READING_ENTRY)).transpose()
    }

    async fn audit_after(&self, after: Timestamp, limit: u32) -> Result<Vec<AuditEntry>, Unavailable> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :end")
            .expression_attribute_values(":pk", items::text(self.keys.audit_trail()))
            .expression_attribute_values(":after", items::text(keys::after_audit(after)))
            .expression_attribute_values(":end", items::text(keys::AFTER_AUDIT.to_owned()))
            .consistent_read(true)
            .scan_index_forward(true);
        self.all(query, Some(limit), "reading the audit trail").await
    }

    async fn verifications(&self, version: VersionNumber, limit: u32) -> Result<Vec<Verification>, Unavailable> {
        let query = self.query(&RegistryKeys::verifications(version)).scan_index_forward(false);
        self.all(query, Some(limit), "reading the verifications of a version").await
    }

    async fn mutes(&self, now: Timestamp) -> Result<Vec<Mute>, Unavailable> {
        let mutes: Vec<StoredMute> =
            self.all(self.query_in(self.keys.mails(), keys::MUTES), None, "reading the mutes of alarms").await?;
        Ok(mutes.into_iter().map(|stored| stored.mute).filter(|mute| now < mute.until).collect())
    }
}

impl Reactions for Registry {
    async fn reactions(&self) -> Result<ReactionLog, Unavailable> {
        let what = "reading the log of reactions";
        let item = self.item(self.keys.reactions(), what).await?;
        Ok(item.map(|item| items::decode(item, what)).transpose()?.unwrap_or_default())
    }
}

impl Registry {
    async fn try_change(&self, change: &Change) -> Result<(), ChangeError> {
        let ChangeWrites { writes, conditions } = self.plan(change).await?;
        let Err(refused) = self.transact(writes, CHANGING).await else { return Ok(()) };
        // An earlier try may have made the change, and its answer was lost.
        if self.is_made(change).await? {
            return Ok(());
        }
        self.refuse_repeated(change).await?;
        Err(match conflict(&refused, &conditions) {
            // The other alias may leave room for this one.
            Some(ChangeError::Conflict(what)) if what == OTHER_ALIASES => {
                Unavailable::briefly(CHANGING, "other aliases are added all the time").into()
            }
            Some(error) => error,
            None => refused.error.into(),
        })
    }

    async fn is_made(&self, change: &Change) -> Result<bool, Unavailable> {
        Ok(self.item(self.keys.audit_entry(change.entry.at, &change.entry.id), READING_ENTRY).await?.is_some())
    }

    /// Returns an error if another change with the same key was made before.
    async fn refuse_repeated(&self, change: &Change) -> Result<(), ChangeError> {
        let Some(key) = &change.key else { return Ok(()) };
        match self.made_with(&key.key, change.entry.at).await? {
            Some(made) if made.entry.id != change.entry.id => Err(ChangeError::Repeated(Box::new(made))),
            _ => Ok(()),
        }
    }

    // A version that is kept needs the record of its run. The run's record may have expired, which is no error.
    async fn keep_run(&self, change: &Change) -> Result<(), Unavailable> {
        for edit in &change.edits {
            let version = match edit {
                Edit::Promote { champion, .. } => champion.version.number,
                Edit::SetAlias { alias, .. } => alias.version,
                Edit::Annotate { version, annotations } if annotations.tags.contains_key(PIN) => *version,
                _ => continue,
            };
            if let Some(run) = self.run_of(version).await? {
                self.keep(self.keys.run(&run)).await?;
            }
        }
        Ok(())
    }

    async fn run_of(&self, version: VersionNumber) -> Result<Option<RunId>, Unavailable> {
        let item = self.item(self.keys.version(version), "reading a version").await?;
        let id = item.as_ref().and_then(|item| item.get("run_id")?.as_s().ok());
        Ok(id.and_then(|id| id.parse().ok()))
    }

    /// Returns all aliases, ordered by name. The read sees every earlier write.
    pub(super) async fn all_aliases(&self) -> Result<Vec<Alias>, Unavailable> {
        self.all(self.query(keys::ALIASES).consistent_read(true), None, "reading the aliases").await
    }

    pub(super) async fn read_annotations(&self, version: VersionNumber) -> Result<Annotations, Unavailable> {
        let what = "reading the tags and the note of a version";
        let item = self.item(self.keys.annotations(version), what).await?;
        Ok(item.map(|item| items::decode(item, what)).transpose()?.unwrap_or_default())
    }

    /// Returns the records that match `query`, at most `limit`. A record that cannot be read makes the call fail.
    async fn all<T: DeserializeOwned>(
        &self,
        query: QueryFluentBuilder,
        limit: Option<u32>,
        what: &'static str,
    ) -> Result<Vec<T>, Unavailable> {
        let page = limit.and_then(|limit| i32::try_from(limit).ok());
        let most = limit.map_or(usize::MAX, |limit| limit as usize);
        let mut items = query.set_limit(page).into_paginator().items().send();
        let mut records = Vec::new();
        while records.len() < most
            && let Some(item) = items.next().await
        {
            let item: RegistryItem = item.map_err(unavailable(what))?;
            records.push(items::decode(item, what)?);
        }
        Ok(records)
    }
}

/// Returns the error for the first condition that was false. `None` if no condition was.
fn conflict(refused: &Refused, conditions: &[(super::keys::Key, String)]) -> Option<ChangeError> {
    let (_, what) = conditions.iter().find(|(key, _)| refused.is_about(key))?;
    Some(ChangeError::Conflict(what.clone()))
}
