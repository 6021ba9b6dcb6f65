//! What is shown of the champion, of the runs and of the function's own health.

use std::time::Duration;

use evergreen_predict::champion::LOOK_LIMIT;
use evergreen_testkit::{finished_run, moment, run, version};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::support::{Fixture, INTERVAL, Line, event};

#[tokio::test]
async fn health_names_what_serves_and_since_when() {
    let fixture = Fixture::serving().await;
    fixture.pass(INTERVAL);
    let response = fixture.call(&event("predict-health")).await;
    assert_eq!(response.status, 200);
    insta::assert_snapshot!(response.body, @r#"{"status":"ok","model":"iris","version":1,"loaded_at":"2026-11-24T08:00:00.000Z","checked_at":"2026-11-24T08:01:00.000Z"}"#);
    // A registry that is away shows in the time of the last look that told something.
    fixture.remote.memory.take_away("registry");
    fixture.pass(INTERVAL);
    assert_eq!(fixture.get("/health").await.json()["checked_at"], "2026-11-24T08:01:00.000Z");
}

#[tokio::test]
async fn health_without_a_model_is_503() {
    let fixture = Fixture::empty();
    let response = fixture.get("/health").await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("2")));
    assert_eq!(fixture.get("/model").await.status, 503);
}

#[tokio::test]
async fn the_model_tells_all_that_is_known_of_it() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.promote(2);
    let response = fixture.call(&event("predict-model")).await;
    let expected = Line { route: "/model", status: 200, problem: None, rows: 0, version: Some(2) };
    assert_eq!((response.status, fixture.journal.last()), (200, expected));
    let mut body = response.json();
    // The digest and the size are the artifact's own, which changes with the libraries that fit it.
    assert_eq!(body["artifact"]["sha256"].as_str().map(str::len), Some(64));
    body["artifact"].take();
    // Sorted, since other crates of a build decide whether JSON keeps its order.
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(body, @r#"
    {
      "artifact": null,
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
        "target": "variety"
      },
      "gate": {
        "accuracy": 0.9667,
        "champion_accuracy": null,
        "champion_version": null,
        "floor": 0.9,
        "reason": "hold-out accuracy 0.9667; there was no champion",
        "tolerance": 0.04,
        "verdict": "first_champion"
      },
      "metrics": {
        "accuracy": 0.9667,
        "balanced_accuracy": 0.9667,
        "confusion": [
          [
            10,
            0,
            0
          ],
          [
            0,
            10,
            0
          ],
          [
            0,
            0,
            10
          ]
        ],
        "f1": 0.9667,
        "log_loss": 0.2,
        "per_class": [
          {
            "f1": 0.9667,
            "label": "setosa",
            "precision": 0.9667,
            "recall": 0.9667,
            "support": 10
          },
          {
            "f1": 0.9667,
            "label": "versicolor",
            "precision": 0.9667,
            "recall": 0.9667,
            "support": 10
          },
          {
            "f1": 0.9667,
            "label": "virginica",
            "precision": 0.9667,
            "recall": 0.9667,
            "support": 10
          }
        ],
        "precision": 0.9667,
        "recall": 0.9667,
        "roc_auc": 0.9667,
        "rows": 30,
        "training_accuracy": 1.0
      },
      "model": "iris",
      "parameters": {
        "max_depth": 12,
        "n_estimators": 100
      },
      "previous_version": 1,
      "promoted_at": "2026-11-24T03:00:05.000Z",
      "run_id": "manual-v2",
      "seed": 42,
      "signature": {
        "columns": [
          "sepal length (cm)",
          "sepal width (cm)",
          "petal length (cm)",
          "petal width (cm)"
        ],
        "labels": [
          "setosa",
          "versicolor",
          "virginica"
        ]
      },
      "trained_at": "2026-11-24T03:00:04.000Z",
      "version": 2
    }
    "#);
    });
}

/// A registry with a run of each kind.
fn with_runs() -> Fixture {
    let fixture = Fixture::empty();
    let hours_ago = |hours| moment("2026-11-24T08:00:00Z") - SignedDuration::from_hours(hours);
    let runs = [
        finished_run("good", hours_ago(4), &version(1, 0.9667, hours_ago(4))),
        finished_run("poor", hours_ago(3), &version(2, 0.5, hours_ago(3))),
        run("broken", hours_ago(2)).failed("the table has no column \"variety\"".into(), hours_ago(2)),
        run("lost", hours_ago(1)),
        run("at-work", hours_ago(0)),
    ];
    fixture.remote.memory.state().runs.extend(runs.map(|run| (run.id.clone(), run)));
    fixture
}

