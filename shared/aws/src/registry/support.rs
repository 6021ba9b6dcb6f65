//! What tests of the registry share.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use serde::Serialize;

use super::Registry;
use super::items::Item;

/// The registry of the model `iris` in the table `registry`, whose calls `rules` answer in turn.
pub fn registry(rules: &[&Rule]) -> Registry {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules.iter().copied());
    Registry::over(client, "registry", &"iris".parse().unwrap())
}

/// The item of a record, without its key.
pub fn item<T: Serialize>(record: &T) -> Item {
    serde_dynamo::to_item(record).unwrap()
}

/// Attributes as JSON in a stable order.
pub fn json(attributes: Item) -> serde_json::Value {
    serde_dynamo::from_item(attributes).unwrap()
}

/// An item of the text attributes `pairs`.
pub fn texts(pairs: &[(&str, &str)]) -> Item {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()))).collect()
}
