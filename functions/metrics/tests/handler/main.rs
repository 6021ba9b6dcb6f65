//! Tests of the metrics function, with in-memory test fakes.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod drifting;
mod judging;
mod publishing;
mod reacting;
mod rollouts;
mod skewing;
mod support;

use std::collections::BTreeSet;

use evergreen_lifecycle::{
    Champion, Evaluation, IntervalEvaluation, MeanLoss, Metric, MetricSource, Pointer, Presence, PrimaryMetric,
    RegressionEvaluation, Rescored, Run, Trigger, Unreadable, Version, VersionNumber,
};
use evergreen_metrics::{MetricsError, MetricsReport};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use jiff::SignedDuration;
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use support::{Registry, World, daily, sound_version};

/// Replaces the content of the champion's model file in the S3 bucket with other bytes.
fn damage_object(world: &World) {
    world.memory.state().objects.values_mut().for_each(|bytes| bytes.reverse());
}

/// Stores a changed copy of the champion's model file in the registry.
fn keep_copy(world: &World, change: impl Fn(&mut Vec<u8>)) {
    let mut state = world.memory.state();
    let key = state.champions.last().unwrap().version.artifact.key.clone();
    let mut copy = state.objects[&key].clone();
    change(&mut copy);
    state.copy = Some(copy);
}

/// Returns the published value of each named metric. `None` means that the metric was not published.
fn figures<const N: usize>(report: &MetricsReport, names: [&str; N]) -> [Option<f64>; N] {
    names.map(|name| report.published.get(name).copied())
}

const HEALTH: [&str; 3] = ["ModelHealthy", "DamagedArtifacts", "UnknownFigures"];

/// Returns test fakes with a week of history.
fn a_week() -> World {
    // Champions from six days ago and from yesterday, a refusal and a failure.
    let world = World::at("2026-11-24T05:00:00Z");
    let (first_at, second_at) = (moment("2026-11-18T03:00:00Z"), moment("2026-11-23T03:00:00Z"));
    let first = champion(version(1, 0.9, first_at));
    let second = Champion::succeeding(Some(&first), sound_version(world.memory, 2, 0.96, second_at), second_at);
    let refused_at = moment("2026-11-23T12:00:00Z");
    let refused = version(3, 0.8, refused_at);
    {
        let mut state = world.memory.state();
        let failed = run("failed", moment("2026-11-24T03:00:00Z")).failed("no such column".into(), None, second_at);
        let runs = [
            finished_run("first", first_at, &first.version),
            finished_run("second", second_at, &second.version),
            finished_run("refused", refused_at, &refused),
            failed,
        ];
        state.runs.extend(runs.map(|run| (run.id.clone(), run)));
        state.versions.extend([first.version.clone(), second.version.clone(), refused].map(|it| (it.number, it)));
        state.champions.extend([first, second]);
    }
    world
}

