//! Tests which API key gives access to which path, and how many requests the APIs allow.

use std::time::Instant;

use evergreen_tests::Stack;
use evergreen_tests::api::{Answer, Api, KEY_HEADER};
use evergreen_tests::iris::setosa;
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;
use tokio::task::JoinSet;

/// Number of clients that send requests at the same time, to exceed the API's rate limit.
const CLIENTS: usize = 16;
/// Maximum number of requests that all clients of the rate limit test send together.
const MAX_CALLS: usize = 1200;

#[tokio::test]
async fn without_a_key_there_is_no_answer() {
    let stack = Stack::take().await;
    for (method, path) in
        [(Method::POST, "/predict"), (Method::GET, "/model"), (Method::GET, "/runs"), (Method::GET, "/runs/x")]
    {
        let problem = Answer::to(stack.api.anonymous(method, path).json(&setosa())).await.problem(403);
        assert!(problem.detail.contains(KEY_HEADER), "{}", problem.detail);
    }
}

/// Methods and paths to which the API key of the prediction API gives access.
const PREDICTING: [(Method, &str); 2] = [(Method::POST, "/predict"), (Method::GET, "/model")];
/// Methods and paths to which the API key of the status API gives access.
const READING: [(Method, &str); 2] = [(Method::GET, "/runs"), (Method::GET, "/runs/none")];

#[tokio::test]
async fn the_predict_key_opens_predictions_and_no_runs() {
    let stack = Stack::take().await;
    stack.served().await;
    let Api { predictions, status } = &stack.api;
    for (method, path) in PREDICTING {
        let answer = Answer::to(predictions.with_key(&predictions.key, method, path).json(&setosa())).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    for (method, path) in READING {
        let refused = Answer::to(status.with_key(&predictions.key, method, path)).await.problem(403);
        assert!(refused.detail.contains(KEY_HEADER), "{path}: {}", refused.detail);
    }
}

#[tokio::test]
async fn the_read_key_opens_runs_and_no_predictions() {
    let stack = Stack::take().await;
    stack.served().await;
    let Api { predictions, status } = &stack.api;
    Answer::to(status.with_key(&status.key, Method::GET, "/runs")).await.ok();
    Answer::to(status.with_key(&status.key, Method::GET, "/runs/none")).await.problem(404);
    for (method, path) in PREDICTING {
        let refused = Answer::to(predictions.with_key(&status.key, method, path).json(&setosa())).await.problem(403);
        assert!(refused.detail.contains(KEY_HEADER), "{path}: {}", refused.detail);
    }
}

#[tokio::test]
async fn neither_api_serves_the_routes_of_the_other() {
    let stack = Stack::take().await;
    stack.served().await;
    let Api { predictions, status } = &stack.api;
    for (door, others) in [(predictions, READING), (status, PREDICTING)] {
        for (method, path) in others {
            let key = &door.key;
            let refused = Answer::to(door.with_key(key, method.clone(), path).json(&setosa())).await.problem(404);
            // The answer says what this API serves.
            let expected = refused.answer.body["expected"].as_str().expect("a refusal says what was expected");
            assert!(expected.contains("/predict") || expected.contains("/openapi.json"), "{path}: {expected}");
            Answer::to(door.anonymous(method, path).json(&setosa())).await.problem(403);
        }
    }
    Answer::to(predictions.with_key(&predictions.key, Method::GET, "/health")).await.problem(404);
}

#[tokio::test]
async fn health_needs_no_key_and_has_a_throttle_of_its_own() {
    let stack = Stack::take().await;
    stack.served().await;
    let health = async || Answer::to(stack.api.anonymous(Method::GET, "/health")).await;
    stack.api.health().await.ok();

    // Requests without a key to the path `/health` soon reach its rate limit. Callers with a key are not affected.
    until("health to be refused", seconds(30), async || (health().await.status == 429).then_some(())).await;
    Answer::to(stack.api.request(Method::GET, "/runs")).await.ok();
    stack.api.predict(&setosa()).await.ok();
    until("health to be answered again", seconds(30), async || (health().await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn with_a_wrong_key_there_is_no_answer() {
    let stack = Stack::take().await;
    for key in ["", "guess", "00000000000000000000"] {
        let request = stack.api.anonymous(Method::POST, "/predict").header(KEY_HEADER, key).json(&setosa());
        Answer::to(request).await.problem(403);
    }
}

#[tokio::test]
async fn a_client_above_the_rate_gets_429_and_is_served_again_later() {
    let stack = Stack::take().await;
    stack.served().await;

    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let api = stack.api.clone();
        clients.spawn(async move {
            for _ in 0..MAX_CALLS / CLIENTS {
                let answer = api.get("/runs/none").await;
                if answer.status != 404 {
                    return Some(answer);
                }
            }
            None
        });
    }
    let refused = loop {
        match clients.join_next().await.map(|client| client.expect("a client ends well")) {
            Some(Some(refused)) => break refused,
            Some(None) => {}
            None => panic!("{MAX_CALLS} calls in {:?} were not too many", begun.elapsed()),
        }
    };
    clients.shutdown().await;

    refused.clone().problem(429);
    assert_eq!(refused.header("retry-after"), "1");
    until("the API to answer again", seconds(10), async || (stack.api.get("/runs").await.status == 200).then_some(()))
        .await;
}
