//! Tests the registry's claims on mails (records that one attempt sends a mail) and its stored record of alarms.

use evergreen_lifecycle::incident::{AlarmEvent, AlarmFamily, AlarmSurroundings, Gravity};
use evergreen_lifecycle::ports::{AlarmRecords, Claim, Lease, MailClaims, RememberError};
use evergreen_lifecycle::{AlarmChange, IncidentRecord};

use crate::world::{later, registry};

const KEY: &str = "evergreen-accuracy-low/2026-11-24T03:00:00.000Z/ALARM";

/// Test helper: returns a two-minute claim of `holder` on a mail, `minutes` after the start time of the tests.
fn lease(holder: &str, minutes: i64) -> Lease {
    Lease { holder: holder.into(), now: later(minutes), until: later(minutes + 2) }
}

#[tokio::test]
async fn only_one_holder_claims_a_mail_and_may_claim_it_again() {
    let registry = registry();
    assert_eq!(registry.claim_state(KEY, later(0)).await.unwrap(), None);
    assert_eq!(registry.claim(KEY, &lease("one", 0)).await.unwrap(), Claim::Granted);
    assert_eq!(registry.claim(KEY, &lease("one", 0)).await.unwrap(), Claim::Granted);
    assert_eq!(registry.claim(KEY, &lease("other", 1)).await.unwrap(), Claim::Busy);
    assert_eq!(registry.claim("another", &lease("other", 1)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn an_unanswered_claim_may_be_taken_over_after_an_hour() {
    let registry = registry();
    registry.claim(KEY, &lease("one", 0)).await.unwrap();
    assert_eq!(registry.claim(KEY, &lease("other", 3)).await.unwrap(), Claim::Unanswered);
    assert_eq!(registry.claim(KEY, &lease("other", 61)).await.unwrap(), Claim::Unanswered);
    assert_eq!(registry.claim(KEY, &lease("other", 62)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn a_sent_mail_is_never_claimed_again() {
    let registry = registry();
    registry.claim(KEY, &lease("one", 0)).await.unwrap();
    registry.sent(KEY, later(1)).await.unwrap();
    assert_eq!(registry.claim(KEY, &lease("other", 500)).await.unwrap(), Claim::Sent);
    registry.release(KEY, &lease("one", 0)).await.unwrap();
    assert_eq!(registry.claim_state(KEY, later(501)).await.unwrap(), Some(Claim::Sent));
}

#[tokio::test]
async fn a_mail_without_an_answer_waits_for_an_hour() {
    let registry = registry();
    registry.claim(KEY, &lease("one", 0)).await.unwrap();
    registry.unanswered(KEY, later(1)).await.unwrap();
    assert_eq!(registry.claim(KEY, &lease("one", 2)).await.unwrap(), Claim::Unanswered);
    assert_eq!(registry.claim(KEY, &lease("one", 61)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn only_the_holder_gives_a_claim_back() {
    let registry = registry();
    registry.release(KEY, &lease("one", 0)).await.unwrap();
    registry.claim(KEY, &lease("one", 0)).await.unwrap();
    registry.release(KEY, &lease("other", 0)).await.unwrap();
    assert_eq!(registry.claim(KEY, &lease("other", 1)).await.unwrap(), Claim::Busy);
    registry.release(KEY, &lease("one", 0)).await.unwrap();
    assert_eq!(registry.claim(KEY, &lease("other", 1)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn only_one_of_many_concurrent_claims_may_send() {
    let registry = registry();
    let rivals: Vec<_> = (0..12)
        .map(|rival| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.claim(KEY, &lease(&format!("rival-{rival}"), 0)).await })
        })
        .collect();
    let mut granted = 0;
    for rival in rivals {
        match rival.await.unwrap().unwrap() {
            Claim::Granted => granted += 1,
            other => assert_eq!(other, Claim::Busy),
        }
    }
    assert_eq!(granted, 1);
}

#[tokio::test]
async fn the_record_of_the_alarms_is_changed_by_one_writer_at_a_time() {
    let registry = registry();
    let after = |known: Option<&IncidentRecord>, raised, minutes| {
        // The record does not store whether the alarm was raised before.
        let change = AlarmChange { raised, since: later(minutes), was_raised: false };
        let (family, gravity) = (AlarmFamily::Quality, Gravity::Degraded);
        let news = AlarmEvent { alarm: "evergreen-accuracy-low", family, gravity, change };
        IncidentRecord::receive(known, &news, &AlarmSurroundings::default(), later(minutes)).1.unwrap()
    };
    let first = after(None, true, 0);
    registry.remember(&first).await.unwrap();
    assert_eq!(registry.incidents().await.unwrap(), Some(first.clone()));
    assert_eq!(registry.former_alarm("evergreen-throttles").await.unwrap(), None);

    let second = after(Some(&first), false, 5);
    registry.remember(&second).await.unwrap();
    for stale in [&first, &second] {
        let error = registry.remember(stale).await.unwrap_err();
        assert!(matches!(error, RememberError::Conflict), "{error:?}");
    }
    assert_eq!(registry.incidents().await.unwrap(), Some(second));
}
