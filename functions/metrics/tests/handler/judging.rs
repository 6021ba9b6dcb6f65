//! Tests that the champion's live accuracy is judged once a day.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::feedback::LiveTally;
use evergreen_lifecycle::ports::HourCounts;
use evergreen_testkit::{champion, moment};

use crate::support::{World, counts, hold_out, model_with_baseline, prediction_with_error, sound_version, store};

/// Returns a stack whose champion, version 1, has losses on the hold-out.
fn serving() -> World {
    let world = World::at("2026-11-24T14:15:00Z");
    let version = sound_version(world.memory, 1, 0.9, moment("2026-11-01T03:00:00Z"));
    world.memory.state().champions.push(champion(version));
    store(world.memory, model_with_baseline());
    world
}

/// Adds so many predictions of version 1 with an error that is `factor` times as large as on the hold-out.
fn tell(world: &World, day: &str, rows: u32, factor: f64) {
    let hold_out = hold_out();
    let mut tally = LiveTally::default();
    for row in 0..rows {
        let (said, loss) = prediction_with_error(factor * f64::from(row) / f64::from(rows));
        tally.add(loss, Some(hold_out.cell(&said, &loss)));
    }
    let mut state = world.memory.state();
    state.day_tallies.entry((day.parse().unwrap(), VersionNumber::FIRST)).or_default().merge(&tally);
}

/// Measures, and returns the metrics `LiveLabels` and `LiveAccuracyWorse`.
async fn measured(world: &World) -> [Option<f64>; 2] {
    let report = world.measure().await.unwrap();
    ["LiveLabels", "LiveAccuracyWorse"].map(|name| report.published.get(name).copied())
}

#[tokio::test]
async fn before_the_first_label_nothing_is_published() {
    let world = serving();
    assert_eq!(measured(&world).await, [None, None]);
    let report = world.measure().await.unwrap();
    assert!(report.live.unwrap().starts_with("No true value is known yet"));
    assert_eq!(report.unknown, [] as [&str; 0]);
}

#[tokio::test]
async fn errors_like_those_of_the_hold_out_are_not_worse() {
    let world = serving();
    tell(&world, "2026-11-20", 400, 1.0);
    assert_eq!(measured(&world).await, [Some(400.0), Some(0.0)]);
}

#[tokio::test]
async fn larger_errors_are_worse_and_it_says_how_many_predictions_have_a_known_truth() {
    let world = serving();
    let served = HourCounts {
        hour: CountedHour::of(moment("2026-11-20T10:00:00Z")),
        version: VersionNumber::FIRST,
        counts: counts(9_841, &[0.5]).to_bytes(),
    };
    world.memory.state().hours.push(served);
    tell(&world, "2026-11-20", 400, 3.0);
    assert_eq!(measured(&world).await, [Some(400.0), Some(1.0)]);
    let sentence = world.measure().await.unwrap().live.unwrap();
    assert!(sentence.starts_with("The truth is known for 400 of 9,841 predictions"), "{sentence}");
    assert!(sentence.contains("worse than on the hold-out by more than chance"), "{sentence}");
}

#[tokio::test]
async fn it_is_judged_once_a_day() {
    let world = serving();
    tell(&world, "2026-11-20", 400, 1.0);
    assert_eq!(measured(&world).await, [Some(400.0), Some(0.0)]);
    tell(&world, "2026-11-21", 400, 3.0);
    world.clock.set(moment("2026-11-24T23:55:00Z"));
    assert_eq!(measured(&world).await, [Some(400.0), Some(0.0)]);
    world.clock.set(moment("2026-11-25T00:05:00Z"));
    assert_eq!(measured(&world).await, [Some(800.0), Some(1.0)]);
}

#[tokio::test]
async fn another_champion_ends_it() {
    let world = serving();
    tell(&world, "2026-11-20", 400, 3.0);
    assert_eq!(measured(&world).await[1], Some(1.0));
    let version = sound_version(world.memory, 2, 0.9, moment("2026-11-24T03:00:00Z"));
    world.memory.state().champions.push(champion(version));
    store(world.memory, model_with_baseline());
    assert_eq!(measured(&world).await, [None, Some(0.0)]);
}

#[tokio::test]
async fn without_an_answer_of_the_registry_the_figures_are_unknown() {
    let world = serving();
    world.memory.take_away("feedback");
    let report = world.measure().await.unwrap();
    assert_eq!(report.unknown, ["LiveAccuracy", "LiveLabels", "LiveAccuracyWorse"]);
}
