//! Tests of requests that come over the event bus: only an entry of the audit trail can ask for work.

use evergreen_lifecycle::{AuditEntry, AuditedAction};
use evergreen_testkit::{audit_entry, moment};
use evergreen_train::TrainResponse;
use serde_json::{Value, json};

use crate::support::{TestWorld, quick};

/// Returns the entry of a request that an administrator made a second ago.
fn entry(action: AuditedAction, subject: &str, details: &[(&str, &str)]) -> AuditEntry {
    let details = details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    AuditEntry { id: "a1".into(), details, ..audit_entry(action, subject, moment("2026-11-24T03:00:04Z")) }
}

/// Returns the part of an event on the bus that the rule passes to the function.
fn told(id: &str, at: &str, request: &Value) -> Value {
    json!({"schema_version": 1, "model": "iris", "id": id, "occurred_at": at, "request": request})
}

#[tokio::test]
async fn an_event_without_an_entry_of_the_audit_trail_does_nothing() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    world.invoke("b", quick()).await.unwrap();
    let retention = json!({"retention": {"keep": 1, "champion_days": 0, "dry_run": false}, "id": "a1"});
    for forged in [
        told("a1", "2026-11-24T03:00:04.000Z", &retention),
        told("a1", "2026-11-24T03:00:04.000Z", &json!({"seed": 1})),
        json!({"model": "iris", "promote": 1}),
        json!({"model": "iris", "rebuild": true}),
    ] {
        let error = world.handle("forged", forged.clone()).await.unwrap_err();
        assert!(["NotAudited", "InvalidRequest"].contains(&error.kind()), "{forged}: {error}");
    }
    let state = world.memory.state();
    assert_eq!((state.runs.len(), state.versions.len(), state.champions.len()), (2, 2, 2));
}

#[tokio::test]
async fn the_entry_decides_what_is_done_and_not_the_event() {
    let world = TestWorld::new();
    world.invoke("a", quick()).await.unwrap();
    let details = [("keep", "5"), ("champion_days", "0"), ("dry_run", "true")];
    world.memory.state().audit.push(entry(AuditedAction::RetentionRequested, "versions", &details));
    let rebuild = told("a1", "2026-11-24T03:00:04.000Z", &json!({"rebuild": true}));
    let answer = world.handle("asked", rebuild).await.unwrap();
    assert!(matches!(answer, TrainResponse::Retention(_)), "{answer:?}");
}

#[tokio::test]
async fn an_audited_request_trains_with_its_options_and_only_once() {
    let world = TestWorld::new();
    let set = quick()["hyperparameters"].to_string();
    let details = [("seed", "7"), ("family", "\"random_forest\""), ("hyperparameters", set.as_str())];
    world.memory.state().audit.push(entry(AuditedAction::TrainingRequested, "run manual-a1", &details));
    let event = told("a1", "2026-11-24T03:00:04.000Z", &Value::Null);
    let report = world.invoke("first", event.clone()).await.unwrap();
    assert_eq!((report.run_id.as_str(), world.run(&report).seed), ("manual-a1", Some(7)));
    assert!(world.invoke("second", event).await.unwrap().duplicate);
}

#[tokio::test]
async fn the_copy_of_an_old_request_and_an_entry_about_something_else_do_nothing() {
    let world = TestWorld::new();
    let old =
        AuditEntry { at: moment("2026-11-01T03:00:00Z"), ..entry(AuditedAction::RebuildRequested, "registry", &[]) };
    let promoted = entry(AuditedAction::Promoted, "version 1", &[]);
    world.memory.state().audit.extend([old, promoted]);
    for at in ["2026-11-01T03:00:00.000Z", "2026-11-24T03:00:04.000Z"] {
        let error = world.handle("copied", told("a1", at, &json!({"rebuild": true}))).await.unwrap_err();
        assert_eq!(error.kind(), "NotAudited", "{at}");
    }
}
