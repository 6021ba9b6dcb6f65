//! In-memory fake of a DynamoDB table for the benchmark. It returns single items in the JSON of DynamoDB's protocol.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use crate::store::{Store, StoreRequest, StoreResponse, answer};

/// HTTP header that names the requested DynamoDB operation.
const TARGET: &str = "x-amz-target";
const MEDIA_TYPE: &str = "application/x-amz-json-1.0";

/// In-memory fake of a DynamoDB table: its items by partition key and sort key.
#[derive(Debug, Default)]
pub struct ItemTable {
    items: BTreeMap<(String, String), Value>,
}

impl ItemTable {
    /// Stores an item with these keys in the fake table. `record` is a JSON object with the item's attributes. `binary`
    /// has further attributes of type binary.
    pub fn put(&mut self, partition: &str, sort: &str, record: &Value, binary: &[(&str, &[u8])]) {
        let mut item: Map<String, Value> =
            record.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), attribute(value))).collect();
        item.insert("pk".to_owned(), json!({"S": partition}));
        item.insert("sk".to_owned(), json!({"S": sort}));
        for (name, content) in binary {
            item.insert((*name).to_owned(), json!({"B": STANDARD.encode(content)}));
        }
        self.items.insert((partition.to_owned(), sort.to_owned()), Value::Object(item));
    }

    fn item(&self, key: &Value) -> Option<&Value> {
        let part = |name: &str| Some(key.get(name)?.get("S")?.as_str()?.to_owned());
        self.items.get(&(part("pk")?, part("sk")?))
    }

    fn answered(&self, operation: &str, asked: &Value) -> Option<Value> {
        match operation {
            "GetItem" => {
                let item = self.item(asked.get("Key")?);
                Some(item.map_or_else(|| json!({}), |item| json!({"Item": item})))
            }
            "BatchGetItem" => {
                let tables = asked.get("RequestItems")?.as_object()?;
                let found = |keys: &Value| -> Vec<&Value> {
                    keys.get("Keys")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(|key| self.item(key))
                        .collect()
                };
                let responses: BTreeMap<_, _> = tables.iter().map(|(name, keys)| (name, found(keys))).collect();
                Some(json!({"Responses": responses, "UnprocessedKeys": {}}))
            }
            // The counts of served rows. Nothing reads them here.
            "PutItem" => Some(json!({})),
            "Query" => Some(json!({"Items": [], "Count": 0, "ScannedCount": 0})),
            _ => None,
        }
    }
}

impl Store for ItemTable {
    fn answer(&self, asked: &StoreRequest) -> StoreResponse {
        let target = asked.headers().get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = serde_json::from_slice(asked.body()).unwrap_or(Value::Null);
        match self.answered(operation, &body) {
            Some(found) => answer(StatusCode::OK, MEDIA_TYPE, found.to_string()),
            None => {
                let fault = json!({"__type": "com.amazon.coral.service#UnknownOperationException"});
                answer(StatusCode::BAD_REQUEST, MEDIA_TYPE, fault.to_string())
            }
        }
    }
}

/// Converts a JSON value to a DynamoDB attribute value in the JSON of DynamoDB's protocol.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(value) => json!({"BOOL": value}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(elements) => json!({"L": elements.iter().map(attribute).collect::<Vec<_>>()}),
        Value::Object(members) => {
            let members: Map<_, _> = members.iter().map(|(name, value)| (name.clone(), attribute(value))).collect();
            json!({"M": members})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ItemTable {
        let mut table = ItemTable::default();
        let record = json!({"revision": 1, "previous": null, "version": {"score": 0.5, "labels": ["a"], "kept": true}});
        table.put("MODEL#iris", "CHAMPION", &record, &[]);
        table.put("MODEL#iris", "ARTIFACT", &json!({"version": 1}), &[("content", b"\x01\x02")]);
        table
    }

    fn key(sort: &str) -> Value {
        json!({"pk": {"S": "MODEL#iris"}, "sk": {"S": sort}})
    }

    #[test]
    fn an_item_is_what_the_protocol_makes_of_a_record() {
        let found = table().answered("GetItem", &json!({"TableName": "registry", "Key": key("CHAMPION")})).unwrap();
        let version = json!({"M": {"score": {"N": "0.5"}, "labels": {"L": [{"S": "a"}]}, "kept": {"BOOL": true}}});
        let expected = json!({
            "pk": {"S": "MODEL#iris"}, "sk": {"S": "CHAMPION"},
            "revision": {"N": "1"}, "previous": {"NULL": true}, "version": version,
        });
        assert_eq!(found, json!({"Item": expected}));
    }

    #[test]
    fn an_item_that_is_not_there_is_no_item() {
        assert_eq!(table().answered("GetItem", &json!({"Key": key("COUNTER")})), Some(json!({})));
    }

    #[test]
    fn a_batch_finds_what_is_there() {
        let asked = json!({"RequestItems": {"registry": {"Keys": [key("CHAMPION"), key("ARTIFACT"), key("COUNTER")]}}});
        let found = table().answered("BatchGetItem", &asked).unwrap();
        let items = found["Responses"]["registry"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[1]["content"], json!({"B": "AQI="}));
    }

    #[test]
    fn another_operation_is_refused() {
        assert_eq!(table().answered("Scan", &json!({})), None);
    }
}
