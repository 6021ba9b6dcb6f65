//! Tests which attempt at a training run may start and which may end it.

use evergreen_lifecycle::ports::{Registrar, RunWriteError};
use evergreen_lifecycle::{Run, RunMetrics};
use evergreen_testkit::registration;

use crate::world::{attempt, good, later, open, registry, run_of};

/// Test helper: returns the record of the same attempt at a training run after the attempt has failed.
fn failed(run: Run) -> Run {
    run.failed("no such column".into(), None, later(1))
}

fn is_conflict(outcome: Result<(), RunWriteError>) -> bool {
    matches!(outcome, Err(RunWriteError::Conflict(_)))
}

#[tokio::test]
async fn a_first_attempt_is_opened_once_and_reopened_only_by_itself() {
    let registry = registry();
    let first = attempt("7", 1);
    open(&registry, &first).await.unwrap();
    assert_eq!(run_of(&registry, &first.id).await, Some(first.clone()));

    // This repeats the opening of the run, as if the answer to the first try was lost.
    open(&registry, &first).await.unwrap();
    let rival = Run { invocation: "another".into(), ..first.clone() };
    assert!(is_conflict(open(&registry, &rival).await));
    assert_eq!(run_of(&registry, &first.id).await, Some(first));
}

#[tokio::test]
async fn a_later_attempt_is_opened_only_after_the_one_before_it() {
    let registry = registry();
    assert!(is_conflict(open(&registry, &attempt("7", 2)).await), "there is no first attempt");
    open(&registry, &attempt("7", 1)).await.unwrap();
    assert!(is_conflict(open(&registry, &attempt("7", 3)).await), "there is no second attempt");
    open(&registry, &attempt("7", 2)).await.unwrap();

    registry.fail(&failed(attempt("7", 2)), &[]).await.unwrap();
    open(&registry, &attempt("7", 3)).await.unwrap();
    assert_eq!(run_of(&registry, &attempt("7", 1).id).await, Some(attempt("7", 3)));
}

#[tokio::test]
async fn a_run_that_made_a_version_is_never_opened_again() {
    let registry = registry();
    open(&registry, &attempt("7", 1)).await.unwrap();
    let ended = registration(attempt("7", 1), good(1), None);
    registry.register(&ended).await.unwrap();
    assert!(is_conflict(open(&registry, &attempt("7", 2)).await));
    assert_eq!(run_of(&registry, &ended.run.id).await, Some(ended.run));
}

#[tokio::test]
async fn only_one_of_many_concurrent_openings_of_an_attempt_succeeds() {
    let registry = registry();
    let rivals = (0..12).map(|rival| {
        let (registry, run) = (registry.clone(), Run { invocation: format!("rival-{rival}"), ..attempt("7", 1) });
        tokio::spawn(async move { open(&registry, &run).await.map(|()| run) })
    });
    let mut opened = Vec::new();
    for rival in rivals.collect::<Vec<_>>() {
        match rival.await.unwrap() {
            Ok(run) => opened.push(run),
            Err(error) => assert!(is_conflict(Err(error))),
        }
    }
    assert_eq!(opened.len(), 1);
    assert_eq!(run_of(&registry, &opened[0].id).await, opened.pop());
}

#[tokio::test]
async fn only_the_current_attempt_stores_a_failure() {
    let registry = registry();
    assert!(is_conflict(registry.fail(&failed(attempt("7", 1)), &[]).await), "there is no such run");
    open(&registry, &attempt("7", 1)).await.unwrap();
    open(&registry, &attempt("7", 2)).await.unwrap();
    assert!(is_conflict(registry.fail(&failed(attempt("7", 1)), &[]).await), "the second attempt has taken over");

    registry.fail(&failed(attempt("7", 2)), &[]).await.unwrap();
    registry.fail(&failed(attempt("7", 2)), &[]).await.unwrap();
    assert_eq!(run_of(&registry, &attempt("7", 2).id).await, Some(failed(attempt("7", 2))));
}

#[tokio::test]
async fn a_run_with_numbers_out_of_range_and_empty_texts_is_stored() {
    let registry = registry();
    let figures = RunMetrics::Regression {
        training_r2: 0.1 + 0.2,
        r2: -1e300,
        rmse: 1e300,
        mae: 1e-300,
        median_absolute_error: f64::MIN_POSITIVE,
        duration: 1.0 / 3.0,
    };
    let run = Run { code_version: String::new(), metrics: Some(figures), ..attempt("7", 1) };
    open(&registry, &run).await.unwrap();

    let stored = run_of(&registry, &run.id).await.unwrap();
    let Some(RunMetrics::Regression { training_r2, r2, rmse, mae, median_absolute_error, duration }) = stored.metrics
    else {
        panic!("{:?}", stored.metrics)
    };
    assert_eq!((training_r2, duration), (0.1 + 0.2, 1.0 / 3.0));
    assert_eq!((r2, rmse), (-9.999e125, 9.999e125));
    assert_eq!((mae, median_absolute_error), (0.0, 0.0));
    assert_eq!(stored.code_version, "");
}
