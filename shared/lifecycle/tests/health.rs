//! Tests the computation of the published health metrics.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use evergreen_lifecycle::health::{self, Refusals, average_champion_accuracy, champion_metrics, refusals, run_metrics};
use evergreen_lifecycle::{
    Champion, Metric, MetricValues, Pointer, Record, Run, RunId, Trigger, Unreadable, VersionNumber,
};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

/// The time at which the daily training run is due in the tests.
const DUE: &str = "2026-11-24T03:00:00Z";

fn after_due(minutes: i64) -> Timestamp {
    moment(DUE) + SignedDuration::from_mins(minutes)
}

fn figures(figures: &MetricValues) -> BTreeMap<&'static str, f64> {
    assert_eq!(figures.unknown().len(), 0, "{figures:?}");
    figures.known().iter().map(|datum| (datum.metric.name(), datum.value)).collect()
}

/// Test helper: returns `true` if no training run succeeded within 26 hours after `due`. `None` if this is not known.
fn deadline_missed(runs: &[Run], due: Timestamp) -> Option<bool> {
    health::deadline_missed(runs, &[], due, due + SignedDuration::from_hours(26))
}

// `champion` is the current champion.
/// Test helper: returns the metrics about refused model versions, by metric name. They are computed `minutes` minutes
/// after the due time.
fn refused_by(runs: &[Run], champion: Option<&Champion>, minutes: i64) -> BTreeMap<&'static str, f64> {
    let champion = champion.cloned().map(Pointer::from);
    let highest = champion.as_ref().map(|champion| champion.number);
    figures(&refusals(&Refusals { recent: runs, champion: champion.as_ref(), highest }, after_due(minutes)))
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

/// Test helper: turns a training run into an import of a model file.
fn import(run: Run) -> Run {
    Run { trigger: Trigger::Import { key: "incoming/iris/a.onnx".into(), note: None }, ..run }
}

#[test]
fn an_import_does_not_change_the_training_metrics() {
    let fails = [import(failed("b", after_due(20))), promoted("a", after_due(1))];
    assert_eq!(figures(&run_metrics(&fails, after_due(30)))["FailedRuns"], 0.0);
    let hides = [import(promoted("b", after_due(20))), failed("a", after_due(1)), promoted("c", after_due(-1440))];
    let told = figures(&run_metrics(&hides, after_due(0)));
    assert_eq!((told["FailedRuns"], told["HoursSinceTraining"].round()), (1.0, 24.0));
    assert_eq!(deadline_missed(&hides, moment(DUE)), Some(true));
}

#[test]
fn without_champions_nothing_was_served() {
    assert_eq!(average_champion_accuracy(&[], after_due(0)), MetricValues::default());
}

fn of(champion: &Champion) -> Record<Pointer> {
    Ok(champion.clone().into())
}

/// Test helper: returns the record of `champion` as a newer release of the software might store it. This release cannot
/// read the evaluation in the record.
fn of_a_newer_release(champion: &Champion) -> Record<Pointer> {
    let mut fields = serde_json::to_value(champion).unwrap();
    fields["version"]["evaluation"] = serde_json::json!({"ranking": 0.9});
    Pointer::in_part(Unreadable::new("CHAMPION", "no variant matches", fields))
}

