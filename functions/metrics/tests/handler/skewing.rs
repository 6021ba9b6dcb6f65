//! Tests that the champion's answers are compared with those of training, once for each champion.

use evergreen_metrics::check_skew;
use evergreen_scoring::{Model, probe};
use evergreen_testkit::{champion, moment};
use serde_json::json;

use crate::support::{World, model_with_baseline, sound_version, store};

/// Returns a stack whose champion has a baseline. Its manifest has the model's answers, each number plus `error`.
fn trained(error: f32) -> World {
    let world = World::at("2026-11-24T14:15:00Z");
    let version = sound_version(world.memory, 1, 0.9, moment("2026-11-24T03:00:00Z"));
    let key = version.manifest_key.clone();
    world.memory.state().champions.push(champion(version));
    let bytes = model_with_baseline();
    let mut answers = probe(&Model::load(&bytes).unwrap()).unwrap();
    answers.iter_mut().flatten().for_each(|number| *number += error);
    store(world.memory, bytes);
    world.memory.state().objects.insert(key, json!({"probes": answers}).to_string().into_bytes());
    world
}

async fn check(world: &World) -> Option<(usize, usize)> {
    check_skew(world.memory, world.memory, &"iris".parse().unwrap()).await;
    let check = world.memory.state().skew.clone()?;
    Some((check.rows, check.differing))
}

#[tokio::test]
async fn the_answers_of_training_are_given_again() {
    assert_eq!(check(&trained(0.0)).await, Some((20, 0)));
}

#[tokio::test]
async fn another_answer_is_skew() {
    let world = trained(0.5);
    assert_eq!(check(&world).await, Some((20, 20)));
    assert_eq!(world.memory.state().skew.as_ref().unwrap().largest, 0.5);
}

#[tokio::test]
async fn a_champion_is_compared_once() {
    let world = trained(0.0);
    check(&world).await;
    world.memory.state().objects.clear();
    assert_eq!(check(&world).await, Some((20, 0)));
}

#[tokio::test]
async fn a_manifest_of_an_earlier_release_has_nothing_to_compare_with() {
    let world = trained(0.0);
    let key = world.memory.state().champions[0].version.manifest_key.clone();
    world.memory.state().objects.insert(key, b"{}".to_vec());
    assert_eq!(check(&world).await, Some((0, 0)));
}

#[tokio::test]
async fn without_the_files_nothing_is_compared_yet() {
    let world = trained(0.0);
    world.memory.take_away("artifacts");
    assert_eq!(check(&world).await, None);
    world.memory.bring_back("artifacts");
    assert_eq!(check(&world).await, Some((20, 0)));
}
