//! Tests of the rights: who may read, who may steer, and how sessions begin and end.

use evergreen_lifecycle::AuditedAction;
use evergreen_lifecycle::ports::Clock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::support::{ADA, Answer, Fixture, event, sample, signed};

/// Makes a link with this right and opens it. Returns the cookie.
pub async fn cookie(fixture: &Fixture, right: &str) -> String {
    let link = fixture.signed("POST", "/links", json!({"right": right, "name": "Grace"})).await.json();
    let opened = fixture.page("POST", link["path"].as_str().unwrap(), "", "").await;
    assert_eq!((opened.status, opened.header("location")), (303, Some("../")));
    opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_sample_events_are_answered() {
    let fixture = Fixture::serving();
    assert_eq!(fixture.call(&sample("console-runs")).await.json()["runs"].as_array().map(Vec::len), Some(3));
    assert_eq!(fixture.call(&sample("console-promote")).await.json()["promoted"], 3);
    assert!(fixture.app.handle_direct(&sample("console-link")).await.is_some_and(|link| link["path"].is_string()));
}

#[tokio::test]
async fn a_key_that_may_read_gets_a_clear_403_for_a_change() {
    let fixture = Fixture::serving();
    let event = event("/{proxy+}", ("proxy", "/promotions"), "POST", "/promotions");
    let answer = fixture.call(&event).await;
    assert_eq!(answer.problem(), (403, "forbidden".into()));
    assert_eq!(fixture.champion(), (2, 2));
}

#[tokio::test]
async fn a_signer_that_the_gateway_does_not_name_may_do_nothing() {
    let fixture = Fixture::serving();
    let mut event = signed("GET", "/runs", None);
    event["requestContext"]["identity"]["userArn"] = Value::Null;
    event["headers"]["x-amz-user-arn"] = ADA.into();
    assert_eq!(fixture.call(&event).await.problem(), (403, "forbidden".into()));
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405() {
    let fixture = Fixture::empty();
    assert_eq!(fixture.read("/nowhere").await.problem(), (404, "not-found".into()));
    let answer = fixture.signed("PATCH", "/aliases/staging", None).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("PUT, DELETE")));
}

#[tokio::test]
async fn a_link_opens_one_session_and_only_by_its_button() {
    let fixture = Fixture::serving();
    let link = fixture.signed("POST", "/links", json!({"right": "steer", "hours": 2})).await.json();
    assert_eq!((&link["name"], &link["usable_until"]), (&json!("ada"), &json!("2026-11-24T08:10:00.000Z")));
    let path = link["path"].as_str().unwrap();
    let url = link["url"].as_str().unwrap();
    assert_eq!(url, format!("https://abc.execute-api.eu-central-1.amazonaws.com/v1{path}"));
    // A preview asks for the page, twice.
    for _ in 0..2 {
        assert_eq!(fixture.page("GET", path, "", "").await.status, 200);
    }
    let opened = fixture.page("POST", path, "", "").await;
    let cookie = opened.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-evergreen-iris=")
            && cookie.contains("; Path=/; ")
            && cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    assert!(cookie.contains("Max-Age=7200"), "{cookie}");
    for method in ["GET", "POST"] {
        assert_eq!(fixture.page(method, path, "", "").await.status, 410);
    }
}

#[tokio::test]
async fn a_link_expires_after_minutes_and_a_session_after_its_hours() {
    let fixture = Fixture::serving();
    let link = fixture.signed("POST", "/links", json!({"right": "see"})).await.json();
    let cookie = cookie(&fixture, "see").await;
    fixture.clock.set(fixture.clock.now() + SignedDuration::from_mins(11));
    assert_eq!(fixture.page("POST", link["path"].as_str().unwrap(), "", "").await.status, 410);
    assert_eq!(fixture.page("GET", "/", &cookie, "").await.status, 200);
    fixture.clock.set(fixture.clock.now() + SignedDuration::from_hours(8));
    assert_eq!(fixture.page("GET", "/", &cookie, "").await.status, 401);
}

