//! Tests of the forms in which `POST /predict` takes its body, of `HEAD`, and of pages of other origins.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Fixture, SETOSA, VIRGINICA, With, event, posting};

const HEADER: &str = "petal width (cm),sepal length (cm),sepal width (cm),petal length (cm)";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn labels(answer: &Value) -> &Value {
    &answer["labels"]
}

#[tokio::test]
async fn a_compressed_body_and_one_with_a_mark_get_the_same_answer() {
    let fixture = Fixture::serving().await;
    let plain = fixture.predict(SETOSA).await.without_ids();
    let sent = posting("/predict", "application/json", gzip(SETOSA.as_bytes()));
    for event in [sent.clone().with_header("content-encoding", "gzip"), sent] {
        assert_eq!(fixture.call(&event).await.without_ids(), plain);
    }
    let marked = fixture.post("/predict", "application/json; charset=utf-8", format!("\u{feff}{SETOSA}")).await;
    assert_eq!(marked.without_ids(), plain);
}

#[tokio::test]
async fn rows_may_be_comma_separated_values_or_lines() {
    let fixture = Fixture::serving().await;
    let csv = format!("{HEADER}\r\n0.2,5.1,3.5,1.4\r\n2.2,6.5,3,5.8\r\n");
    let lines = format!("{SETOSA}\n\n{VIRGINICA}\n");
    for (media_type, body) in [("text/csv; charset=UTF-8", csv), ("application/x-ndjson", lines)] {
        let answer = fixture.post("/predict", media_type, body).await;
        assert_eq!(labels(&answer.json()), &json!(["setosa", "virginica"]), "{media_type}");
        assert_eq!(fixture.journal.last().rows, 2);
    }
}

#[tokio::test]
async fn a_wrong_cell_or_line_is_named() {
    let fixture = Fixture::serving().await;
    let csv = |rows: &str| format!("{HEADER}\n{rows}");
    let cases = [
        ("text/csv", csv("0.2,5.1,3.5,1.4\n0.2,long,3.5,1.4"), "not-a-number", json!(1), json!("sepal length (cm)")),
        ("text/csv", csv("0.2,5.1,3.5"), "wrong-shape", json!(0), Value::Null),
        ("text/csv", csv("0.2,,3.5,1.4"), "not-a-number", json!(0), json!("sepal length (cm)")),
        ("text/csv", csv(""), "no-rows", Value::Null, Value::Null),
        ("text/csv", "a,b\n1,2".to_owned(), "unknown-column", Value::Null, json!("a")),
        (
            "text/csv",
            format!("{HEADER},petal width (cm)\n1,2,3,4,5"),
            "duplicate-column",
            Value::Null,
            json!("petal width (cm)"),
        ),
        ("application/jsonl", format!("{SETOSA}\n{{}}"), "missing-column", json!(1), json!("sepal length (cm)")),
        ("application/jsonl", format!("{SETOSA}\n{{"), "not-json", json!(1), Value::Null),
        ("application/jsonl", "[1, 2]".to_owned(), "wrong-shape", json!(0), Value::Null),
    ];
    for (media_type, body, code, row, field) in cases {
        let answer = fixture.post("/predict", media_type, &body).await;
        let problem = answer.json();
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(problem["type"], format!("urn:evergreen:problem:{code}"), "{body}: {problem}");
        assert_eq!((&problem["row"], &problem["field"]), (&row, &field), "{body}: {problem}");
    }
    let answer = fixture.post("/predict", "application/jsonl", format!("{SETOSA}\n\n{{\"a\" 1}}")).await.json();
    assert!(answer["detail"].as_str().unwrap().contains("line 3"), "{answer}");
}

#[tokio::test]
async fn another_character_set_or_compression_is_refused_by_name() {
    let fixture = Fixture::serving().await;
    let answer = fixture.post("/predict", "application/json; charset=utf-16", SETOSA).await;
    assert_eq!((answer.status, answer.json()["expected"].clone()), (415, json!("charset=utf-8, or no charset")));
    let sent = posting("/predict", "application/json", SETOSA).with_header("content-encoding", "br");
    let answer = fixture.call(&sent).await;
    assert_eq!((answer.status, answer.json()["field"].clone()), (415, json!("content-encoding")));
}

#[tokio::test]
async fn a_thousand_rows_of_sixty_columns_fit_into_a_request() {
    let names: Vec<_> = (0..60).map(|index| format!("a_rather_long_name_of_column_{index}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| format!("{name:?}: 1234567.25")).collect();
    let body = format!("[{}]", vec![format!("{{{}}}", pairs.join(", ")); 1000].join(","));
    assert!(body.len() < evergreen_predict::body::MAX_BODY_BYTES, "{}", body.len());
    let columns: Vec<_> = names.iter().map(evergreen_lifecycle::Column::number).collect();
    let columns = evergreen_rows::ColumnIndex::new(&columns);
    assert_eq!(evergreen_rows::parse(&body, &columns).unwrap().count, 1000);
}

#[tokio::test]
async fn a_head_request_has_the_answer_of_get_without_its_body() {
    let fixture = Fixture::serving().await;
    for path in ["/model", "/version", "/health", "/v2/models/iris", "/ping"] {
        let mut head = event("predict-health").with("path", path).with("httpMethod", "HEAD");
        head["requestContext"]["resourcePath"].take();
        let (answer, got) = (fixture.call(&head).await, fixture.get(path).await);
        assert_eq!((answer.status, answer.body.as_str(), &answer.headers), (200, "", &got.headers), "{path}");
    }
}

#[tokio::test]
async fn only_pages_of_the_chosen_origin_may_read_answers() {
    let fixture = Fixture::serving().await;
    assert_eq!(fixture.predict(SETOSA).await.header("access-control-allow-origin"), None);
    let Fixture { remote, clock, journal, app } = fixture;
    drop(app);
    let app = Fixture::app_over(&remote, &clock, &journal).readable_from(Some("https://example.com".parse().unwrap()));
    app.warm_up().await;
    let fixture = Fixture { remote, clock, journal, app: Arc::new(app) };
    for body in [SETOSA, "{"] {
        let answer = fixture.predict(body).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://example.com"));
    }
}
