//! The model registry: a DynamoDB table with the training runs, model versions, champions and sent mails of one model.
//!
//! The partition `MODEL#<model>` holds the runs, versions and champions of a model. `MAIL#<model>` holds the records
//! about mails and the mutes of alarms. `OUTBOX#<model>` holds the events that must still be published. `AUDIT#<model>`
//! holds the audit trail, and `SESSION#<model>` links and sessions. `METRICS#<model>` holds the record of the metrics that
//! were published last, and `SERVED#<model>` the counts of served rows. `KEY#<model>` holds the secret that signs the
//! ids of predictions, and `FEEDBACK#<model>` what turned out true about them. The sort key identifies a record within
//! its partition, see [`keys`]. An item is the serialised record plus its key. A read of a single record sees every
//! earlier write. A list may lack the newest writes.
//!
//! The SDK repeats a write if the answer is lost. The first try may then make the condition of the second try fail. So
//! after a refused write, the code reads the stored record. If the stored record is already the intended one, the write
//! was successful.

mod alarms;
mod announcements;
mod backfill;
mod cancellation;
mod champions;
mod changes;
mod claims;
mod copy;
mod counted_ids;
mod feedback;
mod items;
mod journal;
mod keys;
mod listing;
mod live;
mod mail_links;
mod numbers;
mod prediction_key;
mod progress;
mod published;
mod registrar;
mod restore;
mod retention;
mod rollouts;
mod runs;
mod served;
mod sessions;
mod skew;
mod steering;
mod transaction;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use evergreen_lifecycle::feedback::PredictionKey;
use evergreen_lifecycle::ports::Unavailable;
use evergreen_lifecycle::{ModelName, Record};

use crate::artifacts::ArtifactBucket;
use crate::failure::unavailable;
use items::{RegistryItem, Stored};
use keys::{Key, RegistryKeys};

// The registry also has the champions and the records about mails.
/// Client for the model registry: the DynamoDB records of one model, such as training runs and model versions.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
    model: ModelName,
    keys: RegistryKeys,
    /// The bucket for the files of the journal. `None` if this function publishes no events.
    bucket: Option<ArtifactBucket>,
    /// Whether every record is known to have a summary. The clones of a client share it.
    is_listed: Arc<AtomicBool>,
    /// The key of prediction ids, once it was read. `None` if this function signs no ids.
    signing: Option<Arc<OnceLock<PredictionKey>>>,
}

impl Registry {
    /// Creates a client for the records of `model` in the DynamoDB table named `table`.
    pub fn new(config: &SdkConfig, table: &str, model: ModelName) -> Self {
        Self::over(Client::new(config), table, &model)
    }

    /// Adds the bucket for the files of the journal. A function that publishes events needs it.
    #[must_use]
    pub fn with_journal(self, bucket: &ArtifactBucket) -> Self {
        Self { bucket: Some(bucket.clone()), ..self }
    }

    /// Lets the calls that read the champion also fetch the key of prediction ids. A function that signs ids needs it.
    #[must_use]
    pub fn with_prediction_key(self) -> Self {
        Self { signing: Some(Arc::default()), ..self }
    }

    fn over(client: Client, table: &str, model: &ModelName) -> Self {
        Self {
            client,
            table: table.to_owned(),
            model: model.clone(),
            keys: RegistryKeys::of(model),
            bucket: None,
            is_listed: Arc::default(),
            signing: None,
        }
    }

    /// Returns the record stored under `key` in DynamoDB, or `None` if there is no record.
    async fn read<T: Stored>(&self, key: Key, what: &'static str) -> Result<Option<Record<T>>, Unavailable> {
        // The read sees every earlier write. `what` names the action in an error message.
        Ok(self.item(key, what).await?.map(T::read))
    }

    /// Returns the DynamoDB item stored under `key`, or `None` if there is no item.
    async fn item(&self, key: Key, what: &'static str) -> Result<Option<RegistryItem>, Unavailable> {
        // The read sees every earlier write. `what` names the action in an error message.
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key.into_item())).consistent_read(true);
        Ok(get.send().await.map_err(unavailable(what))?.item)
    }

    /// Returns the newest records in DynamoDB that match `query`, at most `limit`.
    async fn newest<T: Stored>(
        &self,
        query: QueryFluentBuilder,
        limit: u32,
        what: &'static str,
    ) -> Result<Vec<Record<T>>, Unavailable> {
        // The records are in descending order of the sort key. As many pages as necessary are read. Each record is
        // decoded separately, so an unreadable record does not hide the others.
        let page = i32::try_from(limit).unwrap_or(i32::MAX);
        let mut items = query.scan_index_forward(false).into_paginator().page_size(page).items().send();
        let mut records = Vec::new();
        // The number of records is checked first, because one more item from the stream may need another page.
        while records.len() < limit as usize
            && let Some(item) = items.next().await
        {
            let item: RegistryItem = item.map_err(unavailable(what))?;
            records.push(T::read(item));
        }
        Ok(records)
    }

    /// Creates a DynamoDB query for all records in the model's partition whose sort key begins with `prefix`.
    fn query(&self, prefix: &str) -> QueryFluentBuilder {
        self.query_in(self.keys.partition(), prefix)
    }

    /// Creates a DynamoDB query for all records in a partition whose sort key begins with `prefix`. An empty prefix
    /// means all records.
    fn query_in(&self, partition: &str, prefix: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table);
        let query = query.expression_attribute_values(":pk", items::text(partition));
        if prefix.is_empty() {
            return query.key_condition_expression("pk = :pk");
        }
        query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", items::text(prefix))
    }
}
