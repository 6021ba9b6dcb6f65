//! Tests of verification, rebuild and retention on the deployed stack.

use std::collections::BTreeMap;

use evergreen_tests::registry::Item;
use evergreen_tests::training::bad;
use evergreen_tests::{Stack, iris};
use serde_json::{Value, json};

/// Attributes that a rebuild does not restore: they say when a record expires, or that it was protected from that.
const MARKS: [&str; 2] = ["expires_at", "kept"];

async fn call(stack: &Stack, event: Value) -> Value {
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    outcome.payload
}

/// Returns the model's records by sort key, without marks.
async fn records(stack: &Stack) -> BTreeMap<String, Item> {
    let items = stack.registry.items("").await.into_iter().map(|mut item| {
        MARKS.iter().for_each(|mark| drop(item.remove(*mark)));
        (item["sk"].as_s().expect("a sort key is text").clone(), item)
    });
    items.collect()
}

#[tokio::test]
async fn a_lost_registry_is_rebuilt_from_the_bucket_while_predictions_go_on() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let refused = stack.train(bad()).await;
    let before = records(&stack).await;
    for key in before.keys() {
        stack.registry.delete(key).await;
    }
    assert_eq!(stack.api.predict(&iris::setosa()).await.ok().version(), serving);
    let report = call(&stack, json!({"rebuild": true})).await;
    assert_eq!(report["champion"], json!(serving), "{report}");
    let after = records(&stack).await;
    // Tests before this one may have put records into the table by hand. Those are not in the bucket.
    let history = before.iter().rfind(|(key, _)| key.starts_with("CHAMPION")).expect("a champion");
    let number = refused["version"].as_u64().expect("a refused run has a version");
    let run = format!("RUN#{}", refused["run_id"].as_str().expect("a run has an id"));
    for key in
        ["CHAMPION", "ARTIFACT", history.0, &run, &format!("VERSION#{number:08}"), &format!("VERSION#{serving:08}")]
    {
        assert_eq!(after.get(key), before.get(key), "{key}");
    }
    for (key, item) in before {
        if !after.contains_key(&key) {
            stack.registry.put(item).await;
        }
    }
    assert_eq!(call(&stack, json!({"rebuild": true})).await["restored"], json!({}), "a second rebuild finds nothing");
    assert_eq!(stack.api.predict(&iris::setosa()).await.ok().version(), serving);
}

#[tokio::test]
async fn the_champion_is_made_again_byte_for_byte() {
    let stack = Stack::take().await;
    let number = stack.serve_new().await;
    let verification = call(&stack, json!({"verify": number})).await;
    assert_eq!((&verification["outcome"], &verification["differences"]), (&json!("identical"), &json!([])));
    assert_eq!(stack.registry.items(&format!("VERIFY#{number:08}#")).await.len(), 1);
}

#[tokio::test]
async fn after_a_retention_the_bucket_has_objects_of_registered_versions_only() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    stack.train(bad()).await;
    let report = call(&stack, json!({"retention": {"keep": 1, "champion_days": 0}})).await;
    let records = records(&stack).await;
    let registered: Vec<_> = records.keys().filter_map(|key| key.strip_prefix("VERSION#")).collect();
    let keys = stack.bucket.keys(&format!("models/{}/", evergreen_tests::stack::MODEL)).await;
    let mut stored: Vec<_> =
        keys.iter().filter_map(|key| key.split('/').nth(2)).filter(|folder| folder.len() == 8).collect();
    stored.dedup();
    assert_eq!(stored, registered, "{report}");
    assert!(registered.contains(&format!("{serving:08}").as_str()));
    assert_eq!(stack.api.predict(&iris::setosa()).await.ok().version(), serving);
}

/// The rule of the stack passes the detail of an event on the bus, which everybody with the right to send events can forge.
#[tokio::test]
async fn an_event_without_an_entry_of_the_audit_trail_starts_no_work() {
    let stack = Stack::take().await;
    stack.served().await;
    let before = records(&stack).await;
    for request in [json!({"id": "forged"}), json!({"retention": {"keep": 1, "champion_days": 0}, "id": "forged"})] {
        let at = jiff::Timestamp::now().to_string();
        let detail = json!({
            "schema_version": 1, "model": evergreen_tests::stack::MODEL, "id": "forged", "occurred_at": at,
            "action": "training_requested", "request": request,
        });
        let outcome = stack.functions.call(&stack.functions.train, &detail).await;
        assert!(outcome.failed, "{}", outcome.payload);
        assert_eq!(outcome.payload["errorType"], "NotAudited", "{}", outcome.payload);
    }
    assert_eq!(records(&stack).await.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}
