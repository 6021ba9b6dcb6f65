//! Tests that the table has the keys that the template defines, and the attribute that makes records expire.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveStatus};
use evergreen_lifecycle::ports::MailClaims;

use crate::world::{config, later, new_model, registry_of, table};

#[tokio::test]
async fn records_and_mails_expire_by_the_same_attribute() {
    let client = Client::new(&config());
    let described = client.describe_time_to_live().table_name(table()).send().await.unwrap();
    let expiry = described.time_to_live_description.unwrap();
    assert_eq!(expiry.time_to_live_status, Some(TimeToLiveStatus::Enabled));
    let attribute = expiry.attribute_name.unwrap();

    let model = new_model();
    registry_of(&model).sent("a mail", later(0)).await.unwrap();
    let found = client
        .scan()
        .table_name(table())
        .filter_expression("contains(pk, :model) AND attribute_type(#expiry, :number)")
        .expression_attribute_names("#expiry", attribute)
        .expression_attribute_values(":model", AttributeValue::S(model))
        .expression_attribute_values(":number", AttributeValue::S("N".into()))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    assert_eq!(found.collect::<Result<Vec<_>, _>>().await.unwrap().len(), 1);
}

#[tokio::test]
async fn runs_are_ordered_by_a_local_index() {
    let client = Client::new(&config());
    let described = client.describe_table().table_name(table()).send().await.unwrap().table.unwrap();
    let names = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| {
        schema.iter().map(|key| key.attribute_name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(described.key_schema()), ["pk", "sk"]);
    let indexes = described.local_secondary_indexes();
    assert_eq!(indexes.len(), 1);
    assert_eq!(indexes[0].index_name(), Some("by-start"));
    assert_eq!(names(indexes[0].key_schema()), ["pk", "started_at"]);
}

#[tokio::test]
async fn summaries_are_in_a_global_index_which_an_update_can_add() {
    let client = Client::new(&config());
    let described = client.describe_table().table_name(table()).send().await.unwrap().table.unwrap();
    let [index] = described.global_secondary_indexes() else { panic!("one index") };
    assert_eq!(index.index_name(), Some("listing"));
    let mut projected = index.projection().unwrap().non_key_attributes().to_vec();
    projected.sort();
    assert_eq!(projected, ["summary", "tags"]);
}
