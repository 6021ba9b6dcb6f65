//! Tests the metrics of the model that the stack publishes in CloudWatch.

use std::collections::BTreeSet;

use evergreen_lifecycle::Metric;
use evergreen_lifecycle::health::Presence;
use evergreen_tests::Stack;
use evergreen_tests::training::{bad, good};
use evergreen_tests::wait::{seconds, until};

/// Expected ranges of metrics for a healthy model that was just trained. Each entry has the metric's name, the smallest
/// value and the largest value.
const RANGES: [(&str, f64, f64); 20] = [
    ("TrainingAccuracy", 0.9, 1.0),
    ("ModelAccuracy", 0.9, 1.0),
    ("ModelAccuracyMargin", 0.01, 100.0),
    ("ModelAccuracy7DayAverage", 0.9, 1.0),
    ("ModelAgeHours", 0.0, 0.1),
    ("ModelAgeMarginHours", 35.9, 36.0),
    ("HoursSinceTraining", 0.0, 0.1),
    ("TrainingDuration", 0.001, 60.0),
    ("Versions", 1.0, 100_000.0),
    ("Rejections", 0.0, 0.0),
    ("RefusedHours", 0.0, 0.0),
    ("FailedRuns", 0.0, 0.0),
    ("DeadlineMissed", 0.0, 0.0),
    ("ModelHealthy", 1.0, 1.0),
    ("DamagedArtifacts", 0.0, 0.0),
    ("DriftedColumns", 0.0, 0.0),
    ("UnreadableRecords", 0.0, 0.0),
    ("UnknownFigures", 0.0, 0.0),
    // The emulator does not count the use of the request quota, so the metric is 0.
    ("QuotaUsed", 0.0, 0.0),
    ("TrafficGone", 0.0, 0.0),
];

/// Expected range (smallest and largest value) of every metric that is not in `RANGES`.
const ANY: (f64, f64) = (0.0, 100_000.0);

#[tokio::test]
async fn every_metric_is_in_cloudwatch_with_a_plausible_value() {
    let stack = Stack::take().await;
    stack.train_good().await;
    // Wait for a new second. The test reads only the largest value of a second, and an earlier test may have published
    // others.
    tokio::time::sleep(seconds(1)).await;
    let published = stack.functions.measure().await;
    let told: BTreeSet<_> = published.as_object().expect("values by name").keys().map(String::as_str).collect();
    // Tests without a stack compare the metrics on the dashboard with the names in `Metric::ALL`. Another test may have
    // sent feedback.
    let expected = Metric::ALL.into_iter().filter(|metric| metric.presence() != Presence::AfterFeedback);
    let expected: Vec<Metric> = expected.collect();
    assert!(expected.iter().all(|metric| told.contains(metric.name())), "{told:?}");
    assert!(RANGES.iter().all(|(metric, ..)| told.contains(metric)), "a range is of no metric: {told:?}");
    for metric in expected.into_iter().map(Metric::name) {
        let range = RANGES.into_iter().find(|(name, ..)| *name == metric);
        let (least, greatest) = range.map_or(ANY, |(_, least, greatest)| (least, greatest));
        let value = published[metric].as_f64().unwrap_or_else(|| panic!("no {metric} in {published}"));
        assert!((least..=greatest).contains(&value), "{metric} is {value}");
        let stored = stack.cloudwatch.newest(metric).await.unwrap_or_else(|| panic!("{metric} is not in CloudWatch"));
        assert!((least..=greatest).contains(&stored), "{metric} is {stored} in CloudWatch");
    }
}

#[tokio::test]
async fn a_training_publishes_the_metrics_without_waiting_for_the_schedule() {
    let stack = Stack::take().await;
    for event in [good(), bad()] {
        stack.train(event).await;
        // This number was never published before, so it can only come from this training run.
        let versions = newest(&stack).await;
        until("the new version to be counted", seconds(20), async || {
            (stack.cloudwatch.newest("Versions").await == Some(versions)).then_some(())
        })
        .await;
    }
}

/// Returns the number of the newest version.
async fn newest(stack: &Stack) -> f64 {
    let versions = stack.registry.versions().await;
    versions.iter().filter_map(|version| version["number"].as_f64()).fold(0.0, f64::max)
}

#[tokio::test]
async fn each_version_is_counted() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let before = stack.functions.measure().await["Versions"].as_f64().expect("versions are counted");
    assert_eq!(before, newest(&stack).await);
    stack.train_good().await;
    assert_eq!(stack.functions.measure().await["Versions"].as_f64(), Some(before + 1.0));
}
