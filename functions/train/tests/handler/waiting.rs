//! Tests of versions that pass the gate and do not serve at once: they begin a rollout, or wait for a person.

use evergreen_lifecycle::rollout::{PromotionMode, RolloutOutcome};
use evergreen_lifecycle::{EventKind, RunStatus};

use crate::support::{TestWorld, quick, stump};

fn world(promotion: PromotionMode) -> TestWorld {
    let mut world = TestWorld::new();
    world.training.promotion = promotion;
    world
}

#[tokio::test]
async fn the_first_version_of_all_is_promoted_directly() {
    for mode in [PromotionMode::Canary, PromotionMode::Manual] {
        let world = world(mode);
        world.invoke("a", quick()).await.unwrap();
        assert_eq!(world.champion_number(), Some(1));
        assert!(world.memory.state().rollout.is_none());
        assert_eq!(world.events(), [EventKind::TrainingSucceeded, EventKind::ModelPromoted]);
    }
}

#[tokio::test]
async fn a_version_that_passes_begins_a_rollout_beside_the_champion() {
    let world = world(PromotionMode::Canary);
    world.invoke("a", quick()).await.unwrap();
    let report = world.invoke("b", quick()).await.unwrap();
    assert_eq!((report.status, world.champion_number()), (RunStatus::Succeeded, Some(1)));
    assert!(report.reason.unwrap().ends_with("; its rollout begins"));
    let rollout = world.memory.state().rollout.clone().unwrap();
    assert_eq!((rollout.challenger.number.get(), rollout.champion.get(), rollout.percent()), (2, 1, 0));
    assert_eq!(world.events().last(), Some(&EventKind::ModelPassed));
    assert_eq!(world.memory.state().versions[&rollout.challenger.number], rollout.challenger);
}

#[tokio::test]
async fn a_newer_version_replaces_a_running_rollout_and_the_run_says_so() {
    let world = world(PromotionMode::Canary);
    for invocation in ["a", "b"] {
        world.invoke(invocation, quick()).await.unwrap();
    }
    let report = world.invoke("c", quick()).await.unwrap();
    assert!(report.reason.unwrap().ends_with("; its rollout begins, in place of the rollout of version 2"));
    let rollout = world.memory.state().rollout.clone().unwrap();
    assert_eq!((rollout.challenger.number.get(), rollout.revision), (3, 2));
}

#[tokio::test]
async fn a_refused_version_leaves_a_running_rollout() {
    let world = world(PromotionMode::Canary);
    for invocation in ["a", "b"] {
        world.invoke(invocation, quick()).await.unwrap();
    }
    let report = world.invoke("c", stump()).await.unwrap();
    assert_eq!(report.status, RunStatus::Rejected);
    assert_eq!(world.memory.state().rollout.clone().unwrap().challenger.number.get(), 2);
}

#[tokio::test]
async fn a_new_rollout_follows_one_that_has_ended() {
    let world = world(PromotionMode::Canary);
    for invocation in ["a", "b"] {
        world.invoke(invocation, quick()).await.unwrap();
    }
    let running = world.memory.state().rollout.clone().unwrap();
    let ended = running.ended(RolloutOutcome::RolledBack, "worse".into(), running.started_at);
    world.memory.state().rollout = Some(ended);
    world.invoke("c", quick()).await.unwrap();
    let rollout = world.memory.state().rollout.clone().unwrap();
    assert_eq!((rollout.replaced, rollout.revision, rollout.end), (None, 3, None));
}

#[tokio::test]
async fn a_version_waits_for_a_person_and_is_no_refusal() {
    let world = world(PromotionMode::Manual);
    world.invoke("a", quick()).await.unwrap();
    let report = world.invoke("b", quick()).await.unwrap();
    assert_eq!((report.status, world.champion_number()), (RunStatus::Succeeded, Some(1)));
    assert!(report.reason.unwrap().ends_with("; it waits for a person"));
    assert!(world.memory.state().rollout.is_none());
    let told = world.details().pop().unwrap();
    assert!(told["reason"].as_str().unwrap().ends_with("; it waits for a person"), "{told}");
}

#[tokio::test]
async fn a_champion_that_cannot_be_loaded_is_replaced_directly() {
    let world = world(PromotionMode::Canary);
    world.invoke("a", quick()).await.unwrap();
    world.memory.state().objects.remove("models/iris/00000001/model.onnx");
    world.invoke("b", quick()).await.unwrap();
    assert_eq!(world.champion_number(), Some(2));
}
