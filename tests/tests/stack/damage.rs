//! Tests what happens when the champion's artifact in S3 is damaged. The last good model version continues to answer.
//! An alarm is sent, and the next training run repairs the damage.

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_tests::Stack;
use evergreen_tests::iris::setosa;
use evergreen_tests::training::{as_good, good};
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

#[tokio::test]
async fn a_damaged_artifact_never_serves_and_the_next_training_replaces_it() {
    let stack = Stack::take().await;
    survives(&stack, async |key| {
        let mut content = stack.bucket.get(key).await.expect("the artifact is there");
        let middle = content.len() / 2;
        content[middle] ^= 1;
        stack.bucket.put(key, content).await;
    })
    .await;
}

#[tokio::test]
async fn a_truncated_artifact_never_serves() {
    let stack = Stack::take().await;
    let (broken, serving) = break_champion(&stack, async |key| stack.bucket.put(key, "cut short").await).await;
    assert_ne!(broken, serving);
    stack.assert_keeps_serving(serving).await;
    stack.serve_new().await;
}

#[tokio::test]
async fn the_next_training_replaces_a_deleted_artifact() {
    let stack = Stack::take().await;
    survives(&stack, async |key| stack.bucket.delete(key).await).await;
}

#[tokio::test]
async fn an_environment_that_starts_with_a_broken_champion_answers_503_and_recovers() {
    let stack = Stack::take().await;
    break_champion(&stack, async |key| stack.bucket.delete(key).await).await;
    stack.functions.forget_environments(&stack.functions.predict).await;

    let problem = stack.api.predict(&setosa()).await.problem(503);
    assert!(!problem.answer.header("retry-after").is_empty());
    for cause in ["NoSuchKey", "S3", "artifact", "sha256"] {
        assert!(!problem.answer.text.contains(cause), "a 5xx shows its cause: {}", problem.answer.text);
    }
    let version = stack.train_good().await;
    stack.until_recovered(version).await;
}

#[tokio::test]
async fn without_any_champion_there_is_a_503_until_the_first_training() {
    let stack = Stack::take().await;
    stack.train_good().await;
    stack.registry.forget_champions().await;
    stack.functions.forget_environments(&stack.functions.predict).await;

    for _ in 0..3 {
        let problem = stack.api.predict(&setosa()).await.problem(503);
        let wait = problem.answer.header("retry-after").parse::<u32>().expect("seconds to wait");
        assert!(wait > 0, "{}", problem.answer.text);
    }
    stack.api.get("/model").await.problem(503);
    assert_ne!(stack.api.health().await.status, 200);
    let published = stack.functions.measure().await;
    assert!(published["Versions"].as_f64().is_some_and(|versions| versions >= 1.0), "{published}");
    assert_eq!(published["ModelAccuracy"], Value::Null, "{published}");
    assert_eq!(published["ModelHealthy"], Value::Null, "nothing was ever promoted, as far as is known: {published}");

    let report = stack.train(good()).await;
    let version = report["version"].as_u64().expect("a version");
    let champion = stack.registry.champion().await.expect("there is a champion again");
    assert_eq!((&champion["revision"], &champion["previous"]), (&json!(1), &Value::Null));
    assert_eq!(champion["version"]["decision"]["verdict"], "first_champion");
    stack.until_recovered(version).await;
    let health = stack.api.health().await.ok();
    assert_eq!(health.body["status"], "ok", "{}", health.text);
}

#[tokio::test]
async fn the_stored_artifact_serves_in_place_of_a_damaged_copy() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let sound = stack.registry.item("ARTIFACT").await.expect("a small artifact is kept beside the champion");
    let content = sound["content"].as_b().expect("an artifact is bytes").as_ref().to_vec();
    let stored = stack.bucket.get(&format!("models/iris/{version:08}/model.onnx")).await;
    assert_eq!(Some(&content), stored.as_ref());

    let mut damaged = sound.clone();
    let mut other = content;
    let middle = other.len() / 2;
    other[middle] ^= 1;
    damaged.insert("content".into(), AttributeValue::B(Blob::new(other)));
    stack.registry.put(damaged).await;
    stack.functions.forget_environments(&stack.functions.predict).await;
    let answer = stack.api.predict(&setosa()).await.ok();
    assert_eq!(answer.version(), version);
    let published = stack.functions.measure().await;
    assert_eq!((&published["ModelHealthy"], &published["DamagedArtifacts"]), (&json!(1.0), &json!(1.0)), "{published}");
    stack.registry.put(sound).await;
}

#[tokio::test]
async fn a_valid_copy_serves_while_the_stored_artifact_is_damaged() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    stack.bucket.put(&format!("models/iris/{version:08}/model.onnx"), "other bytes").await;
    stack.functions.forget_environments(&stack.functions.predict).await;
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), version);
    let published = stack.functions.measure().await;
    assert_eq!((&published["ModelHealthy"], &published["DamagedArtifacts"]), (&json!(1.0), &json!(1.0)), "{published}");
    // The gate treats the champion as unreadable, so the next training run replaces the champion.
    stack.serve_new().await;
    let published = stack.functions.measure().await;
    assert_eq!((&published["ModelHealthy"], &published["DamagedArtifacts"]), (&json!(1.0), &json!(0.0)), "{published}");
}

