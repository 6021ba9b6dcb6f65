//! The published figures, from what the registry may hold.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use evergreen_lifecycle::health::{champion_figures, deadline_missed, rejections, run_figures};
use evergreen_lifecycle::{Champion, Datum, Run, RunId, Trigger};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// The scheduled time of the tests; the schedule is daily.
const DUE: &str = "2026-11-24T03:00:00Z";

fn after_due(minutes: i64) -> Timestamp {
    moment(DUE) + SignedDuration::from_mins(minutes)
}

fn figures(data: &[Datum]) -> BTreeMap<&'static str, f64> {
    data.iter().map(|datum| (datum.metric.name(), datum.value)).collect()
}

fn promoted(token: &str, at: Timestamp) -> Run {
    finished_run(token, at, &version(1, 0.95, at))
}

fn refused(token: &str, at: Timestamp) -> Run {
    finished_run(token, at, &version(2, 0.5, at))
}

fn failed(token: &str, at: Timestamp) -> Run {
    run(token, at).failed("no such column".into(), None, at)
}

/// `run` as one that judged a file made elsewhere.
fn import(run: Run) -> Run {
    Run { trigger: Trigger::Import { key: "incoming/iris/a.onnx".into(), note: None }, ..run }
}

#[test]
fn a_file_made_elsewhere_says_nothing_of_how_training_fares() {
    let fails = [import(failed("b", after_due(20))), promoted("a", after_due(1))];
    assert_eq!(figures(&run_figures(&fails, after_due(30)))["FailedRuns"], 0.0);
    let hides = [import(promoted("b", after_due(20))), failed("a", after_due(1)), promoted("c", after_due(-1440))];
    let told = figures(&run_figures(&hides, after_due(0)));
    assert_eq!((told["FailedRuns"], told["HoursSinceTraining"].round()), (1.0, 24.0));
    assert_eq!(deadline_missed(&hides, moment(DUE)), Some(true));
}

#[test]
fn without_champions_nothing_is_said_of_them() {
    assert_eq!(champion_figures(&[], after_due(0)), []);
}

