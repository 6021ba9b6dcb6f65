//! Tests that training ends before the invocation's time is over.

use std::time::Instant;

use evergreen_lifecycle::RunStatus;
use serde_json::json;

use crate::support::{TestWorld, customers, quick};

const MANY: &str = "target = \"left\"\nfloor = 0.6\ncandidates = 1000\n";

#[tokio::test]
async fn a_search_that_runs_out_of_its_budget_still_makes_a_version_and_says_so() {
    let settings = format!("{MANY}time_budget_seconds = 1\n");
    let world = TestWorld::with(&[("dataset.toml", settings.as_bytes()), ("t.csv", customers(0..400).as_bytes())]);
    let report = world.invoke("a", json!({"seed": 1})).await.unwrap();
    let search = report.search.clone().unwrap();
    assert!(search.cut_short && search.tried < search.planned, "{search:?}");
    assert!(search.budget_seconds <= 1.0, "{search:?}");
    assert_eq!(world.run(&report).search, Some(search));
    assert!(report.version.is_some());
}

#[tokio::test]
async fn the_end_of_the_invocation_bounds_the_remaining_time() {
    let mut world = TestWorld::with(&[("dataset.toml", MANY.as_bytes()), ("t.csv", customers(0..400).as_bytes())]);
    world.seconds = 6;
    let started = Instant::now();
    let report = world.invoke("a", json!({"seed": 1})).await.unwrap();
    assert!(report.search.unwrap().cut_short);
    assert_ne!(report.status, RunStatus::Failed);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_invocation_without_time_is_given_up_with_a_reason() {
    let mut world = TestWorld::with(&[("dataset.toml", MANY.as_bytes()), ("t.csv", customers(0..400).as_bytes())]);
    world.seconds = 1;
    let reason = world.assert_fails("a", quick(), "OutOfTime").await;
    assert_eq!(reason, "the run did not end within the time of the invocation");
}
