//! Tests the changes that people make, and what follows from them.

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_tests::Stack;
use evergreen_tests::events::Listener;
use evergreen_tests::wait::{seconds, until};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Versions, WHY, audited, promote, revision};

#[tokio::test]
async fn a_promotion_and_a_rollback_serve_and_are_audited_and_told() {
    let stack = Stack::take().await;
    let Versions { former, champion, .. } = Versions::make(&stack).await;
    let listener = Listener::start(&stack).await;

    let promoted = promote(&stack, former).await.ok().body;
    assert_eq!((&promoted["promoted"], &promoted["replaced"]), (&json!(former), &json!(champion)), "{promoted}");
    stack.until_served(former).await;
    let rolled_back = stack.console.send(Method::POST, "/rollbacks", json!({"reason": WHY})).await.ok().body;
    assert_eq!(rolled_back["promoted"], json!(champion), "{rolled_back}");
    stack.until_served(champion).await;

    assert_eq!(audited(&stack, "promoted").await[0]["id"], promoted["audit"]["id"]);
    let entry = audited(&stack, "rolled_back").await.swap_remove(0);
    assert_eq!((&entry["reason"], &entry["actor"]["kind"]), (&json!(WHY), &json!("iam")), "{entry}");
    let mut told: Vec<Value> = Vec::new();
    until("the events of both changes", seconds(20), async || {
        told.extend(listener.received(&stack).await);
        let has = |kind: &str, field: &str, value: &Value| {
            told.iter().any(|event| event["detail-type"] == kind && event["detail"][field] == *value)
        };
        let changes =
            [&promoted, &rolled_back].iter().all(|change| has("RegistryChanged", "id", &change["audit"]["id"]));
        (changes && has("ModelPromoted", "version", &json!(champion))).then_some(())
    })
    .await;
    listener.stop().await;
}

#[tokio::test]
async fn a_change_for_a_state_that_is_over_is_refused() {
    let stack = Stack::take().await;
    let Versions { former, champion, .. } = Versions::make(&stack).await;
    let stale = revision(&stack).await - 1;
    for (path, body) in [
        ("/promotions", json!({"version": former, "reason": WHY, "seen_revision": stale})),
        ("/rollbacks", json!({"reason": WHY, "seen_revision": stale})),
    ] {
        let problem = stack.console.send(Method::POST, path, body).await.problem(409);
        assert_eq!(problem.answer.body["type"], "urn:evergreen:problem:conflict", "{path}");
    }
    let body = json!({"version": former, "seen_revision": 7});
    stack.console.send(Method::PUT, "/aliases/stale", body).await.problem(409);
    assert_eq!(stack.champion_number().await, champion);
    stack.console.send(Method::POST, "/promotions", json!({"version": former})).await.problem(400);
}

#[tokio::test]
async fn a_repeated_key_changes_nothing_and_gets_the_same_answer() {
    let stack = Stack::take().await;
    let Versions { former, champion, .. } = Versions::make(&stack).await;
    let key = evergreen_tests::training::fresh_id();
    let send = async |version: u64| {
        let body = Some(json!({"version": version, "reason": WHY}));
        stack.console.call(Method::POST, "/promotions", body, &[("idempotency-key", &key)]).await
    };
    let before = audited(&stack, "promoted").await.len();
    let first = send(former).await.ok().body;
    let again = send(former).await.ok().body;
    assert_eq!((&first["repeated"], &again["repeated"]), (&json!(false), &json!(true)));
    assert_eq!((&first["audit"], &first["revision"]), (&again["audit"], &again["revision"]));
    assert_eq!(audited(&stack, "promoted").await.len(), before + 1);
    let other = send(champion).await.problem(409);
    assert_eq!(other.answer.body["type"], "urn:evergreen:problem:key-reused");
    promote(&stack, champion).await.ok();
    stack.until_served(champion).await;
}

