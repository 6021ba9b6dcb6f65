//! Shared checks for training with a fault: the training run succeeds despite the fault, or it fails and reports the
//! reason.

use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::iris::setosa;
use evergreen_tests::storage::sha256;
use evergreen_tests::training::{as_good, fresh_id, good};
use serde_json::Value;

use crate::promotion::assert_champion_is_sound;

/// Checks that a training run with the fault makes exactly one model version, which becomes the champion.
pub async fn trains_all_the_same(fault: Fault, least_times: usize) -> Value {
    // The fault must affect at least `least_times` calls.
    let stack = Stack::take().await;
    let before = stack.registry.versions().await.len();
    let fault = stack.faults.add(fault.of("train"));
    let report = stack.train(good()).await;
    let times = fault.end();
    assert!(times >= least_times, "the fault happened {times} times");
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    assert_eq!(report["duplicate"], false, "{report}");
    assert_eq!(stack.registry.versions().await.len(), before + 1);
    assert_eq!(report["version"], stack.champion_number().await);
    assert_champion_is_sound(&stack).await;
    report
}

/// Checks that a training run with the fault fails, and that its record contains `reason`.
pub async fn fails_and_says_so(fault: Fault, reason: &str) {
    // The current model version continues to answer. A second try without the fault succeeds.
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let artifact = stack.bucket.get(&artifact_of(serving)).await.expect("the artifact is there");
    let (champion, versions) = (stack.registry.champion().await, stack.registry.versions().await);

    let fault = stack.faults.add(fault.of("train"));
    let id = fresh_id();
    let mut event = as_good();
    event["id"] = id.clone().into();
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert!(fault.end() > 0, "the fault concerned no call");

    assert!(outcome.failed, "{}", outcome.payload);
    let run = stack.registry.run(&format!("manual-{id}")).await.expect("it is on record");
    assert_eq!(run["status"], "FAILED", "{run}");
    assert!(run["reason"].as_str().is_some_and(|told| told.contains(reason)), "{run}");
    assert_eq!(stack.registry.champion().await, champion);
    assert_eq!(stack.registry.versions().await, versions);
    assert_eq!(stack.bucket.get(&artifact_of(serving)).await.as_deref().map(sha256), Some(sha256(&artifact)));
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), serving);
    let report = stack.train(event).await;
    assert_eq!((&report["status"], &report["duplicate"]), (&"SUCCEEDED".into(), &false.into()), "{report}");
}

fn artifact_of(version: u64) -> String {
    format!("models/iris/{version:08}/model.onnx")
}
