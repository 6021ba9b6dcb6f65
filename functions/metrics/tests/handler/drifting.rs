//! Tests that served rows are compared with the champion's baseline once for each complete hour.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{CountedHour, ServedCounts, WindowLength};
use evergreen_lifecycle::ports::CountShare;
use evergreen_testkit::{champion, moment};
use jiff::SignedDuration;

use crate::support::{World, counts, model_with_baseline, sound_version, store};

/// Values of `x` that are like those of the training rows, and values that are not.
const USUAL: [f32; 3] = [-1.0, 0.5, 2.0];
const SHIFTED: [f32; 1] = [2.0];

/// Returns a stack whose champion, version 1, has a baseline. It is 14:15, so the hour from 13:00 is complete.
fn serving() -> World {
    let world = World::at("2026-11-24T14:15:00Z");
    let version = sound_version(world.memory, 1, 0.9, moment("2026-11-24T03:00:00Z"));
    world.memory.state().champions.push(champion(version));
    store(world.memory, model_with_baseline());
    world
}

/// Stores what the environment named `environment` has counted in the hour of the time `at`.
fn serve(world: &World, at: &str, environment: &str, counts: &ServedCounts) {
    world.memory.state().shares.push(CountShare {
        hour: CountedHour::of(moment(at)),
        version: VersionNumber::FIRST,
        environment: environment.to_owned(),
        sequence: 1,
        rows: counts.rows(),
        counts: counts.to_bytes(),
    });
}

/// Measures, and returns the metrics `DriftedColumns` and `ServedRows`.
async fn measured(world: &World) -> [Option<f64>; 2] {
    let report = world.measure().await.unwrap();
    ["DriftedColumns", "ServedRows"].map(|name| report.published.get(name).copied())
}

#[tokio::test]
async fn rows_like_those_of_training_are_no_drift() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &USUAL));
    serve(&world, "2026-11-24T13:59:59Z", "b", &counts(400, &USUAL));
    assert_eq!(measured(&world).await, [Some(0.0), Some(5400.0)]);
    let hours = world.memory.state().hours.clone();
    assert_eq!(hours.len(), 1, "the shares of both environments are one sum");
}

#[tokio::test]
async fn rows_that_are_unlike_those_of_training_are_drift_in_the_first_complete_hour() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    let report = world.measure().await.unwrap();
    let sentence = report.drift.unwrap();
    assert!(sentence.starts_with("Drift in the last hour (5000 rows): x (PSI "), "{sentence}");
    let comparisons = world.memory.state().comparisons.clone();
    assert_eq!(comparisons.iter().map(|comparison| comparison.window.length).collect::<Vec<_>>(), [WindowLength::Hour]);
}

#[tokio::test]
async fn an_hour_is_judged_ten_minutes_after_its_end_and_only_once() {
    let world = serving();
    world.clock.set(moment("2026-11-24T14:09:59Z"));
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    assert_eq!(measured(&world).await, [Some(0.0), Some(0.0)]);
    world.clock.set(moment("2026-11-24T14:10:00Z"));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    serve(&world, "2026-11-24T13:31:00Z", "late", &counts(90_000, &USUAL));
    world.clock.set(moment("2026-11-24T14:30:00Z"));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
}

#[tokio::test]
async fn an_hour_with_few_rows_does_not_end_a_drift_but_the_day_does() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    serve(&world, "2026-11-24T14:30:00Z", "a", &counts(8, &USUAL));
    world.clock.set(moment("2026-11-24T15:15:00Z"));
    assert_eq!(measured(&world).await, [Some(1.0), Some(8.0)]);
    // The rest of the day is usual, and has many more rows.
    serve(&world, "2026-11-24T15:30:00Z", "a", &counts(3_000_000, &USUAL));
    serve(&world, "2026-11-24T23:30:00Z", "a", &counts(100, &USUAL));
    world.clock.set(moment("2026-11-25T00:15:00Z"));
    assert_eq!(measured(&world).await, [Some(0.0), Some(100.0)]);
    let lengths: Vec<_> = world.memory.state().comparisons.iter().map(|comparison| comparison.window.length).collect();
    assert_eq!(lengths.len(), 4, "{lengths:?}");
}

