//! Summaries of runs and versions.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeMap;

use evergreen_lifecycle::listing::{RunSummary, VersionSummary};
use evergreen_lifecycle::{RunStatus, VersionNumber};
use evergreen_testkit::{finished_run, moment, run, version};

const START: &str = "2026-11-24T03:00:00Z";

#[test]
fn the_summary_of_a_run_has_the_version_it_made_and_its_metrics() {
    let version = version(3, 0.95, moment(START));
    let summary = RunSummary::of(&finished_run("7", moment(START), &version), Some(&version), moment(START));
    assert_eq!((summary.status, summary.version), (RunStatus::Succeeded, VersionNumber::new(3)));
    assert_eq!((summary.family, summary.seconds), (Some(version.family), Some(10.0)));
    let metrics: Vec<_> = summary.metrics.keys().map(String::as_str).collect();
    let expected = ["accuracy", "balanced_accuracy", "f1", "log_loss", "roc_auc", "training_score"];
    assert_eq!(metrics, expected);
    assert_eq!(summary.dataset.as_deref(), Some("ffffffffffff"));
}

#[test]
fn a_run_without_a_result_is_running_until_its_time_is_over_and_then_lost() {
    let run = run("7", moment(START));
    let status = |now: &str| RunSummary::of(&run, None, moment(now)).status;
    assert_eq!(status("2026-11-24T03:15:00Z"), RunStatus::Running);
    assert_eq!(status("2026-11-24T03:15:01Z"), RunStatus::Lost);
}

#[test]
fn a_long_error_message_is_shortened() {
    let failed = run("7", moment(START)).failed("x".repeat(5000), None, moment(START));
    let summary = RunSummary::of(&failed, None, moment(START));
    assert_eq!(summary.reason.map(|reason| reason.chars().count()), Some(161));
}

#[test]
fn the_summary_of_a_version_says_what_the_gate_decided_and_required() {
    let refused = VersionSummary::of(&version(4, 0.5, moment(START)), BTreeMap::new());
    assert_eq!((refused.promoted, refused.floor), (false, Some(0.9)));
    assert_eq!((refused.primary_metric.as_str(), refused.metrics["accuracy"]), ("accuracy", 0.5));
}
