//! Tests of version numbers and the S3 objects under them: no stored object is ever overwritten.

use std::collections::BTreeMap;

use evergreen_lifecycle::{RunStatus, VersionNumber};
use evergreen_testkit::Memory;
use evergreen_train::{Invocation, TrainPorts, TrainReport, TrainResponse, Trainer};
use jiff::SignedDuration;

use crate::support::{TestWorld, quick};

const FIRST: &str = "models/iris/00000001/model.onnx";

fn number(report: &TrainReport) -> u32 {
    report.version.map_or(0, VersionNumber::get)
}

/// Returns the S3 objects in the fake store, except those of the version that `report` names as created.
fn objects_before(world: &TestWorld, report: &TrainReport) -> BTreeMap<String, Vec<u8>> {
    let mut objects = world.memory.state().objects.clone();
    objects.retain(|key, _| !key.contains(&format!("/{:08}/", number(report))));
    objects
}

#[tokio::test]
async fn a_missing_counter_is_restored_and_no_object_of_a_version_changes() {
    let world = TestWorld::new();
    for invocation in ["a", "b"] {
        world.invoke(invocation, quick()).await.unwrap();
    }
    let before = world.memory.state().objects.clone();
    for (invocation, last, expected) in [("c", 0, 3), ("d", 1, 4)] {
        world.memory.state().last_number = last;
        let report = world.invoke(invocation, quick()).await.unwrap();
        assert_eq!((number(&report), world.memory.state().last_number), (expected, expected));
    }
    let mut after = world.memory.state().objects.clone();
    after.retain(|key, _| before.contains_key(key));
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_second_registry_at_the_same_bucket_takes_the_numbers_above() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    let registry = Memory::default();
    let (memory, clock) = (&world.memory, &world.clock);
    let ports = TrainPorts { registry: &registry, storage: memory, bus: &registry, clock };
    let other = Trainer { world: &ports, settings: &world.training };
    let deadline = evergreen_lifecycle::ports::Clock::now(clock) + SignedDuration::from_mins(15);
    let before = memory.state().objects.clone();
    // The second attempt trains the same model again: its artifact has the same bytes.
    let answer = other.handle(quick(), &Invocation { id: "b".into(), deadline, is_job: false }).await.unwrap();
    let TrainResponse::Run(report) = answer else { panic!("{answer:?}") };
    assert_eq!((report.status, number(&report)), (RunStatus::Succeeded, 2));
    assert_eq!(objects_before(&world, &report), before);
    let next = world.invoke("c", quick()).await.unwrap();
    assert_eq!(number(&next), 3);
}

#[tokio::test]
async fn a_number_that_is_taken_at_the_last_moment_leads_to_the_next_one() {
    let world = TestWorld::new();
    world.memory.state().intruder = Some((FIRST.into(), b"of another registry".to_vec()));
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!((report.status, number(&report)), (RunStatus::Succeeded, 2));
    assert_eq!(world.memory.state().objects[FIRST], b"of another registry");
    assert_eq!(world.champion_number(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn an_object_stored_with_a_lost_answer_belongs_to_the_attempt() {
    let world = TestWorld::new();
    world.memory.state().unheard.insert("create", 2);
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!((report.status, number(&report)), (RunStatus::Succeeded, 1));
    assert_eq!(world.memory.state().objects.len(), 2);
}

#[tokio::test]
async fn a_deleted_pointer_is_restored_above_the_history() {
    let world = TestWorld::new();
    for invocation in ["a", "b"] {
        world.invoke(invocation, quick()).await.unwrap();
    }
    let former = std::mem::take(&mut world.memory.state().champions);
    world.memory.state().former = former;
    world.invoke("c", quick()).await.unwrap();
    let champion = world.memory.state().champions.last().cloned().unwrap();
    assert_eq!((champion.revision, champion.version.number.get(), champion.previous), (3, 3, None));
}