#[tokio::test]
async fn published_figures_follow_from_the_registry() {
    let world = a_week();
    let report = world.measure().await.unwrap();
    insta::assert_json_snapshot!(report, @r#"
    {
      "published": {
        "DamagedArtifacts": 0.0,
        "DeadlineMissed": 1.0,
        "DriftedColumns": 0.0,
        "FailedRuns": 1.0,
        "HoursSinceTraining": 16.997222222222224,
        "ModelAccuracy": 0.96,
        "ModelAccuracy7DayAverage": 0.9106849315068494,
        "ModelAccuracyMargin": 0.6266666666666667,
        "ModelAgeHours": 26.0,
        "ModelAgeMarginHours": 10.0,
        "ModelHealthy": 1.0,
        "ModelVersion": 2.0,
        "QuotaUsed": 0.0,
        "RefusedHours": 0.0,
        "Rejections": 1.0,
        "RolloutRolledBack": 0.0,
        "ServedRows": 0.0,
        "TrafficGone": 0.0,
        "TrainingAccuracy": 1.0,
        "TrainingDuration": 0.5,
        "UnknownFigures": 0.0,
        "UnreadableRecords": 0.0,
        "Versions": 3.0
      },
      "unknown": [],
      "unreadable": [],
      "drift": "the artifact has no baseline: an earlier release has trained it",
      "live": "No true value is known yet for predictions of version 2, and there is no estimate.",
      "artifact": {
        "copy": null,
        "object": "sound"
      }
    }
    "#);
    assert_eq!(world.published(), report.published);
}

#[tokio::test]
async fn the_main_score_of_a_regression_model_is_r2() {
    let world = World::at("2026-11-24T05:00:00Z");
    let at = moment("2026-11-24T03:00:00Z");
    let interval = IntervalEvaluation { level: 0.9, coverage: 0.93, width: 1.0, by_fifth: None };
    let evaluation = Evaluation::Regression(RegressionEvaluation {
        rows: 30,
        rmse: 4.0,
        mae: 3.0,
        median_absolute_error: 2.0,
        r2: -0.25,
        mape: None,
        rmsle: None,
        pinball: None,
        interval,
    });
    let version = Version { evaluation, training_score: 0.75, ..sound_version(world.memory, 1, 0.9, at) };
    {
        let mut state = world.memory.state();
        let run = finished_run("numbers", at, &version);
        state.runs.insert(run.id.clone(), run);
        state.champions.push(champion(version));
    }
    let published = world.measure().await.unwrap().published;
    let figures = ["ModelAccuracy", "ModelAccuracy7DayAverage", "TrainingAccuracy", "ModelHealthy"];
    assert_eq!(figures.map(|name| published[name]), [-0.25, -0.25, 0.75, 1.0]);
}

#[tokio::test]
async fn a_new_stack_publishes_what_it_knows() {
    let world = World::at("2026-11-24T05:00:00Z");
    world.memory.state().schedule = Some(daily("2026-11-24T04:59:00Z"));
    let report = world.measure().await.unwrap();
    let always = Metric::ALL.into_iter().filter(|metric| metric.presence() == Presence::Always).map(Metric::name);
    assert_eq!(report.published.keys().copied().collect::<BTreeSet<_>>(), always.collect());
    insta::assert_json_snapshot!(report, @r#"
    {
      "published": {
        "DeadlineMissed": 0.0,
        "FailedRuns": 0.0,
        "QuotaUsed": 0.0,
        "RefusedHours": 0.0,
        "Rejections": 0.0,
        "TrafficGone": 0.0,
        "UnknownFigures": 0.0,
        "UnreadableRecords": 0.0,
        "Versions": 0.0
      },
      "unknown": [],
      "unreadable": [],
      "drift": null,
      "live": null,
      "artifact": null
    }
    "#);
}

/// Returns the metrics of a stack that has got no feedback.
fn without_feedback() -> impl Iterator<Item = Metric> {
    Metric::ALL.into_iter().filter(|metric| metric.presence() != Presence::AfterFeedback)
}

#[tokio::test]
async fn a_failed_read_makes_only_its_figures_unknown() {
    let sources = [
        ("pointer", MetricSource::Champion),
        ("history", MetricSource::RecentChampions),
        ("runs", MetricSource::Runs),
        ("versions", MetricSource::Versions),
        ("schedule", MetricSource::Schedule),
        ("usage", MetricSource::Usage),
        ("requests", MetricSource::Requests),
        ("rollout", MetricSource::Rollout),
    ];
    for (away, source) in sources {
        let expected: Vec<_> = Metric::ALL.into_iter().filter(|metric| metric.sources().contains(&source)).collect();
        assert!(!expected.is_empty(), "{away}");
        let mut world = a_week();
        world.registry = Registry { away: vec![away], ..world.registry };
        world.memory.take_away(match away {
            "schedule" | "usage" => away,
            "requests" => "history",
            _ => "nothing else",
        });
        let MetricsReport { published, unknown, .. } = world.measure().await.unwrap();
        let known = without_feedback().filter(|metric| !expected.contains(metric)).map(Metric::name);
        assert_eq!(published.keys().copied().collect::<BTreeSet<_>>(), known.collect(), "{away}");
        assert_eq!(unknown, expected.iter().map(|metric| metric.name()).collect::<Vec<_>>(), "{away}");
        assert_eq!(published["UnknownFigures"], expected.len() as f64, "{away}");
    }
}

#[tokio::test]
async fn a_silent_registry_is_an_error_and_leaves_every_figure_unknown() {
    let world = a_week();
    world.memory.take_away("registry");
    let error = world.measure().await.unwrap_err();
    assert!(matches!(error, MetricsError::NothingKnown(_)));
    assert_eq!(Diagnostic::from(error).error_type, "NothingKnown");
    let published = world.published();
    assert_eq!(
        published,
        [("QuotaUsed", 0.0), ("TrafficGone", 0.0), ("UnknownFigures", (Metric::ALL.len() - 3) as f64)].into()
    );
}

#[tokio::test]
async fn refused_figures_are_an_error() {
    let world = a_week();
    world.memory.take_away("sink");
    assert_eq!(Diagnostic::from(world.measure().await.unwrap_err()).error_type, "NotPublished");
}

#[tokio::test]
async fn a_champion_that_cannot_be_loaded_is_unhealthy_at_once_and_everything_else_is_published() {
    for damage in ["shortened", "changed", "emptied", "gone"] {
        let world = a_week();
        if damage == "gone" {
            world.memory.state().objects.clear();
        }
        for bytes in world.memory.state().objects.values_mut() {
            match damage {
                "shortened" => bytes.truncate(10),
                "changed" => bytes[20] ^= 1,
                _ => bytes.clear(),
            }
        }
        let report = world.measure().await.unwrap();
        assert_eq!(figures(&report, HEALTH), [Some(0.0), Some(1.0), Some(0.0)], "{damage}");
        assert_eq!(report.published.len(), without_feedback().count(), "{damage}");
    }
}

#[tokio::test]
async fn the_file_that_a_new_environment_loads_decides_health_and_the_other_is_reported() {
    let world = a_week();
    keep_copy(&world, |_| {});
    damage_object(&world);
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(1.0), Some(1.0), Some(0.0)], "the copy serves");
    let files = report.artifact.unwrap();
    assert_eq!(files.copy.as_deref(), Some("sound"));
    assert!(files.object.starts_with("damaged: SHA-256"), "{}", files.object);

    let world = a_week();
    keep_copy(&world, |copy| copy.truncate(10));
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(1.0), Some(1.0), Some(0.0)], "the object serves");
    assert!(report.artifact.unwrap().copy.unwrap().starts_with("damaged: 10 bytes"));

    keep_copy(&world, |copy| copy.clear());
    damage_object(&world);
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(0.0), Some(2.0), Some(0.0)], "neither serves");
}

