//! Tests of the route of SageMaker's `InvokeEndpoint`.

use serde_json::{Value, json};

use crate::support::{Fixture, FunctionAnswer, SETOSA, With, posting};

const PATH: &str = "/endpoints/iris/invocations";
const CSV: &str = "5.1,3.5,1.4,0.2\n6.5,3.0,5.8,2.2";

async fn invoke(media_type: &str, accept: &str, body: &str) -> FunctionAnswer {
    let sent = posting(PATH, media_type, body).with_header("accept", accept);
    Fixture::serving().await.call(&sent).await
}

#[tokio::test]
async fn every_form_of_rows_is_answered_in_the_form_that_is_accepted() {
    let instances = r#"{"instances": [[5.1, 3.5, 1.4, 0.2], [6.5, 3, 5.8, 2.2]]}"#;
    let lines = format!("{{\"features\": [5.1, 3.5, 1.4, 0.2]}}\n[6.5, 3, 5.8, 2.2]\n{SETOSA}\n");
    let header = format!("sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)\n{CSV}\n");
    for (media_type, accept, body, expected) in [
        ("text/csv", "text/csv", CSV, "setosa\nvirginica\n"),
        ("text/csv", "text/csv", &header, "setosa\nvirginica\n"),
        ("text/csv", "application/json", CSV, r#"{"predictions":["setosa","virginica"]}"#),
        ("application/json", "*/*", instances, r#"{"predictions":["setosa","virginica"]}"#),
        ("application/jsonlines", "text/csv", &lines, "setosa\nvirginica\nsetosa\n"),
    ] {
        let answer = invoke(media_type, accept, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, expected), "{media_type} {accept}");
        assert_eq!(answer.header("x-amzn-invoked-production-variant"), Some("version-1"));
    }
    let answer = invoke("application/jsonlines", "application/jsonlines", &lines).await;
    let rows: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[1]["prediction"]), (3, &json!("virginica")));
    assert!(rows.iter().all(|row| row["id"].is_string() && row["probabilities"].is_array()));
    assert_eq!(answer.header("content-type"), Some("application/jsonlines"));
}

#[tokio::test]
async fn details_come_if_the_custom_attributes_ask_for_them() {
    let sent = posting(PATH, "text/csv", CSV)
        .with_header("accept", "application/json")
        .with_header("x-amzn-sagemaker-custom-attributes", "trace=1, details=true");
    let answer = Fixture::serving().await.call(&sent).await.json();
    assert!(answer["predictions"][0]["id"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_wrong_request_is_refused_in_sagemaker_s_form_with_the_field() {
    let fixture = Fixture::serving().await;
    for (media_type, accept, body, status, expected) in [
        ("text/csv", "*/*", "5.1,3.5,long,0.2", 400, "Row 0: column \"petal length (cm)\" is a string"),
        ("text/csv", "*/*", "5.1,3.5,0.2", 400, "Row 0 has 3 values."),
        ("application/json", "*/*", r#"{"instances": [[1, 2, 3, null]]}"#, 400, "column \"petal width (cm)\" is null"),
        ("application/jsonlines", "*/*", r#"{"features": 5}"#, 400, "Row 0 is a number."),
        ("text/csv", "image/png", CSV, 406, "accept"),
        ("application/x-recordio-protobuf", "*/*", CSV, 415, "text/csv"),
    ] {
        let answer = fixture.call(&posting(PATH, media_type, body).with_header("accept", accept)).await;
        assert_eq!((answer.status, answer.header("x-amzn-errortype")), (status, Some("ValidationError")), "{body}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{body}: {message}");
    }
    let answer = fixture.post("/endpoints/roses/invocations", "text/csv", CSV).await;
    assert_eq!((answer.status, answer.json()["Code"].clone()), (404, json!("ValidationError")));
}
