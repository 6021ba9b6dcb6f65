//! Tests of the links of mails: a GET changes nothing, a POST acts once.

use evergreen_lifecycle::mail_link::{MAIL_LINK_USABLE, MailLink, MailLinkToken, MailedAction};
use evergreen_lifecycle::ports::{AlarmCondition, Clock};
use evergreen_lifecycle::{ActorKind, AuditedAction, VersionNumber};
use evergreen_testkit::{moment, run};
use jiff::SignedDuration;
use serde_json::json;

use crate::support::{Answer, Fixture};

/// Test helper: stores a link, and returns the path of its page.
fn link(fixture: &Fixture, action: MailedAction) -> String {
    let token = MailLinkToken::of([7; 32]);
    let link = MailLink {
        action,
        alarm: "accuracy-low".into(),
        recipient: 2,
        usable_until: fixture.clock.now() + MAIL_LINK_USABLE,
        used_at: None,
    };
    fixture.memory.state().mail_links.insert(token.hash(), link);
    format!("/act/{}", token.text())
}

fn roll_back(to: u32, seen_revision: u32) -> MailedAction {
    MailedAction::RollBack { to: VersionNumber::new(to).unwrap(), seen_revision }
}

async fn get(fixture: &Fixture, path: &str) -> Answer {
    fixture.page("GET", path, "", "").await
}

async fn post(fixture: &Fixture, path: &str) -> Answer {
    fixture.page_from("same-origin", "POST", path, "").await
}

#[tokio::test]
async fn opening_a_link_says_what_will_happen_and_changes_nothing() {
    let fixture = Fixture::serving();
    let path = link(&fixture, MailedAction::Train);
    for _ in 0..3 {
        let page = get(&fixture, &path).await;
        assert_eq!((page.status, page.header("referrer-policy")), (200, Some("no-referrer")));
        assert_eq!((page.header("cache-control"), page.header("set-cookie")), (Some("no-store"), None));
        for text in ["Train now?", "recipient 2 of the mail", "The alarm accuracy-low is OK again", r#"method="post""#]
        {
            assert!(page.body.contains(text), "{text}: {}", page.body);
        }
    }
    let state = fixture.memory.state();
    assert!(state.audit.is_empty() && state.outbox.is_empty());
    assert!(state.mail_links.values().all(|link| link.used_at.is_none()));
}

#[tokio::test]
async fn the_button_trains_once() {
    let fixture = Fixture::serving();
    let path = link(&fixture, MailedAction::Train);
    let done = post(&fixture, &path).await;
    assert!(done.status == 200 && done.body.contains("Training was requested"), "{}", done.body);
    assert_eq!(done.header("set-cookie"), None, "a link of a mail opens no session");
    for again in [post(&fixture, &path).await, get(&fixture, &path).await] {
        assert!(again.status == 410 && again.body.contains("This link was used"), "{}", again.body);
    }
    let state = fixture.memory.state();
    let [entry] = state.audit.as_slice() else { panic!("{:?}", state.audit) };
    assert_eq!((entry.action, entry.actor.kind), (AuditedAction::TrainingRequested, ActorKind::Mail));
    assert_eq!(entry.actor.name, "recipient 2 of a mail about accuracy-low");
    assert_eq!(entry.reason.as_deref(), Some("by link of a mail about accuracy-low"));
}

#[tokio::test]
async fn a_link_returns_to_the_former_champion() {
    let fixture = Fixture::serving();
    let path = link(&fixture, roll_back(1, 2));
    assert!(get(&fixture, &path).await.body.contains("Return to version 1?"));
    assert!(post(&fixture, &path).await.body.contains("Version 1 is the champion again"));
    assert_eq!(fixture.champion(), (1, 3));
    assert_eq!(post(&fixture, &path).await.status, 410);
    assert_eq!(fixture.champion(), (1, 3));
}

#[tokio::test]
async fn a_rollback_of_a_champion_that_has_changed_is_refused() {
    let fixture = Fixture::serving();
    let path = link(&fixture, roll_back(1, 2));
    fixture.signed("POST", "/promotions", json!({"version": 3, "reason": "better"})).await;
    for page in [get(&fixture, &path).await, post(&fixture, &path).await] {
        assert!(page.status == 409 && page.body.contains("version 3 is the champion"), "{}", page.body);
        assert!(page.body.contains("Nothing was changed."));
    }
    assert_eq!(fixture.champion(), (3, 3));
}

#[tokio::test]
async fn a_link_mutes_its_alarm_for_a_day_from_the_click() {
    let fixture = Fixture::serving();
    let path = link(&fixture, MailedAction::Mute { hours: 24 });
    fixture.memory.state().alarm_states[0].condition = AlarmCondition::Alarm;
    fixture.clock.set(fixture.clock.now() + SignedDuration::from_hours(40));
    assert!(get(&fixture, &path).await.body.contains("The alarm accuracy-low still rings"));
    assert_eq!(post(&fixture, &path).await.status, 200);
    let until = fixture.memory.state().mutes["accuracy-low"].until;
    assert_eq!(until, fixture.clock.now() + SignedDuration::from_hours(24));
}

#[tokio::test]
async fn a_training_in_progress_is_not_doubled_and_the_link_stays_usable() {
    let fixture = Fixture::serving();
    let path = link(&fixture, MailedAction::Train);
    let running = run("now", moment(crate::support::NOW));
    fixture.memory.state().runs.insert(running.id.clone(), running.clone());
    let page = post(&fixture, &path).await;
    assert!(page.status == 409 && page.body.contains("manual-now is in progress"), "{}", page.body);
    fixture.memory.state().runs.remove(&running.id);
    assert_eq!(post(&fixture, &path).await.status, 200);
}

#[tokio::test]
async fn an_expired_unknown_or_revoked_link_does_nothing() {
    let fixture = Fixture::serving();
    let path = link(&fixture, MailedAction::Train);
    assert_eq!(get(&fixture, "/act/none").await.status, 410);
    fixture.clock.set(fixture.clock.now() + MAIL_LINK_USABLE);
    let expired = post(&fixture, &path).await;
    assert!(expired.status == 410 && expired.body.contains("This link has expired"), "{}", expired.body);
    fixture.signed("DELETE", "/sessions", None).await;
    let revoked = post(&fixture, &path).await;
    assert!(revoked.status == 410 && revoked.body.contains("It was revoked"), "{}", revoked.body);
    let state = fixture.memory.state();
    assert!(state.audit.iter().all(|entry| entry.action != AuditedAction::TrainingRequested));
}

#[tokio::test]
async fn the_form_of_another_site_is_refused() {
    let fixture = Fixture::serving();
    let path = link(&fixture, MailedAction::Train);
    let refused = fixture.page_from("cross-site", "POST", &path, "").await;
    assert_eq!(refused.status, 403);
    assert!(fixture.memory.state().audit.is_empty());
}
