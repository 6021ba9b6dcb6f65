//! The handler over the sample events, with the ports in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use evergreen_lifecycle::{Champion, Evaluation, IntervalEvaluation, RegressionEvaluation, Run, Trigger, Version};
use evergreen_metrics::{MetricsError, Report};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use jiff::SignedDuration;
use lambda_runtime::Diagnostic;
use serde::de::IgnoredAny;

use support::{Registry, World, sound_version};

/// A week of a model's life: a champion of six days ago, one of yesterday, a refusal and a failure since then.
fn a_week() -> World {
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
async fn what_is_published_follows_from_the_registry() {
    let world = a_week();
    let report = world.measure().await.unwrap();
    insta::assert_json_snapshot!(report, @r#"
    {
      "published": {
        "DeadlineMissed": 1.0,
        "FailedRuns": 1.0,
        "HoursSinceTraining": 16.997222222222224,
        "ModelAccuracy": 0.96,
        "ModelAccuracy7DayAverage": 0.9106849315068494,
        "ModelAgeHours": 26.0,
        "ModelHealthy": 1.0,
        "Rejections": 1.0,
        "TrainingAccuracy": 1.0,
        "TrainingDuration": 0.5,
        "Versions": 3.0
      },
      "unknown": []
    }
    "#);
    assert_eq!(world.published(), report.published);
}

#[tokio::test]
async fn a_model_of_numbers_is_as_accurate_as_its_r2() {
    let world = World::at("2026-11-24T05:00:00Z");
    let at = moment("2026-11-24T03:00:00Z");
    let interval = IntervalEvaluation { level: 0.9, coverage: 0.93, width: 1.0 };
    let evaluation = Evaluation::Regression(RegressionEvaluation {
        rows: 30,
        rmse: 4.0,
        mae: 3.0,
        median_absolute_error: 2.0,
        r2: -0.25,
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
async fn a_stack_of_its_first_minute_publishes_what_it_can() {
    let world = World::at("2026-11-24T05:00:00Z");
    insta::assert_json_snapshot!(world.measure().await.unwrap(), @r#"
    {
      "published": {
        "FailedRuns": 0.0,
        "Rejections": 0.0,
        "Versions": 0.0
      },
      "unknown": []
    }
    "#);
}

#[tokio::test]
async fn a_read_that_fails_leaves_out_its_own_figures_only() {
    let expectations = [
        (
            "champions",
            vec![
                "DeadlineMissed",
                "FailedRuns",
                "HoursSinceTraining",
                "TrainingAccuracy",
                "TrainingDuration",
                "Versions",
            ],
        ),
        ("runs", vec!["ModelAccuracy", "ModelAccuracy7DayAverage", "ModelAgeHours", "ModelHealthy", "Versions"]),
    ];
    for (away, expected) in expectations {
        let mut world = a_week();
        world.registry = Registry { away: vec![away], ..world.registry };
        let Report { published, unknown } = world.measure().await.unwrap();
        assert_eq!(published.into_keys().collect::<Vec<_>>(), expected);
        assert_eq!(unknown, [away]);
    }
}

#[tokio::test]
async fn a_registry_that_does_not_answer_at_all_is_an_error_and_publishes_nothing() {
    let world = a_week();
    world.memory.take_away("registry");
    let error = world.measure().await.unwrap_err();
    assert!(matches!(error, MetricsError::NothingKnown(_)));
    assert_eq!(Diagnostic::from(error).error_type, "NothingKnown");
    assert!(world.published().is_empty());
}

#[tokio::test]
async fn figures_that_are_not_taken_are_an_error() {
    let world = a_week();
    world.memory.take_away("sink");
    assert_eq!(Diagnostic::from(world.measure().await.unwrap_err()).error_type, "NotPublished");
}

#[tokio::test]
async fn a_champion_that_could_not_serve_is_unhealthy_and_everything_else_is_published() {
    for damage in ["shortened", "changed", "emptied"] {
        let world = a_week();
        for bytes in world.memory.state().objects.values_mut() {
            match damage {
                "shortened" => bytes.truncate(10),
                "changed" => bytes[20] ^= 1,
                _ => bytes.clear(),
            }
        }
        let published = world.measure().await.unwrap().published;
        assert_eq!((published["ModelHealthy"], published.len()), (0.0, 11), "{damage}");
    }
}

#[tokio::test]
async fn a_champion_that_is_gone_or_out_of_reach_is_unhealthy() {
    let gone = a_week();
    gone.memory.state().objects.clear();
    assert_eq!(gone.measure().await.unwrap().published["ModelHealthy"], 0.0);
    let out_of_reach = a_week();
    out_of_reach.memory.take_away("artifacts");
    assert_eq!(out_of_reach.measure().await.unwrap().published["ModelHealthy"], 0.0);
}

#[tokio::test]
async fn what_was_stored_well_but_is_no_model_is_unhealthy() {
    let world = a_week();
    support::store(world.memory, b"no model at all".to_vec());
    assert_eq!(world.measure().await.unwrap().published["ModelHealthy"], 0.0);
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
async fn many_imports_push_no_training_out_of_sight() {
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

#[test]
fn any_event_is_taken() {
    for event in [
        include_str!("../../../events/metrics-schedule.json"),
        include_str!("../../../events/metrics-event.json"),
        "null",
        "\"text\"",
    ] {
        serde_json::from_str::<IgnoredAny>(event).unwrap();
    }
}
