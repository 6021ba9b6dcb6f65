//! Tests who may read and who may steer.

use evergreen_tests::Stack;
use evergreen_tests::api::{Answer, KEY_HEADER};
use reqwest::Method;
use serde_json::json;

use super::WHY;

const READING: [&str; 4] = ["/runs", "/versions", "/champion", "/openapi.json"];

#[tokio::test]
async fn the_key_that_predicts_reads_nothing() {
    let stack = Stack::take().await;
    for path in READING {
        let key = &stack.api.predictions.key;
        Answer::to(stack.api.status.with_key(key, Method::GET, path)).await.problem(403);
        Answer::to(stack.api.status.anonymous(Method::GET, path)).await.problem(403);
    }
}

#[tokio::test]
async fn the_key_that_reads_changes_nothing() {
    let stack = Stack::take().await;
    let serving = stack.served().await;
    let status = &stack.api.status;
    let body = json!({"reason": WHY});
    let refused = Answer::to(status.with_key(&status.key, Method::POST, "/rollbacks").json(&body)).await.problem(403);
    assert!(refused.answer.body["expected"].as_str().is_some_and(|text| text.contains("signed")), "{refused:?}");
    // The same key opens nothing on the console's API, which wants a signature.
    for path in ["/api/runs", "/api/rollbacks"] {
        let request = stack.console.unsigned(Method::POST, path).header(KEY_HEADER, &status.key).json(&body);
        Answer::to(request).await.problem(403);
    }
    assert_eq!(stack.champion_number().await, serving);
}

#[tokio::test]
async fn an_unsigned_request_and_a_page_without_a_session_are_refused() {
    let stack = Stack::take().await;
    for (method, path) in
        [(Method::GET, "/api/runs"), (Method::POST, "/api/promotions"), (Method::DELETE, "/api/sessions")]
    {
        Answer::to(stack.console.unsigned(method, path)).await.problem(403);
    }
    for (method, path) in [(Method::GET, "/"), (Method::GET, "/versions"), (Method::POST, "/actions/roll-back")] {
        let request = stack.console.unsigned(method.clone(), path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = Answer::to(request.body(if method == Method::POST { "reason=why" } else { "" })).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_link_opens_one_session_once_and_the_log_never_has_its_token() {
    let stack = Stack::take().await;
    let event = json!({"link": {"right": "see", "name": "Ada", "hours": 1}});
    let outcome = stack.functions.call(&stack.functions.console, &event).await;
    assert!(!outcome.failed, "{}", outcome.payload);
    let path = outcome.payload["path"].as_str().expect("a link has a path");
    let token = path.strip_prefix("/open/").expect("the path has a token");

    // A program that only looks, such as a mail scanner, does not use up the link.
    for _ in 0..2 {
        assert_eq!(Answer::to(stack.console.unsigned(Method::GET, path)).await.status, 200);
    }
    let open = || {
        let request = stack.console.unsigned(Method::POST, path);
        Answer::to(request.header("content-type", "application/x-www-form-urlencoded").body(""))
    };
    let opened = open().await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    let cookie = opened.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "the cookie is not protected");
    assert!(open().await.status.is_client_error(), "a link opens only one session");

    let session = cookie.split(';').next().expect("a cookie has a value");
    let page = |path| Answer::to(stack.console.unsigned(Method::GET, path).header("cookie", session));
    assert_eq!(page("/").await.status, 200);
    let secret = session.split_once('=').expect("a cookie has a value").1;
    let log = stack.functions.call(&stack.functions.console, &event).await.log;
    assert!(!log.contains(token) && !log.contains(secret), "the log has a secret");

    let ended = stack.console.call(Method::DELETE, "/sessions", None, &[]).await.ok();
    assert!(ended.body["ended"].as_u64().is_some_and(|ended| ended >= 1), "{}", ended.text);
    assert_eq!(page("/").await.status, 401);
}
