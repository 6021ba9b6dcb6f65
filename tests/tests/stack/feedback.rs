//! Tests the way of an id: from the answer to a prediction, through `POST /feedback`, into the counts.

use evergreen_lifecycle::feedback::LiveTally;
use evergreen_lifecycle::ports::FeedbackRecord;
use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::iris::flowers;
use evergreen_tests::stack::{MODEL, variable};
use evergreen_tests::wait::{seconds, until};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

/// Predicts some flowers of each species with the version `version`. Returns the ids with the true species.
async fn predicted(stack: &Stack, version: u64) -> Vec<Value> {
    let flowers: Vec<_> = flowers().into_iter().step_by(10).collect();
    let rows: Vec<&Value> = flowers.iter().map(|flower| &flower.row).collect();
    let answer = until("ids of the new version", seconds(60), async || {
        let answer = stack.api.predict(&json!(rows)).await.ok().body;
        (answer["model"]["version"] == version && answer["ids"].is_array()).then_some(answer)
    })
    .await;
    let ids = answer["ids"].as_array().expect("ids").iter();
    ids.zip(&flowers).map(|(id, flower)| json!({"id": id, "actual": flower.species})).collect()
}

async fn feed(stack: &Stack, body: &Value) -> Answer {
    Answer::to(stack.api.request(Method::POST, "/feedback").json(body)).await
}

/// Returns the counts of a version, of yesterday and today: midnight may pass during a test.
async fn tally(stack: &Stack, version: u64) -> LiveTally {
    let registry = evergreen_aws::Registry::new(
        &stack.config,
        &variable("EVERGREEN_TABLE"),
        MODEL.parse().expect("a model's name"),
    );
    let today = jiff::tz::Offset::UTC.to_datetime(Timestamp::now()).date();
    let days = registry.day_tallies(today.yesterday().expect("a day")..=today).await.unwrap();
    days.iter().filter(|day| u64::from(day.version.get()) == version).fold(LiveTally::default(), |mut all, day| {
        all.merge(&day.tally);
        all
    })
}

#[tokio::test]
async fn feedback_is_counted_once_in_any_order_and_wrong_elements_are_named() {
    let stack = Stack::take().await;
    let version = stack.serve_new().await;
    let truth = predicted(&stack, version).await;
    let last = truth.len() - 1;

    // The last one first, alone and then with the others in reverse.
    let alone = feed(&stack, &truth[last]).await.ok().body;
    assert_eq!(alone, json!({"counted": 1, "repeated": 0, "refused": []}));
    let mut elements: Vec<_> = truth.iter().rev().cloned().collect();
    elements.push(json!({"id": "no-id", "actual": "setosa"}));
    elements.push(json!({"id": truth[0]["id"], "actual": "rose"}));
    for (counted, repeated) in [(last, 1), (0, last + 1)] {
        let answer = feed(&stack, &json!({"feedback": elements})).await.ok().body;
        assert_eq!((&answer["counted"], &answer["repeated"]), (&json!(counted), &json!(repeated)), "{answer}");
        let fields: Vec<_> = answer["refused"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
        assert_eq!(fields, [json!("id"), json!("actual")]);
    }
    let tally = tally(&stack, version).await;
    assert_eq!(tally.rows, truth.len() as u64);
    assert_eq!(tally.labels.len(), 3, "{tally:?}");
    assert!(tally.right >= tally.rows - 2, "{tally:?}");
}

#[tokio::test]
async fn feedback_needs_the_right_to_predict() {
    let stack = Stack::take().await;
    let body = json!({"id": "no-id", "actual": "setosa"});
    let anonymous = stack.api.anonymous(Method::POST, "/feedback").json(&body);
    assert_eq!(Answer::to(anonymous).await.status.as_u16(), 403);
    let reader = stack.api.predictions.with_key(&stack.api.status.key, Method::POST, "/feedback").json(&body);
    assert_eq!(Answer::to(reader).await.status.as_u16(), 403);
    let refused = feed(&stack, &body).await.problem(400);
    assert_eq!(refused.answer.body["field"], "id");
    let reading = stack.api.status.with_key(&stack.api.status.key, Method::POST, "/feedback").json(&body);
    assert_eq!(Answer::to(reading).await.status.as_u16(), 403);
}
