//! The registry: a DynamoDB table with the runs, versions, champions and sent mails of one model.
//!
//! The partition `MODEL#<model>` holds a model's records, `MAIL#<model>` holds records about mails, and
//! `OUTBOX#<model>` holds events to be announced. The sort key identifies a record within its partition, see [`keys`].
//! An item is the serialised record plus its key. Reads of a single record see every earlier write. Lists may lag
//! behind.
//!
//! A write is repeated if its answer is lost. Then its own first try may make its condition fail. So after a refusal
//! the code reads the stored record. If the record is already the intended one, the write succeeded.

mod alarms;
mod announcements;
mod cancellation;
mod champions;
mod claims;
mod copy;
mod items;
mod keys;
mod numbers;
mod registrar;
mod retention;
mod runs;
mod transaction;

#[cfg(test)]
mod tests;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use evergreen_lifecycle::ports::Unavailable;
use evergreen_lifecycle::{ModelName, Record};

use crate::failure::unavailable;
use items::{RegistryItem, Stored};
use keys::{Key, RegistryKeys};

/// The registry of one model.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
    keys: RegistryKeys,
}

impl Registry {
    /// Creates the registry of `model` in `table`.
    pub fn new(config: &SdkConfig, table: &str, model: ModelName) -> Self {
        Self::over(Client::new(config), table, &model)
    }

    fn over(client: Client, table: &str, model: &ModelName) -> Self {
        Self { client, table: table.to_owned(), keys: RegistryKeys::of(model) }
    }

    /// Returns the record at `key`, if it exists. The read sees every earlier write.
    async fn read<T: Stored>(&self, key: Key, what: &'static str) -> Result<Option<Record<T>>, Unavailable> {
        Ok(self.item(key, what).await?.map(T::read))
    }

    /// Returns the item at `key`, if it exists. The read sees every earlier write.
    async fn item(&self, key: Key, what: &'static str) -> Result<Option<RegistryItem>, Unavailable> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key.into_item())).consistent_read(true);
        Ok(get.send().await.map_err(unavailable(what))?.item)
    }

    /// Returns the first `limit` records of `query`, in descending order of the sort key, from as many pages as
    /// necessary. Each record is decoded by itself, so an unreadable one hides no other.
    async fn newest<T: Stored>(
        &self,
        query: QueryFluentBuilder,
        limit: u32,
        what: &'static str,
    ) -> Result<Vec<Record<T>>, Unavailable> {
        let page = i32::try_from(limit).unwrap_or(i32::MAX);
        let mut items = query.scan_index_forward(false).into_paginator().page_size(page).items().send();
        let mut records = Vec::new();
        // The limit is checked first, because asking for one more item would fetch another page.
        while records.len() < limit as usize
            && let Some(item) = items.next().await
        {
            let item: RegistryItem = item.map_err(unavailable(what))?;
            records.push(T::read(item));
        }
        Ok(records)
    }

    /// Creates a query for the model's records whose sort key begins with `prefix`.
    fn query(&self, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", items::text(self.keys.partition()))
            .expression_attribute_values(":prefix", items::text(prefix))
    }
}
