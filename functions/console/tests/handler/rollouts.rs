//! Tests of rollouts: what people see of them, and the steps that they take.

use evergreen_lifecycle::rollout::RolloutOutcome;
use evergreen_lifecycle::{ActorKind, AuditedAction};
use serde_json::{Value, json};

use crate::support::{ADA, Fixture, WHY, signed};

async fn start(fixture: &Fixture, version: u32) -> crate::support::Answer {
    fixture.signed("POST", "/rollout/start", json!({"version": version, "reason": WHY})).await
}

async fn step(fixture: &Fixture, name: &str) -> crate::support::Answer {
    fixture.signed("POST", &format!("/rollout/{name}"), json!({"reason": WHY})).await
}

fn actions(fixture: &Fixture) -> Vec<AuditedAction> {
    fixture.memory.state().audit.iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn a_rollout_by_hand_goes_through_its_stages_and_ends_with_the_promotion() {
    let fixture = Fixture::serving();
    assert_eq!(fixture.read("/rollout").await.json(), json!({"rollout": null}));
    assert_eq!(start(&fixture, 3).await.status, 200);
    let shown = fixture.read("/rollout").await.json()["rollout"].clone();
    assert_eq!((&shown["state"], &shown["challenger"], &shown["champion"]), (&json!("running"), &json!(3), &json!(2)));
    assert_eq!((&shown["percent"], &shown["steps"]), (&json!(0), &json!([10, 50])));
    assert_eq!((&shown["started_by"]["name"], &shown["next"]["step"]), (&json!(ADA), &json!("hold")));
    for percent in ["10", "50"] {
        let answer = step(&fixture, "advance").await;
        assert_eq!(answer.json()["audit"]["details"]["percent"], percent);
    }
    assert_eq!(step(&fixture, "advance").await.problem(), (409, "no-step".into()));
    assert_eq!(step(&fixture, "promote").await.status, 200);
    assert_eq!(fixture.champion(), (3, 3));
    let end = fixture.memory.state().rollout.clone().unwrap().end.unwrap();
    assert_eq!(end.outcome, RolloutOutcome::Promoted);
    use AuditedAction::{Promoted, RolloutAdvanced, RolloutStarted};
    assert_eq!(actions(&fixture), [RolloutStarted, RolloutAdvanced, RolloutAdvanced, Promoted]);
    assert!(fixture.memory.state().audit.iter().all(|entry| entry.actor.kind == ActorKind::Iam));
}

#[tokio::test]
async fn a_stopped_rollout_leaves_the_champion_and_says_who_stopped_it() {
    let fixture = Fixture::serving();
    start(&fixture, 3).await;
    assert_eq!(step(&fixture, "stop").await.status, 200);
    let shown = fixture.read("/rollout").await.json()["rollout"].clone();
    assert_eq!((&shown["state"], &shown["next"]), (&json!("stopped"), &Value::Null));
    assert!(shown["reason"].as_str().unwrap().contains(WHY), "{shown}");
    assert_eq!(fixture.champion(), (2, 2));
    assert_eq!(step(&fixture, "stop").await.problem(), (409, "no-step".into()));
}

#[tokio::test]
async fn a_version_that_proves_itself_cannot_be_deleted_until_its_rollout_is_stopped() {
    let fixture = Fixture::serving();
    start(&fixture, 3).await;
    let delete = async || fixture.signed("DELETE", "/versions/3", json!({"reason": WHY})).await;
    let refused = delete().await;
    let detail = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(refused.problem(), (409, "protected".into()));
    assert!(detail.contains("it proves itself in a rollout; stop the rollout first"), "{detail}");
    step(&fixture, "stop").await;
    assert_eq!(delete().await.status, 200);
}

#[tokio::test]
async fn a_promotion_by_hand_ends_a_rollout_at_once() {
    let fixture = Fixture::serving();
    start(&fixture, 3).await;
    fixture.signed("POST", "/promotions", json!({"version": 1, "reason": WHY})).await;
    assert_eq!(step(&fixture, "advance").await.problem(), (409, "no-step".into()));
}

#[tokio::test]
async fn a_newer_rollout_replaces_a_running_one_and_says_so() {
    let fixture = Fixture::serving();
    start(&fixture, 3).await;
    assert_eq!(start(&fixture, 1).await.json()["audit"]["details"]["replaces"], "3");
    let shown = fixture.read("/rollout").await.json()["rollout"].clone();
    assert_eq!((&shown["challenger"], &shown["replaced"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn only_another_version_with_an_intact_artifact_can_be_rolled_out() {
    let fixture = Fixture::serving();
    assert_eq!(start(&fixture, 2).await.problem(), (400, "invalid-field".into()));
    assert_eq!(start(&fixture, 9).await.problem(), (404, "unknown".into()));
    fixture.memory.state().objects.insert("models/iris/00000003/model.onnx".into(), b"damaged".to_vec());
    assert_eq!(start(&fixture, 3).await.problem(), (409, "cannot-serve".into()));
    assert!(fixture.memory.state().rollout.is_none());
}

#[tokio::test]
async fn a_repeated_start_with_the_same_key_starts_one_rollout() {
    let fixture = Fixture::serving();
    let mut event = signed("POST", "/rollout/start", Some(json!({"version": 3, "reason": WHY})));
    event["headers"]["idempotency-key"] = "k1".into();
    let first = fixture.call(&event).await.json();
    let second = fixture.call(&event).await.json();
    assert_eq!((&second["audit"], &second["repeated"]), (&first["audit"], &json!(true)));
    assert_eq!(fixture.memory.state().rollout.clone().unwrap().revision, 1);
}

#[tokio::test]
async fn a_key_of_the_status_api_starts_no_rollout() {
    let fixture = Fixture::serving();
    let mut event = crate::support::event("/{proxy+}", ("proxy", "/rollout/start"), "POST", "/rollout/start");
    event["body"] = json!({"version": 3, "reason": WHY}).to_string().into();
    assert_eq!(fixture.call(&event).await.problem(), (403, "forbidden".into()));
}
