//! Tests that feedback that contradicts the model raises the alarm `live-accuracy-worse`, and that another champion ends it.

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_tests::Stack;
use evergreen_tests::iris::{Flower, SPECIES, flowers};
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;
use serde_json::{Value, json};

/// Predicts the flowers, and returns the id of each prediction.
async fn predict(stack: &Stack, flowers: &[Flower]) -> Vec<Value> {
    let rows: Vec<&Value> = flowers.iter().map(|flower| &flower.row).collect();
    until("ids of predictions", seconds(30), async || {
        let answer = stack.api.predict(&json!(rows)).await.ok().body;
        answer["ids"].as_array().cloned()
    })
    .await
}

/// Reports the true species of the flowers. `turn` is by how many species each is turned into another one.
async fn report(stack: &Stack, ids: &[Value], flowers: &[Flower], turn: usize) {
    let told = ids.iter().zip(flowers).map(|(id, flower)| {
        let species = SPECIES.iter().position(|name| *name == flower.species).expect("a species");
        json!({"id": id, "actual": SPECIES[(species + turn) % SPECIES.len()]})
    });
    let body = json!({"feedback": told.collect::<Vec<_>>()});
    let answer = stack.api.request(Method::POST, "/feedback").json(&body).send().await.unwrap();
    let (status, answer) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert_eq!((status.as_u16(), answer["counted"].as_u64()), (200, Some(ids.len() as u64)), "{answer}");
}

#[tokio::test]
async fn feedback_that_contradicts_the_model_raises_an_alarm_and_another_champion_ends_it() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    stack.functions.measure().await;
    let deployed = stack.quicken("live-accuracy-worse").await;
    let mark = stack.inbox.mark().await;

    let flowers = flowers();
    let ids = predict(&stack, &flowers).await;
    report(&stack, &ids, &flowers, 1).await;
    let published = stack.functions.measure().await;
    assert_eq!(published["LiveAccuracyWorse"], 1.0, "{published}");
    assert_eq!(published["LiveLabels"].as_f64(), Some(ids.len() as f64), "{published}");
    assert!(published["LiveAccuracy"].as_f64() < Some(0.2), "{published}");
    let raised = stack.until_mailed(mark, "live-accuracy-worse", StateValue::Alarm).await;
    assert!(raised[0].text.contains("worse than on the hold-out by more than chance"), "{}", raised[0].text);

    let live = stack.api.get("/live").await.ok().body;
    assert_eq!((&live["version"], &live["is_worse"]), (&json!(version), &json!(true)), "{live}");
    let of_version = live["versions"].as_array().unwrap().iter().find(|it| it["version"] == version).unwrap();
    assert_eq!(of_version["labelled"], ids.len(), "{of_version}");
    let names: Vec<&Value> = of_version["labels"].as_array().unwrap().iter().map(|label| &label["name"]).collect();
    assert_eq!(names, SPECIES.each_ref());

    stack.serve_new().await;
    stack.until_over("live-accuracy-worse").await;
    stack.until_mailed(mark, "live-accuracy-worse", StateValue::Ok).await;
    stack.cloudwatch.define(deployed).await;
}

#[tokio::test]
async fn feedback_that_agrees_with_the_hold_out_raises_no_alarm() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let flowers = flowers();
    let ids = predict(&stack, &flowers).await;
    report(&stack, &ids, &flowers, 0).await;
    let published = stack.functions.measure().await;
    assert_eq!(published["LiveAccuracyWorse"], 0.0, "{published}");
    assert!(published["LiveAccuracy"].as_f64() > Some(0.9), "{published}");
}
