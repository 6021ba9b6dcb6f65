//! Tests that drift starts a training run without a person, and that the weekly digest arrives.

use evergreen_lifecycle::ports::Reactions;
use evergreen_lifecycle::reaction::Reaction;
use evergreen_tests::Stack;
use evergreen_tests::stack::{MODEL, variable};
use evergreen_tests::wait::{seconds, until};
use jiff::Timestamp;
use serde_json::json;

use crate::drifting::Served;

#[tokio::test]
async fn drift_starts_a_training_run_without_a_person() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let served = Served::of(&stack).await;
    let table = variable("EVERGREEN_TABLE");
    let registry = evergreen_aws::Registry::new(&stack.config, &table, MODEL.parse().expect("a name"));
    // A former run of this test has left one.
    stack.registry.delete("REACTIONS").await;

    stack.functions.set(&stack.functions.metrics, "EVERGREEN_ON_DRIFT", "retrain").await;
    served.store(&stack, "a-shifted-one", &served.counts(3.0)).await;
    stack.functions.measure().await;
    let taken = registry.reactions().await.unwrap().taken.pop().expect("a reaction");
    assert_eq!(taken.reaction, Reaction::Retrain);
    let run = taken.run.expect("a run");
    until("the training that the stack asked for", seconds(120), async || {
        let run = stack.api.get(&format!("/runs/{run}")).await;
        let body = run.body.clone();
        (run.status == 200 && ["SUCCEEDED", "REJECTED"].contains(&body["status"].as_str()?)).then_some(())
    })
    .await;
    let audit = stack.api.get("/audit").await.ok().body.clone();
    let entry =
        audit["entries"].as_array().expect("entries").iter().find(|entry| entry["subject"] == format!("run {run}"));
    let entry = entry.unwrap_or_else(|| panic!("no entry: {audit}"));
    assert_eq!((&entry["action"], &entry["actor"]["kind"]), (&json!("training_requested"), &json!("stack")));

    stack.functions.measure().await;
    assert_eq!(registry.reactions().await.unwrap().revision, 1, "a second training within the pause");
    stack.functions.set(&stack.functions.metrics, "EVERGREEN_ON_DRIFT", "nothing").await;
    served.store(&stack, "a-usual-one", &served.counts(1.0)).await;
    stack.functions.measure().await;
}

#[tokio::test]
async fn each_recipient_gets_the_digest_of_a_week_once() {
    let stack = Stack::take().await;
    stack.train_good().await;
    // The claims of a former run of this test are forgotten.
    stack.registry.forget_claims().await;
    let mark = stack.inbox.mark().await;
    let event = json!({"trigger": "digest", "scheduled_time": Timestamp::now().to_string()});
    let first = stack.functions.call(&stack.functions.alert, &event).await;
    assert_eq!(first.payload, json!({"sent": 2, "sent_before": 0}), "{}", first.log);
    let again = stack.functions.call(&stack.functions.alert, &event).await;
    assert_eq!(again.payload, json!({"sent": 0, "sent_before": 2}), "{}", again.log);
    let digests = stack.inbox.since(mark, |mail| mail.subject.starts_with("[WEEK] ")).await;
    assert_eq!(digests.len(), 2);
    for title in ["Versions", "Watched", "Training", "Incidents", "Requests and cost"] {
        assert!(digests[0].text.contains(title), "{title}: {}", digests[0].text);
    }
}