#[tokio::test]
async fn missed_hours_are_added_up_later() {
    let world = serving();
    assert_eq!(measured(&world).await, [Some(0.0), Some(0.0)]);
    serve(&world, "2026-11-24T14:30:00Z", "a", &counts(5000, &SHIFTED));
    serve(&world, "2026-11-24T16:30:00Z", "a", &counts(7, &USUAL));
    world.clock.set(moment("2026-11-24T17:15:00Z"));
    assert_eq!(measured(&world).await, [Some(1.0), Some(7.0)]);
    assert_eq!(world.memory.state().hours.len(), 2);
}

#[tokio::test]
async fn rows_of_another_version_are_counted_but_not_compared() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    world.memory.state().shares[0].version = VersionNumber::new(7).unwrap();
    assert_eq!(measured(&world).await, [Some(0.0), Some(5000.0)]);
}

#[tokio::test]
async fn damaged_counts_are_left_out() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    serve(&world, "2026-11-24T13:30:00Z", "b", &counts(5000, &USUAL));
    world.memory.state().shares[1].counts.truncate(12);
    assert_eq!(measured(&world).await, [Some(1.0), Some(10_000.0)]);
}

#[tokio::test]
async fn an_artifact_of_an_earlier_release_has_no_baseline_and_the_report_says_so() {
    let world = serving();
    let version = sound_version(world.memory, 1, 0.9, moment("2026-11-24T03:00:00Z"));
    world.memory.state().champions = vec![champion(version)];
    let report = world.measure().await.unwrap();
    assert_eq!(report.published.get("DriftedColumns"), Some(&0.0));
    assert_eq!(report.drift.as_deref(), Some("the artifact has no baseline: an earlier release has trained it"));
}

#[tokio::test]
async fn counts_that_cannot_be_read_make_the_metrics_unknown_until_they_can() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    world.memory.take_away("served");
    let report = world.measure().await.unwrap();
    let of_served_rows = ["DriftedColumns", "ServedRows", "LiveAccuracy", "LiveLabels", "LiveAccuracyWorse"];
    assert_eq!(report.unknown, of_served_rows);
    world.memory.bring_back("served");
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
}

#[tokio::test]
async fn a_measurement_between_two_hours_reads_the_summary_only() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    measured(&world).await;
    world.memory.state().shares.clear();
    world.memory.state().hours.clear();
    world.clock.set(moment("2026-11-24T14:15:00Z") + SignedDuration::from_mins(50));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
}

#[tokio::test]
async fn a_new_champion_begins_without_comparisons() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    let second = sound_version(world.memory, 2, 0.9, moment("2026-11-24T14:16:00Z"));
    world.memory.state().champions.push(champion(second));
    store(world.memory, model_with_baseline());
    world.clock.set(moment("2026-11-24T14:20:00Z"));
    assert_eq!(measured(&world).await, [Some(0.0), Some(5000.0)]);
}

#[tokio::test]
async fn after_a_rollback_no_hour_is_judged_again_and_the_next_one_is() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    let first = world.memory.state().champions[0].clone();
    let second = sound_version(world.memory, 2, 0.9, moment("2026-11-24T14:16:00Z"));
    world.memory.state().champions.push(champion(second));
    store(world.memory, model_with_baseline());
    world.clock.set(moment("2026-11-24T14:20:00Z"));
    assert_eq!(measured(&world).await, [Some(0.0), Some(5000.0)]);
    world.memory.state().champions.push(first);
    for at in ["2026-11-24T14:25:00Z", "2026-11-24T14:30:00Z"] {
        world.clock.set(moment(at));
        assert_eq!(measured(&world).await, [Some(0.0), Some(5000.0)], "{at}");
    }
    let rows = |world: &World| world.memory.state().hours.iter().map(|hour| hour.counts.clone()).collect::<Vec<_>>();
    assert_eq!(rows(&world), [counts(5000, &SHIFTED).to_bytes()]);
    serve(&world, "2026-11-24T14:40:00Z", "a", &counts(5000, &SHIFTED));
    world.clock.set(moment("2026-11-24T15:15:00Z"));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
}

/// As if the function had been stopped after it stored the sum and before it stored the result.
#[tokio::test]
async fn an_hour_that_is_judged_twice_is_counted_once() {
    let world = serving();
    serve(&world, "2026-11-24T13:30:00Z", "a", &counts(5000, &SHIFTED));
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    let before = world.memory.state().hours.clone();
    world.memory.state().drift = None;
    world.memory.state().comparisons.clear();
    assert_eq!(measured(&world).await, [Some(1.0), Some(5000.0)]);
    // One lock: a second one in the same statement would wait for the first.
    let state = world.memory.state();
    assert_eq!((&state.hours, state.comparisons.len()), (&before, 1));
}
