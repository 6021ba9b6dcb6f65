//! Tests of the pages' door: forms, actions and headers.

use evergreen_lifecycle::cost::{FunctionUsage, MonthUsage};
use evergreen_lifecycle::ports::{AcceptedMail, Clock, RequestDay, RequestHour};
use evergreen_lifecycle::session::Session;
use jiff::SignedDuration;

use crate::doors::cookie;
use crate::support::{ADA, Fixture};

/// Returns the open session.
fn session(fixture: &Fixture) -> Session {
    fixture.memory.state().sessions.values().next_back().unwrap().clone()
}

fn form(fixture: &Fixture, fields: &str) -> String {
    format!("csrf={}&{fields}", session(fixture).csrf)
}

#[tokio::test]
async fn a_page_may_load_nothing_from_elsewhere() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "see").await;
    let page = fixture.page("GET", "/", &cookie, "").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), (Some("no-referrer"), Some("no-store")));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let style = fixture.page("GET", "/assets/console.css", "", "").await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert_eq!(fixture.page("GET", "/assets/secret", "", "").await.status, 404);
}

#[tokio::test]
async fn an_action_of_a_session_that_may_steer_is_done_and_audited_under_its_name() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let sent = form(&fixture, "version=3&reason=better+on+rare+cases&seen_revision=2&back=versions%2F3&key=k1-promote");
    let done = fixture.page("POST", "/actions/promote", &cookie, &sent).await;
    assert_eq!(done.status, 303);
    assert!(done.header("location").unwrap().starts_with("../versions/3?done=promote&about=3&seal="));
    assert_eq!(fixture.champion(), (3, 3));
    let entry = fixture.memory.state().audit.last().unwrap().clone();
    assert_eq!(entry.actor.to_string(), format!("Grace (link made by {ADA})"));
    assert_eq!(entry.reason.as_deref(), Some("better on rare cases"));
    assert!(fixture.page("GET", "/audit", &cookie, "").await.body.contains(&format!("Grace (link made by {ADA})")));
    // The browser sends the form again.
    let again = fixture.page("POST", "/actions/promote", &cookie, &sent).await;
    assert_eq!((again.status, fixture.champion()), (303, (3, 3)));
}

#[tokio::test]
async fn a_form_that_cannot_be_used_changes_nothing_and_says_why() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let twice = form(&fixture, "version=3&version=1&reason=better+on+rare+cases");
    let long = form(&fixture, &format!("version=3&reason={}", "a".repeat(70_000)));
    for (sent, status, says) in [(twice, 400, "a field twice"), (long, 413, "too long")] {
        let page = fixture.page("POST", "/actions/promote", &cookie, &sent).await;
        assert_eq!(page.status, status, "{says}");
        assert!(page.body.contains(says) && page.body.contains("Nothing was changed."), "{}", page.body);
    }
    assert_eq!(fixture.champion(), (2, 2));
}

#[tokio::test]
async fn a_session_that_may_see_changes_nothing() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "see").await;
    let sent = form(&fixture, "version=3&reason=better+on+rare+cases");
    assert_eq!(fixture.page("POST", "/actions/promote", &cookie, &sent).await.status, 403);
    assert_eq!(fixture.champion(), (2, 2));
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    for sent in ["version=3&reason=better", "csrf=guess&version=3&reason=better", "csrf=&version=3&reason=better"] {
        assert_eq!(fixture.page("POST", "/actions/promote", &cookie, sent).await.status, 403, "{sent}");
    }
    assert_eq!(fixture.champion(), (2, 2));
}

#[tokio::test]
async fn a_refused_action_returns_to_its_page_with_the_reason() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let sent = form(&fixture, "version=3&reason=no&back=https%3A%2F%2Fevil.example");
    let refused = fixture.page("POST", "/actions/promote", &cookie, &sent).await;
    let location = refused.header("location").unwrap();
    assert!(location.starts_with("../?problem=The%20reason%20is%20too%20short"), "{location}");
}

#[tokio::test]
async fn a_refused_form_comes_back_with_what_was_typed() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let typed = "form=train&family=linear&note=a%26b&hyperparameters=%7B%22max_depth%22%3A+4%7D&back=runs";
    let refused = fixture.page("POST", "/actions/train", &cookie, &form(&fixture, typed)).await;
    let location = refused.header("location").unwrap().to_owned();
    assert!(location.starts_with("../runs?problem=No%20hyperparameter%20of%20linear"), "{location}");
    for kept in ["Expected%3A%20one%20of%20alpha", "kept.family=linear", "kept.note=a%26b", "kept-form=train"] {
        assert!(location.contains(kept), "{kept}: {location}");
    }
    assert!(!location.contains(&session(&fixture).csrf));
}

