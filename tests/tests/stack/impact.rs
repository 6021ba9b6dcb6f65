//! Tests that a new version's record says how many answers it changes: on the hold-out, or on rows that were served.

use evergreen_tests::Stack;
use evergreen_tests::iris::flowers;
use evergreen_tests::training::{as_good, bad};
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

/// The prefix of the samples of served rows.
const SAMPLES: &str = "served/iris/";

/// Returns what the status API says about the answers that a version changes.
async fn impact(stack: &Stack, report: &Value) -> String {
    let shown = stack.api.get(&format!("/versions/{}", report["version"])).await.ok().body;
    shown["impact"].as_str().unwrap_or_else(|| panic!("no impact: {shown}")).to_owned()
}

#[tokio::test]
async fn a_version_that_answers_otherwise_says_how_many_answers_change() {
    let stack = Stack::take().await;
    let champion = stack.serve_new().await;
    // A tree without a split answers every flower alike.
    let refused = stack.train(bad()).await;
    let said = impact(&stack, &refused).await;
    let start = format!("against version {champion}, on 30 hold-out rows: ");
    assert!(said.starts_with(&start) && said.contains(" of 30 answers change"), "{said}");
    let versions = stack.registry.versions().await;
    let kept = versions.iter().find(|version| version["number"] == refused["version"]).expect("it is on record");
    let kept = &kept["decision"]["impact"];
    assert_eq!((&kept["basis"]["source"], &kept["rows"]), (&json!("hold_out"), &json!(30)), "{kept}");
    let compared = stack.api.get(&format!("/compare?versions={champion},{}", refused["version"])).await.ok().body;
    assert_eq!(compared["tests"][0]["impact"], said);
}

#[tokio::test]
async fn with_a_sample_the_rows_are_those_that_were_served() {
    let stack = Stack::take().await;
    let champion = stack.serve_new().await;
    let (predict, train) = (&stack.functions.predict, &stack.functions.train);
    stack.functions.set(predict, "EVERGREEN_SAMPLE_ROWS", "120").await;
    stack.functions.set(train, "EVERGREEN_SAMPLE_DAYS", "7").await;

    let rows: Value = flowers().iter().map(|flower| flower.row.clone()).collect();
    until("a sample of the served rows", seconds(60), async || {
        // A sample is stored after a refresh, which a later request starts.
        stack.api.predict(&rows).await.ok();
        tokio::time::sleep(seconds(1)).await;
        (!stack.bucket.keys(SAMPLES).await.is_empty()).then_some(())
    })
    .await;
    let report = stack.train(as_good()).await;
    let said = impact(&stack, &report).await;

    stack.functions.set(predict, "EVERGREEN_SAMPLE_ROWS", "0").await;
    stack.functions.set(train, "EVERGREEN_SAMPLE_DAYS", "0").await;
    for key in stack.bucket.keys(SAMPLES).await {
        stack.bucket.delete(&key).await;
    }
    assert!(said.starts_with(&format!("against version {champion}, on ")), "{said}");
    assert!(said.contains(" rows served in the last 7 days: "), "{said}");
}
