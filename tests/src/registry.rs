//! Test access to the registry's DynamoDB table without the deployed functions.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, BillingMode, GlobalSecondaryIndex, LocalSecondaryIndex};
use serde_json::Value;

use crate::stack::MODEL;

/// A DynamoDB item of the registry table: attribute values by attribute name.
pub type Item = HashMap<String, AttributeValue>;

/// Test client of the registry's DynamoDB table, for the items of this stack's model.
#[derive(Debug, Clone)]
pub struct Registry {
    client: Client,
    table: String,
}

impl Registry {
    pub(crate) fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Returns the registry item of the model with the sort key `sk`. `None` if there is no such item.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn item(&self, sk: &str) -> Option<Item> {
        // The read is strongly consistent.
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let got = get.key("pk", partition()).key("sk", text(sk)).send().await;
        got.expect("the table answers").item
    }

    /// Returns the registry items of the model whose sort keys start with `prefix`, in key order.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn items(&self, prefix: &str) -> Vec<Item> {
        self.items_of(partition(), prefix).await
    }

    async fn items_of(&self, partition: AttributeValue, prefix: &str) -> Vec<Item> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.expression_attribute_values(":pk", partition);
        // DynamoDB compares no key with an empty text.
        let query = match prefix {
            "" => query.key_condition_expression("pk = :pk"),
            _ => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let pages = query.into_paginator().items().send();
        pages.collect::<Result<_, _>>().await.expect("the table answers")
    }

    /// Returns the events that are stored in the registry table but not yet published, oldest first.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn waiting_events(&self) -> Vec<Item> {
        let query =
            self.client.query().table_name(&self.table).consistent_read(true).key_condition_expression("pk = :pk");
        let page = query.expression_attribute_values(":pk", outbox()).send().await.expect("the table answers");
        page.items.unwrap_or_default()
    }

    /// Stores an unpublished event in the registry table, as a stopped training run would leave it.
    ///
    /// # Panics
    /// When DynamoDB does not accept the item.
    pub async fn leave_event(&self, key: &str, attributes: &[(&str, &str)]) {
        // The run is stopped before publishing.
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
        let keys = [("pk".to_owned(), outbox()), ("sk".to_owned(), text(key))];
        self.put(keys.into_iter().chain(attributes).collect()).await;
    }

    /// Deletes an unpublished event from the registry table, by its sort key.
    ///
    /// # Panics
    /// When DynamoDB does not delete the item.
    pub async fn drop_event(&self, key: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", outbox()).key("sk", text(key));
        delete.send().await.expect("the table deletes it");
    }

    /// Creates a second, empty DynamoDB table with the name `name` and the same definition as the registry table.
    ///
    /// # Panics
    /// When DynamoDB does not create the table.
    pub async fn create_twin(&self, name: &str) -> Self {
        let described = self.client.describe_table().table_name(&self.table).send().await.expect("the table is there");
        let table = described.table.expect("a table has a description");
        let indexes = table.local_secondary_indexes.unwrap_or_default().into_iter().map(|index| {
            let new = LocalSecondaryIndex::builder().set_index_name(index.index_name).set_key_schema(index.key_schema);
            new.set_projection(index.projection).build().expect("an index")
        });
        let create = self.client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let create = create.set_key_schema(table.key_schema).set_attribute_definitions(table.attribute_definitions);
        let lists = table.global_secondary_indexes.unwrap_or_default().into_iter().map(|index| {
            let new = GlobalSecondaryIndex::builder().set_index_name(index.index_name).set_key_schema(index.key_schema);
            new.set_projection(index.projection).build().expect("an index")
        });
        let create = create.set_local_secondary_indexes(Some(indexes.collect()).filter(|all: &Vec<_>| !all.is_empty()));
        let create = create.set_global_secondary_indexes(Some(lists.collect()).filter(|all: &Vec<_>| !all.is_empty()));
        create.send().await.expect("the table is made");
        Self { client: self.client.clone(), table: name.to_owned() }
    }

    /// Deletes the whole DynamoDB table of this client.
    ///
    /// # Panics
    /// When DynamoDB does not delete the table.
    pub async fn drop_table(self) {
        self.client.delete_table().table_name(&self.table).send().await.expect("the table is deleted");
    }

    /// Makes each unpublished event in the registry table one hour older.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn age_outbox(&self) {
        // The deployed functions publish stored events only when they are old. A new event is published by the training
        // run that stored it.
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

    /// Stores an item in the registry table. It replaces an item with the same keys.
    ///
    /// # Panics
    /// When DynamoDB does not accept the item.
    pub async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.expect("the table takes it");
    }

    /// Deletes the registry item of the model with the sort key `sk`.
    ///
    /// # Panics
    /// When DynamoDB does not delete the item.
    pub async fn delete(&self, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", partition()).key("sk", text(sk));
        delete.send().await.expect("the table deletes it");
    }

    /// Returns the registry items about served rows whose sort keys begin with `prefix`.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn served_items(&self, prefix: &str) -> Vec<Item> {
        self.items_of(served(), prefix).await
    }

    /// Deletes the registry item about served rows with the sort key `sk`.
    ///
    /// # Panics
    /// When DynamoDB does not delete the item.
    pub async fn delete_served_item(&self, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", served()).key("sk", text(sk));
        delete.send().await.expect("the table deletes it");
    }

    /// Returns the registry items about mails and alarms whose sort keys begin with `prefix`.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn mail_items(&self, prefix: &str) -> Vec<Item> {
        self.items_of(mails(), prefix).await
    }

    /// Deletes the registry item about mails or alarms with the sort key `sk`.
    ///
    /// # Panics
    /// When DynamoDB does not delete the item.
    pub async fn delete_mail_item(&self, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.table).key("pk", mails()).key("sk", text(sk));
        delete.send().await.expect("the table deletes it");
    }

    /// Makes the registry's claims on unanswered mails an hour older, so that the alert function may send the mails
    /// again.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn age_claims(&self) {
        // A claim is the record that the alert function has begun to send a mail.
        for mut claim in self.mail_items("CLAIM#").await {
            claim.insert("open_at".to_owned(), text("2026-01-01T00:00:00.000Z"));
            self.put(claim).await;
        }
    }

    /// Deletes the registry's claims on all mails, so that the alert function may send them again.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn forget_claims(&self) {
        for item in self.mail_items("CLAIM#").await {
            self.delete_mail_item(item["sk"].as_s().expect("a sort key is a text")).await;
        }
    }

    /// Mutes alarms for ten minutes. `kinds` are their names without the name of the stack.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn mute(&self, kinds: impl IntoIterator<Item = String>) {
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
        for kind in kinds {
            let fields = [("sk", format!("MUTE#{kind}")), ("alarm", kind), ("until", format!("{until:.3}"))];
            let mut item: Item = fields.map(|(name, value)| (name.to_owned(), text(&value))).into();
            item.insert("pk".to_owned(), mails());
            item.insert("expires_at".to_owned(), AttributeValue::N(until.as_second().to_string()));
            self.put(item).await;
        }
    }

    /// Ends all mutes of alarms.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn unmute_all(&self) {
        for item in self.mail_items("MUTE#").await {
            self.delete_mail_item(item["sk"].as_s().expect("a sort key is a text")).await;
        }
    }

    /// Deletes the registry's record of the alarms and their incidents.
    ///
    /// # Panics
    /// When DynamoDB does not answer.
    pub async fn forget_alarms(&self) {
        // Tests raise the same alarms again within minutes. With the old record, the alert function would treat that as
        // repeated incidents and hold back mails.
        self.delete_mail_item("INCIDENTS").await;
    }

    /// Returns the registry's record of the current champion. `None` if there is no champion.
    pub async fn champion(&self) -> Option<Value> {
        self.item("CHAMPION").await.map(read)
    }

    /// Returns the registry's records of all champions so far, oldest first.
    pub async fn history(&self) -> Vec<Value> {
        self.items("CHAMPION#").await.into_iter().map(read).collect()
    }

    /// Returns the registry's record of the training run with this id. `None` if there is no such run.
    pub async fn run(&self, id: &str) -> Option<Value> {
        self.item(&format!("RUN#{id}")).await.map(read)
    }

    /// Returns the registry's records of all model versions, oldest first.
    pub async fn versions(&self) -> Vec<Value> {
        self.items("VERSION#").await.into_iter().map(read).collect()
    }

    /// Makes a registered model version the champion by hand, without checking its model file.
    ///
    /// # Panics
    /// When there is no champion, or no model version with this number.
    pub async fn point_to(&self, number: u64) {
        // The train function would check the file.
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

    /// Deletes the record of the current champion and the history of champions.
    pub async fn forget_champions(&self) {
        // The registered model versions stay.
        self.delete("CHAMPION").await;
        for champion in self.history().await {
            let revision = champion["revision"].as_u64().unwrap_or_default();
            self.delete(&format!("CHAMPION#{revision:08}")).await;
        }
    }
}

/// Creates a DynamoDB attribute value of type string.
pub fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn partition() -> AttributeValue {
    text(&format!("MODEL#{MODEL}"))
}

fn mails() -> AttributeValue {
    text(&format!("MAIL#{MODEL}"))
}

fn served() -> AttributeValue {
    text(&format!("SERVED#{MODEL}"))
}

fn outbox() -> AttributeValue {
    text(&format!("OUTBOX#{MODEL}"))
}

fn read(item: Item) -> Value {
    serde_dynamo::from_item(item).expect("items hold what JSON can")
}
