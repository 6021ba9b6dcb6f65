//! Tests of explanations of predictions.

use serde_json::{Value, json};

use crate::models::{artifact, estimate, explaining, subscribers};
use crate::support::{Fixture, FunctionAnswer, SETOSA, VIRGINICA, With, event};

/// Four training rows of which three have an x of at most a half. The model answers 1 for them, and 2.5 for the other.
const ROWS: [f32; 4] = [0.0, 0.25, 0.5, 1.0];

async fn serving() -> Fixture {
    Fixture::serving_as(&explaining(&estimate(None), &ROWS)).await
}

async fn asking(fixture: &Fixture, body: &str, query: &str) -> FunctionAnswer {
    fixture.call(&event("predict-one").with("body", body).asking(query)).await
}

/// Checks the base and the contribution of the only column.
fn assert_explained(explanation: &Value, base: f64, contribution: f64) {
    let found = [&explanation["base"], &explanation["contributions"]["x"]].map(|number| number.as_f64().unwrap());
    assert!((found[0] - base).abs() < 1e-9 && (found[1] - contribution).abs() < 1e-9, "{explanation}");
}

fn problem(response: &FunctionAnswer) -> (u16, String, Value) {
    let body = response.json();
    let code = body["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    (response.status, code, body["field"].clone())
}

#[tokio::test]
async fn a_row_that_asks_gets_its_contributions_and_the_base() {
    let fixture = serving().await;
    let answer = fixture.predict(r#"{"x": 2, "explain": true}"#).await.json();
    assert_eq!(answer["explained"], "number");
    assert_explained(&answer["explanations"][0], 1.375, 1.125);
    let response = fixture.predict(r#"[{"x": 2, "explain": false}, {"explain": true, "x": 0}]"#).await;
    assert_eq!(response.json()["explanations"][0], Value::Null);
    assert_explained(&response.json()["explanations"][1], 1.375, -0.375);
    assert_eq!(response.json()["warnings"], Value::Null);
}

#[tokio::test]
async fn without_asking_an_answer_is_as_before() {
    let fixture = serving().await;
    for body in [r#"{"x": 2}"#, r#"{"x": 2, "explain": false}"#, r#"{"x": 2, "explain": true, "explain": false}"#] {
        let answer = fixture.predict(body).await.json();
        assert_eq!((&answer["explained"], &answer["explanations"]), (&Value::Null, &Value::Null), "{body}");
    }
    for value in ["1", "\"true\"", "[[true]]", "{\"a\": [true]}", "null"] {
        let answer = fixture.predict(format!(r#"{{"x": 2, "explain": {value}}}"#)).await.json();
        assert_eq!(
            (&answer["explained"], &answer["warnings"][0]["field"]),
            (&Value::Null, &json!("explain")),
            "{value}"
        );
    }
}

#[tokio::test]
async fn the_query_parameter_asks_for_all_rows() {
    let fixture = serving().await;
    let answer = asking(&fixture, r#"[{"x": 0}, {"x": 1}]"#, "explain=true").await.json();
    assert_eq!(answer["explanations"].as_array().unwrap().len(), 2);
    assert_eq!(asking(&fixture, r#"{"x": 0}"#, "explain=false").await.json()["explanations"], Value::Null);
    for query in ["explain=yes", "explain=", "explain=true&explain=true"] {
        let response = asking(&fixture, r#"{"x": 0}"#, query).await;
        assert_eq!(problem(&response), (400, "invalid-parameter".into(), "explain".into()), "{query}");
    }
}

#[tokio::test]
async fn many_labels_explain_the_predicted_one() {
    let rows: Vec<f32> = [[5.1, 3.5, 1.4, 0.2], [6.5, 3.0, 5.8, 2.2], [6.0, 2.9, 4.5, 1.4]].concat();
    let fixture = Fixture::serving_as(&explaining(artifact(1), &rows)).await;
    let answer = asking(&fixture, &format!("[{SETOSA},{VIRGINICA}]"), "explain=true").await.json();
    assert_eq!(
        (&answer["explained"], &answer["explanations"][1]["label"]),
        (&json!("probability"), &json!("virginica"))
    );
    for (row, class) in [(0, 0), (1, 2)] {
        let explanation = &answer["explanations"][row];
        let parts = explanation["contributions"].as_object().unwrap().values();
        let sum: f64 = parts.map(|part| part.as_f64().unwrap()).sum();
        let probability = answer["probabilities"][row][class].as_f64().unwrap();
        assert!((explanation["base"].as_f64().unwrap() + sum - probability).abs() < 1e-6, "{answer}");
    }
}

#[tokio::test]
async fn two_labels_explain_the_second_one_and_a_missing_value_counts() {
    let rows = [[30.0, 1.0, 9000.0, 0.0], [f32::NAN, 1.0, 9000.0, 1.0], [50.0, 0.0, 9000.0, f32::NAN]].concat();
    let fixture = Fixture::serving_as(&explaining(&subscribers(), &rows)).await;
    let row = r#"{"age": null, "complained": true, "since": "2026-01-01", "country": null, "explain": true}"#;
    let answer = fixture.predict(row).await.json();
    let explanation = &answer["explanations"][0];
    assert_eq!((&answer["labels"][0], &explanation["label"]), (&json!(true), &json!(true)));
    let of = |name: &str| explanation["contributions"][name].as_f64().unwrap();
    assert!(of("age") > 0.0 && of("complained") > 0.0 && of("since") == 0.0 && of("country") == 0.0, "{answer}");
}

#[tokio::test]
async fn a_version_of_an_earlier_release_says_what_to_do() {
    let fixture = Fixture::serving().await;
    let response = asking(&fixture, SETOSA, "explain=true").await;
    assert_eq!(problem(&response), (409, "cannot-explain".into(), "explain".into()));
    let detail = response.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.starts_with("Version 1 cannot explain its predictions: ") && detail.contains("train again"),
        "{detail}"
    );
    assert_eq!(fixture.predict(SETOSA).await.status, 200);
}
