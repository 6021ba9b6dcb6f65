//! Tests predictions while the stack has no fault.

use std::time::Instant;

use evergreen_tests::iris::{SPECIES, flowers, setosa};
use evergreen_tests::wait::seconds;
use evergreen_tests::{Stack, api::Answer};
use serde_json::{Value, json};

#[tokio::test]
async fn one_training_classifies_the_150_flowers() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let flowers = flowers();
    assert_eq!(flowers.len(), 150);

    let rows: Vec<_> = flowers.iter().map(|flower| flower.row.clone()).collect();
    let answer = stack.api.predict(&rows.into()).await.ok();

    assert_eq!(answer.version(), version);
    assert_eq!(answer.body["model"]["name"], "iris");
    let labels = labels(&answer);
    assert_eq!(labels.len(), 150);
    let right = labels.iter().zip(&flowers).filter(|(label, flower)| **label == flower.species).count();
    assert!(right * 10 >= 150 * 9, "{right} of 150 are right");
}

#[tokio::test]
async fn the_request_of_the_seed_system_gets_its_answer() {
    let stack = Stack::take().await;
    stack.served().await;
    let answer = stack.api.predict(&setosa()).await.ok();
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body["prediction"], json!([0]));
}

#[tokio::test]
async fn a_row_of_each_species_is_answered_with_class_label_and_probabilities() {
    let stack = Stack::take().await;
    stack.served().await;
    for (class, species) in SPECIES.iter().enumerate() {
        let flower = flowers().into_iter().find(|flower| flower.species == *species).expect("each species is there");
        let answer = stack.api.predict(&flower.row).await.ok();
        assert_eq!(answer.body["prediction"], json!([class]));
        assert_eq!(labels(&answer), [*species]);
        assert_eq!(answer.body["classes"], json!(SPECIES));
        let shares = numbers(&answer.body["probabilities"][0]);
        assert_eq!(shares.len(), SPECIES.len(), "{}", answer.text);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-4, "{}", answer.text);
        assert!(shares.iter().all(|share| *share <= shares[class]), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_list_gets_the_same_answers_in_order_as_its_rows_one_by_one() {
    let stack = Stack::take().await;
    stack.served().await;
    // These rows are every seventh flower in reverse order, so that the species are mixed.
    let rows: Vec<_> = flowers().iter().rev().step_by(7).map(|flower| flower.row.clone()).collect();
    let together = stack.api.predict(&rows.clone().into()).await.ok().body;
    for (index, row) in rows.iter().enumerate() {
        let alone = stack.api.predict(row).await.ok().body;
        for field in ["prediction", "labels", "probabilities"] {
            assert_eq!(together[field][index], alone[field][0], "{field} of row {index}");
        }
    }
}

#[tokio::test]
async fn the_order_of_the_columns_does_not_matter() {
    let stack = Stack::take().await;
    stack.served().await;
    for flower in flowers().iter().step_by(30) {
        let straight = flower.row.as_object().expect("a row is an object");
        let expected = stack.api.predict(&flower.row).await.ok().body["probabilities"].clone();
        let backwards: Vec<String> =
            straight.iter().rev().map(|(column, value)| format!("{column:?}:{value}")).collect();
        let answer = stack.api.predict_text(format!("{{{}}}", backwards.join(","))).await.ok();
        assert_eq!(answer.body["probabilities"], expected);
    }
}

#[tokio::test]
async fn one_request_answers_a_thousand_rows() {
    let stack = Stack::take().await;
    stack.served().await;
    let rows: Vec<_> = flowers().iter().cycle().take(1000).map(|flower| flower.row.clone()).collect();
    let answer = stack.api.predict(&rows.into()).await.ok();
    assert_eq!(answer.body["prediction"].as_array().map(Vec::len), Some(1000));
}

#[tokio::test]
async fn the_model_endpoint_describes_the_champion() {
    let stack = Stack::take().await;
    let version = stack.served().await;
    let model = stack.api.get("/model").await.ok().body;
    assert_eq!((&model["model"], model["version"].as_u64()), (&json!("iris"), Some(version)));
    let registered = stack.registry.champion().await.expect("there is a champion")["version"].clone();
    assert_eq!(model["trained_at"], registered["trained_at"]);
    assert_eq!(model["signature"]["labels"], json!(SPECIES));
    let columns = model["signature"]["columns"].as_array().expect("the signature names columns");
    assert!(
        columns.iter().all(|column| setosa().get(column["name"].as_str().unwrap_or_default()).is_some()),
        "{columns:?}"
    );
    assert_eq!(columns.len(), 4);
    let accuracy = model["metrics"]["accuracy"].as_f64().expect("the model shows its accuracy");
    assert!((0.9..=1.0).contains(&accuracy), "{model}");
}

#[tokio::test]
async fn health_needs_no_key() {
    let stack = Stack::take().await;
    let version = stack.served().await;
    let health = stack.api.health().await.ok();
    assert_eq!(health.version(), version, "{}", health.text);
}

#[tokio::test]
async fn a_cold_start_answers_the_first_call() {
    let stack = Stack::take().await;
    let version = stack.served().await;
    stack.functions.forget_environments(&stack.functions.predict).await;
    let begun = Instant::now();
    let answer = stack.api.predict(&setosa()).await.ok();
    assert_eq!(answer.version(), version);
    assert!(begun.elapsed() < seconds(5), "the first call took {:?}", begun.elapsed());
}

fn labels(answer: &Answer) -> Vec<&str> {
    answer.body["labels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}
