//! Tests the metrics function while one of its data sources or CloudWatch does not answer.

use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::{ApiGateway, CloudWatch, DynamoDb, S3, Scheduler};
use evergreen_tests::iris::setosa;
use evergreen_tests::registry::{Item, text};
use evergreen_tests::training::bad;
use evergreen_tests::wait::seconds;
use serde_json::{Value, json};

/// Checks that the metrics function publishes all metrics despite the fault.
async fn publishes_all_the_same(fault: Fault) {
    let stack = Stack::take().await;
    stack.served().await;
    let fault = stack.faults.add(fault.of("metrics"));
    let published = stack.functions.measure().await;
    assert!(fault.end() > 0, "the fault concerned no call");
    for figure in ["ModelHealthy", "ModelAccuracy", "FailedRuns", "Versions"] {
        assert!(published[figure].is_number(), "{figure} is missing: {published}");
    }
    assert!(stack.cloudwatch.newest("ModelHealthy").await.is_some());
}

#[tokio::test]
async fn figures_are_published_through_a_throttled_cloudwatch() {
    publishes_all_the_same(Fault::throttles().with(CloudWatch, "PutMetricData").first(2)).await;
}

#[tokio::test]
async fn figures_whose_answer_is_lost_are_published() {
    publishes_all_the_same(Fault::drops_answer().with(CloudWatch, "PutMetricData").first(1)).await;
}

#[tokio::test]
async fn figures_whose_answer_comes_late_are_published() {
    publishes_all_the_same(Fault::withholds_answer(seconds(3)).with(CloudWatch, "PutMetricData").first(1)).await;
}

#[tokio::test]
async fn figures_are_published_through_a_throttled_registry() {
    publishes_all_the_same(Fault::throttles().with_all_of(DynamoDb).every(2).first(2)).await;
}

#[tokio::test]
async fn an_unreadable_quota_leaves_out_only_its_own_figure() {
    publishes_all_the_same(Fault::fails().with(ApiGateway, "GetUsage")).await;
}

#[tokio::test]
async fn an_unreachable_cloudwatch_fails_the_measurement_and_it_is_retried() {
    let stack = Stack::take().await;
    stack.served().await;
    let fault = stack.faults.add(Fault::fails().with(CloudWatch, "PutMetricData").of("metrics"));
    let outcome = stack.functions.call(&stack.functions.metrics, &json!({})).await;
    assert!(outcome.failed, "{}", outcome.payload);
    assert_eq!(outcome.payload["errorType"], "NotPublished", "{}", outcome.payload);
    drop(fault);
    stack.functions.measure().await;
}

#[tokio::test]
async fn an_unreachable_registry_fails_the_measurement_and_it_is_retried() {
    let stack = Stack::take().await;
    stack.served().await;
    let fault = stack.faults.add(Fault::fails().with_all_of(DynamoDb).of("metrics"));
    let outcome = stack.functions.call(&stack.functions.metrics, &json!({})).await;
    assert!(outcome.failed, "{}", outcome.payload);
    drop(fault);
    stack.functions.measure().await;
}

/// Runs the metrics function with these faults and returns its report.
async fn measured<const N: usize>(stack: &Stack, faults: [Fault; N]) -> Value {
    // The run must succeed.
    let faults = faults.map(|fault| stack.faults.add(fault.of("metrics")));
    let outcome = stack.functions.call(&stack.functions.metrics, &json!({})).await;
    assert!(faults.iter().all(|fault| fault.times() > 0), "a fault concerned no call");
    assert!(!outcome.failed, "{}", outcome.payload);
    outcome.payload
}

/// Asserts that the metrics in `figures` are not published, and that the report counts them as unknown.
fn assert_unknown(report: &Value, figures: &[&str]) {
    // Unknown metrics raise an alarm.
    for figure in figures {
        assert!(report["published"][figure].is_null(), "{figure} is published: {report}");
        assert!(report["unknown"].as_array().is_some_and(|unknown| unknown.contains(&json!(figure))), "{report}");
    }
    let count = report["published"]["UnknownFigures"].as_f64().expect("unknown metrics are counted");
    assert!(count >= figures.len() as f64, "{report}");
}

