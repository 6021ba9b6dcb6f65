//! Tests of runs that a newer release wrote before a rollback. This release shows the fields that it can read.

use evergreen_lifecycle::Unreadable;
use evergreen_testkit::{moment, run};
use serde_json::{Value, json};

use crate::support::Fixture;

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
        let mut state = fixture.memory.state();
        let others = [run("newer", moment("2026-11-24T07:45:00Z")), run("older", moment("2026-11-24T07:00:00Z"))];
        state.runs.extend(others.map(|run| (run.id.clone(), run)));
        state.unreadable_runs.push(paused());
    }
    let answer = fixture.read("/runs").await;
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
    assert_eq!(fixture.read("/runs/manual-paused").await.json(), runs[1]);
}

#[tokio::test]
async fn an_unreadable_run_is_shown_with_its_id() {
    let fixture = Fixture::empty();
    fixture.memory.state().unreadable_runs.push(Unreadable::new("RUN#manual-x", "no map", Value::Null));
    let run = fixture.read("/runs/manual-x").await;
    assert_eq!((run.status, &run.json()["id"], &run.json()["status"]), (200, &json!("manual-x"), &json!("UNREADABLE")));
}
