//! Tests of every kind of invalid request, and the error response to it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Fixture, FunctionAnswer, JournalLine, SETOSA, With, event};

/// Returns the JSON of a row of four numbers in which `text` replaces the second number.
fn with(text: &str) -> String {
    SETOSA.replace("3.5", text)
}

fn in_base64(body: &[u8]) -> Value {
    event("predict-one").with("body", STANDARD.encode(body)).with("isBase64Encoded", true)
}

/// Checks that a response is an error response, and returns its status, code, row, field and detail.
fn problem(response: &FunctionAnswer) -> (u16, String, Value, Value, String) {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{response:?}");
    let body = response.json();
    assert_eq!(body["status"], response.status);
    assert!(body["title"].is_string() && body["expected"].is_string(), "{body}");
    let code = body["type"].as_str().unwrap().strip_prefix("urn:evergreen:problem:").unwrap().to_owned();
    let detail = body["detail"].as_str().unwrap().to_owned();
    (response.status, code, body["row"].clone(), body["field"].clone(), detail)
}

/// Sends a wrong JSON row alone and in a list, and checks that both get a 400 response with this code and column name.
async fn refused(body: &str, code: &str, field: &str) -> String {
    // The row is the second one in the list. The detail of the first response is returned.
    let fixture = Fixture::serving().await;
    let (status, found, row, column, detail) = problem(&fixture.predict(body).await);
    assert_eq!((status, found.as_str(), row, column), (400, code, Value::Null, field.into()), "{body}");
    let (status, found, row, column, _) = problem(&fixture.predict(format!("[{SETOSA},{body}]")).await);
    assert_eq!((status, found.as_str(), row, column), (400, code, 1.into(), field.into()), "{body}");
    detail
}

