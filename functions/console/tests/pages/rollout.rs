//! Tests of the page of rollouts, and of what other pages say about one.

use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::ports::RolloutShare;
use evergreen_lifecycle::rollout::{PromotionMode, Rollout, RolloutCounts, RolloutOutcome, RolloutPlan};
use evergreen_lifecycle::session::Right;
use evergreen_lifecycle::{Version, VersionNumber};

use crate::page;
use crate::sample::{World, full, now};

/// Returns a stack whose version 15 proves itself beside the champion, version 16.
fn running() -> World {
    let world = full();
    let mut state = world.registry.state();
    let champion = state.champions.last().unwrap().clone();
    let number = VersionNumber::new(15).unwrap();
    let challenger = Version { promotion: PromotionMode::Canary, ..state.versions[&number].clone() };
    state.versions.insert(number, challenger.clone());
    let beside = (champion.version.number, champion.revision);
    let plan = RolloutPlan::new(vec![10, 50], 60).unwrap();
    let rollout = Rollout::beginning(None, beside, challenger, plan, now());
    let mut counts = RolloutCounts { loaded: 1, ..RolloutCounts::default() };
    (0..1200).for_each(|row| counts.shadow.compare(row % 100 > 0, 0.02));
    state.rollout_shares.push(RolloutShare {
        rollout: rollout.id.clone(),
        stage: 0,
        hour: CountedHour::of(now()),
        environment: "00c0ffee00c0ffee".into(),
        sequence: 1,
        counts,
    });
    state.rollout = Some(rollout);
    drop(state);
    world
}

#[tokio::test]
async fn the_page_shows_the_stages_the_figures_and_what_is_next() {
    let text = page(&running(), Right::See, "rollout").await.text;
    let expected = [
        "Version 15 beside version 16",
        "running",
        "The stage lasts 60 minutes more",
        "1200 rows compared, 99.0 % with the same answer",
        "Shadow: nobody sees its predictions",
        "10 % of the requests",
        "50 % of the requests",
        "Started by",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[tokio::test]
async fn only_a_session_that_may_steer_has_the_steps() {
    let world = running();
    let steps = ["rollout-advance", "rollout-promote", "rollout-stop"];
    let (steered, seen) = (page(&world, Right::Steer, "rollout").await, page(&world, Right::See, "rollout").await);
    assert!(steps.iter().all(|step| steered.actions().contains(step)), "{:?}", steered.actions());
    assert!(steps.iter().all(|step| !seen.actions().contains(step)), "{:?}", seen.actions());
}

#[tokio::test]
async fn overview_and_version_say_that_a_rollout_runs_and_how_it_ended() {
    let world = running();
    let text = page(&world, Right::See, "").await.text;
    assert!(text.contains("Version 15 scores the same rows, and nobody sees its predictions"), "{text}");
    assert!(page(&world, Right::See, "versions/15").await.text.contains("rollout"));
    let rollout = world.registry.state().rollout.clone().unwrap();
    world.registry.state().rollout = Some(rollout.ended(RolloutOutcome::RolledBack, "it failed".into(), now()));
    let text = page(&world, Right::See, "").await.text;
    assert!(text.contains("The rollout of version 15 was rolled back"), "{text}");
    assert!(page(&world, Right::See, "versions/15").await.text.contains("rolled back"));
    let text = page(&world, Right::See, "rollout").await.text;
    assert!(text.contains("It failed."), "{text}");
}

#[tokio::test]
async fn before_the_first_rollout_the_page_says_what_starts_one() {
    let text = page(&full(), Right::See, "rollout").await.text;
    assert!(text.contains("There was no rollout yet"), "{text}");
}