#[test]
fn the_champion_determines_accuracy_age_and_margin() {
    let older = champion(version(1, 0.9, after_due(-2880)));
    let newer = Champion::succeeding(Some(&older), version(2, 0.96, after_due(-1440)), after_due(-1440));
    let limit = Some(SignedDuration::from_hours(36));
    let mut told = champion_metrics(&of(&newer).unwrap(), limit, after_due(0));
    told.add(average_champion_accuracy(&[of(&newer), of(&older)], after_due(0)));
    insta::assert_json_snapshot!(figures(&told), @r#"
    {
      "ModelAccuracy": 0.96,
      "ModelAccuracy7DayAverage": 0.93,
      "ModelAgeHours": 24.0,
      "ModelAgeMarginHours": 12.0,
      "ModelVersion": 2.0
    }
    "#);
}

#[test]
fn a_champion_dated_in_the_future_counts_as_new() {
    let pointer = of(&champion(version(1, 0.9, after_due(1)))).unwrap();
    let told = champion_metrics(&pointer, Some(SignedDuration::from_hours(36)), after_due(0));
    assert_eq!(figures(&told)["ModelAgeHours"], 0.0);
}

#[test]
fn figures_missing_from_a_record_are_unknown_and_not_omitted() {
    let serving = of_a_newer_release(&champion(version(2, 0.96, after_due(-1440)))).unwrap();
    let told = champion_metrics(&serving, None, after_due(0));
    assert_eq!(told.unknown().collect::<Vec<_>>(), [Metric::ModelAccuracy, Metric::ModelAgeMarginHours]);
    assert_eq!(
        told.known().iter().map(|datum| datum.metric).collect::<Vec<_>>(),
        [Metric::ModelVersion, Metric::ModelAgeHours]
    );
}

#[test]
fn a_champion_before_the_period_does_not_count_in_the_average() {
    let days = |days: i64| after_due(-1440 * days);
    let oldest = champion(version(1, 0.8, days(30)));
    let older = Champion::succeeding(Some(&oldest), version(2, 0.9, days(14)), days(14));
    let newer = Champion::succeeding(Some(&older), version(3, 0.97, days(1)), days(1));
    let average = |history: &[Record<Pointer>]| average_champion_accuracy(history, after_due(0));
    let known = figures(&average(&[of(&newer), of(&older), of_a_newer_release(&oldest)]))["ModelAccuracy7DayAverage"];
    assert!((known - 0.91).abs() < 1e-9, "{known}");
    let unknown = average(&[of(&newer), of_a_newer_release(&older), of(&oldest)]);
    assert_eq!(unknown.unknown().collect::<Vec<_>>(), [Metric::ModelAccuracy7DayAverage]);
}

#[test]
fn without_runs_no_failure_is_known_and_other_figures_are_unknown() {
    insta::assert_json_snapshot!(figures(&run_metrics(&[], after_due(0))), @r#"
    {
      "FailedRuns": 0.0
    }
    "#);
}

#[test]
fn the_newest_run_with_a_version_counts_even_if_refused() {
    let runs = [failed("c", after_due(20)), refused("b", after_due(10)), promoted("a", after_due(0))];
    insta::assert_json_snapshot!(figures(&run_metrics(&runs, after_due(70))), @r#"
    {
      "FailedRuns": 1.0,
      "HoursSinceTraining": 0.9972222222222222,
      "TrainingAccuracy": 1.0,
      "TrainingDuration": 0.5
    }
    "#);
}

#[test]
fn failed_runs_count_until_a_run_makes_a_version() {
    let lost = run("lost", after_due(10));
    let mut runs = vec![failed("x", after_due(0)), lost, run("running", after_due(25))];
    assert_eq!(figures(&run_metrics(&runs, after_due(31)))["FailedRuns"], 2.0);
    runs.push(refused("y", after_due(28)));
    assert_eq!(figures(&run_metrics(&runs, after_due(31)))["FailedRuns"], 0.0);
}

#[test]
fn a_failure_counts_when_it_will_not_be_retried() {
    let lost = run("lost", after_due(0));
    let retried = run("again", after_due(14)).failed("the store is away".into(), Some(after_due(18)), after_due(15));
    for run in [lost.clone(), retried] {
        for (minutes, failed) in [(15, 0.0), (17, 0.0), (19, 1.0)] {
            let told = figures(&run_metrics(std::slice::from_ref(&run), after_due(minutes)));
            assert_eq!(told["FailedRuns"], failed, "{} after {minutes} minutes", run.id);
        }
    }
    let last_try = Run { tries: 3, ..lost };
    assert_eq!(figures(&run_metrics(&[last_try], after_due(16)))["FailedRuns"], 1.0);
}

#[test]
fn a_success_of_the_future_hides_no_failure() {
    let success = promoted("ahead", after_due(24 * 60));
    let runs = [success.clone(), failed("after", after_due(10)), failed("before", after_due(-10))];
    assert_eq!(figures(&run_metrics(&runs, after_due(20)))["FailedRuns"], 2.0);
    // The failed run's recorded start is later than that of the run before it. So the failure counts as soon as the
    // wrong date of that run has passed.
    let began = evergreen_lifecycle::run::began(after_due(10), Some(success.started_at));
    let runs = [success, failed("after", began), failed("before", after_due(-10))];
    assert_eq!(figures(&run_metrics(&runs, after_due(25 * 60)))["FailedRuns"], 1.0);
}

#[test]
fn the_newest_version_counts_with_any_clock() {
    let at = after_due(0);
    let newer = finished_run("newer", at, &version(7, 0.95, at));
    let older = finished_run("older", after_due(900), &version(6, 0.95, at));
    assert_eq!(figures(&run_metrics(&[older, newer], after_due(60)))["HoursSinceTraining"].round(), 1.0);
}

#[test]
fn refusals_count_from_the_last_promotion() {
    let runs = [refused("c", after_due(20)), promoted("b", after_due(10))];
    let serving = champion(version(1, 0.95, after_due(10)));
    assert_eq!(refused_by(&runs, Some(&serving), 30)["Rejections"], 1.0);
    assert_eq!(refused_by(&runs, None, 30)["Rejections"], 1.0);
    let later = champion(version(3, 0.95, after_due(25)));
    assert_eq!(refused_by(&runs, Some(&later), 30)["Rejections"], 0.0);
}

#[test]
fn refusals_are_counted_anew_after_a_rollback() {
    let runs = [refused("b", after_due(50)), refused("a", after_due(10)), promoted("first", after_due(0))];
    let first = Pointer::from(Champion { promoted_at: after_due(30), ..champion(version(1, 0.95, after_due(0))) });
    // Version 2 was the champion for some time, and then somebody promoted version 1 again.
    let (recent, highest) = (&runs.map(|run| Run { state: renumbered(&run, 3), ..run }), VersionNumber::new(2));
    let told = figures(&refusals(&Refusals { recent, champion: Some(&first), highest }, after_due(60)));
    assert_eq!(told["Rejections"], 1.0);
}

/// Test helper: returns the state of `run`. If the run was refused, the state has the model version number `number`.
fn renumbered(run: &Run, number: u32) -> evergreen_lifecycle::RunState {
    match run.state.clone() {
        evergreen_lifecycle::RunState::Rejected { finished_at, reason, .. } => {
            evergreen_lifecycle::RunState::Rejected {
                finished_at,
                reason,
                version: VersionNumber::new(number).unwrap(),
            }
        }
        state => state,
    }
}

#[test]
fn three_refusals_are_not_reported_and_four_count_from_the_first() {
    let serving = champion(version(1, 0.95, after_due(0)));
    let mut runs = vec![promoted("first", after_due(0))];
    runs.extend([24, 48, 72].map(|hours| refused(&hours.to_string(), after_due(hours * 60))));
    assert_eq!(refused_by(&runs, Some(&serving), 95 * 60)["RefusedHours"], 0.0);
    runs.push(refused("fourth", after_due(96 * 60)));
    assert_eq!(refused_by(&runs, Some(&serving), 97 * 60)["RefusedHours"].round(), 73.0);
    runs.push(finished_run("c", after_due(98 * 60), &version(3, 0.95, after_due(98 * 60))));
    let renewed = champion(version(3, 0.95, after_due(98 * 60)));
    assert_eq!(refused_by(&runs, Some(&renewed), 99 * 60)["RefusedHours"], 0.0);
}

#[test]
fn refusals_that_reach_beyond_the_newest_runs_count_from_the_promotion() {
    let serving = champion(version(1, 0.95, after_due(0)));
    let runs: Vec<_> = (0..100).map(|run| refused(&run.to_string(), after_due(60 * 60 + run * 15))).collect();
    assert_eq!(refused_by(&runs, Some(&serving), 85 * 60)["RefusedHours"], 85.0);
}

#[test]
fn refused_imports_are_counted_and_add_no_time() {
    let serving = champion(version(1, 0.95, after_due(0)));
    let runs = ["a", "b", "c"].map(|token| import(refused(token, after_due(60))));
    let told = refused_by(&runs, Some(&serving), 9000);
    assert_eq!((told["Rejections"], told["RefusedHours"]), (3.0, 0.0));
}

#[test]
fn a_version_made_since_the_due_time_meets_the_deadline_even_if_refused() {
    for kept in [promoted("a", after_due(5)), refused("a", after_due(300))] {
        assert_eq!(deadline_missed(&[kept, failed("old", after_due(-60))], moment(DUE)), Some(false));
    }
}

#[test]
fn the_deadline_is_missed_after_a_failed_a_lost_or_no_run() {
    let before = promoted("before", after_due(-1440));
    assert_eq!(deadline_missed(std::slice::from_ref(&before), moment(DUE)), Some(true));
    for run in [failed("a", after_due(5)), run("a", after_due(5))] {
        assert_eq!(deadline_missed(&[run, before.clone()], moment(DUE)), Some(true));
    }
}

#[test]
fn a_scheduled_run_counts_for_its_scheduled_time_whatever_its_clock_says() {
    let trigger = Trigger::Schedule { scheduled_at: Some(moment(DUE)) };
    let early = Run { id: RunId::scheduled(moment(DUE)), trigger, ..promoted("a", after_due(-1)) };
    assert_eq!(deadline_missed(&[early], moment(DUE)), Some(false));
}

// The recorded start of the run stays the same.
/// Test helper: turns `run` into a training run that was scheduled for the time `at`.
fn scheduled(at: Timestamp, run: Run) -> Run {
    Run { id: RunId::scheduled(at), trigger: Trigger::Schedule { scheduled_at: Some(at) }, ..run }
}

#[test]
fn a_manual_success_dated_in_the_future_never_meets_the_deadline() {
    let ahead = promoted("ahead", after_due(4 * 60));
    let runs = [ahead.clone()];
    assert_eq!(health::deadline_missed(&runs, &[], moment(DUE), after_due(61)), Some(true));
    // The recorded start of the scheduled run is later than that of the manual run. But the scheduled run had to end
    // long before the manual run's recorded start. So the manual run's date is wrong.
    let began = evergreen_lifecycle::run::began(after_due(0), Some(ahead.started_at));
    let failed = Run { lease_until: after_due(15), ..scheduled(after_due(0), failed("nightly", began)) };
    assert_eq!(health::deadline_missed(&[failed, ahead], &[], moment(DUE), after_due(5 * 60)), Some(true));
}

#[test]
fn a_manual_success_between_the_scheduled_time_and_a_late_delivery_keeps_the_deadline() {
    let late = scheduled(after_due(0), failed("late", after_due(40)));
    assert_eq!(deadline_missed(&[late, promoted("by-hand", after_due(20))], moment(DUE)), Some(false));
}

#[test]
fn an_unreadable_run_makes_the_deadline_unknown() {
    let unreadable = |started_at: Timestamp, trigger: serde_json::Value| {
        let fields = serde_json::json!({"started_at": started_at.to_string(), "trigger": trigger, "status": "PAUSED"});
        Unreadable::new("RUN#x", "unknown variant `PAUSED`", fields)
    };
    let missed = |runs: &[Run], record: &Unreadable| {
        health::deadline_missed(runs, std::slice::from_ref(record), moment(DUE), after_due(61))
    };
    let manual = serde_json::json!({"kind": "manual"});
    assert_eq!(missed(&[], &unreadable(after_due(5), manual.clone())), None);
    assert_eq!(missed(&[], &unreadable(after_due(-5), manual.clone())), Some(true));
    assert_eq!(missed(&[], &unreadable(after_due(600), manual.clone())), Some(true), "dated in the future");
    assert_eq!(missed(&[], &unreadable(after_due(-5), serde_json::json!({"scheduled_at": DUE}))), None);
    assert_eq!(missed(&[], &Unreadable::new("RUN#x", "", serde_json::Value::Null)), None);
    assert_eq!(missed(&[promoted("a", after_due(1))], &unreadable(after_due(5), manual)), Some(false));
}

/// Test strategy: generates a training run of any kind that starts within a day of the due time.
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
        // Runs with the same model version number would hide each other, so each run gets its own number.
        let made = runs.iter_mut().filter(|run| run.version().is_some());
        for (run, number) in made.zip(1..) {
            *run = finished_run(run.id.as_str(), run.started_at, &version(number, 0.95, run.started_at));
        }
        let forwards = run_metrics(&runs, after_due(1440));
        runs.reverse();
        prop_assert_eq!(run_metrics(&runs, after_due(1440)), forwards);
    }

    #[test]
    fn counts_never_exceed_the_runs(runs in prop::collection::vec(any_run(), 0..20)) {
        let failed = figures(&run_metrics(&runs, after_due(1440)))["FailedRuns"];
        let refused = refused_by(&runs, None, 1440)["Rejections"];
        prop_assert!(failed + refused <= f64::from(u32::try_from(runs.len()).unwrap()));
    }

    #[test]
    fn no_figure_is_negative(runs in prop::collection::vec(any_run(), 0..20), minutes in -2000i64..2000) {
        let told = [figures(&run_metrics(&runs, after_due(minutes))), refused_by(&runs, None, minutes)];
        prop_assert!(told.iter().flatten().all(|(_, value)| *value >= 0.0));
    }

    #[test]
    fn a_version_since_the_due_time_meets_the_deadline(runs in prop::collection::vec(any_run(), 0..20)) {
        let kept = runs.iter().any(|run| run.started_at >= moment(DUE) && run.version().is_some());
        prop_assert_eq!(deadline_missed(&runs, moment(DUE)) == Some(false), kept);
    }

    // Each training run is recorded by a machine whose clock is wrong by up to a day. A day after the last run, the
    // time of every wrong clock has passed. From then on, the number of failed runs must be the same as with correct
    // clocks.
    /// Property: wrong clocks do not change the number of failed runs for longer than a day.
    #[test]
    fn clocks_that_disagree_by_a_day_change_no_verdict_for_longer_than_a_day(
        runs in prop::collection::vec((1i64..600, -1440i64..1440, any::<bool>()), 1..20),
    ) {
        let (mut time, mut newest) = (0, None);
        let (mut recorded, mut truly) = (Vec::new(), Vec::new());
        for (index, (pause, wrong, succeeds)) in runs.into_iter().enumerate() {
            time += pause;
            let began = evergreen_lifecycle::run::began(after_due(time + wrong), newest);
            newest = Some(began);
            let number = u32::try_from(index).unwrap() + 1;
            let ended = |at: Timestamp| {
                let token = format!("run-{index}");
                if succeeds { finished_run(&token, at, &version(number, 0.95, at)) } else { failed(&token, at) }
            };
            recorded.push(ended(began));
            truly.push(ended(after_due(time)));
        }
        let now = after_due(time + 1440 + 2);
        let failed = |runs: &[Run]| figures(&run_metrics(runs, now))["FailedRuns"];
        prop_assert_eq!(failed(&recorded), failed(&truly));
    }
}