#[test]
fn the_newest_champion_gives_accuracy_and_age() {
    let older = champion(version(1, 0.9, after_due(-2880)));
    let newer = Champion::succeeding(Some(&older), version(2, 0.96, after_due(-1440)), after_due(-1440));
    insta::assert_json_snapshot!(figures(&champion_figures(&[newer, older], after_due(0))), @r#"
    {
      "ModelAccuracy": 0.96,
      "ModelAccuracy7DayAverage": 0.93,
      "ModelAgeHours": 24.0
    }
    "#);
}

#[test]
fn a_champion_of_the_future_is_no_younger_than_new() {
    let data = champion_figures(&[champion(version(1, 0.9, after_due(1)))], after_due(0));
    assert_eq!(figures(&data)["ModelAgeHours"], 0.0);
}

#[test]
fn without_runs_none_has_failed_and_nothing_else_is_known() {
    insta::assert_json_snapshot!(figures(&run_figures(&[], after_due(0))), @r#"
    {
      "FailedRuns": 0.0
    }
    "#);
}

#[test]
fn the_newest_run_with_a_version_is_told_of_even_if_refused() {
    let runs = [failed("c", after_due(20)), refused("b", after_due(10)), promoted("a", after_due(0))];
    insta::assert_json_snapshot!(figures(&run_figures(&runs, after_due(70))), @r#"
    {
      "FailedRuns": 1.0,
      "HoursSinceTraining": 0.9972222222222222,
      "TrainingAccuracy": 1.0,
      "TrainingDuration": 0.5
    }
    "#);
}

#[test]
fn runs_that_came_to_nothing_count_until_one_makes_a_version() {
    let lost = run("lost", after_due(10));
    let mut runs = vec![failed("x", after_due(0)), lost, run("running", after_due(25))];
    assert_eq!(figures(&run_figures(&runs, after_due(30)))["FailedRuns"], 2.0);
    runs.push(refused("y", after_due(28)));
    assert_eq!(figures(&run_figures(&runs, after_due(30)))["FailedRuns"], 0.0);
}

#[test]
fn refusals_count_from_the_last_promotion() {
    let runs = [refused("c", after_due(20)), promoted("b", after_due(10)), refused("a", after_due(0))];
    let serving = champion(version(1, 0.95, after_due(10)));
    assert_eq!(rejections(&runs, Some(&serving), after_due(30)).value, 1.0);
    assert_eq!(rejections(&runs, None, after_due(30)).value, 2.0);
}

#[test]
fn a_version_made_since_the_due_time_keeps_the_deadline_even_if_refused() {
    for kept in [promoted("a", after_due(5)), refused("a", after_due(300))] {
        assert_eq!(deadline_missed(&[kept, failed("old", after_due(-60))], moment(DUE)), Some(false));
    }
}

#[test]
fn a_failed_a_lost_or_no_run_misses_it() {
    let before = promoted("before", after_due(-1440));
    assert_eq!(deadline_missed(std::slice::from_ref(&before), moment(DUE)), Some(true));
    for run in [failed("a", after_due(5)), run("a", after_due(5))] {
        assert_eq!(deadline_missed(&[run, before.clone()], moment(DUE)), Some(true));
    }
}

#[test]
fn a_stack_younger_than_the_due_time_has_missed_nothing_that_is_known() {
    assert_eq!(deadline_missed(&[], moment(DUE)), None);
    assert_eq!(deadline_missed(&[failed("first", after_due(5))], moment(DUE)), None);
}

#[test]
fn a_scheduled_run_counts_for_its_scheduled_time_whatever_its_clock_says() {
    let trigger = Trigger::Schedule { scheduled_at: Some(moment(DUE)) };
    let early = Run { id: RunId::scheduled(moment(DUE)), trigger, ..promoted("a", after_due(-1)) };
    assert_eq!(deadline_missed(&[early], moment(DUE)), Some(false));
}

/// Runs of every kind, within a day of the due time.
fn any_run() -> impl Strategy<Value = Run> {
    (0..4, -1440i64..1440, 0u32..1_000_000).prop_map(|(kind, minutes, token)| {
        let (token, at) = (token.to_string(), after_due(minutes));
        match kind {
            0 => promoted(&token, at),
            1 => refused(&token, at),
            2 => failed(&token, at),
            _ => run(&token, at),
        }
    })
}

proptest! {
    #[test]
    fn figures_of_runs_do_not_depend_on_their_order(mut runs in prop::collection::vec(any_run(), 0..20)) {
        // Two runs of the same minute may stand for each other: keep one.
        runs.sort_by_key(|run| run.started_at);
        runs.dedup_by_key(|run| run.started_at);
        let forwards = run_figures(&runs, after_due(1440));
        runs.reverse();
        prop_assert_eq!(run_figures(&runs, after_due(1440)), forwards);
    }

    #[test]
    fn counts_never_exceed_the_runs(runs in prop::collection::vec(any_run(), 0..20)) {
        let now = after_due(1440);
        let counted = figures(&run_figures(&runs, now))["FailedRuns"] + rejections(&runs, None, now).value;
        prop_assert!(counted <= f64::from(u32::try_from(runs.len()).unwrap()));
    }

    #[test]
    fn no_figure_is_negative(runs in prop::collection::vec(any_run(), 0..20), minutes in -2000i64..2000) {
        prop_assert!(run_figures(&runs, after_due(minutes)).iter().all(|datum| datum.value >= 0.0));
    }

    #[test]
    fn a_version_since_the_due_time_means_that_it_was_kept(runs in prop::collection::vec(any_run(), 0..20)) {
        let kept = runs.iter().any(|run| run.started_at >= moment(DUE) && run.version().is_some());
        prop_assert_eq!(deadline_missed(&runs, moment(DUE)) == Some(false), kept);
    }
}