#[tokio::test]
async fn nobody_sees_a_page_without_a_session() {
    let fixture = Fixture::serving();
    for (method, path) in [("GET", "/"), ("GET", "/versions/2"), ("POST", "/actions/promote"), ("POST", "/try")] {
        assert_eq!(fixture.page(method, path, "__Host-evergreen-iris=guess", "").await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn another_site_cannot_open_its_link_in_a_persons_browser() {
    let fixture = Fixture::serving();
    let link = fixture.signed("POST", "/links", json!({"right": "see", "name": "Mallory"})).await.json();
    let path = link["path"].as_str().unwrap();
    for site in ["cross-site", "same-site"] {
        let refused = fixture.page_from(site, "POST", path, "").await;
        assert_eq!((refused.status, refused.header("set-cookie")), (403, None), "{site}");
    }
    // The link is not used up, and opens with its own button.
    assert_eq!(fixture.page_from("same-origin", "POST", path, "").await.status, 303);
}

#[tokio::test]
async fn a_new_session_ends_the_one_that_it_replaces() {
    let fixture = Fixture::serving();
    let former = cookie(&fixture, "steer").await;
    let link = fixture.signed("POST", "/links", json!({"right": "see", "name": "Mallory"})).await.json();
    assert_eq!(fixture.page("POST", link["path"].as_str().unwrap(), &former, "").await.status, 303);
    assert_eq!(fixture.page("GET", "/", &former, "").await.status, 401);
}

#[tokio::test]
async fn a_cookie_that_another_host_could_have_set_is_no_session() {
    let fixture = Fixture::serving();
    let secret = cookie(&fixture, "see").await.trim_start_matches("__Host-").to_owned();
    assert_eq!(fixture.page("GET", "/", &secret, "").await.status, 401);
}

#[tokio::test]
async fn ended_sessions_and_links_are_useless() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let link = fixture.signed("POST", "/links", json!({"right": "see"})).await.json();
    assert!(fixture.signed("DELETE", "/sessions", None).await.json()["ended"].as_u64() >= Some(1));
    assert_eq!(fixture.page("GET", "/", &cookie, "").await.status, 401);
    assert_eq!(fixture.page("POST", link["path"].as_str().unwrap(), "", "").await.status, 410);
}

#[tokio::test]
async fn sessions_never_end_without_an_entry_that_says_who_asked() {
    let fixture = Fixture::serving();
    fixture.memory.take_away("sessions");
    assert_eq!(fixture.signed("DELETE", "/sessions", None).await.status, 503);
    let entry = fixture.memory.state().audit.last().unwrap().clone();
    assert_eq!((entry.action, entry.actor.name.as_str()), (AuditedAction::RevocationRequested, ADA));
}

#[tokio::test]
async fn a_direct_invocation_gets_a_link() {
    let fixture = Fixture::serving();
    let link = fixture.app.handle_direct(&json!({"link": {"right": "steer", "name": "Ada"}})).await.unwrap();
    assert!(link["path"].as_str().is_some_and(|path| path.starts_with("/open/")), "{link}");
    let wrong = fixture.app.handle_direct(&json!({"link": {"right": "everything"}})).await.unwrap();
    assert_eq!(wrong["error"]["field"], "right");
    assert_eq!(fixture.app.handle_direct(&signed("GET", "/runs", None)).await, None);
}

#[tokio::test]
async fn the_audit_trail_names_the_person_and_no_token() {
    let fixture = Fixture::serving();
    let link = fixture.signed("POST", "/links", json!({"right": "steer", "name": "Grace"})).await.json();
    let token = link["path"].as_str().unwrap().trim_start_matches("/open/").to_owned();
    let Answer { body, .. } = fixture.read("/audit").await;
    assert!(body.contains("link for Grace") && body.contains(ADA) && !body.contains(&token), "{body}");
    let stored = format!("{:?}", fixture.memory.state());
    assert!(!stored.contains(&token), "the registry holds the token itself");
}

#[tokio::test]
async fn a_link_has_a_right_a_name_and_hours_within_limits() {
    let fixture = Fixture::serving();
    for (body, field) in [
        (json!({}), "right"),
        (json!({"right": "all"}), "right"),
        (json!({"right": "see", "hours": 25}), "hours"),
        (json!({"right": "see", "name": "a\nb"}), "name"),
        (json!({"right": "see", "name": "\u{202e}ada"}), "name"),
        (json!({"right": "see", "name": "ada\u{2066}"}), "name"),
        (json!({"right": "see", "name": "\u{200b}ada"}), "name"),
        (json!({"right": "see", "admin": true}), "admin"),
    ] {
        let answer = fixture.signed("POST", "/links", body.clone()).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{body}");
    }
}