#[tokio::test]
async fn a_short_outage_of_the_store_does_not_count_as_damage() {
    let world = a_week();
    world.memory.take_away("artifacts");
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [None, None, Some(2.0)]);
    assert_eq!(report.unknown, ["ModelHealthy", "DamagedArtifacts"]);
    assert!(report.artifact.unwrap().object.starts_with("not checked: "));
    // With an intact copy in the registry, the prediction function does not need the file in the bucket.
    world.memory.bring_back("artifacts");
    keep_copy(&world, |_| {});
    world.memory.take_away("artifacts");
    assert_eq!(figures(&world.measure().await.unwrap(), HEALTH), [Some(1.0), None, Some(1.0)]);
}

#[tokio::test]
async fn a_deleted_pointer_is_unhealthy_and_a_missing_first_one_is_not() {
    let world = a_week();
    world.memory.state().pointer = Some(None);
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(0.0), None, Some(0.0)]);
    assert_eq!(figures(&report, ["ModelAccuracy", "ModelAgeMarginHours"]), [None, None]);
    // Without the history, nobody knows whether a version was ever promoted. So the model's health is unknown too.
    let blind = World { registry: Registry { away: vec!["history"], ..world.registry }, ..world };
    assert!(blind.measure().await.unwrap().unknown.contains(&"ModelHealthy"));
    let young = World::at("2026-11-24T05:00:00Z");
    assert_eq!(figures(&young.measure().await.unwrap(), HEALTH), [None, None, Some(0.0)]);
}

/// Changes the stored record of the champion with `change`, as a newer software version could.
fn rewrite_pointer(world: &World, change: impl Fn(&mut Value)) {
    let mut state = world.memory.state();
    let mut fields = serde_json::to_value(state.champions.last().unwrap()).unwrap();
    change(&mut fields);
    state.pointer = Some(Some(Pointer::in_part(Unreadable::new("CHAMPION", "unknown variant", fields))));
}

#[tokio::test]
async fn a_pointer_to_a_missing_artifact_is_unhealthy() {
    let world = a_week();
    rewrite_pointer(&world, |fields| fields["version"]["artifact"]["key"] = "models/iris/00000009/model.onnx".into());
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(0.0), Some(1.0), Some(0.0)]);
    rewrite_pointer(&world, |fields| fields["version"]["artifact"] = "elsewhere".into());
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(0.0), None, Some(0.0)]);
    assert_eq!(report.unreadable, ["CHAMPION"]);
}

