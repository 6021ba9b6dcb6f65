//! Tests requests that name the version that shall answer them.

use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::iris::setosa;
use reqwest::Method;
use serde_json::json;

/// Sends `POST /predict` with these query parameters.
async fn predict(stack: &Stack, query: &str) -> Answer {
    Answer::to(stack.api.request(Method::POST, &format!("/predict?{query}")).json(&setosa())).await
}

#[tokio::test]
async fn a_request_is_answered_by_the_version_that_it_names_and_the_next_one_by_the_champion() {
    let stack = Stack::take().await;
    let former = stack.serve_new().await;
    let champion = stack.serve_new().await;
    assert_eq!(predict(&stack, &format!("version={former}")).await.ok().version(), former);
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), champion);
    let by_header = stack.api.request(Method::POST, "/predict").header("X-Evergreen-Version", former);
    assert_eq!(Answer::to(by_header.json(&setosa())).await.ok().version(), former);
    assert_eq!(stack.api.get(&format!("/model?version={former}")).await.ok().version(), former);
    assert_eq!(stack.api.get(&format!("/version?version={former}")).await.ok().version(), former);
}

#[tokio::test]
async fn a_request_is_answered_by_the_version_that_an_alias_names() {
    let stack = Stack::take().await;
    let former = stack.serve_new().await;
    stack.serve_new().await;
    stack.console.send(Method::PUT, "/aliases/named", json!({"version": former})).await.ok();
    assert_eq!(predict(&stack, "alias=named").await.ok().version(), former);
    let by_header = stack.api.request(Method::POST, "/predict").header("X-Evergreen-Alias", "named");
    assert_eq!(Answer::to(by_header.json(&setosa())).await.ok().version(), former);
    stack.console.call(Method::DELETE, "/aliases/named", None, &[]).await.ok();
}

#[tokio::test]
async fn an_unknown_malformed_or_repeated_name_is_refused_and_named() {
    let stack = Stack::take().await;
    stack.served().await;
    for (query, status, field) in [
        ("version=99999999", 404, "version"),
        ("alias=nowhere", 404, "alias"),
        ("version=latest", 400, "version"),
        ("alias=No%20alias", 400, "alias"),
        ("version=1&alias=nowhere", 400, "alias"),
        ("version=1&version=1", 400, "version"),
    ] {
        let problem = predict(&stack, query).await.problem(status);
        assert_eq!(problem.answer.body["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_version_whose_artifact_is_damaged_is_a_409_and_the_champion_answers_on() {
    let stack = Stack::take().await;
    let former = stack.serve_new().await;
    let champion = stack.serve_new().await;
    let key = format!("models/iris/{former:08}/model.onnx");
    let intact = stack.bucket.get(&key).await.expect("the artifact is there");
    stack.bucket.put(&key, "cut short").await;
    stack.functions.forget_environments(&stack.functions.predict).await;
    predict(&stack, &format!("version={former}")).await.problem(409);
    assert_eq!(stack.api.predict(&setosa()).await.ok().version(), champion);
    stack.bucket.put(&key, intact).await;
}
