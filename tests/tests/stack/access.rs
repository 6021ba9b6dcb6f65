//! Who may ask, and how often.

use std::time::Instant;

use evergreen_tests::Stack;
use evergreen_tests::api::{Answer, KEY_HEADER};
use evergreen_tests::iris::setosa;
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;
use tokio::task::JoinSet;

/// Clients that call at once when too much is to be asked.
const CLIENTS: usize = 16;
/// Calls that they make together at most.
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

#[tokio::test]
async fn with_a_wrong_key_there_is_no_answer() {
    let stack = Stack::take().await;
    for key in ["", "guess", "00000000000000000000"] {
        let request = stack.api.anonymous(Method::POST, "/predict").header(KEY_HEADER, key).json(&setosa());
        Answer::to(request).await.problem(403);
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_to_wait_and_then_served_again() {
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
    until("the API to answer again", seconds(10), async || (stack.api.get("/model").await.status == 200).then_some(()))
        .await;
}
