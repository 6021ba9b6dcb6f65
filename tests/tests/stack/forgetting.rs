//! Tests that model versions refused by the gate are marked to expire. The mark is removed when somebody uses the
//! version.

use std::collections::BTreeMap;

use evergreen_tests::Stack;
use evergreen_tests::training::{bad, fresh_id};
use jiff::Timestamp;
use serde_json::json;

/// Name of the S3 object tag by which the bucket's lifecycle rule selects objects to delete.
const TAG: &str = "evergreen-keep-days";

#[tokio::test]
async fn a_refused_version_expires_in_registry_and_bucket_until_somebody_promotes_it() {
    let stack = Stack::take().await;
    let days = stack.functions.setting(&stack.functions.train, "EVERGREEN_KEEP_DAYS").await;
    let serving = stack.train_good().await;
    let refused = stack.train(bad()).await;
    assert_eq!(refused["status"], "REJECTED", "{refused}");
    let number = refused["version"].as_u64().expect("a refused run has a version");
    let (version, run) =
        (format!("VERSION#{number:08}"), format!("RUN#{}", refused["run_id"].as_str().expect("a run has an id")));

    let seconds = days.parse::<i64>().expect("a number of days") * 24 * 3600;
    for key in [&version, &run] {
        let at = expiry(&stack, key).await.unwrap_or_else(|| panic!("{key} is kept for ever"));
        let left = at - Timestamp::now().as_second();
        assert!((seconds - 600..=seconds).contains(&left), "{key} is forgotten in {left} s");
    }
    let tagged = BTreeMap::from([(TAG.to_owned(), days)]);
    for tags in tags(&stack, number).await {
        assert_eq!(tags, tagged);
    }
    assert_eq!(expiry(&stack, &format!("VERSION#{serving:08}")).await, None, "what was promoted stays");
    for tags in tags(&stack, serving).await {
        assert!(tags.is_empty(), "what was promoted stays: {tags:?}");
    }

    let promoted = stack.functions.call(&stack.functions.train, &json!({"promote": number})).await;
    assert!(!promoted.failed, "{}", promoted.payload);
    for key in [&version, &run] {
        assert_eq!(expiry(&stack, key).await, None, "{key} is in use");
    }
    for tags in tags(&stack, number).await {
        assert!(tags.is_empty(), "{tags:?}");
    }
    stack.serve_new().await;
}

#[tokio::test]
async fn a_failed_run_is_marked_to_expire() {
    let stack = Stack::take().await;
    let id = fresh_id();
    let event = json!({"id": id, "hyperparameters": {"n_estimators": -1}});
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert!(outcome.failed, "{}", outcome.payload);
    assert!(expiry(&stack, &format!("RUN#manual-{id}")).await.is_some(), "the failed run is kept for ever");
    stack.serve_new().await;
}

/// Returns when DynamoDB may delete the registry item with this sort key, in seconds since 1970. `None` if the item
/// never expires.
async fn expiry(stack: &Stack, key: &str) -> Option<i64> {
    let item = stack.registry.item(key).await.unwrap_or_else(|| panic!("there is no {key}"));
    item.get("expires_at").map(|at| at.as_n().expect("a number").parse().expect("whole seconds"))
}

/// Returns the S3 tags of each stored object of model version `number`.
async fn tags(stack: &Stack, number: u64) -> Vec<BTreeMap<String, String>> {
    let keys = stack.bucket.keys(&format!("models/iris/{number:08}/")).await;
    assert!(keys.len() >= 2, "an artifact and a manifest: {keys:?}");
    let mut all = Vec::new();
    for key in keys {
        all.push(stack.bucket.tags(&key).await);
    }
    all
}
