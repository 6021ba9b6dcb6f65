//! Tests that the answer to a bad prediction request says which field is wrong.

use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::iris::setosa;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

const PETAL_WIDTH: &str = "petal width (cm)";

/// Returns the JSON text of a feature row of an Iris setosa with another petal width.
fn row_with(petal_width: &str) -> String {
    // The row is text, because this crate's JSON values cannot hold all of the tested numbers.
    format!(
        r#"{{"sepal length (cm)":5.1,"sepal width (cm)":3.5,"petal length (cm)":1.4,"{PETAL_WIDTH}":{petal_width}}}"#
    )
}

/// Returns the JSON text of a feature row of an Iris setosa after `change`, which adds or removes columns.
fn row_but(change: impl Fn(&mut serde_json::Map<String, Value>)) -> String {
    let mut row = setosa();
    change(row.as_object_mut().expect("a row is an object"));
    row.to_string()
}

#[tokio::test]
async fn a_body_without_rows_is_refused_with_the_reason() {
    let stack = Stack::take().await;
    stack.served().await;
    let no_rows = [
        ("not-json", ""),
        ("not-json", "{"),
        ("not-json", "setosa"),
        ("not-json", r#"{"sepal length (cm)": 5.1"#),
        ("wrong-shape", "5.1"),
        ("wrong-shape", "\"setosa\""),
        ("wrong-shape", "null"),
        ("wrong-shape", "[[5.1, 3.5, 1.4, 0.2]]"),
        ("wrong-shape", "[null]"),
        ("no-rows", "[]"),
    ];
    for (kind, body) in no_rows {
        let problem = stack.api.predict_text(body).await.problem(400);
        assert_eq!(
            problem.answer.body["type"],
            format!("urn:evergreen:problem:{kind}"),
            "{body:?}: {}",
            problem.answer.text
        );
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{body:?}: {}", problem.answer.text);
    }
}

#[tokio::test]
async fn a_value_that_is_not_a_number_is_refused_with_its_column() {
    let stack = Stack::take().await;
    stack.served().await;
    let no_numbers = [
        "\"0.2 cm\"",
        "\"NaN\"",
        "\"Infinity\"",
        "null",
        "true",
        "[0.2]",
        r#"{"value": 0.2}"#,
        "1e39",
        "-1e39",
        "1e999",
        "NaN",
        "Infinity",
        "-Infinity",
        "+0.2",
    ];
    for value in no_numbers {
        let problem = stack.api.predict_text(row_with(value)).await.problem(400);
        assert_eq!(problem.answer.body["field"], PETAL_WIDTH, "{value}: {}", problem.answer.text);
        assert!(problem.detail.contains(PETAL_WIDTH), "{value}: {}", problem.answer.text);
        assert!(problem.answer.body["expected"].is_string(), "{value}: {}", problem.answer.text);
    }
}

/// Returns a feature row of an Iris setosa in which the column of the petal width has the name `name`.
fn renamed(name: &str) -> String {
    row_but(|row| {
        let width = row.remove(PETAL_WIDTH);
        row.extend(width.map(|width| (name.to_owned(), width)));
    })
}

#[tokio::test]
async fn an_unknown_column_is_ignored_with_a_warning() {
    let stack = Stack::take().await;
    stack.served().await;
    let body = row_but(|row| drop(row.insert("variety".into(), json!("setosa"))));
    let answer = stack.api.predict_text(body).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["warnings"][0]["field"]),
        (200, &json!("variety")),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_missing_or_repeated_column_is_named() {
    let stack = Stack::take().await;
    stack.served().await;
    let rows = [
        ("missing-column", PETAL_WIDTH, row_but(|row| drop(row.remove(PETAL_WIDTH)))),
        ("unknown-column", "petal_width", renamed("petal_width")),
        ("unknown-column", "Petal Width (cm)", renamed("Petal Width (cm)")),
        ("duplicate-column", PETAL_WIDTH, row_with(&format!(r#"0.2,"{PETAL_WIDTH}":0.3"#))),
    ];
    for (kind, field, body) in rows {
        let problem = stack.api.predict_text(body).await.problem(400);
        assert_eq!(problem.answer.body["type"], format!("urn:evergreen:problem:{kind}"), "{}", problem.answer.text);
        assert_eq!(problem.answer.body["field"], field, "{}", problem.answer.text);
    }
}

#[tokio::test]
async fn the_index_of_an_invalid_row_is_named() {
    let stack = Stack::take().await;
    stack.served().await;
    let body = format!("[{},{},{}]", setosa(), setosa(), row_with("null"));
    let problem = stack.api.predict_text(body).await.problem(400);
    assert_eq!((&problem.answer.body["row"], &problem.answer.body["field"]), (&json!(2), &json!(PETAL_WIDTH)));
}

#[tokio::test]
async fn a_thousand_and_one_rows_are_too_many() {
    let stack = Stack::take().await;
    stack.served().await;
    let problem = stack.api.predict(&vec![setosa(); 1001].into()).await.problem(413);
    assert!(problem.detail.contains("1000"), "{}", problem.detail);
}

#[tokio::test]
async fn a_body_of_more_than_four_mebibytes_is_too_large() {
    let stack = Stack::take().await;
    stack.served().await;
    let padded = |bytes: usize| format!("{}{}", setosa(), " ".repeat(bytes - setosa().to_string().len()));
    stack.api.predict_text(padded(4 << 20)).await.ok();
    let problem = stack.api.predict_text(padded((4 << 20) + 1)).await.problem(413);
    assert_eq!(problem.answer.body["type"], "urn:evergreen:problem:body-too-large");
}

#[tokio::test]
async fn a_body_of_another_content_type_is_refused() {
    let stack = Stack::take().await;
    stack.served().await;
    for media_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = stack.api.request(Method::POST, "/predict").header(CONTENT_TYPE, media_type);
        let problem = Answer::to(request.body(setosa().to_string())).await.problem(415);
        assert_eq!(problem.answer.body["expected"], "application/json, application/jsonlines or text/csv");
    }
    let with_charset =
        stack.api.request(Method::POST, "/predict").header(CONTENT_TYPE, "application/json; charset=utf-8");
    Answer::to(with_charset.body(setosa().to_string())).await.ok();
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_allowed_one() {
    let stack = Stack::take().await;
    let wrong = [
        (Method::GET, "/predict", "POST"),
        (Method::PUT, "/predict", "POST"),
        (Method::DELETE, "/predict", "POST"),
        (Method::POST, "/model", "GET, HEAD"),
        (Method::POST, "/runs", "GET"),
        (Method::DELETE, "/runs/manual-1", "GET"),
    ];
    for (method, path, right) in wrong {
        let problem = Answer::to(stack.api.request(method.clone(), path)).await.problem(405);
        assert_eq!(problem.answer.header("allow"), right, "{method} {path}");
    }
}

#[tokio::test]
async fn a_wrong_path_is_not_found() {
    let stack = Stack::take().await;
    for path in ["/predictions", "/predict/iris", "/models", "/runs/a/b", "/nowhere/at/all"] {
        stack.api.get(path).await.problem(404);
    }
}
