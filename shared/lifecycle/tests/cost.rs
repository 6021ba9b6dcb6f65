//! Tests of the estimate of a month's cost, with the price list of `make cost`.
#![allow(missing_docs, clippy::unwrap_used)]

use evergreen_lifecycle::cost::{CostEstimate, FunctionUsage, MonthUsage, Prices, beginning_of_month};
use evergreen_testkit::moment;
use serde_json::Value;

fn prices() -> Prices {
    toml::from_str(include_str!("../../../infra/cost/prices.toml")).unwrap()
}

fn usage() -> MonthUsage {
    let used =
        |name: &str, memory, calls, milliseconds| FunctionUsage { name: name.into(), memory, calls, milliseconds };
    MonthUsage {
        functions: vec![used("predict", 1769, 1e6, 1e6), used("metrics", 512, 8700.0, 8700.0 * 300.0)],
        api_requests: 1e6,
        table_reads: 44_000.0,
        table_writes: 0.0,
        log_bytes: 1e9,
    }
}

fn part(estimate: &CostEstimate, name: &str) -> f64 {
    estimate.parts.iter().find(|part| part.name == name).unwrap().dollars
}

#[test]
fn without_usage_only_the_fixed_part_is_known_and_grows_with_the_month() {
    let half = CostEstimate::of(moment("2026-11-16T00:00:00Z"), &prices(), None, true);
    assert!(!half.has_usage && half.parts.len() == 1);
    assert!((half.so_far - prices().fixed_month() / 2.0).abs() < 1e-9, "{half:?}");
    assert!((half.expected.unwrap() - prices().fixed_month()).abs() < 1e-9, "{half:?}");
    let first = CostEstimate::of(moment("2026-11-01T00:00:00Z"), &prices(), None, true);
    assert_eq!((first.so_far, first.expected), (0.0, None));
}

#[test]
fn usage_is_multiplied_with_the_list_prices() {
    let estimate = CostEstimate::of(moment("2026-11-30T23:59:59Z"), &prices(), Some(&usage()), true);
    let near = |name: &str, dollars: f64| {
        let found = part(&estimate, name);
        assert!((found - dollars).abs() < 0.005, "{name}: {found}");
    };
    near("API Gateway", 3.50);
    near("Lambda, predict", 0.20 + 0.02);
    near("Calls that publish and read metrics", 0.17);
    near("Logs", 0.50);
    near("DynamoDB", 0.01);
    let sum: f64 = estimate.parts.iter().map(|part| part.dollars).sum();
    assert!((estimate.so_far - sum).abs() < 1e-9 && estimate.has_usage);
    assert!(estimate.parts.is_sorted_by(|a, b| a.dollars >= b.dollars));
}

#[test]
fn x86_time_costs_more_than_arm_time() {
    let now = moment("2026-11-30T00:00:00Z");
    let cost = |is_arm| part(&CostEstimate::of(now, &prices(), Some(&usage()), is_arm), "Lambda, metrics");
    assert!(cost(false) > cost(true));
}

#[test]
fn a_month_begins_at_midnight_in_utc() {
    assert_eq!(beginning_of_month(moment("2026-11-30T23:59:59Z")), moment("2026-11-01T00:00:00Z"));
}

#[test]
fn the_fixed_part_is_that_of_make_cost() {
    let readme = include_str!("../../../README.md");
    let dollars = |beginning: &str| -> f64 {
        let line = readme.lines().find(|line| line.starts_with("| ") && line.contains(beginning)).unwrap();
        line.trim_end_matches(" |").rsplit("| ").next().unwrap().parse().unwrap()
    };
    let fixed = dollars("custom metrics with a value every five minutes") + dollars("alarms on");
    assert!((prices().fixed_month() - fixed).abs() < 0.015, "{} and {fixed}", prices().fixed_month());
    let durations: Value = serde_json::from_str(include_str!("../../../infra/cost/durations.json")).unwrap();
    assert_eq!(durations["counted"]["metric_hours_of_repeats"], 31, "HOURS_OF_CHANGES follows from it");
}
