//! Tests that the stack asks for a training run, or rolls back, when the parameters allow it and the data has drifted.

use evergreen_lifecycle::drift::{CountedHour, DriftSummary};
use evergreen_lifecycle::reaction::{Reaction, ReactionRules};
use evergreen_lifecycle::{ActorKind, AuditedAction, Champion, Pointer, VersionNumber};
use evergreen_metrics::Reactor;
use evergreen_testkit::{champion, moment, run};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{World, sound_version};

/// What the parameter `OnDrift` allows.
fn on_drift(reaction: Option<Reaction>) -> ReactionRules {
    ReactionRules { on_drift: reaction, on_live_accuracy: None, pause: SignedDuration::from_hours(7 * 24) }
}

/// Returns a stack whose champion, version 2, has followed version 1. The last hour of the champion has drifted.
fn drifted() -> World {
    let world = World::at("2026-11-24T14:15:00Z");
    let [first, second] = [1, 2].map(|number| sound_version(world.memory, number, 0.9, moment("2026-11-24T03:00:00Z")));
    let mut state = world.memory.state();
    let before = champion(first.clone());
    let after =
        Champion::following(Some(&Pointer::from(before.clone())), 1, second.clone(), moment("2026-11-24T03:00:00Z"));
    state.versions.extend([(first.number, first), (second.number, second)]);
    state.champions.extend([before, after]);
    state.drift = Some(summary(2, 1));
    drop(state);
    world
}

fn summary(version: u32, drifted: usize) -> DriftSummary {
    let judged = CountedHour::of(moment("2026-11-24T13:00:00Z"));
    let comparison = json!({
        "window": {"length": "hour", "last": judged.0}, "drifted": drifted,
        "sentence": "Drift in the last hour (5000 rows): x (PSI 3.21).",
    });
    serde_json::from_value(json!({"judged": judged.0, "version": version, "rows": 5000, "comparisons": [comparison]}))
        .unwrap()
}

async fn react(world: &World, rules: ReactionRules) {
    let World { memory, clock, .. } = world;
    let model = "iris".parse().unwrap();
    let reactor = Reactor { registry: *memory, artifacts: *memory, bus: *memory, clock, model: &model, rules: &rules };
    reactor.react().await;
}

fn number(world: &World) -> u32 {
    world.memory.state().champions.last().unwrap().version.number.get()
}

/// Returns the kinds of the sent events, with their details.
fn events(world: &World) -> Vec<(String, Value)> {
    let events = world.memory.state().events.clone();
    events.iter().map(|event| (event.kind.clone(), serde_json::from_str(&event.detail).unwrap())).collect()
}

#[tokio::test]
async fn by_default_drift_changes_nothing() {
    let world = drifted();
    react(&world, on_drift(None)).await;
    assert!(world.memory.state().audit.is_empty());
}

#[tokio::test]
async fn drift_asks_for_one_training_run_that_says_why() {
    let world = drifted();
    for _ in 0..3 {
        react(&world, on_drift(Some(Reaction::Retrain))).await;
        world.clock.set(moment("2026-11-25T14:15:00Z"));
    }
    let audit = world.memory.state().audit.clone();
    assert_eq!(audit.len(), 1, "a training that was asked for is not asked for again");
    let entry = &audit[0];
    assert_eq!((entry.action, entry.actor.kind), (AuditedAction::TrainingRequested, ActorKind::Stack));
    assert_eq!(entry.subject, "run manual-reaction-2-1");
    let reason = entry.reason.as_deref();
    insta::assert_snapshot!(reason.unwrap(), @"OnDrift: the served data has drifted. Drift in the last hour (5000 rows): x (PSI 3.21).");
    let events = events(&world);
    assert_eq!((events.len(), events[0].0.as_str()), (1, "TrainingRequested"));
    assert_eq!(events[0].1["request"], json!({"id": "reaction-2-1", "note": reason}));
    assert_eq!(world.memory.state().reactions.taken.len(), 1);
}

#[tokio::test]
async fn no_training_is_asked_for_while_one_is_in_progress() {
    let world = drifted();
    let run = run("7", moment("2026-11-24T14:10:00Z"));
    world.memory.state().runs.insert(run.id.clone(), run);
    react(&world, on_drift(Some(Reaction::Retrain))).await;
    assert!(world.memory.state().audit.is_empty());
}

#[tokio::test]
async fn drift_of_a_former_champion_is_over() {
    let world = drifted();
    world.memory.state().drift = Some(summary(1, 1));
    react(&world, on_drift(Some(Reaction::Retrain))).await;
    assert!(world.memory.state().audit.is_empty());
}

#[tokio::test]
async fn drift_rolls_back_once_and_never_further() {
    let world = drifted();
    react(&world, on_drift(Some(Reaction::Rollback))).await;
    assert_eq!(number(&world), 1);
    let kinds: Vec<_> = events(&world).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["RegistryChanged", "ModelPromoted"]);
    let by_hand = world.memory.state().champions.last().unwrap().by_hand.clone().unwrap();
    assert_eq!(by_hand.actor.kind, ActorKind::Stack);
    // The version to which the stack returned drifts, too.
    world.memory.state().drift = Some(summary(1, 1));
    world.clock.set(moment("2026-12-24T14:15:00Z"));
    react(&world, on_drift(Some(Reaction::Rollback))).await;
    assert_eq!((number(&world), world.memory.state().audit.len()), (1, 1));
}

#[tokio::test]
async fn the_stack_does_not_return_to_a_damaged_version() {
    let world = drifted();
    let key = world.memory.state().versions[&VersionNumber::FIRST].artifact.key.clone();
    world.memory.state().objects.insert(key, b"damaged".to_vec());
    react(&world, on_drift(Some(Reaction::Rollback))).await;
    assert_eq!((number(&world), world.memory.state().audit.len()), (2, 0));
}

#[tokio::test]
async fn two_measurements_at_once_react_once() {
    let world = drifted();
    let rules = on_drift(Some(Reaction::Retrain));
    tokio::join!(react(&world, rules), react(&world, rules));
    assert_eq!(world.memory.state().audit.len(), 1);
}

#[tokio::test]
async fn a_champion_that_a_person_promotes_meanwhile_stays() {
    let world = drifted();
    let third = sound_version(world.memory, 3, 0.9, moment("2026-11-24T14:14:00Z"));
    let rival = Champion { revision: 3, ..champion(third) };
    world.memory.state().rival = Some(rival);
    react(&world, on_drift(Some(Reaction::Rollback))).await;
    assert_eq!((number(&world), world.memory.state().reactions.revision), (3, 0));
}

#[tokio::test]
async fn without_the_registry_nothing_happens_and_the_next_measurement_reacts() {
    let world = drifted();
    world.memory.take_away("registry");
    react(&world, on_drift(Some(Reaction::Retrain))).await;
    world.memory.bring_back("registry");
    react(&world, on_drift(Some(Reaction::Retrain))).await;
    assert_eq!(world.memory.state().audit.len(), 1);
}
