//! Tests that a measurement takes the step of a rollout that is due.

use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::feedback::{PredictedOutcome, PredictionLoss, TrueValue};
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStatus, RolloutShare};
use evergreen_lifecycle::rollout::{Rollout, RolloutCounts, RolloutOutcome};
use evergreen_lifecycle::{ActorKind, AuditedAction, Champion};
use evergreen_metrics::RolloutSteps;
use evergreen_testkit::{champion, moment, rollout};

use crate::support::{World, sound_version};

const START: &str = "2026-11-24T03:00:00Z";

/// Returns a stack whose version 2 proves itself beside the champion, version 1, since 03:00. It is 04:01.
fn running() -> World {
    let world = World::at("2026-11-24T04:01:00Z");
    let [first, second] = [1, 2].map(|number| sound_version(world.memory, number, 0.95, moment(START)));
    let mut state = world.memory.state();
    state.rollout = Some(rollout(&champion(first.clone()), second.clone()));
    state.champions.push(champion(first.clone()));
    state.versions.extend([(first.number, first), (second.number, second)]);
    drop(state);
    world
}

/// Stores what an environment has counted in the current stage.
fn count(world: &World, counts: RolloutCounts) {
    let mut state = world.memory.state();
    let rollout = state.rollout.clone().unwrap();
    state.rollout_shares.push(RolloutShare {
        rollout: rollout.id,
        stage: rollout.stage,
        hour: CountedHour::of(moment(START)),
        environment: "00c0ffee00c0ffee".into(),
        sequence: 1,
        counts,
    });
}

fn sound() -> RolloutCounts {
    let mut counts = RolloutCounts { loaded: 1, ..RolloutCounts::default() };
    for _ in 0..150 {
        counts.shadow.compare(true, 0.01);
        counts.champion.answered(1, 1000);
        counts.challenger.answered(1, 1000);
    }
    counts
}

async fn take(world: &World) {
    let World { memory, clock, .. } = world;
    let model = "iris".parse().unwrap();
    let (registry, artifacts, bus, alarms) = (*memory, *memory, *memory, *memory);
    RolloutSteps { registry, artifacts, bus, alarms, clock, model: &model }.take().await;
}

fn now(world: &World) -> Rollout {
    world.memory.state().rollout.clone().unwrap()
}

fn number(world: &World) -> u32 {
    world.memory.state().champions.last().unwrap().version.number.get()
}

#[tokio::test]
async fn a_challenger_without_anything_against_it_takes_over_stage_by_stage() {
    let world = running();
    for (percent, time) in [(10, "05:02"), (50, "06:03")] {
        count(&world, sound());
        take(&world).await;
        assert_eq!((now(&world).percent(), number(&world)), (percent, 1));
        world.clock.set(moment(&format!("2026-11-24T{time}:00Z")));
    }
    count(&world, sound());
    take(&world).await;
    assert_eq!((number(&world), now(&world).end.unwrap().outcome), (2, RolloutOutcome::Promoted));
    let copy = world.memory.state().copy.clone();
    assert_eq!(copy, world.memory.state().objects.get("models/iris/00000002/model.onnx").cloned());
    let audit = world.memory.state().audit.clone();
    let actions: Vec<_> = audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditedAction::RolloutAdvanced, AuditedAction::RolloutAdvanced, AuditedAction::Promoted]);
    assert!(audit.iter().all(|entry| entry.actor.kind == ActorKind::Stack));
    let kinds: Vec<_> = world.memory.state().events.iter().map(|event| event.kind.clone()).collect();
    assert_eq!(kinds, ["RegistryChanged", "RegistryChanged", "RegistryChanged", "ModelPromoted"]);
}

#[tokio::test]
async fn a_stage_without_rows_goes_on_and_nothing_is_written() {
    let world = running();
    take(&world).await;
    assert_eq!((now(&world).revision, world.memory.state().audit.len()), (1, 0));
}

#[tokio::test]
async fn known_truths_roll_back_a_worse_challenger_while_alarms_ring() {
    let world = running();
    count(&world, sound());
    ring(&world);
    let loss = |said: f32| PredictionLoss::new(&PredictedOutcome::Number(said), TrueValue::Number(0.0)).unwrap();
    let (first, second) = (number_of(1), number_of(2));
    for row in 0..200 {
        let worse = loss(if row % 2 == 0 { 2.0 } else { 1.0 });
        world.memory.state().paired_tallies.entry((first, second)).or_default().add(loss(0.1), worse);
    }
    world.memory.take_away("alarms");
    take(&world).await;
    let end = now(&world).end.unwrap();
    assert_eq!((end.outcome, number(&world)), (RolloutOutcome::RolledBack, 1));
    assert!(end.reason.contains("higher on 200 rows with a known truth"), "{}", end.reason);
    let entry = world.memory.state().audit.pop().unwrap();
    assert_eq!((entry.action, entry.reason), (AuditedAction::RolloutRolledBack, Some(end.reason)));
}

fn number_of(number: u32) -> evergreen_lifecycle::VersionNumber {
    evergreen_lifecycle::VersionNumber::new(number).unwrap()
}

fn ring(world: &World) {
    let alarm = AlarmStatus {
        name: "prediction-errors".into(),
        description: String::new(),
        condition: AlarmCondition::Alarm,
        since: None,
        reason: String::new(),
    };
    world.memory.state().alarm_states.push(alarm);
}

#[tokio::test]
async fn an_alarm_about_predictions_holds_the_next_stage() {
    let world = running();
    count(&world, sound());
    ring(&world);
    take(&world).await;
    assert_eq!(now(&world).stage, 0);
    world.memory.state().alarm_states.clear();
    take(&world).await;
    assert_eq!(now(&world).stage, 1);
}

#[tokio::test]
async fn another_champion_ends_the_rollout() {
    let world = running();
    let third = sound_version(world.memory, 3, 0.9, moment("2026-11-24T03:30:00Z"));
    let before = world.memory.state().champions.last().cloned();
    let champion = Champion::succeeding(before.as_ref(), third, moment("2026-11-24T03:30:00Z"));
    world.memory.state().champions.push(champion);
    take(&world).await;
    assert_eq!((now(&world).end.unwrap().outcome, number(&world)), (RolloutOutcome::Stopped, 3));
}

#[tokio::test]
async fn a_challenger_whose_file_is_damaged_is_not_promoted() {
    let world = running();
    count(&world, sound());
    world.memory.state().objects.insert("models/iris/00000002/model.onnx".into(), b"damaged".to_vec());
    world.clock.set(moment("2026-12-02T03:00:00Z"));
    take(&world).await;
    assert_eq!((number(&world), now(&world).end.unwrap().outcome), (1, RolloutOutcome::RolledBack));
}

#[tokio::test]
async fn two_measurements_at_once_take_one_step() {
    let world = running();
    count(&world, sound());
    tokio::join!(take(&world), take(&world));
    assert_eq!((now(&world).stage, world.memory.state().audit.len()), (1, 1));
}

#[tokio::test]
async fn an_ended_rollout_takes_no_step() {
    let world = running();
    let ended = now(&world).ended(RolloutOutcome::Stopped, "a test".into(), moment(START));
    world.memory.state().rollout = Some(ended.clone());
    count(&world, sound());
    take(&world).await;
    assert_eq!(now(&world), ended);
}