#[tokio::test]
async fn a_pointer_of_a_newer_release_is_read_in_part() {
    let world = a_week();
    rewrite_pointer(&world, |fields| {
        fields["version"]["family"] = "oracle".into();
        fields["version"]["evaluation"] = json!({"ranking": 0.9});
    });
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(1.0), Some(0.0), Some(2.0)]);
    assert_eq!(figures(&report, ["ModelAgeHours", "UnreadableRecords"]), [Some(26.0), Some(1.0)]);
    assert_eq!(report.unknown, ["ModelAccuracy", "ModelAccuracyMargin"]);
}

#[tokio::test]
async fn the_artifact_of_another_model_cannot_serve() {
    let world = a_week();
    support::store(world.memory, support::model_named("wine"));
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(0.0), Some(1.0), Some(0.0)]);
    assert!(report.artifact.unwrap().object.contains("the model \"wine\""));
}

#[tokio::test]
async fn a_stored_object_that_is_not_a_model_is_unhealthy() {
    let world = a_week();
    support::store(world.memory, b"not a model".to_vec());
    assert_eq!(world.measure().await.unwrap().published["ModelHealthy"], 0.0);
}

#[tokio::test]
async fn a_promotion_between_two_reads_does_not_count_as_damage() {
    let world = a_week();
    keep_copy(&world, |copy| copy.push(0));
    // The copy belongs to the next champion. That champion is promoted during the first check of the files.
    world.memory.state().after_copy_is_read = Some(|state| state.copy = None);
    let report = world.measure().await.unwrap();
    assert_eq!(figures(&report, HEALTH), [Some(1.0), Some(0.0), Some(0.0)]);
}

#[tokio::test]
async fn an_unreadable_run_is_counted_and_blocks_no_figure() {
    let world = a_week();
    let before = world.measure().await.unwrap().published;
    let fields = json!({"started_at": "2026-11-23T18:00:00Z", "status": "PAUSED", "trigger": {"kind": "tide"}});
    world.memory.state().unreadable_runs.push(Unreadable::new("RUN#manual-x", "unknown variant `PAUSED`", fields));
    let mut report = world.measure().await.unwrap();
    assert_eq!(report.unreadable, ["RUN#manual-x"]);
    assert_eq!(report.published.insert("UnreadableRecords", 0.0), Some(1.0));
    assert_eq!((report.published, report.unknown.len()), (before, 0));
}

#[tokio::test]
async fn an_unreadable_run_makes_the_deadline_an_unknown_figure() {
    let world = a_week();
    let fields = json!({"started_at": "2026-11-24T03:00:01Z", "trigger": {"scheduled_at": "2026-11-24T03:00:00Z"}});
    world.memory.state().unreadable_runs.push(Unreadable::new("RUN#scheduled", "unknown variant", fields));
    let report = world.measure().await.unwrap();
    assert_eq!(report.unknown, ["DeadlineMissed"]);
    assert_eq!(figures(&report, ["DeadlineMissed", "FailedRuns", "UnknownFigures"]), [None, Some(1.0), Some(1.0)]);
}

#[tokio::test]
async fn the_maximum_age_of_a_champion_follows_from_the_schedule_or_the_parameter() {
    let world = a_week();
    let margin = async |world: &World| world.measure().await.unwrap().published["ModelAgeMarginHours"];
    assert_eq!(margin(&world).await, 36.0 - 26.0);
    world.memory.state().schedule.as_mut().unwrap().expression = "cron(0 3 ? * MON *)".into();
    assert_eq!(margin(&world).await, 252.0 - 26.0);
    // The champion's age is known even if the scheduler does not answer.
    world.memory.take_away("schedule");
    assert_eq!(margin(&world).await, 36.0 - 26.0);
    let set = World { max_age: Some(SignedDuration::from_hours(20)), ..world };
    assert_eq!(margin(&set).await, 20.0 - 26.0);
}

