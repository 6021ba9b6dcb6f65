//! Tests of the routes of MLflow's scoring server.

use serde_json::{Value, json};

use crate::models::subscribers;
use crate::support::{Fixture, FunctionAnswer, JournalLine};

const JSON: &str = "application/json";
const SPLIT: &str = r#"{"dataframe_split": {"index": [0, 1],
    "data": [[0.2, 5.1, 3.5, 1.4, "x"], [2.2, 6.5, 3.0, 5.8, NaN]],
    "columns": ["petal width (cm)", "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "id"]}}"#;
const RECORDS: &str = r#"{"dataframe_records": [
    {"sepal length (cm)": 5.1, "sepal width (cm)": 3.5, "petal length (cm)": 1.4, "petal width (cm)": 0.2, "id": 1},
    {"sepal length (cm)": 6.5, "sepal width (cm)": 3, "petal length (cm)": 5.8, "petal width (cm)": 2.2}]}"#;
const ROWS: &str = "[[5.1, 3.5, 1.4, 0.2], [6.5, 3, 5.8, 2.2]]";
const COLUMNS: &str = r#"{"sepal length (cm)": [5.1, 6.5], "sepal width (cm)": [[3.5], [3]], "id": [1, 2],
    "petal width (cm)": [0.2, 2.2], "petal length (cm)": [1.4, 5.8]}"#;

async fn invoke(body: &str) -> FunctionAnswer {
    Fixture::serving().await.post("/invocations", JSON, body).await
}

/// Returns the message of an error in MLflow's form.
fn message(answer: &FunctionAnswer) -> String {
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error_code", "message"], "{body}");
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_form_of_rows_gets_the_same_answer() {
    let bodies = [
        SPLIT.to_owned(),
        RECORDS.to_owned(),
        format!(r#"{{"instances": {ROWS}}}"#),
        format!(r#"{{"inputs": {ROWS}, "params": {{"threshold": 0.4}}}}"#),
        format!(r#"{{"inputs": {COLUMNS}}}"#),
        RECORDS.replace("dataframe_records", "instances"),
    ];
    for body in bodies {
        let answer = invoke(&body).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"predictions": ["setosa", "virginica"]})), "{body}");
        assert_eq!(answer.header("x-evergreen-version"), Some("1"));
    }
    let fixture = Fixture::serving().await;
    let csv = "id,petal width (cm),sepal length (cm),sepal width (cm),petal length (cm)\n1,0.2,5.1,3.5,1.4\n";
    let answer = fixture.post("/invocations", "text/csv", csv).await;
    assert_eq!(answer.body, r#"{"predictions":["setosa"]}"#);
    let line = JournalLine { route: "/invocations", status: 200, problem: None, rows: 1, version: Some(1) };
    assert_eq!(fixture.journal.last(), line);
}

#[tokio::test]
async fn details_come_only_if_they_are_asked_for() {
    let answer = invoke(&SPLIT.replacen('{', r#"{"params": {"details": true}, "#, 1)).await.json();
    let first = &answer["predictions"][0];
    assert_eq!((&first["prediction"], first["probabilities"].as_array().map(Vec::len)), (&json!("setosa"), Some(3)));
    assert!(first["id"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_bare_nan_is_a_missing_value_and_an_infinity_is_out_of_range() {
    let fixture = Fixture::serving_as(&subscribers()).await;
    let body = |age: &str| {
        format!(
            r#"{{"dataframe_split": {{"columns": ["age", "complained", "since", "country"],
            "data": [[{age}, true, "2019-03-01T00:00:00", "NaN \" NaN"]]}}}}"#
        )
    };
    let answer = fixture.post("/invocations", JSON, body("NaN")).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"predictions": [true]})));
    let answer = fixture.post("/invocations", JSON, body("-Infinity")).await;
    assert!(message(&answer).contains("\"age\" does not fit a 32-bit float"), "{answer:?}");
}

#[tokio::test]
async fn a_wrong_request_is_refused_in_mlflow_s_form_with_the_field() {
    for (body, expected) in [
        (SPLIT.replace("5.1", "\"long\""), "Row 0: column \"sepal length (cm)\" is a string that is not a number."),
        (SPLIT.replace("6.5", "NaN"), "Row 1: column \"sepal length (cm)\" is null"),
        (SPLIT.replace(", \"x\"", ""), "Row 0 has 4 values."),
        (SPLIT.replace("\"petal length (cm)\", ", ""), "Column \"id\" is not a column of the model"),
        (SPLIT.replace("columns", "names"), "\"dataframe_split\" has no list of columns."),
        (RECORDS.replace("5.1", "[5.1]"), "Row 0: column \"sepal length (cm)\" is a list."),
        (
            format!(r#"{{"inputs": {}}}"#, COLUMNS.replace("1.4, ", "")),
            "Column \"petal length (cm)\" has another number",
        ),
        (
            format!(r#"{{"inputs": {}}}"#, COLUMNS.replace("[1.4, 5.8]", "1")),
            "Column \"petal length (cm)\" is a number.",
        ),
        (format!(r#"{{"inputs": {ROWS}, "instances": {ROWS}}}"#), "The body has more than one member with rows."),
        (r#"{"rows": []}"#.to_owned(), "The body has no member with rows."),
        (r#"{"instances": []}"#.to_owned(), "The body is an empty list."),
        (r#"{"inputs": {}}"#.to_owned(), "Column \"sepal length (cm)\" is missing"),
        (r#"{"instances": [1]}"#.to_owned(), "Row 0 is a number."),
        ("{\"instances\": [[1, ".to_owned(), "not valid JSON"),
        ("5".to_owned(), "The body is not an object."),
    ] {
        let answer = invoke(&body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["error_code"], "BAD_REQUEST");
        assert!(message(&answer).contains(expected), "{body}: {answer:?}");
    }
    let too_many = format!(r#"{{"inputs": {{"sepal length (cm)": [{}]}}}}"#, vec!["1"; 1001].join(","));
    assert_eq!(invoke(&too_many).await.status, 413);
}

#[tokio::test]
async fn ping_needs_a_champion_and_errors_of_routes_have_mlflow_s_form() {
    let fixture = Fixture::serving().await;
    let answer = fixture.get("/ping").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "\n"));
    let answer = Fixture::empty().get("/ping").await;
    assert_eq!((answer.status, answer.json()["error_code"].clone()), (503, json!("TEMPORARILY_UNAVAILABLE")));
    assert!(answer.header("retry-after").is_some());
    let answer = fixture.get("/invocations").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    assert!(message(&answer).contains("POST"));
    let answer = fixture.post("/invocations", "application/xml", "<a/>").await;
    assert_eq!(answer.status, 415);
    assert!(message(&answer).contains("text/csv"));
    assert_eq!(answer.json()["message"].as_str().map(|it| it.contains("<a/>")), Some(false));
    assert_ne!(answer.json(), Value::Null);
}