#[tokio::test]
async fn the_form_of_a_problem_is_stable() {
    let fixture = Fixture::serving().await;
    let response = fixture.predict(format!("[{SETOSA},{}]", with("null"))).await;
    insta::assert_snapshot!(response.body, @r#"{"type":"urn:evergreen:problem:not-a-number","title":"Not a number","status":400,"detail":"Row 1: column \"sepal width (cm)\" is null, but the training data had no missing values in it.","field":"sepal width (cm)","row":1,"expected":"a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed"}"#);
    assert_eq!(
        fixture.journal.last(),
        JournalLine { route: "/predict", status: 400, problem: Some("not-a-number"), rows: 0, version: None }
    );
}

#[tokio::test]
async fn a_value_that_is_not_a_number_is_named_with_its_type() {
    for (text, kind) in [
        ("null", "null"),
        ("true", "a boolean"),
        ("\"3.5 cm\"", "a string that is not a number"),
        ("\"NaN\"", "empty, or a word for a missing value"),
        ("\"Infinity\"", "a string that is not a number"),
        ("[3.5]", "a list"),
        ("{\"value\": 3.5}", "an object"),
    ] {
        let detail = refused(&with(text), "not-a-number", "sepal width (cm)").await;
        let why = if ["null", "\"NaN\""].contains(&text) {
            ", but the training data had no missing values in it"
        } else {
            ""
        };
        assert_eq!(detail, format!("Column \"sepal width (cm)\" is {kind}{why}."));
    }
}

#[tokio::test]
async fn nan_and_infinity_are_refused_by_name() {
    for text in
        ["NaN", "nan", "Infinity", "-Infinity", "inf", "+3.5", ".5", "3.", "0x3", "03", "1_000", "None", "undefined"]
    {
        let detail = refused(&with(text), "not-json", "sepal width (cm)").await;
        assert!(detail.starts_with("Column \"sepal width (cm)\" is not valid JSON, at line 1, column "), "{detail}");
    }
}

#[tokio::test]
async fn a_number_above_the_largest_float_is_out_of_range() {
    for text in ["3.5e38", "-1e39", "1e308", "1e999", "-1e999", &"9".repeat(40), &"9".repeat(400)] {
        refused(&with(text), "out-of-range", "sepal width (cm)").await;
    }
}

#[tokio::test]
async fn the_largest_and_smallest_floats_are_in_range() {
    let fixture = Fixture::serving().await;
    for text in ["3.4028235e38", "-3.4028235e38", "1e-46", "1e-999", "0e999"] {
        assert_eq!(fixture.predict(with(text)).await.status, 200, "{text}");
    }
}

#[tokio::test]
async fn a_missing_unknown_or_repeated_column_is_named() {
    refused(r#"{"sepal length (cm)": 5.1, "petal length (cm)": 1.4}"#, "missing-column", "sepal width (cm)").await;
    refused("{}", "missing-column", "sepal length (cm)").await;
    refused(&SETOSA.replace("sepal width (cm)", "sepal width"), "unknown-column", "sepal width").await;
    refused(&SETOSA.replace("}", ", \"sepal width (cm)\": 3.5}"), "duplicate-column", "sepal width (cm)").await;
}

#[tokio::test]
async fn a_long_name_is_shortened_in_an_error() {
    let name = "ü".repeat(100_000);
    let fixture = Fixture::serving().await;
    let response = fixture.predict(format!("{{\"{name}\": 1}}")).await;
    assert!(response.body.len() < 1000, "{} bytes", response.body.len());
    assert_eq!(response.json()["field"], format!("{}…", "ü".repeat(64)));
}

#[tokio::test]
async fn a_body_that_is_neither_an_object_nor_a_list_of_objects_is_refused() {
    let fixture = Fixture::serving().await;
    for body in ["1", "\"setosa\"", "null", "true", "-1.5"] {
        assert_eq!(problem(&fixture.predict(body).await).1, "wrong-shape", "{body}");
    }
    for body in ["[1]", "[null]", "[[5.1,3.5,1.4,0.2]]", "[\"a\"]", "[false]"] {
        let (status, code, row, ..) = problem(&fixture.predict(body).await);
        assert_eq!((status, code.as_str(), row), (400, "wrong-shape", 0.into()), "{body}");
    }
    let (status, code, ..) = problem(&fixture.predict("[]").await);
    assert_eq!((status, code.as_str()), (400, "no-rows"));
}

#[tokio::test]
async fn invalid_json_is_refused_with_its_position() {
    let fixture = Fixture::serving().await;
    for body in [
        "",
        " ",
        "{",
        "[",
        "}",
        "setosa",
        "sepal length (cm)=5.1",
        "{'a': 1}",
        "{\"sepal width (cm)\" 1}",
        "[,]",
        &SETOSA[..SETOSA.len() - 1],
        &format!("{SETOSA}]"),
        &format!("{SETOSA} {SETOSA}"),
        &format!("[{SETOSA}"),
        &format!("[{SETOSA},]"),
        &SETOSA.replace("}", ",}"),
        &format!("[{SETOSA}] x"),
    ] {
        let (status, code, ..) = problem(&fixture.predict(body).await);
        assert_eq!((status, code.as_str()), (400, "not-json"), "{body}");
    }
    let (.., row, field, detail) = problem(&fixture.predict(format!("[{SETOSA},\n{}", &SETOSA[..40])).await);
    assert_eq!((row, field), (1.into(), Value::Null));
    assert_eq!(detail, "Row 1 is not valid JSON, at line 2, column 40.");
}

#[tokio::test]
async fn nested_json_does_not_overflow_the_stack() {
    let fixture = Fixture::serving().await;
    for opening in ["[", "{\"sepal width (cm)\":", "[{\"sepal width (cm)\":[", "[{\"sepal width (cm)\":{\"a\":"] {
        let body = opening.repeat((1 << 20) / opening.len());
        assert_eq!(fixture.predict(body).await.status, 400, "{opening}");
    }
}

#[tokio::test]
async fn too_many_rows_are_refused_with_the_limit() {
    let fixture = Fixture::serving().await;
    let response = fixture.predict(format!("[{}]", vec![SETOSA; 1001].join(","))).await;
    let (status, code, .., detail) = problem(&response);
    assert_eq!((status, code.as_str(), detail.as_str()), (413, "too-many-rows", "The body has more than 1000 rows."));
}

#[tokio::test]
async fn too_large_a_body_is_refused_with_the_limit() {
    let fixture = Fixture::serving().await;
    let body = format!("{SETOSA}{}", " ".repeat(4 << 20));
    let (status, code, .., detail) = problem(&fixture.predict(body.clone()).await);
    assert_eq!((status, code.as_str()), (413, "body-too-large"));
    assert_eq!(detail, "The body is longer than 4194304 bytes.");
    assert_eq!(fixture.call(&in_base64(body.as_bytes())).await.status, 413);
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let fixture = Fixture::serving().await;
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("")] {
        let headers = content_type.map(|content_type| json!({"Content-Type": content_type}));
        let request = event("predict-one").with("headers", headers).with("multiValueHeaders", Value::Null);
        let (status, code, ..) = problem(&fixture.call(&request).await);
        assert_eq!((status, code.as_str()), (415, "unsupported-media-type"), "{content_type:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_text_is_refused() {
    let fixture = Fixture::serving().await;
    for body in [&[0xff, 0xfe, b'{', b'}'][..], b""] {
        assert_eq!(problem(&fixture.call(&in_base64(body)).await).1, "not-json", "{body:?}");
    }
    assert_eq!(problem(&fixture.call(&in_base64(b"\xff\xfe{\0}\0")).await).4, "The body is UTF-16.");
    let request = event("predict-one").with("body", Value::Null);
    assert_eq!(problem(&fixture.call(&request).await).4, "The body is empty.");
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_told_apart() {
    let fixture = Fixture::serving().await;
    let (status, code, ..) = problem(&fixture.call(&event("predict-nowhere")).await);
    assert_eq!((status, code.as_str()), (404, "not-found"));
    assert_eq!(fixture.journal.last().route, "none");
    let response = fixture.call(&event("predict-one").with("httpMethod", "PUT")).await;
    assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
    problem(&response);
}

#[tokio::test]
async fn no_error_repeats_a_sent_value() {
    let fixture = Fixture::serving().await;
    for text in ["\"40961x\"", "[40961]", "40961e300", "40961e999", "40961x", "{\"40961\": 40961}"] {
        let body = fixture.predict(with(text)).await.body;
        assert!(!body.contains("40961"), "{body}");
    }
}

/// Returns the HTTP status of the response to a request with this body.
fn status_of(body: &[u8]) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let fixture = Fixture::serving().await;
        fixture.call(&in_base64(body)).await.status
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_the_function_fail(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(status_of(&body) < 500);
    }

    #[test]
    fn no_text_like_a_row_makes_the_function_fail(
        tokens in proptest::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"sepal width (cm)\"", "\"sepal length (cm)\"", "\"petal width (cm)\"",
                "\"petal length (cm)\"", "1", "-", "e9", "999", ".5", "null", "NaN", "\"", "\\u", "\n", SETOSA,
            ]),
            0..40,
        )
    ) {
        prop_assert!(status_of(tokens.concat().as_bytes()) < 500);
    }

    #[test]
    fn any_row_of_finite_floats_is_answered(values in prop::array::uniform4(prop::num::f32::NORMAL)) {
        let names = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"];
        let pairs: Vec<_> = names.iter().zip(values).map(|(name, value)| format!("{name:?}: {value:e}")).collect();
        prop_assert_eq!(status_of(format!("{{{}}}", pairs.join(",")).as_bytes()), 200);
    }
}