/// Otherwise each refusal by chance on a daily schedule would send a mail, because the next champion comes after 48 hours.
#[tokio::test]
async fn a_champion_that_was_compared_with_a_refused_version_may_become_older() {
    let world = a_week();
    let margin = async |world: &World| world.measure().await.unwrap().published["ModelAgeMarginHours"];
    let at = moment("2026-11-24T03:00:00Z");
    let (refused, loss) = (version(4, 0.8, at), MeanLoss { mean: 0.04, standard_error: 0.01 });
    let rescored = |number| Rescored { version: number, metric: PrimaryMetric::Accuracy, loss };
    let compared = Run { rescored: Some(rescored(VersionNumber::FIRST)), ..finished_run("compared", at, &refused) };
    world.memory.state().runs.insert(compared.id.clone(), compared.clone());
    assert_eq!(margin(&world).await, 36.0 - 26.0, "another version than the champion was compared");
    let champion = rescored(VersionNumber::new(2).unwrap());
    let confirmed = Run { rescored: Some(champion), ..compared };
    world.memory.state().runs.insert(confirmed.id.clone(), confirmed);
    assert_eq!(margin(&world).await.round(), 36.0 - 2.0);
    let set = World { max_age: Some(SignedDuration::from_hours(20)), ..world };
    assert_eq!(margin(&set).await, 20.0 - 26.0, "a maximum that a person has set stays");
}

#[tokio::test]
async fn the_time_of_refusals_is_in_hours() {
    let world = a_week();
    for (number, at) in [(4, "2026-11-23T20:00:00Z"), (5, "2026-11-23T22:00:00Z"), (6, "2026-11-24T01:00:00Z")] {
        let at = moment(at);
        let again = finished_run(&format!("refused-{number}"), at, &version(number, 0.8, at));
        world.memory.state().runs.insert(again.id.clone(), again);
    }
    let published = world.measure().await.unwrap().published;
    assert_eq!((published["Rejections"], published["RefusedHours"].round()), (4.0, 17.0));
}

#[tokio::test]
async fn a_changed_or_disabled_schedule_has_missed_nothing() {
    let world = a_week();
    assert_eq!(world.measure().await.unwrap().published["DeadlineMissed"], 1.0);
    world.memory.state().schedule = Some(daily("2026-11-24T04:30:00Z"));
    assert_eq!(world.measure().await.unwrap().published["DeadlineMissed"], 0.0);
    world.memory.state().schedule = Some(daily("2026-11-01T12:00:00Z"));
    world.memory.state().schedule.as_mut().unwrap().is_enabled = false;
    assert_eq!(world.measure().await.unwrap().published["DeadlineMissed"], 0.0);
    // A deleted training schedule is still expected to run.
    world.memory.state().schedule = None;
    assert_eq!(world.measure().await.unwrap().published["DeadlineMissed"], 1.0);
}

#[tokio::test]
async fn an_unreadable_schedule_leaves_deadlines_unknown() {
    let world = a_week();
    world.memory.state().schedule.as_mut().unwrap().expression = "cron(0 3 * * * * *)".into();
    let report = world.measure().await.unwrap();
    assert_eq!((report.unknown, report.published["UnknownFigures"]), (vec!["DeadlineMissed"], 1.0));
}

#[tokio::test]
async fn a_missed_deadline_stays_missed_until_a_version_is_made() {
    let world = a_week();
    for (now, missed) in [("2026-11-24T03:59:00Z", 0.0), ("2026-11-24T04:00:00Z", 1.0), ("2026-11-25T03:30:00Z", 1.0)] {
        world.clock.set(moment(now));
        assert_eq!(world.measure().await.unwrap().published["DeadlineMissed"], missed, "{now}");
    }
    let late = moment("2026-11-25T03:40:00Z");
    let made = finished_run("late", late, &version(4, 0.95, late));
    world.memory.state().runs.insert(made.id.clone(), made);
    world.clock.set(late + SignedDuration::from_mins(1));
    assert_eq!(world.measure().await.unwrap().published["DeadlineMissed"], 0.0);
}

#[tokio::test]
async fn many_imports_do_not_hide_trainings() {
    let world = a_week();
    let figures = ["FailedRuns", "DeadlineMissed", "HoursSinceTraining"];
    let before = world.measure().await.unwrap().published;
    for number in 0..150 {
        let id = format!("upload-{number}");
        let at = moment("2026-11-24T04:00:00Z") + SignedDuration::from_secs(number);
        let trigger = Trigger::Import { key: "incoming/iris/a.onnx".into(), note: None };
        let import = Run { trigger, ..run(&id, at) }.failed("no model".into(), None, at);
        world.memory.state().runs.insert(import.id.clone(), import);
    }
    let after = world.measure().await.unwrap().published;
    assert_eq!(figures.map(|figure| after[figure]), figures.map(|figure| before[figure]));
    assert_eq!(after["FailedRuns"], 1.0);
}
