//! Helper functions for tests of the registry.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde::Serialize;

use crate::registry::Registry;
use crate::registry::items::RegistryItem;

/// Test helper: returns a registry of the model `iris` in the table `registry`. Each rule in `rules` answers one call,
/// in order.
pub fn registry(rules: &[&Rule]) -> Registry {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules.iter().copied());
    Registry::over(client, "registry", &"iris".parse().unwrap())
}

/// Test helper: returns the DynamoDB item of a record, without its key.
pub fn item<T: Serialize>(record: &T) -> RegistryItem {
    serde_dynamo::to_item(record).unwrap()
}

/// Test helper: returns DynamoDB attributes as JSON, in a stable order.
pub fn json(attributes: RegistryItem) -> serde_json::Value {
    serde_dynamo::from_item(attributes).unwrap()
}

/// Test helper: returns a DynamoDB item whose attributes are the texts in `pairs` (name and value).
pub fn texts(pairs: &[(&str, &str)]) -> RegistryItem {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()))).collect()
}