#[tokio::test]
async fn what_an_alias_names_cannot_be_deleted() {
    let stack = Stack::take().await;
    let Versions { refused, champion, .. } = Versions::make(&stack).await;
    let delete = async |version: u64| {
        let path = format!("/versions/{version}");
        stack.console.call(Method::DELETE, &path, Some(json!({"reason": WHY})), &[]).await
    };
    stack.console.send(Method::PUT, "/aliases/staging", json!({"version": refused})).await.ok();
    for version in [refused, champion] {
        let problem = delete(version).await.problem(409);
        assert_eq!(problem.answer.body["type"], "urn:evergreen:problem:protected", "{version}");
    }
    stack.console.call(Method::DELETE, "/aliases/staging", None, &[]).await.ok();
    delete(refused).await.ok();
    stack.api.get(&format!("/versions/{refused}")).await.problem(404);
    let keys = stack.bucket.keys(&format!("models/iris/{refused:08}/")).await;
    assert!(keys.iter().all(|key| !key.ends_with(".onnx")), "the artifact is still there: {keys:?}");
}

#[tokio::test]
async fn a_muted_alarm_sends_no_mail_until_the_mute_ends() {
    const KIND: &str = "train-schedule-queue";
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    let body = json!({"until": until.to_string(), "reason": "maintenance until noon"});
    stack.console.send(Method::PUT, &format!("/alarms/{KIND}/mute"), body).await.ok();
    let mark = stack.inbox.mark().await;
    stack.cloudwatch.set_state(KIND, StateValue::Alarm, "a test").await;
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(stack.mails_about(mark, KIND, StateValue::Alarm).await.len(), 0);
    stack.cloudwatch.set_state(KIND, StateValue::Ok, "a test").await;
    tokio::time::sleep(seconds(2)).await;

    stack.console.call(Method::DELETE, &format!("/alarms/{KIND}/mute"), None, &[]).await.ok();
    stack.registry.forget_alarms().await;
    stack.cloudwatch.set_state(KIND, StateValue::Alarm, "a test").await;
    stack.until_mailed(mark, KIND, StateValue::Alarm).await;
    stack.cloudwatch.set_state(KIND, StateValue::Ok, "a test").await;
    stack.until_mailed(mark, KIND, StateValue::Ok).await;
}

#[tokio::test]
async fn a_requested_training_runs_with_its_parameters_and_a_verification_finds_the_same_bytes() {
    let stack = Stack::take().await;
    stack.served().await;
    let order = json!({"seed": 7, "family": "linear", "note": "asked for in a test"});
    let taken = stack.console.send(Method::POST, "/trainings", order).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    let id = taken.body["run_id"].as_str().expect("a run has an id");
    let run = until("the run to end", seconds(60), async || {
        let run = stack.api.get(&format!("/runs/{id}")).await;
        (run.status == 200 && run.body["finished_at"].is_string()).then_some(run.body)
    })
    .await;
    assert_eq!((&run["seed"], &run["trigger"]["note"]), (&json!(7), &json!("asked for in a test")), "{run}");
    let version = run["version"].as_u64().expect("the run made a version");
    assert_eq!(stack.api.get(&format!("/versions/{version}")).await.ok().body["version"]["family"], "linear");

    let asked = stack.console.call(Method::POST, &format!("/versions/{version}/verifications"), None, &[]).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let prefix = format!("VERIFY#{version:08}#");
    let result = until("the verification", seconds(60), async || stack.registry.items(&prefix).await.pop()).await;
    assert!(format!("{result:?}").contains("identical"), "{result:?}");
    stack.train_good().await;
}

#[tokio::test]
async fn the_schedule_is_paused_and_resumed() {
    let stack = Stack::take().await;
    let enabled = async || stack.console.get("/schedule").await.ok().body["is_enabled"].clone();
    stack.console.send(Method::POST, "/schedule/pause", json!({"reason": WHY})).await.ok();
    assert_eq!(enabled().await, json!(false));
    stack.console.send(Method::POST, "/schedule/resume", json!({})).await.ok();
    assert_eq!(enabled().await, json!(true));
    assert_eq!(audited(&stack, "schedule_paused").await[0]["reason"], WHY);
}