#[tokio::test]
async fn a_missing_pointer_or_one_to_a_missing_artifact_is_unhealthy_at_once() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let pointer = stack.registry.item("CHAMPION").await.expect("there is a champion");
    let copy = stack.registry.item("ARTIFACT").await.expect("a small artifact is kept beside the champion");
    let health = async || stack.functions.measure().await["ModelHealthy"].clone();

    stack.registry.delete("CHAMPION").await;
    assert_eq!(health().await, json!(0.0), "the pointer is gone");
    let mut elsewhere = pointer.clone();
    let version = elsewhere.get_mut("version").and_then(|version| version.as_m().ok().cloned()).expect("a version");
    let mut artifact = version["artifact"].as_m().expect("an artifact").clone();
    artifact.insert("key".into(), AttributeValue::S("models/iris/99999999/model.onnx".into()));
    artifact.insert("sha256".into(), AttributeValue::S("0".repeat(64)));
    let version = version.into_iter().chain([("artifact".to_owned(), AttributeValue::M(artifact))]).collect();
    elsewhere.insert("version".into(), AttributeValue::M(version));
    stack.registry.put(elsewhere).await;
    assert_eq!(health().await, json!(0.0), "the pointer names what is not there");

    stack.registry.put(pointer).await;
    stack.registry.put(copy).await;
    assert_eq!(health().await, json!(1.0), "the pointer is back");
}

#[tokio::test]
async fn a_pointer_written_by_a_newer_release_serves() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let pointer = stack.registry.item("CHAMPION").await.expect("there is a champion");
    let mut newer = pointer.clone();
    let mut version = newer["version"].as_m().expect("a version").clone();
    version.insert("family".into(), AttributeValue::S("oracle".into()));
    newer.insert("version".into(), AttributeValue::M(version));
    stack.registry.put(newer).await;
    stack.functions.forget_environments(&stack.functions.predict).await;

    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), serving);
    let model = stack.api.get("/model").await.ok().body;
    assert!(model["unreadable"].as_str().is_some_and(|why| why.contains("oracle")), "{model}");
    let published = stack.functions.measure().await;
    assert_eq!(
        (&published["ModelHealthy"], &published["UnreadableRecords"]),
        (&json!(1.0), &json!(1.0)),
        "{published}"
    );
    // The gate compares the new version with the champion, and training continues.
    let report = stack.train(as_good()).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    stack.serve_new().await;
}

/// Damages the model file of an older model version and makes that version the champion. Returns the numbers of the
/// damaged version and of the version that answers predictions.
async fn break_champion(stack: &Stack, damage: impl AsyncFnOnce(&str)) -> (u64, u64) {
    // The previous champion continues to answer predictions. An older version is used, so that its file is damaged
    // before any function environment reads it. Its file has other bytes than that of the answering version, because a
    // file in memory is not read again.
    let older = stack.train_to_serve(as_good()).await;
    let serving = stack.serve_new().await;
    damage(&format!("models/iris/{older:08}/model.onnx")).await;
    stack.registry.point_to(older).await;
    (older, serving)
}

/// Checks the whole incident: the champion's model file is damaged, an alarm is mailed, and the next training repairs
/// the damage.
async fn survives(stack: &Stack, damage: impl AsyncFnOnce(&str)) {
    // Then training replaces the champion, and the end of the alarm is mailed.
    stack.served().await;
    let deployed = stack.quicken("model-unhealthy").await;
    let mark = stack.inbox.mark().await;
    let (broken, serving) = break_champion(stack, damage).await;

    stack.assert_keeps_serving(serving).await;
    load_failure_is_counted(stack).await;
    assert_eq!(stack.functions.measure().await["ModelHealthy"].as_f64(), Some(0.0));
    assert_eq!(stack.cloudwatch.newest("ModelHealthy").await, Some(0.0));
    assert_eq!(stack.cloudwatch.state("model-unhealthy").await, StateValue::Alarm);
    stack.until_mailed(mark, "model-unhealthy", StateValue::Alarm).await;

    let report = stack.train(good()).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    let champion = stack.registry.champion().await.expect("there is a champion");
    assert_eq!(champion["version"]["decision"]["verdict"], "champion_unreadable");
    assert_eq!(champion["previous"], broken);
    stack.until_served(report["version"].as_u64().expect("a version")).await;
    stack.until_over("model-unhealthy").await;
    assert_eq!(stack.functions.measure().await["ModelHealthy"].as_f64(), Some(1.0));
    stack.until_mailed(mark, "model-unhealthy", StateValue::Ok).await;
    stack.cloudwatch.define(deployed).await;
}

/// Calls the predict function until its log reports a failed load of the model.
async fn load_failure_is_counted(stack: &Stack) {
    // CloudWatch counts failed loads by this line of the log.
    let event = serde_json::from_str(include_str!("../../../events/predict-health.json")).expect("an event is JSON");
    let line = until("a failed load to be counted", stack.refresh_time().await + seconds(10), async || {
        let log = stack.functions.call(&stack.functions.predict, &event).await.log;
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["ModelLoadFailures"].is_number())
    })
    .await;
    assert_eq!((&line["ModelLoadFailures"], &line["ModelName"]), (&json!(1), &json!("iris")), "{line}");
    let metric = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&metric["Namespace"], &metric["Dimensions"]), (&json!("Evergreen"), &json!([["ModelName"]])), "{line}");
}
