//! Tests of registry records that a newer release wrote before a rollback. This release uses and shows the fields that
//! it can read.

use evergreen_lifecycle::{Champion, Pointer, Unreadable};
use evergreen_testkit::{moment, run};
use serde_json::{Value, json};

use crate::support::{Fixture, INTERVAL, SETOSA};

/// Replaces the champion's registry record by a changed one, which a newer release of the software might write.
fn rewrite_pointer(fixture: &Fixture, champion: &Champion, change: impl Fn(&mut Value)) {
    let mut fields = serde_json::to_value(champion).unwrap();
    change(&mut fields);
    let record = Unreadable::new("CHAMPION", "unknown variant", fields);
    fixture.remote.memory.state().pointer = Some(Some(Pointer::in_part(record)));
}

fn with_unknown_enums(fields: &mut Value) {
    fields["version"]["family"] = "oracle".into();
    fields["version"]["decision"]["metric"] = "hinge".into();
    fields["version"]["decision"]["verdict"] = "chosen_by_lot".into();
    fields["version"]["evaluation"] = json!({"ranking": 0.9});
    fields["version"]["dataset"]["task"] = "ranking".into();
}

#[tokio::test]
async fn a_new_environment_serves_a_champion_with_a_partly_readable_record() {
    let fixture = Fixture::empty();
    let champion = fixture.promote(1);
    rewrite_pointer(&fixture, &champion, with_unknown_enums);
    fixture.app.warm_up().await;
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 0));
    let model = fixture.get("/model").await.json();
    assert_eq!((&model["version"], &model["trained_at"]), (&json!(1), &json!("2026-11-24T03:00:04.000Z")));
    assert_eq!(model["signature"]["labels"], json!(["setosa", "versicolor", "virginica"]));
    assert_eq!(model.get("metrics"), None);
    assert_eq!(model["unreadable"], "this release cannot read the record CHAMPION: unknown variant");
}

#[tokio::test]
async fn a_warm_environment_follows_a_partly_readable_pointer() {
    let fixture = Fixture::serving().await;
    let champion = fixture.promote(2);
    rewrite_pointer(&fixture, &champion, with_unknown_enums);
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 0));
}

#[tokio::test]
async fn a_pointer_without_an_artifact_is_counted_and_the_champion_in_memory_serves() {
    let fixture = Fixture::serving().await;
    let champion = fixture.promote(2);
    rewrite_pointer(&fixture, &champion, |fields| fields["version"]["artifact"] = "elsewhere".into());
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1));
    let cold = Fixture::empty();
    rewrite_pointer(&cold, &champion, |fields| fields["version"]["artifact"] = "elsewhere".into());
    assert_eq!(cold.predict(SETOSA).await.status, 503);
}

/// Returns the record of a run with a status that only a newer release of the software knows.
fn paused() -> Unreadable {
    let fields = json!({
        "id": "manual-paused",
        "status": "PAUSED",
        "trigger": {"kind": "tide", "height": 3},
        "started_at": "2026-11-24T07:30:00.000Z",
        "version": 7,
        "metrics": {"ranking": 0.5},
        "parameters": {"n_estimators": 100},
    });
    Unreadable::new("RUN#manual-paused", "unknown variant `PAUSED`", fields)
}

#[tokio::test]
async fn an_unreadable_run_is_listed_as_such_among_the_others() {
    let fixture = Fixture::empty();
    {
        let mut state = fixture.remote.memory.state();
        let others = [run("newer", moment("2026-11-24T07:45:00Z")), run("older", moment("2026-11-24T07:00:00Z"))];
        state.runs.extend(others.map(|run| (run.id.clone(), run)));
        state.unreadable_runs.push(paused());
    }
    let answer = fixture.get("/runs").await;
    assert_eq!(answer.status, 200);
    let runs = answer.json()["runs"].clone();
    let ids: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["manual-newer", "manual-paused", "manual-older"]);
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(runs[1], @r#"
    {
      "finished_at": null,
      "id": "manual-paused",
      "metrics": null,
      "parameters": {
        "n_estimators": 100
      },
      "reason": "this release cannot read the record RUN#manual-paused: unknown variant `PAUSED`",
      "search": null,
      "started_at": "2026-11-24T07:30:00.000Z",
      "status": "UNREADABLE",
      "stored_status": "PAUSED",
      "trigger": {
        "height": 3,
        "kind": "tide"
      },
      "version": 7,
      "warnings": []
    }
    "#);
    });
    assert_eq!(fixture.get("/runs/manual-paused").await.json(), runs[1]);
}

#[tokio::test]
async fn an_unreadable_run_is_shown_with_its_id() {
    let fixture = Fixture::empty();
    fixture.remote.memory.state().unreadable_runs.push(Unreadable::new("RUN#manual-x", "no map", Value::Null));
    let run = fixture.get("/runs/manual-x").await;
    assert_eq!((run.status, &run.json()["id"], &run.json()["status"]), (200, &json!("manual-x"), &json!("UNREADABLE")));
}
