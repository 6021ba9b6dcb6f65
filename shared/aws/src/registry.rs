//! The registry: runs, versions, champions and sent mails of one model in a DynamoDB table.
//!
//! Records of a model stand in the partition `MODEL#<model>`, those about mails in `MAIL#<model>`, and the events that are to
//! be told in `OUTBOX#<model>`. Within a partition they are told apart by the sort key, see [`keys`]. A record is stored as it
//! is serialised, its key beside it. Reads of one record see every earlier write; lists may lag behind.
//!
//! A write is sent again when its answer is lost. A conditional write that comes second to itself would seem refused; so a
//! refused write looks at what is stored: when that is what was to be written, the write has happened.

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
mod compatibility;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transaction_tests;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use evergreen_lifecycle::ports::Unavailable;
use evergreen_lifecycle::{ModelName, Record};

use crate::failure::unavailable;
use items::{Item, Stored};
use keys::{Key, Keys};

/// The registry of one model.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
    keys: Keys,
}

impl Registry {
    /// The registry of `model` in the table named `table`.
    pub fn new(config: &SdkConfig, table: &str, model: ModelName) -> Self {
        Self::over(Client::new(config), table, &model)
    }

    fn over(client: Client, table: &str, model: &ModelName) -> Self {
        Self { client, table: table.to_owned(), keys: Keys::of(model) }
    }

    /// The record at `key`, if there is one; sees every earlier write.
    async fn read<T: Stored>(&self, key: Key, what: &'static str) -> Result<Option<Record<T>>, Unavailable> {
        Ok(self.item(key, what).await?.map(T::read))
    }

    /// The item at `key`, if there is one; sees every earlier write.
    async fn item(&self, key: Key, what: &'static str) -> Result<Option<Item>, Unavailable> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key.into_item())).consistent_read(true);
        Ok(get.send().await.map_err(unavailable(what))?.item)
    }

    /// The first `limit` records of `query`, in falling order of its sort key, over as many pages as they take. Each is
    /// decoded for itself, so that one that cannot be read hides no other.
    async fn newest<T: Stored>(
        &self,
        query: QueryFluentBuilder,
        limit: u32,
        what: &'static str,
    ) -> Result<Vec<Record<T>>, Unavailable> {
        let page = i32::try_from(limit).unwrap_or(i32::MAX);
        let mut items = query.scan_index_forward(false).into_paginator().page_size(page).items().send();
        let mut records = Vec::new();
        // The limit comes first: asking for one more item would fetch one more page.
        while records.len() < limit as usize
            && let Some(item) = items.next().await
        {
            let item: Item = item.map_err(unavailable(what))?;
            records.push(T::read(item));
        }
        Ok(records)
    }

    /// A query over the model's records whose sort key begins with `prefix`.
    fn query(&self, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", items::text(self.keys.partition()))
            .expression_attribute_values(":prefix", items::text(prefix))
    }
}