#[tokio::test]
async fn a_mute_lasts_as_many_hours_as_its_form_says() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let sent = form(&fixture, "alarm=throttles&hours=24&reason=load+test&back=alarms");
    assert_eq!(fixture.page("POST", "/actions/mute", &cookie, &sent).await.status, 303);
    let until = fixture.memory.state().mutes["throttles"].until;
    assert_eq!(until.duration_since(fixture.clock.now()), SignedDuration::from_hours(24));
}

#[tokio::test]
async fn the_browsers_time_field_mutes_an_alarm() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "steer").await;
    let sent = form(&fixture, "alarm=throttles&until=2026-11-24T10%3A30&reason=load+test&back=alarms");
    let done = fixture.page("POST", "/actions/mute", &cookie, &sent).await;
    assert!(done.header("location").unwrap().starts_with("../alarms?done=mute&about=throttles&seal="));
    assert_eq!(fixture.memory.state().mutes["throttles"].until.to_string(), "2026-11-24T10:30:00Z");
}

#[tokio::test]
async fn the_overview_shows_how_the_model_was_used() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "see").await;
    let from = evergreen_testkit::moment("2026-11-24T07:00:00Z");
    let hour = RequestHour { from, requests: 1250, refused: 13, failed: 2 };
    fixture.memory.state().request_day = RequestDay { hours: vec![hour], p99_milliseconds: Some(41.4) };
    let page = fixture.page("GET", "/", &cookie, "").await.body;
    assert!(page.contains("1235 answered, 13 refused, 2 failed") && page.contains("41 ms"), "{page}");
    fixture.memory.take_away("alarms");
    let page = fixture.page("GET", "/", &cookie, "").await;
    assert!(page.status == 200 && page.body.contains("CloudWatch did not answer"));
}

#[tokio::test]
async fn the_usage_of_the_month_is_read_once_an_hour() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "see").await;
    let used = |name: &str| FunctionUsage { name: name.into(), memory: 512, calls: 1e6, milliseconds: 1e6 };
    fixture.memory.state().month_usage = MonthUsage { functions: vec![used("predict")], ..MonthUsage::default() };
    for _ in 0..3 {
        let page = fixture.page("GET", "/", &cookie, "").await.body;
        assert!(page.contains("Lambda, predict") && page.contains("An estimate"), "{page}");
    }
    assert_eq!(fixture.memory.state().usage_reads, 1);
    fixture.clock.set(fixture.clock.now() + SignedDuration::from_hours(1));
    let cost = fixture.read("/cost").await.json();
    assert_eq!((&cost["has_usage"], fixture.memory.state().usage_reads), (&true.into(), 2));
    assert!(cost["so_far"].as_f64().unwrap() > 0.2, "{cost}");
}

#[tokio::test]
async fn without_usage_the_fixed_part_is_shown_with_the_reason() {
    let fixture = Fixture::serving();
    fixture.memory.take_away("billing");
    let cost = fixture.read("/cost").await.json();
    assert!(cost["source"].as_str().unwrap().contains("CloudWatch did not answer"), "{cost}");
    let local = Fixture::emulated();
    let cost = local.read("/cost").await.json();
    assert!(cost["source"].as_str().unwrap().contains("the emulator does not count it"), "{cost}");
    assert_eq!((cost["parts"].as_array().unwrap().len(), local.memory.state().usage_reads), (1, 0));
}

#[tokio::test]
async fn a_mail_of_the_emulator_may_do_nothing_in_its_frame() {
    let fixture = Fixture::emulated();
    let cookie = cookie(&fixture, "see").await;
    let mail = AcceptedMail {
        id: "m1".into(),
        at: None,
        to: "team@example.com".into(),
        subject: "Alarm".into(),
        text: "text".into(),
        html: Some("<p style=\"color:red\">html</p>".into()),
    };
    fixture.memory.state().accepted_mails = Some(vec![mail]);
    let page = fixture.page("GET", "/mails/m1", &cookie, "").await;
    assert!(page.status == 200 && page.header("content-security-policy").unwrap().contains("frame-src 'self'"));
    let frame = fixture.page("GET", "/mails/m1/html", &cookie, "").await;
    let policy = frame.header("content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox ") && !policy.contains("script"), "{policy}");
    assert_eq!((frame.status, frame.header("x-frame-options")), (200, Some("SAMEORIGIN")));
    fixture.memory.take_away("mailbox");
    let page = fixture.page("GET", "/mails", &cookie, "").await;
    assert!(page.status == 200 && page.body.contains("the emulator did not answer"));
}

#[tokio::test]
async fn on_aws_nobody_reads_mails() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "see").await;
    fixture.memory.state().accepted_mails = Some(Vec::new());
    assert_eq!(fixture.page("GET", "/mails", &cookie, "").await.status, 404);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let fixture = Fixture::serving();
    let cookie = cookie(&fixture, "see").await;
    let left = fixture.page("POST", "/actions/sign-out", &cookie, &form(&fixture, "")).await;
    assert!(left.header("set-cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")));
    assert_eq!(fixture.page("GET", "/", &cookie, "").await.status, 401);
}
