//! Tests which metrics the metrics function publishes on which occasion.

use std::collections::BTreeSet;

use evergreen_lifecycle::{Champion, Metric, Presence, Publication};
use evergreen_metrics::{MetricsError, Occasion};
use evergreen_testkit::{finished_run, moment};

use crate::support::{Registry, World, sound_version};

/// Returns the names of the metrics that every measurement publishes.
fn each_time() -> BTreeSet<&'static str> {
    let each_time = Metric::ALL.into_iter().filter(|metric| metric.publication() == Publication::EachTime);
    each_time.map(Metric::name).collect()
}

/// Returns test fakes with a champion that was trained at 03:00, and with the time 05:00.
fn world() -> World {
    let world = World::at("2026-11-24T05:00:00Z");
    let trained_at = moment("2026-11-24T03:00:00Z");
    let champion = Champion::succeeding(None, sound_version(world.memory, 1, 0.9, trained_at), trained_at);
    let run = finished_run("first", trained_at, &champion.version);
    {
        let mut state = world.memory.state();
        state.runs.insert(run.id.clone(), run);
        state.versions.insert(champion.version.number, champion.version.clone());
        state.champions.push(champion);
    }
    world
}

/// Runs the metrics function once at this time of the day, and returns the names of the published metrics.
async fn published(world: &World, time: &str, occasion: Occasion) -> BTreeSet<&'static str> {
    world.clock.set(moment(&format!("2026-11-24T{time}:00Z")));
    world.measure_on(occasion).await.unwrap().published.into_keys().collect()
}

async fn routine(world: &World, time: &str) -> BTreeSet<&'static str> {
    published(world, time, Occasion::Routine).await
}

/// Measures every five minutes from 05:00 to 06:00. After that, only changes are published.
async fn steady(world: &World) {
    for minute in (0..60).step_by(5) {
        assert_eq!(routine(world, &format!("05:{minute:02}")).await, every());
    }
    assert_eq!(routine(world, "06:00").await, each_time());
}

/// Returns the names of all metrics that have a value without feedback.
fn every() -> BTreeSet<&'static str> {
    let has_value = |metric: &Metric| metric.presence() != Presence::AfterFeedback;
    Metric::ALL.into_iter().filter(has_value).map(Metric::name).collect()
}

#[tokio::test]
async fn the_first_measurement_publishes_every_metric_and_a_later_one_only_what_always_changes() {
    let world = world();
    steady(&world).await;
    let revision = world.memory.state().published.as_ref().unwrap().revision;
    assert_eq!(routine(&world, "06:05").await, each_time());
    assert_eq!(world.memory.state().published.as_ref().unwrap().revision, revision, "nothing to write");
}

#[tokio::test]
async fn a_measurement_by_hand_publishes_every_metric() {
    let world = world();
    steady(&world).await;
    assert_eq!(published(&world, "07:00", Occasion::ByHand).await, every());
    assert_eq!(routine(&world, "07:05").await, each_time());
}

#[tokio::test]
async fn a_changed_value_is_published_at_once_and_so_is_the_change_back() {
    let world = world();
    steady(&world).await;
    let changed: BTreeSet<_> = ["ModelHealthy", "DamagedArtifacts"].into_iter().chain(each_time()).collect();
    let objects = std::mem::take(&mut world.memory.state().objects);
    assert_eq!(routine(&world, "07:00").await, changed);
    world.memory.state().objects = objects;
    assert_eq!(routine(&world, "07:05").await, changed);
}

#[tokio::test]
async fn an_unknown_value_is_counted_and_the_same_value_afterwards_is_no_change() {
    let mut world = world();
    steady(&world).await;
    world.registry.away = vec!["versions"];
    world.clock.set(moment("2026-11-24T07:00:00Z"));
    let report = world.measure_on(Occasion::Routine).await.unwrap();
    assert_eq!((report.unknown, report.published["UnknownFigures"]), (vec!["Versions"], 1.0));
    world.registry = Registry { memory: world.memory, away: Vec::new() };
    assert_eq!(routine(&world, "07:05").await, each_time());
}

#[tokio::test]
async fn values_that_cloudwatch_did_not_accept_are_published_next_time() {
    let world = world();
    world.memory.take_away("sink");
    world.clock.set(moment("2026-11-24T05:00:00Z"));
    let error = world.measure_on(Occasion::Routine).await.unwrap_err();
    assert!(matches!(error, MetricsError::NotPublished(_)));
    world.memory.bring_back("sink");
    assert_eq!(routine(&world, "09:00").await, every());
}

#[tokio::test]
async fn without_the_record_of_what_was_published_every_metric_is_published() {
    let world = world();
    routine(&world, "05:00").await;
    world.memory.take_away("published");
    assert_eq!(routine(&world, "07:00").await, every());
    world.memory.bring_back("published");
    world.memory.state().published = None;
    assert_eq!(routine(&world, "08:00").await, every());
}

#[tokio::test]
async fn a_record_that_could_not_be_stored_is_forgotten() {
    let world = world();
    routine(&world, "05:00").await;
    world.memory.state().objects.clear();
    world.memory.state().busy.insert("store_published", 1);
    assert_eq!(routine(&world, "07:00").await, every());
    assert_eq!(world.memory.state().published, None);
    assert_eq!(routine(&world, "09:00").await, every());
}