#[tokio::test]
async fn unreadable_runs_leave_out_only_their_own_figures() {
    let stack = Stack::take().await;
    stack.served().await;
    let report = measured(&stack, [Fault::fails().with(DynamoDb, "Query").about("by-start")]).await;
    assert_eq!(report["published"]["ModelHealthy"], 1.0, "{report}");
    assert_unknown(&report, &["FailedRuns", "DeadlineMissed", "HoursSinceTraining"]);
}

#[tokio::test]
async fn an_unreadable_schedule_leaves_out_only_the_deadline() {
    let stack = Stack::take().await;
    stack.served().await;
    let report = measured(&stack, [Fault::fails().with(Scheduler, "GetSchedule")]).await;
    assert_eq!(report["published"]["ModelHealthy"], 1.0, "{report}");
    assert_unknown(&report, &["DeadlineMissed"]);
}

#[tokio::test]
async fn an_unreachable_store_does_not_count_as_damage() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let report = measured(&stack, [Fault::throttles().with(S3, "GetObject")]).await;
    assert_eq!(report["published"]["ModelHealthy"], 1.0, "the copy serves a new environment: {report}");
    assert_unknown(&report, &["DamagedArtifacts"]);
}

#[tokio::test]
async fn damage_in_transit_does_not_count_as_damage() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let report = measured(&stack, [Fault::flips_a_bit().with(S3, "GetObject")]).await;
    assert_eq!(report["published"]["ModelHealthy"], 1.0, "the copy serves a new environment: {report}");
    assert_unknown(&report, &["DamagedArtifacts"]);
}

#[tokio::test]
async fn without_copy_and_store_health_is_unknown() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let no_copy = Fault::refuses(400, "AccessDeniedException").with(DynamoDb, "BatchGetItem");
    let report = measured(&stack, [no_copy, Fault::throttles().with(S3, "GetObject")]).await;
    assert_unknown(&report, &["ModelHealthy", "DamagedArtifacts"]);
}

#[tokio::test]
async fn a_pointer_that_was_deleted_is_unhealthy() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let pointer = stack.registry.item("CHAMPION").await.expect("there is a champion");
    stack.registry.delete("CHAMPION").await;
    let published = stack.functions.measure().await;
    stack.registry.put(pointer).await;
    assert_eq!(published["ModelHealthy"], 0.0, "{published}");
    assert_eq!(stack.functions.measure().await["ModelHealthy"], 1.0);
}

#[tokio::test]
async fn a_pointer_to_a_missing_artifact_is_unhealthy() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let [pointer, copy] = [stack.registry.item("CHAMPION").await, stack.registry.item("ARTIFACT").await];
    let (pointer, copy) = (pointer.expect("there is a champion"), copy.expect("there is a copy"));
    stack.registry.delete("ARTIFACT").await;
    stack.registry.put(pointing_elsewhere(pointer.clone())).await;

    let published = stack.functions.measure().await;
    stack.functions.forget_environments(&stack.functions.predict).await;
    let answer = stack.api.predict(&setosa()).await;
    stack.registry.put(pointer).await;
    stack.registry.put(copy).await;
    assert_eq!(published["ModelHealthy"], 0.0, "{published}");
    answer.problem(503);
    stack.until_recovered(version).await;
}

/// Changes the record of the current champion: the record names an artifact key that does not exist in S3.
fn pointing_elsewhere(mut pointer: Item) -> Item {
    let AttributeValue::M(version) = pointer.get_mut("version").expect("a pointer holds a version") else {
        panic!("a version is a map")
    };
    let AttributeValue::M(artifact) = version.get_mut("artifact").expect("a version has an artifact") else {
        panic!("an artifact is a map")
    };
    artifact.insert("key".into(), text("models/iris/99999999/model.onnx"));
    pointer
}

#[tokio::test]
async fn an_unreadable_run_is_counted_and_hides_no_other() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let report = stack.train(bad()).await;
    let key = format!("RUN#{}", report["run_id"].as_str().expect("an id"));
    let run = stack.registry.item(&key).await.expect("the run is on record");
    let mut newer = run.clone();
    newer.insert("status".into(), text("PAUSED"));
    stack.registry.put(newer).await;

    let published = stack.functions.measure().await;
    let listed = stack.api.get("/runs?limit=5").await;
    stack.registry.put(run).await;
    assert_eq!(published["UnreadableRecords"], 1.0, "{published}");
    assert!(published["FailedRuns"].is_number(), "{published}");
    let runs = listed.ok().body["runs"].as_array().expect("a list of runs").clone();
    assert_eq!(runs.len(), 5);
}