#[tokio::test]
async fn runs_are_listed_newest_first_as_they_stand_now() {
    let fixture = with_runs();
    let body = fixture.call(&event("predict-runs")).await.json();
    let words = |name: &str| -> Vec<_> {
        body["runs"].as_array().unwrap().iter().map(|run| run[name].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("id"), ["manual-at-work", "manual-lost", "manual-broken", "manual-poor", "manual-good"]);
    assert_eq!(words("status"), ["RUNNING", "LOST", "FAILED", "REJECTED", "SUCCEEDED"]);
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(body["runs"][3], @r#"
    {
      "finished_at": "2026-11-24T05:00:10.000Z",
      "id": "manual-poor",
      "metrics": {
        "accuracy": 0.5,
        "balanced_accuracy": 0.5,
        "duration": 0.5,
        "f1": 0.5,
        "log_loss": 0.2,
        "roc_auc": 0.5,
        "training_accuracy": 1.0
      },
      "parameters": {
        "max_depth": 12,
        "n_estimators": 100
      },
      "reason": "hold-out accuracy 0.5000 is below the floor 0.9000",
      "started_at": "2026-11-24T05:00:00.000Z",
      "status": "REJECTED",
      "trigger": {
        "kind": "manual",
        "note": null
      },
      "version": 2
    }
    "#);
    });
}

#[tokio::test]
async fn the_number_of_runs_is_the_callers_choice_within_limits() {
    let fixture = with_runs();
    let ids = fixture.get("/runs?limit=1").await.json();
    assert_eq!(ids["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(fixture.get("/runs?limit=100").await.json()["runs"].as_array().map(Vec::len), Some(5));
    for limit in ["0", "101", "-1", "", "ten", "1e1", "99999999999999999999"] {
        let response = fixture.get(&format!("/runs?limit={limit}")).await;
        assert_eq!((response.status, response.json()["field"].as_str()), (400, Some("limit")), "{limit}");
    }
}

#[tokio::test]
async fn a_run_is_shown_whole() {
    let fixture = with_runs();
    let shown = fixture.get("/runs/manual-good").await.json();
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
        "target": "variety"
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
      "seed": 42,
      "started_at": "2026-11-24T04:00:00.000Z",
      "status": "SUCCEEDED",
      "trigger": {
        "kind": "manual",
        "note": null
      },
      "version": 1
    }
    "#);
    });
    let shown = fixture.get("/runs/manual-broken").await.json();
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
      "seed": null,
      "started_at": "2026-11-24T06:00:00.000Z",
      "status": "FAILED",
      "trigger": {
        "kind": "manual",
        "note": null
      },
      "version": null
    }
    "#);
    });
}

#[tokio::test]
async fn a_run_that_is_not_there_and_an_id_that_is_none_are_told_apart() {
    let fixture = with_runs();
    let response = fixture.get("/runs/manual-nobody").await;
    assert_eq!((response.status, response.json()["field"].as_str()), (404, Some("id")));
    for id in ["a%20b", "a b", &"a".repeat(129), "a:b"] {
        let response = fixture.get(&format!("/runs/{id}")).await;
        assert_eq!((response.status, response.json()["field"].as_str()), (400, Some("id")), "{id}");
    }
}

#[tokio::test]
async fn a_registry_that_is_away_is_503_without_its_cause() {
    let fixture = with_runs();
    fixture.remote.memory.take_away("registry");
    for path in ["/runs", "/runs/manual-good"] {
        let response = fixture.get(path).await;
        assert_eq!((response.status, response.header("retry-after")), (503, Some("2")), "{path}");
        assert!(!response.body.contains("taken away") && !response.body.contains("registry"), "{}", response.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_hangs_is_503_before_the_platform_ends_the_call() {
    let fixture = with_runs();
    fixture.remote.delay(Duration::from_secs(3600));
    for path in ["/runs", "/runs/manual-good"] {
        let began = Instant::now();
        let response = fixture.get(path).await;
        assert_eq!((response.status, response.header("retry-after")), (503, Some("2")), "{path}");
        assert_eq!(response.json()["type"], "urn:evergreen:problem:unavailable", "{path}");
        assert_eq!(began.elapsed(), LOOK_LIMIT, "{path}");
    }
}
