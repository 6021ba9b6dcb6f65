//! Tests of the answers to `GET /runs` and `GET /runs/{id}`.

use evergreen_lifecycle::{PrimaryMetric, Run, SearchSummary};
use evergreen_testkit::{finished_run, moment, run, version};
use jiff::SignedDuration;

use crate::support::Fixture;

#[tokio::test]
async fn a_run_shows_how_far_its_search_came_and_what_was_odd() {
    let fixture = Fixture::empty();
    let search = SearchSummary {
        metric: PrimaryMetric::Rmse,
        folds: 5,
        planned: 30,
        tried: 12,
        score: Some(4.5),
        seconds: 61.0,
        budget_seconds: 60.0,
        cut_short: true,
    };
    let started_at = moment("2026-11-24T07:00:00Z");
    let warnings = vec!["column \"id\" is an identifier and left out".to_owned()];
    let run = Run { search: Some(search), warnings, ..run("long", started_at) };
    fixture.memory.state().runs.insert(run.id.clone(), run);
    let body = fixture.read("/runs/manual-long").await.json();
    assert_eq!((&body["search"]["metric"], &body["search"]["cut_short"]), (&"rmse".into(), &true.into()));
    assert_eq!(body["warnings"], serde_json::json!(["column \"id\" is an identifier and left out"]));
    assert_eq!(fixture.read("/runs").await.json()["runs"][0]["search"]["tried"], 12);
}

/// Returns a function whose registry has one run of each status.
fn with_runs() -> Fixture {
    let fixture = Fixture::empty();
    let hours_ago = |hours| moment("2026-11-24T08:00:00Z") - SignedDuration::from_hours(hours);
    let runs = [
        finished_run("good", hours_ago(4), &version(1, 0.9667, hours_ago(4))),
        finished_run("poor", hours_ago(3), &version(2, 0.5, hours_ago(3))),
        run("broken", hours_ago(2)).failed("the table has no column \"variety\"".into(), None, hours_ago(2)),
        run("lost", hours_ago(1)),
        run("at-work", hours_ago(0)),
    ];
    fixture.memory.state().runs.extend(runs.map(|run| (run.id.clone(), run)));
    fixture
}

#[tokio::test]
async fn runs_are_listed_newest_first_with_their_current_state() {
    let fixture = with_runs();
    let body = fixture.read("/runs").await.json();
    let words = |name: &str| -> Vec<_> {
        body["runs"].as_array().unwrap().iter().map(|run| run[name].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("id"), ["manual-at-work", "manual-lost", "manual-broken", "manual-poor", "manual-good"]);
    assert_eq!(words("status"), ["RUNNING", "LOST", "FAILED", "REJECTED", "SUCCEEDED"]);
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(body["runs"][3], @r#"
    {
      "code_version": "test",
      "dataset": "ffffffffffff",
      "finished_at": "2026-11-24T05:00:10.000Z",
      "id": "manual-poor",
      "metrics": {
        "accuracy": 0.5,
        "balanced_accuracy": 0.5,
        "duration": 0.5,
        "f1": 0.5,
        "log_loss": 0.2,
        "roc_auc": 0.5,
        "training_accuracy": 1.0,
        "training_score": 1.0
      },
      "parameters": {
        "max_depth": 12,
        "n_estimators": 100
      },
      "reason": "hold-out accuracy 0.5000 is below the floor 0.9000",
      "search": null,
      "seconds": 10.0,
      "started_at": "2026-11-24T05:00:00.000Z",
      "status": "REJECTED",
      "trigger": {
        "kind": "manual",
        "note": null
      },
      "version": 2,
      "warnings": []
    }
    "#);
    });
}

#[tokio::test]
async fn the_caller_chooses_the_number_of_runs_within_limits() {
    let fixture = with_runs();
    let ids = fixture.read("/runs?limit=1").await.json();
    assert_eq!(ids["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(fixture.read("/runs?limit=100").await.json()["runs"].as_array().map(Vec::len), Some(5));
    for limit in ["0", "101", "-1", "", "ten", "1e1", "99999999999999999999"] {
        let response = fixture.read(&format!("/runs?limit={limit}")).await;
        assert_eq!((response.status, response.json()["field"].as_str()), (400, Some("limit")), "{limit}");
    }
}

#[tokio::test]
async fn a_run_is_shown_with_all_its_fields() {
    let fixture = with_runs();
    let shown = fixture.read("/runs/manual-good").await.json();
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(shown, @r#"
    {
      "attempt": 1,
      "code_version": "test",
      "dataset": {
        "columns": [
          "sepal length (cm)",
          "sepal width (cm)",
          "petal length (cm)",
          "petal width (cm)"
        ],
        "fingerprint": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "rows": 150,
        "source": "built-in",
        "target": "variety",
        "task": "classification"
      },
      "finished_at": "2026-11-24T04:00:10.000Z",
      "id": "manual-good",
      "metrics": {
        "accuracy": 0.9667,
        "balanced_accuracy": 0.9667,
        "duration": 0.5,
        "f1": 0.9667,
        "log_loss": 0.2,
        "roc_auc": 0.9667,
        "training_accuracy": 1.0
      },
      "model": "iris",
      "parameters": {
        "max_depth": 12,
        "n_estimators": 100
      },
      "reason": "hold-out accuracy 0.9667; there was no champion",
      "search": null,
      "seed": 42,
      "started_at": "2026-11-24T04:00:00.000Z",
      "status": "SUCCEEDED",
      "trigger": {
        "kind": "manual",
        "note": null
      },
      "version": 1,
      "warnings": []
    }
    "#);
    });
    let shown = fixture.read("/runs/manual-broken").await.json();
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(shown, @r#"
    {
      "attempt": 1,
      "code_version": "test",
      "dataset": null,
      "finished_at": "2026-11-24T06:00:00.000Z",
      "id": "manual-broken",
      "metrics": null,
      "model": "iris",
      "parameters": null,
      "reason": "the table has no column \"variety\"",
      "search": null,
      "seed": null,
      "started_at": "2026-11-24T06:00:00.000Z",
      "status": "FAILED",
      "trigger": {
        "kind": "manual",
        "note": null
      },
      "version": null,
      "warnings": []
    }
    "#);
    });
}

#[tokio::test]
async fn a_missing_run_and_an_invalid_id_give_different_answers() {
    let fixture = with_runs();
    let response = fixture.read("/runs/manual-nobody").await;
    assert_eq!((response.status, response.json()["field"].as_str()), (404, Some("id")));
    for id in ["a%20b", "a b", &"a".repeat(129), "a:b"] {
        let response = fixture.read(&format!("/runs/{id}")).await;
        assert_eq!((response.status, response.json()["field"].as_str()), (400, Some("id")), "{id}");
    }
}
