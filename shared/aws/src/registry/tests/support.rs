//! Helpers for tests of the registry.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde::Serialize;

use crate::registry::Registry;
use crate::registry::items::RegistryItem;

/// Returns the registry of the model `iris` in the table `registry`. `rules` answer its calls in turn.
pub fn registry(rules: &[&Rule]) -> Registry {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules.iter().copied());
    Registry::over(client, "registry", &"iris".parse().unwrap())
}

/// Returns a record's item without its key.
pub fn item<T: Serialize>(record: &T) -> RegistryItem {
    serde_dynamo::to_item(record).unwrap()
}

/// Returns attributes as JSON in a stable order.
pub fn json(attributes: RegistryItem) -> serde_json::Value {
    serde_dynamo::from_item(attributes).unwrap()
}

/// Returns an item with the text attributes `pairs`.
pub fn texts(pairs: &[(&str, &str)]) -> RegistryItem {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()))).collect()
}
