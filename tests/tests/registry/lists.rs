//! Tests lists and counts of registry records that take more than one page. DynamoDB returns at most one megabyte for a
//! query.

use evergreen_aws::Registry;
use evergreen_lifecycle::ports::{Listing, Registrar, Runs};
use evergreen_lifecycle::{Dataset, Run, Version};
use evergreen_testkit::run;

use crate::world::{
    attempt, bad, champion_with_copy, good, history_of, later, new_model, open, opened, promoted, registry,
    registry_of, version_of,
};

/// Number of records of `LARGE` bytes each that together exceed one megabyte.
const MANY: u32 = 30;
/// Size of a large record of the registry, in bytes.
const LARGE: usize = 50_000;

/// Returns the ids of the newest training runs, newest first.
async fn tokens(registry: &Registry, limit: u32) -> Vec<String> {
    let runs = registry.recent_runs(limit).await.unwrap().into_iter();
    runs.map(|run| run.unwrap().id.as_str().to_owned()).collect()
}

#[tokio::test]
async fn a_list_of_runs_is_newest_first_and_holds_only_runs() {
    let registry = registry();
    promoted(&registry, 1).await;
    registry.take_number(None).await.unwrap();
    let opened: Vec<_> = [7, 5, 9, 6, 8].map(|minutes| run(&minutes.to_string(), later(minutes))).to_vec();
    for run in &opened {
        open(&registry, run).await.unwrap();
    }
    assert_eq!(tokens(&registry, 3).await, ["manual-9", "manual-8", "manual-7"]);
    assert_eq!(tokens(&registry, 50).await, ["manual-9", "manual-8", "manual-7", "manual-6", "manual-5", "manual-v1"]);
}

#[tokio::test]
async fn a_run_that_was_started_again_is_listed_by_its_last_attempt() {
    let registry = registry();
    open(&registry, &attempt("7", 1)).await.unwrap();
    open(&registry, &run("8", later(1))).await.unwrap();
    let second = Run { started_at: later(2), ..attempt("7", 2) };
    open(&registry, &second).await.unwrap();
    assert_eq!(registry.recent_runs(9).await.unwrap(), [Ok(second), Ok(run("8", later(1)))]);
}

#[tokio::test]
async fn runs_with_the_same_start_time_are_all_listed() {
    let registry = registry();
    for token in ["a", "b", "c"] {
        open(&registry, &attempt(token, 1)).await.unwrap();
    }
    assert_eq!(registry.recent_runs(9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn more_runs_than_a_page_holds_are_all_listed() {
    let registry = registry();
    for number in 0..MANY {
        let warnings = vec!["w".repeat(LARGE)];
        let opened = Run { warnings, ..run(&number.to_string(), later(number.into())) };
        open(&registry, &opened).await.unwrap();
    }
    let expected: Vec<_> = (0..MANY).rev().map(|number| format!("manual-{number}")).collect();
    assert_eq!(tokens(&registry, MANY).await, expected);
}

#[tokio::test]
async fn more_versions_than_a_page_holds_are_all_listed() {
    let registry = registry();
    let champion = promoted(&registry, 1).await;
    for number in 2..=MANY {
        let version = bad(number);
        let dataset = Dataset { columns: vec!["c".repeat(LARGE)], ..version.dataset.clone() };
        let refused = opened(&registry, Version { dataset, ..version }, Some(&champion)).await;
        registry.register(&refused).await.unwrap();
    }
    assert_eq!(registry.version_summaries(1000).await.unwrap().len(), MANY as usize);
}

#[tokio::test]
async fn models_in_one_table_do_not_see_each_other() {
    let name = new_model();
    let (one, other) = (registry_of(&name), registry_of(&format!("{name}-2")));
    let champion = promoted(&one, 1).await;
    assert_eq!(champion_with_copy(&other).await, None);
    assert_eq!(other.recent_runs(9).await.unwrap(), []);
    assert_eq!(other.version_summaries(1000).await.unwrap().len(), 0);
    assert_eq!(version_of(&other, good(1).number).await, None);

    promoted(&other, 1).await;
    promoted(&other, 2).await;
    assert_eq!(history_of(&one).await, [champion]);
    assert_eq!(one.version_summaries(1000).await.unwrap().len(), 1);
}
