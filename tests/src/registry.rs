//! Direct access to the registry table, without the functions.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, BillingMode, LocalSecondaryIndex};
use serde_json::Value;

use crate::stack::MODEL;

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// The registry table, for this stack's model.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
}

impl Registry {
    pub(crate) fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Returns the item with that sort key, if any. The read is strongly consistent.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn item(&self, sk: &str) -> Option<Item> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let got = get.key("pk", partition()).key("sk", text(sk)).send().await;
        got.expect("the table answers").item
    }

    /// Returns the items whose sort keys start with `prefix`, in key order.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn items(&self, prefix: &str) -> Vec<Item> {
        self.items_of(partition(), prefix).await
    }

    async fn items_of(&self, partition: AttributeValue, prefix: &str) -> Vec<Item> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let pages = query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", partition)
            .expression_attribute_values(":prefix", text(prefix))
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<_, _>>().await.expect("the table answers")
    }

    /// Returns the events that are stored but not yet published, oldest first.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn waiting_events(&self) -> Vec<Item> {
        let query =
            self.client.query().table_name(&self.table).consistent_read(true).key_condition_expression("pk = :pk");
        let page = query.expression_attribute_values(":pk", outbox()).send().await.expect("the table answers");
        page.items.unwrap_or_default()
    }

    /// Stores an unpublished event, as a training run does that is stopped before publishing it.
    ///
    /// # Panics
    /// When the table does not accept it.
    pub async fn leave_event(&self, key: &str, attributes: &[(&str, &str)]) {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
        let keys = [("pk".to_owned(), outbox()), ("sk".to_owned(), text(key))];
        self.put(keys.into_iter().chain(attributes).collect()).await;
    }

    /// Deletes an unpublished event.
    ///
    /// # Panics
    /// When the table does not delete it.
    pub async fn drop_event(&self, key: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", outbox()).key("sk", text(key));
        delete.send().await.expect("the table deletes it");
    }

    /// Creates an empty table with that name and the same definition as this one.
    ///
    /// # Panics
    /// When the table cannot be created.
    pub async fn create_twin(&self, name: &str) -> Self {
        let described = self.client.describe_table().table_name(&self.table).send().await.expect("the table is there");
        let table = described.table.expect("a table has a description");
        let indexes = table.local_secondary_indexes.unwrap_or_default().into_iter().map(|index| {
            let new = LocalSecondaryIndex::builder().set_index_name(index.index_name).set_key_schema(index.key_schema);
            new.set_projection(index.projection).build().expect("an index")
        });
        let create = self.client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let create = create.set_key_schema(table.key_schema).set_attribute_definitions(table.attribute_definitions);
        create.set_local_secondary_indexes(Some(indexes.collect())).send().await.expect("the table is made");
        Self { client: self.client.clone(), table: name.to_owned() }
    }

    /// Deletes the whole table.
    ///
    /// # Panics
    /// When it cannot be deleted.
    pub async fn drop_table(self) {
        self.client.delete_table().table_name(&self.table).send().await.expect("the table is deleted");
    }

    /// Makes the unpublished events an hour older. Other invocations leave new events to the run that stored them.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn age_outbox(&self) {
        for mut item in self.waiting_events().await {
            let sk = item["sk"].as_s().expect("a sort key is text").clone();
            let (at, rest) = sk.split_once('#').expect("an event's key begins with its time");
            let at = at.parse::<jiff::Timestamp>().expect("a time") - jiff::SignedDuration::from_hours(1);
            let delete = self.client.delete_item().table_name(&self.table).key("pk", outbox()).key("sk", text(&sk));
            delete.send().await.expect("the table deletes it");
            item.insert("sk".into(), text(&format!("{at:.3}#{rest}")));
            self.put(item).await;
        }
    }

    /// Stores an item.
    ///
    /// # Panics
    /// When the table does not accept it.
    pub async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.expect("the table takes it");
    }

    /// Deletes an item.
    ///
    /// # Panics
    /// When the table does not delete it.
    pub async fn delete(&self, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", partition()).key("sk", text(sk));
        delete.send().await.expect("the table deletes it");
    }

    /// Returns the items about mails whose sort keys start with `prefix`.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn mail_items(&self, prefix: &str) -> Vec<Item> {
        self.items_of(mails(), prefix).await
    }

    /// Deletes the item about mails with that sort key.
    ///
    /// # Panics
    /// When the table does not delete it.
    pub async fn delete_mail_item(&self, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", mails()).key("sk", text(sk));
        delete.send().await.expect("the table deletes it");
    }

    /// Makes unanswered mails old enough to be sent again, as if an hour had passed.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn age_claims(&self) {
        for mut claim in self.mail_items("CLAIM#").await {
            claim.insert("open_at".to_owned(), text("2026-01-01T00:00:00.000Z"));
            self.put(claim).await;
        }
    }

    /// Deletes the records of all alarms. Tests raise the same alarms again within minutes, which would count as
    /// flapping.
    ///
    /// # Panics
    /// When the table does not answer.
    pub async fn forget_alarms(&self) {
        for item in self.mail_items("ALARM#").await {
            self.delete_mail_item(item["sk"].as_s().expect("a sort key is a text")).await;
        }
    }

    /// Returns the champion pointer, if any.
    pub async fn champion(&self) -> Option<Value> {
        self.item("CHAMPION").await.map(read)
    }

    /// Returns all champions so far, oldest first.
    pub async fn history(&self) -> Vec<Value> {
        self.items("CHAMPION#").await.into_iter().map(read).collect()
    }

    /// Returns the run with that id, if any.
    pub async fn run(&self, id: &str) -> Option<Value> {
        self.item(&format!("RUN#{id}")).await.map(read)
    }

    /// Returns the registered versions, oldest first.
    pub async fn versions(&self) -> Vec<Value> {
        self.items("VERSION#").await.into_iter().map(read).collect()
    }

    /// Makes a registered version champion without checking its artifact, which the train function would do.
    ///
    /// # Panics
    /// When there is no champion, or no such version.
    pub async fn point_to(&self, number: u64) {
        let mut version = self.item(&format!("VERSION#{number:08}")).await.expect("the version is registered");
        version.retain(|name, _| name != "pk" && name != "sk");
        let now = self.champion().await.expect("there is a champion");
        let revision = now["revision"].as_u64().expect("revisions are numbers") + 1;
        let mut item = self.item("CHAMPION").await.expect("there is a champion");
        item.insert("revision".into(), AttributeValue::N(revision.to_string()));
        item.insert("previous".into(), AttributeValue::N(now["version"]["number"].to_string()));
        item.insert("promoted_at".into(), text(&format!("{:.3}", jiff::Timestamp::now())));
        item.insert("version".into(), AttributeValue::M(version));
        self.put(item.clone()).await;
        item.insert("sk".into(), text(&format!("CHAMPION#{revision:08}")));
        self.put(item).await;
    }

    /// Deletes the champion and its history. The versions stay.
    pub async fn forget_champions(&self) {
        self.delete("CHAMPION").await;
        for champion in self.history().await {
            let revision = champion["revision"].as_u64().unwrap_or_default();
            self.delete(&format!("CHAMPION#{revision:08}")).await;
        }
    }
}

/// Creates a string attribute.
pub fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn partition() -> AttributeValue {
    text(&format!("MODEL#{MODEL}"))
}

fn mails() -> AttributeValue {
    text(&format!("MAIL#{MODEL}"))
}

fn outbox() -> AttributeValue {
    text(&format!("OUTBOX#{MODEL}"))
}

fn read(item: Item) -> Value {
    serde_dynamo::from_item(item).expect("items hold what JSON can")
}
