//! Summaries of runs and versions.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;

use evergreen_lifecycle::listing::{Listed, RunSummary, Search, VersionSummary};
use evergreen_lifecycle::{RunStatus, VersionNumber};
use evergreen_testkit::{finished_run, moment, run, version};
use proptest::prelude::*;

const START: &str = "2026-11-24T03:00:00Z";

const NONE: [u32; 0] = [];

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

fn summaries(accuracies: &[Option<u8>]) -> Vec<VersionSummary> {
    let numbered = accuracies.iter().zip(1..);
    let summary = |(accuracy, number): (&Option<u8>, u32)| {
        let accuracy = accuracy.map(|accuracy| f64::from(accuracy) / 100.0);
        let mut summary = VersionSummary::of(&version(number, accuracy.unwrap_or(0.5), moment(START)), BTreeMap::new());
        if accuracy.is_none() {
            summary.metrics.remove("accuracy");
        }
        summary
    };
    numbered.map(summary).collect()
}

fn numbers(parameters: &[(&str, &str)], versions: Vec<VersionSummary>) -> Vec<u32> {
    let page = Search::<VersionSummary>::parse(parameters.iter().copied()).unwrap().page(versions);
    page.entries.iter().map(|version| version.number.get()).collect()
}

fn error<T: Listed>(name: &str, value: &str) -> String {
    match Search::<T>::parse([(name, value)]) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{name}={value} was accepted"),
    }
}

#[test]
fn versions_are_found_by_status_metric_data_set_and_tag() {
    let mut versions = summaries(&[Some(95), Some(50), Some(92), None]);
    versions[2].tags = [("team".to_owned(), "risk".to_owned())].into();
    let found = |name: &str, value: &str| numbers(&[(name, value)], versions.clone());
    assert_eq!(found("sort", "number"), [1, 2, 3, 4]);
    assert_eq!(found("status", "promoted"), [3, 1]);
    assert_eq!(found("metric", "accuracy>0.9"), [3, 1]);
    assert_eq!(found("tag", "team=risk"), [3]);
    assert_eq!(found("tag", "team"), [3]);
    assert_eq!(found("tag", "team=other"), NONE);
    assert_eq!(found("dataset", "ffff"), [4, 3, 2, 1]);
    assert_eq!(found("dataset", &"f".repeat(64)), [4, 3, 2, 1]);
    assert_eq!(found("dataset", "0"), NONE);
    assert_eq!(found("from", "2026-11-25"), NONE);
    assert_eq!(found("family", "linear"), NONE);
}

#[test]
fn a_version_without_the_metric_comes_last_in_both_directions() {
    let versions = || summaries(&[Some(95), None, Some(92)]);
    assert_eq!(numbers(&[("sort", "accuracy")], versions()), [3, 1, 2]);
    assert_eq!(numbers(&[("sort", "-accuracy")], versions()), [1, 3, 2]);
}

#[test]
fn the_error_names_the_parameter_and_what_was_expected() {
    insta::assert_snapshot!(error::<RunSummary>("status", "done"), @r#"parameter status: found "done", expected one of running, lost, succeeded, rejected, failed"#);
    insta::assert_snapshot!(error::<VersionSummary>("status", "succeeded"), @r#"parameter status: found "succeeded", expected promoted or refused"#);
    insta::assert_snapshot!(error::<RunSummary>("limit", "0"), @r#"parameter limit: found "0", expected a whole number from 1 to 1000"#);
    insta::assert_snapshot!(error::<RunSummary>("from", "yesterday"), @r#"parameter from: found "yesterday", expected a time such as 2026-11-24T03:00:00Z, or a date in UTC"#);
    insta::assert_snapshot!(error::<RunSummary>("after", "page 2"), @r#"parameter after: found "page 2", expected the value of `next` in another answer"#);
    assert!(error::<RunSummary>("tag", "a").contains("expected one of the parameters family, metric"));
}

#[test]
fn runs_are_found_by_status_and_trigger() {
    let runs = ["a", "b"].map(|token| RunSummary::of(&run(token, moment(START)), None, moment(START)));
    let found = |parameters: &[(&str, &str)]| {
        Search::<RunSummary>::parse(parameters.iter().copied()).unwrap().page(runs.to_vec()).entries.len()
    };
    assert_eq!(found(&[("status", "RUNNING"), ("trigger", "manual")]), 2);
    assert_eq!(found(&[("status", "failed")]), 0);
}

proptest! {
    #[test]
    fn paging_visits_each_entry_exactly_once(
        accuracies in prop::collection::vec(prop::option::of(0u8..5), 0..40), limit in 1usize..9,
        sort in prop::sample::select(vec!["accuracy", "-accuracy", "number", "-number", "trained_at", "-rmse"]),
    ) {
        let versions = summaries(&accuracies);
        let limit = limit.to_string();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let after_text: Option<String> = after.take();
            let mut parameters = vec![("sort", sort), ("limit", limit.as_str())];
            parameters.extend(after_text.as_deref().map(|after| ("after", after)));
            let page = Search::<VersionSummary>::parse(parameters).unwrap().page(versions.clone());
            seen.extend(page.entries.iter().map(|version| version.number.get()));
            after = page.next;
            if after.is_none() { break; }
        }
        prop_assert_eq!(&seen, &numbers(&[("sort", sort), ("limit", "1000")], versions));
        seen.sort_unstable();
        prop_assert_eq!(seen, (1..=u32::try_from(accuracies.len()).unwrap()).collect::<Vec<_>>());
    }

    #[test]
    fn the_previous_pages_lead_back_to_the_first_page(
        accuracies in prop::collection::vec(prop::option::of(0u8..5), 0..40), limit in 1usize..9,
        sort in prop::sample::select(vec!["accuracy", "-number", "-rmse"]),
    ) {
        let versions = summaries(&accuracies);
        let limit = limit.to_string();
        let page = |name: &str, place: Option<&str>| {
            let cursor = place.map(|place| (name, place));
            let parameters = [("sort", sort), ("limit", limit.as_str())].into_iter().chain(cursor);
            Search::<VersionSummary>::parse(parameters).unwrap().page(versions.clone())
        };
        let mut pages = vec![page("after", None)];
        while let Some(next) = pages.last().unwrap().next.clone() {
            pages.push(page("after", Some(&next)));
        }
        let mut current = pages.pop().unwrap();
        for expected in pages.iter().rev() {
            let previous = page("before", current.previous.as_deref());
            prop_assert_eq!(&previous, expected);
            current = previous;
        }
        prop_assert_eq!(current.previous, None);
    }

    #[test]
    fn any_parameter_is_safe_to_read(name in "status|metric|after|before|sort|from|dataset|tag", value in ".*") {
        let _ = Search::<RunSummary>::parse([(name.as_str(), value.as_str())]);
        let _ = Search::<VersionSummary>::parse([(name.as_str(), value.as_str())]);
    }
}
