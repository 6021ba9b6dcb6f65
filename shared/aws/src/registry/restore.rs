//! Restores records in the DynamoDB table when the registry is rebuilt from the bucket. A newer record is never
//! overwritten.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::Put;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use evergreen_lifecycle::journal::{RecordKey, RecordKind, StoredRecord};
use evergreen_lifecycle::ports::{LARGEST_COPY, RegistryRestore, Restorable, Unavailable};
use evergreen_lifecycle::{Champion, VersionNumber};
use serde::Serialize;
use serde_json::Value;

use super::items::{self, RegistryItem};
use super::keys::Key;
use super::transaction::finish;
use super::{Registry, copy, listing};
use crate::failure::unavailable;

const WHAT: &str = "restoring a record";

/// DynamoDB condition: no record has this key.
const ABSENT: &str = "attribute_not_exists(pk)";

/// DynamoDB condition: no record has this key, or one with a lower revision has it.
const ABSENT_OR_OLDER: &str = "attribute_not_exists(pk) OR revision < :revision";

/// DynamoDB condition: no training run has this key, or an older attempt at the run has it.
const ABSENT_OR_OLDER_ATTEMPT: &str = "attribute_not_exists(pk) OR attempt < :attempt";

/// DynamoDB condition: as [`ABSENT_OR_OLDER_ATTEMPT`], or the same attempt has it and has not ended.
const ABSENT_OR_NOT_ENDED: &str =
    "attribute_not_exists(pk) OR attempt < :attempt OR (attempt = :attempt AND #status = :running)";

impl RegistryRestore for Registry {
    async fn restore(&self, record: Restorable<'_>) -> Result<bool, Unavailable> {
        match record {
            Restorable::Record(record) => self.restore_record(record).await,
            Restorable::Run(run) => self.restore_new(&self.keys.run(&run.id), run).await,
            Restorable::Version(version) => self.restore_new(&self.keys.version(version.number), version).await,
            Restorable::Former(champion) => self.restore_new(&self.keys.champion_of(champion.revision), champion).await,
            Restorable::Pointer(champion, artifact) => self.restore_pointer(champion, artifact).await,
            Restorable::Counter(number) => self.raise_counter(number).await,
        }
    }
}

impl Registry {
    async fn restore_record(&self, record: &StoredRecord) -> Result<bool, Unavailable> {
        let key = RecordKey::of(record).ok_or_else(|| Unavailable::new(WHAT, "the record has no key"))?;
        if key.pk != self.keys.partition() && key.pk != self.keys.audit_trail() {
            return Err(Unavailable::new(WHAT, format!("the record {} belongs to another model", key.sk)));
        }
        let item: RegistryItem = serde_dynamo::to_item(record).map_err(|error| Unavailable::new(WHAT, error))?;
        let (attempt, revision) = (item.get("attempt").cloned(), item.get("revision").cloned());
        let has_ended = item.get("status").and_then(|status| status.as_s().ok()).is_some_and(|it| it != "RUNNING");
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match (attempt, revision) {
            (Some(attempt), _) if has_ended => put
                .condition_expression(ABSENT_OR_NOT_ENDED)
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":attempt", attempt)
                .expression_attribute_values(":running", items::text("RUNNING")),
            (Some(attempt), _) => {
                put.condition_expression(ABSENT_OR_OLDER_ATTEMPT).expression_attribute_values(":attempt", attempt)
            }
            (None, Some(revision)) => {
                put.condition_expression(ABSENT_OR_OLDER).expression_attribute_values(":revision", revision)
            }
            (None, None) => put.condition_expression(ABSENT),
        };
        let tags = (key.kind() == RecordKind::Annotations).then(|| record.get(listing::TAGS).cloned()).flatten();
        let is_restored = self.restored(put, None, &key.sk).await?;
        if let (true, Some(tags)) = (is_restored, tags) {
            self.restore_tags(&key, &tags).await?;
        }
        Ok(is_restored)
    }

    /// Copies the restored tags of a version to its record, from which lists read them.
    async fn restore_tags(&self, annotations: &RecordKey, tags: &Value) -> Result<(), Unavailable> {
        let number = annotations.sk.rsplit('#').next().and_then(VersionNumber::of_padded);
        let Some(number) = number else { return Ok(()) };
        let tags = serde_dynamo::to_attribute_value(tags).map_err(|error| Unavailable::new(WHAT, error))?;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(self.keys.version(number).into_item()))
            .update_expression("SET #tags = :tags")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#tags", listing::TAGS)
            .expression_attribute_values(":tags", tags);
        let Err(error) = update.send().await else { return Ok(()) };
        match error.as_service_error() {
            // The version is not registered, so no list shows it.
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(unavailable(WHAT)(error)),
        }
    }

    async fn restore_new<T: Serialize>(&self, key: &Key, record: &T) -> Result<bool, Unavailable> {
        let put = self.write(key, record)?.condition_expression(ABSENT);
        self.restored(put, None, key.sort()).await
    }

    /// Restores the record that names the champion, with a copy of the model file if it is given and small.
    async fn restore_pointer(&self, champion: &Champion, artifact: Option<&[u8]>) -> Result<bool, Unavailable> {
        let key = self.keys.champion();
        let put = self
            .write(&key, champion)?
            .condition_expression(ABSENT_OR_OLDER)
            .expression_attribute_values(":revision", items::number(champion.revision));
        let copy = artifact.filter(|content| content.len() <= LARGEST_COPY);
        let copy = copy.map(|content| copy::encode(&self.keys, champion, content));
        self.restored(put, copy, key.sort()).await
    }

    /// Performs a conditional put. Returns `false` if its condition was false.
    async fn restored(&self, put: PutBuilder, beside: Option<RegistryItem>, sort: &str) -> Result<bool, Unavailable> {
        let mut writes = vec![finish(put)?];
        if let Some(item) = beside {
            writes.push(finish(Put::builder().table_name(&self.table).set_item(Some(item)))?);
        }
        match self.transact(writes, WHAT).await {
            Ok(()) => Ok(true),
            Err(refused) if refused.is_at(sort) => Ok(false),
            Err(refused) => Err(refused.error),
        }
    }

    async fn raise_counter(&self, number: VersionNumber) -> Result<bool, Unavailable> {
        let raising = self
            .counter(number.get())
            .update_expression("SET last_version = :above")
            .condition_expression(super::numbers::IS_BEHIND)
            .expression_attribute_values(":number", items::text("N"));
        let Err(error) = raising.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(unavailable(WHAT)(error)),
        }
    }
}
