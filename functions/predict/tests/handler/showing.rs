//! Tests of the answers to `GET /model`, `GET /version` and `GET /health`.

use evergreen_lifecycle::{Gate, Incumbent, PrimaryMetric, Scores, Version, VersionNumber};
use evergreen_testkit::{moment, version};

use crate::models::artifact;
use crate::support::{Fixture, INTERVAL, JournalLine, event};

#[tokio::test]
async fn health_names_the_champion_and_its_promotion_time() {
    let fixture = Fixture::serving().await;
    fixture.pass(INTERVAL);
    let response = fixture.call(&event("predict-health")).await;
    assert_eq!(response.status, 200);
    insta::assert_snapshot!(response.body, @r#"{"status":"ok","model":"iris","version":1,"loaded_at":"2026-11-24T08:00:00.000Z","checked_at":"2026-11-24T08:01:00.000Z"}"#);
    // If the registry does not answer, `checked_at` stays at the time of the last successful refresh.
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
async fn the_version_is_shown_with_the_time_of_its_promotion() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.promote(2);
    let response = fixture.get("/version").await;
    insta::assert_snapshot!(response.body, @r#"{"model":"iris","version":2,"promoted_at":"2026-11-24T03:00:05.000Z"}"#);
    let expected = JournalLine { route: "/version", status: 200, problem: None, rows: 0, version: Some(2) };
    assert_eq!((response.status, fixture.journal.last()), (200, expected));
}

#[tokio::test]
async fn the_version_without_a_model_is_503() {
    let response = Fixture::empty().get("/version").await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("2")));
    assert_eq!(response.json()["type"], "urn:evergreen:problem:no-champion");
}

#[tokio::test]
async fn the_model_endpoint_shows_all_that_is_known() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.promote(2);
    let response = fixture.call(&event("predict-model")).await;
    let expected = JournalLine { route: "/model", status: 200, problem: None, rows: 0, version: Some(2) };
    assert_eq!((response.status, fixture.journal.last()), (200, expected));
    let mut body = response.json();
    // Digest and size of the artifact are removed: they change with the libraries that train it.
    assert_eq!(body["artifact"]["sha256"].as_str().map(str::len), Some(64));
    body["artifact"].take();
    // Minimum and maximum are compared as numbers: other crates in a build decide how exactly JSON numbers are read.
    for property in body["row_schema"]["properties"].as_object_mut().unwrap().values_mut() {
        for (name, bound) in [("minimum", f32::MIN), ("maximum", f32::MAX)] {
            let found = property.as_object_mut().unwrap().remove(name).and_then(|found| found.as_f64());
            assert_eq!(found.map(|found| found as f32), Some(bound));
        }
    }
    // The keys are sorted: other crates in a build decide whether JSON objects keep their order.
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
        "target": "variety",
        "task": "classification"
      },
      "family": "random_forest",
      "gate": {
        "champion_score": null,
        "champion_version": null,
        "floor": 0.9,
        "metric": "accuracy",
        "reason": "hold-out accuracy 0.9667; there was no champion",
        "same_table": null,
        "score": 0.9667,
        "test": null,
        "tolerance": 0.0,
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
      "row_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "additionalProperties": false,
        "properties": {
          "petal length (cm)": {
            "type": "number"
          },
          "petal width (cm)": {
            "type": "number"
          },
          "sepal length (cm)": {
            "type": "number"
          },
          "sepal width (cm)": {
            "type": "number"
          }
        },
        "required": [
          "sepal length (cm)",
          "sepal width (cm)",
          "petal length (cm)",
          "petal width (cm)"
        ],
        "type": "object"
      },
      "run_id": "manual-v2",
      "search": null,
      "seed": 42,
      "signature": {
        "columns": [
          {
            "name": "sepal length (cm)",
            "nullable": false,
            "type": "number"
          },
          {
            "name": "sepal width (cm)",
            "nullable": false,
            "type": "number"
          },
          {
            "name": "petal length (cm)",
            "nullable": false,
            "type": "number"
          },
          {
            "name": "petal width (cm)",
            "nullable": false,
            "type": "number"
          }
        ],
        "labels": [
          "setosa",
          "versicolor",
          "virginica"
        ],
        "task": "classification"
      },
      "trained_at": "2026-11-24T03:00:04.000Z",
      "version": 2
    }
    "#);
    });
}

#[tokio::test]
async fn the_gates_figures_are_shown_with_its_sentence() {
    let fixture = Fixture::empty();
    let champion = Scores { score: 1.0, losses: vec![0.0; 30], headline: 1.0 };
    let challenger = Scores { score: 0.9, losses: [vec![1.0; 3], vec![0.0; 27]].concat(), headline: 0.9 };
    let incumbent = Incumbent::Scored { version: VersionNumber::FIRST, scores: champion, same_table: true };
    let gate = Gate::new(PrimaryMetric::Accuracy, Some(0.9), 0.0).unwrap();
    let version = version(2, 0.9, moment("2026-11-24T03:00:04Z"));
    fixture.promote_version(Version { decision: gate.decide(&challenger, None, &incumbent), ..version }, artifact(2));
    let shown = fixture.get("/model").await.json();
    insta::with_settings!({ sort_maps => true }, {
        insta::assert_json_snapshot!(shown["gate"], @r#"
    {
      "champion_loss": {
        "mean": 0.0,
        "standard_error": 0.0
      },
      "champion_score": 1.0,
      "champion_version": 1,
      "floor": 0.9,
      "loss": {
        "mean": 0.1,
        "standard_error": 0.0557086014531155
      },
      "metric": "accuracy",
      "reason": "hold-out accuracy 0.9000 is worse than the champion's 1.0000 by no more than chance (only the champion is right on 3 rows, only this one on 0: p = 0.13)",
      "same_table": true,
      "score": 0.9,
      "test": {
        "challenger_only": 0,
        "champion_only": 3,
        "kind": "mcnemar",
        "p_value": 0.12500000000000003
      },
      "tolerance": 0.0,
      "verdict": "not_worse"
    }
    "#);
    });
}
