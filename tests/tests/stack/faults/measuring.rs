//! Measuring while what is measured, or where figures go, does not answer.

use evergreen_tests::Stack;
use evergreen_tests::faults::Fault;
use evergreen_tests::faults::Service::{ApiGateway, CloudWatch, DynamoDb};
use evergreen_tests::wait::seconds;
use serde_json::json;

/// All figures come, although the fault happened.
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
async fn figures_whose_answer_is_late_are_published() {
    publishes_all_the_same(Fault::withholds_answer(seconds(3)).with(CloudWatch, "PutMetricData").first(1)).await;
}

#[tokio::test]
async fn figures_are_published_through_a_throttled_registry() {
    publishes_all_the_same(Fault::throttles().with_all_of(DynamoDb).every(2).first(4)).await;
}

#[tokio::test]
async fn a_quota_that_cannot_be_read_leaves_out_its_figure_alone() {
    publishes_all_the_same(Fault::fails().with(ApiGateway, "GetUsage")).await;
}

#[tokio::test]
async fn a_cloudwatch_that_is_down_fails_the_measurement_so_that_it_is_made_again() {
    let stack = Stack::take().await;
    stack.served().await;
    let fault = stack.faults.add(Fault::fails().with(CloudWatch, "PutMetricData").of("metrics"));
    let outcome = stack.functions.call(&stack.functions.metrics, &json!({"trigger": "schedule"})).await;
    assert!(outcome.failed, "{}", outcome.payload);
    assert_eq!(outcome.payload["errorType"], "NotPublished", "{}", outcome.payload);
    drop(fault);
    stack.functions.measure().await;
}

#[tokio::test]
async fn a_registry_that_is_down_fails_the_measurement_so_that_it_is_made_again() {
    let stack = Stack::take().await;
    stack.served().await;
    let fault = stack.faults.add(Fault::fails().with_all_of(DynamoDb).of("metrics"));
    let outcome = stack.functions.call(&stack.functions.metrics, &json!({"trigger": "schedule"})).await;
    assert!(outcome.failed, "{}", outcome.payload);
    drop(fault);
    stack.functions.measure().await;
}

#[tokio::test]
async fn runs_that_cannot_be_read_leave_out_their_figures_alone() {
    let stack = Stack::take().await;
    stack.served().await;
    let fault = stack.faults.add(Fault::fails().with(DynamoDb, "Query").about("by-start").of("metrics"));
    let outcome = stack.functions.call(&stack.functions.metrics, &json!({"trigger": "schedule"})).await;
    assert!(fault.end() > 0, "the fault concerned no call");
    assert!(!outcome.failed, "{}", outcome.payload);
    let published = &outcome.payload["published"];
    assert_eq!(published["ModelHealthy"].as_f64(), Some(1.0), "{published}");
    assert!(published["FailedRuns"].is_null(), "{published}");
    assert_eq!(outcome.payload["unknown"], json!(["runs"]));
}
