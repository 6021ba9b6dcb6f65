//! Tests of successful answers to `POST /predict`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evergreen_scoring::Model;
use serde_json::{Value, json};

use crate::models::{IRIS, artifact};
use crate::support::{Fixture, JournalLine, SETOSA, VIRGINICA, With, event};

#[tokio::test]
async fn the_sample_event_is_answered_with_class_label_probabilities_and_version() {
    let fixture = Fixture::serving().await;
    let response = fixture.call(&event("predict-one")).await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    insta::assert_snapshot!(response.without_ids(), @r#"{"prediction":[0],"labels":["setosa"],"probabilities":[[1.0,0.0,0.0]],"classes":["setosa","versicolor","virginica"],"model":{"name":"iris","version":1}}"#);
}

#[tokio::test]
async fn a_list_gets_the_same_answers_in_order_as_its_rows_alone() {
    let fixture = Fixture::serving().await;
    let response = fixture.predict(format!("[{VIRGINICA},{SETOSA}]")).await;
    insta::assert_snapshot!(response.without_ids(), @r#"{"prediction":[2,0],"labels":["virginica","setosa"],"probabilities":[[0.0,0.0,1.0],[1.0,0.0,0.0]],"classes":["setosa","versicolor","virginica"],"model":{"name":"iris","version":1}}"#);
    assert_eq!(
        fixture.journal.last(),
        JournalLine { route: "/predict", status: 200, problem: None, rows: 2, version: Some(1) }
    );
}

#[tokio::test]
async fn the_sample_batch_is_one_flower_of_each_species() {
    let fixture = Fixture::serving().await;
    let response = fixture.call(&event("predict-batch")).await;
    assert_eq!(response.json()["labels"], json!(["setosa", "versicolor", "virginica"]));
}

#[tokio::test]
async fn every_flower_gets_the_answer_of_the_model() {
    let fixture = Fixture::serving().await;
    let model = Model::load(artifact(1)).unwrap();
    let names: Vec<&str> = model.signature().column_names().collect();
    let flowers: Vec<Vec<&str>> = IRIS.lines().skip(1).map(|line| line.split(',').take(4).collect()).collect();
    // Each row starts with another column, so only the first row has the model's column order.
    let objects = flowers.iter().enumerate().map(|(index, flower)| {
        let mut pairs: Vec<_> = names.iter().zip(flower).map(|(name, value)| format!("{name:?}:{value}")).collect();
        pairs.rotate_left(index % names.len());
        format!("{{{}}}", pairs.join(","))
    });
    let body = format!("[{}]", objects.collect::<Vec<_>>().join(",\n"));
    let answer = fixture.predict(body).await.json();
    let values: Vec<f32> = flowers.iter().flatten().map(|value| value.parse().unwrap()).collect();
    let predictions = model.predict(&values).unwrap();
    let expected = predictions.classes().unwrap();
    assert_eq!(answer["prediction"], json!(expected.classes()));
    let probabilities: Vec<f64> = answer["probabilities"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap().iter().map(|share| share.as_f64().unwrap()))
        .collect();
    assert_eq!(probabilities.len(), expected.probabilities().len());
    assert!(probabilities.iter().zip(expected.probabilities()).all(|(a, b)| *a as f32 == *b));
}

#[tokio::test]
async fn an_unknown_column_is_ignored_with_a_warning() {
    let fixture = Fixture::serving().await;
    let row = SETOSA.replace("}", ", \"variety\": \"setosa\", \"id\": 7}");
    let answer = fixture.predict(format!("[{row},{SETOSA},{row}]")).await.json();
    assert_eq!(answer["prediction"], json!([0, 0, 0]));
    let ignored =
        |field: &str| json!({"field": field, "message": "The model does not use this column; it is ignored."});
    assert_eq!(answer["warnings"], json!([ignored("variety"), ignored("id")]));
}

#[tokio::test]
async fn a_thousand_rows_are_answered() {
    let fixture = Fixture::serving().await;
    let answer = fixture.predict(format!("[{}]", vec![SETOSA; 1000].join(","))).await.json();
    assert_eq!(answer["prediction"], json!(vec![0; 1000]));
    assert_eq!(fixture.journal.last().rows, 1000);
}

#[tokio::test]
async fn whole_numbers_exponents_and_escaped_names_are_numbers_and_names() {
    let fixture = Fixture::serving().await;
    let body = r#"{"sepal l\u0065ngth (cm)": 51e-1, "sepal width (cm)": 3, "petal length (cm)": -0, "petal width (cm)": 18446744073709551616}"#;
    let response = fixture.predict(body).await;
    assert_eq!(response.status, 200, "{}", response.body);
}

#[tokio::test]
async fn a_body_in_base64_is_decoded() {
    let fixture = Fixture::serving().await;
    let request = event("predict-one").with("body", STANDARD.encode(SETOSA)).with("isBase64Encoded", true);
    assert_eq!(fixture.call(&request).await.json()["prediction"], json!([0]));
}

#[tokio::test]
async fn neither_host_nor_base_path_matter() {
    let fixture = Fixture::serving().await;
    for host in ["api.example.com", "127.0.0.1:4566", "localhost:3000", "a1b2c3d4e5.execute-api.localhost:4566"] {
        for path in ["/predict", "/flowers/predict"] {
            let mut request = event("predict-one").with("path", path).with("multiValueHeaders", Value::Null);
            request["headers"]["Host"] = host.into();
            assert_eq!(fixture.call(&request).await.status, 200, "{host}{path}");
        }
    }
}

#[tokio::test]
async fn the_stage_does_not_matter() {
    let fixture = Fixture::serving().await;
    let mut request = event("predict-one").with("path", "/v1/predict");
    request["requestContext"]["resourcePath"].take();
    assert_eq!(fixture.call(&request).await.status, 200);
}
