//! Tests of verification: a version is trained again and compared with its artifact.

use evergreen_lifecycle::{AuditedAction, Verification, VerificationOutcome, VersionNumber};
use evergreen_train::TrainResponse;
use serde_json::{Value, json};

use crate::support::{TestWorld, customers, houses, quick};

async fn verify(world: &TestWorld, number: u32) -> Verification {
    match world.handle("verification", json!({"verify": number})).await.unwrap() {
        TrainResponse::Verification(verification) => *verification,
        other => panic!("expected a verification, got {other:?}"),
    }
}

fn small_search() -> Value {
    json!({"seed": 11, "family": "decision_tree"})
}

#[tokio::test]
async fn a_version_is_made_again_byte_for_byte() {
    let settings: &[u8] = b"target = \"left\"\ndrop = [\"id\"]\n";
    let world = TestWorld::with(&[("customers.csv", customers(0..400).as_bytes()), ("dataset.toml", settings)]);
    world.invoke("a", small_search()).await.unwrap();
    let verification = verify(&world, 1).await;
    assert_eq!((verification.outcome, verification.differences), (VerificationOutcome::Identical, Vec::new()));
}

#[tokio::test]
async fn a_verification_changes_nothing_but_the_audit_and_is_told() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    let runs = world.memory.state().runs.clone();
    let versions = world.memory.state().versions.clone();
    let verification = verify(&world, 1).await;
    assert_eq!(verification.outcome, VerificationOutcome::Identical);
    let state = world.memory.state();
    assert_eq!((&state.runs, &state.versions, state.champions.len()), (&runs, &versions, 1));
    assert_eq!(state.verifications, [verification]);
    assert_eq!(state.audit.last().unwrap().action, AuditedAction::VersionVerified);
    let told: Value = serde_json::from_str(&state.events.last().unwrap().detail).unwrap();
    assert_eq!((&told["action"], &told["details"]["outcome"]), (&json!("version_verified"), &json!("identical")));
}

#[tokio::test]
async fn the_table_of_the_training_is_used_even_if_it_was_replaced() {
    let world = TestWorld::with(&[("houses.csv", houses(200).as_bytes())]);
    let world =
        TestWorld { training: evergreen_train::TrainingSettings { target: "price".into(), ..world.training }, ..world };
    let report = world.invoke("a", json!({"family": "decision_tree"})).await.unwrap();
    let file = world.manifest(&report).profile.files[0].clone();
    world.store(&[("houses.csv", houses(150).as_bytes())]);
    // The bucket has deleted the former content.
    let gone = verify(&world, 1).await;
    assert_eq!(gone.outcome, VerificationOutcome::NotPossible);
    assert_eq!(
        gone.differences,
        ["the table is gone: the bucket no longer has datasets/iris/houses.csv as it was then"]
    );
    // The bucket still has it.
    let version = (file.name, file.object_version.unwrap());
    world.memory.state().former_datasets.insert(version, houses(200).into_bytes());
    assert_eq!(verify(&world, 1).await.outcome, VerificationOutcome::Identical);
}

#[tokio::test]
async fn another_artifact_is_described() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    let key = VersionNumber::FIRST.object_key(&"iris".parse().unwrap(), "manifest.json");
    // A manifest with another seed stands for a program that computes something else.
    world.memory.state().versions.get_mut(&VersionNumber::FIRST).unwrap().seed = 8;
    world.memory.state().versions.get_mut(&VersionNumber::FIRST).unwrap().code_version = "0.0.1".into();
    let mut manifest: Value = serde_json::from_slice(&world.memory.state().objects[&key]).unwrap();
    assert_eq!(manifest["architecture"], std::env::consts::ARCH);
    manifest["architecture"] = "sparc64".into();
    world.memory.state().objects.insert(key, manifest.to_string().into_bytes());
    let verification = verify(&world, 1).await;
    assert_eq!(verification.outcome, VerificationOutcome::Differs);
    let words = verification.differences.join("; ");
    assert!(words.contains("the models are of another kind"), "{words}");
    assert!(words.contains("other code: this is version test, and the version was made by 0.0.1"), "{words}");
    assert!(words.contains("and the version was made on sparc64"), "{words}");
}

#[tokio::test]
async fn a_version_without_its_artifact_cannot_be_verified() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.memory.state().objects.retain(|key, _| !key.ends_with("model.onnx"));
    let verification = verify(&world, 1).await;
    assert_eq!(verification.differences, ["its artifact models/iris/00000001/model.onnx is gone"]);
    assert_eq!(world.handle("b", json!({"verify": 7})).await.unwrap_err().kind(), "NoSuchVersion");
}
