//! Tests that a version number is never used twice, and that a registered version never changes.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_tests::Stack;
use evergreen_tests::registry::text;
use evergreen_tests::training::good;
use serde_json::Value;

/// Returns all S3 objects of all model versions: their contents by object key.
async fn objects(stack: &Stack) -> BTreeMap<String, Vec<u8>> {
    let mut objects = BTreeMap::new();
    for key in stack.bucket.keys("models/iris/").await {
        let content = stack.bucket.get(&key).await.expect("a listed object is there");
        objects.insert(key, content);
    }
    objects
}

/// Returns the highest number of a registered model version.
async fn last_number(stack: &Stack) -> u64 {
    let versions = stack.registry.versions().await;
    versions.last().and_then(|version| version["number"].as_u64()).expect("there is a version")
}

/// Returns the last model version number that the registry has given out.
async fn counter(stack: &Stack) -> u64 {
    let item = stack.registry.item("COUNTER").await.expect("there is a counter");
    item["last_version"].as_n().expect("a number").parse().expect("a whole number")
}

fn number(report: &Value) -> u64 {
    report["version"].as_u64().expect("a version has a number")
}

#[tokio::test]
async fn a_deleted_damaged_or_low_counter_is_repaired_and_no_stored_object_changes() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let sound = stack.registry.item("COUNTER").await.expect("there is a counter");
    for value in [None, Some(AttributeValue::N("0".into())), Some(text("seven"))] {
        let (before, last) = (objects(&stack).await, last_number(&stack).await);
        stack.registry.delete("COUNTER").await;
        if let Some(value) = value {
            let mut damaged = sound.clone();
            damaged.insert("last_version".into(), value);
            stack.registry.put(damaged).await;
        }
        // The seed and the hyperparameters are the same, so the artifact has the same bytes as the last one.
        let report = stack.train(good()).await;
        assert!(number(&report) > last, "{report}");
        assert_eq!(counter(&stack).await, number(&report));
        let mut after = objects(&stack).await;
        after.retain(|key, _| before.contains_key(key));
        assert!(after == before, "an object that was stored has changed");
    }
    let champion = stack.champion_number().await;
    stack.until_served(champion).await;
}

#[tokio::test]
async fn a_second_registry_on_the_same_bucket_overwrites_nothing() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let (before, last) = (objects(&stack).await, last_number(&stack).await);
    let (train, own) =
        (&stack.functions.train, stack.functions.setting(&stack.functions.train, "EVERGREEN_TABLE").await);
    let other = stack.registry.create_twin(&format!("{}-twin", stack.name)).await;

    stack.functions.set(train, "EVERGREEN_TABLE", &format!("{}-twin", stack.name)).await;
    let first = stack.functions.call(train, &good()).await;
    stack.functions.set(train, "EVERGREEN_TABLE", &own).await;

    assert!(!first.failed, "{}", first.payload);
    let taken = number(&first.payload);
    assert!(taken > last, "{}", first.payload);
    let champion = other.champion().await.expect("the second registry has a champion of its own");
    assert_eq!((champion["revision"].as_u64(), champion["version"]["number"].as_u64()), (Some(1), Some(taken)));
    let mut after = objects(&stack).await;
    after.retain(|key, _| before.contains_key(key));
    assert!(after == before, "an object that was stored has changed");
    // The first registry continues above the version numbers that the second registry has used.
    assert!(number(&stack.train(good()).await) > taken);
    other.drop_table().await;
}
