//! Claims on mails.

use evergreen_lifecycle::ports::{Claim, Outbox};

use crate::world::{later, registry};

const KEY: &str = "evergreen-accuracy-low/2026-11-24T03:00:00.000Z/ALARM";

#[tokio::test]
async fn a_mail_is_claimed_by_one_until_the_claim_lapses() {
    let registry = registry();
    assert_eq!(registry.claim(KEY, later(0), later(2)).await.unwrap(), Claim::Granted);
    assert_eq!(registry.claim(KEY, later(1), later(3)).await.unwrap(), Claim::Busy);
    assert_eq!(registry.claim("another", later(1), later(3)).await.unwrap(), Claim::Granted);
    assert_eq!(registry.claim(KEY, later(2), later(4)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn a_sent_mail_is_never_claimed_again() {
    let registry = registry();
    registry.claim(KEY, later(0), later(2)).await.unwrap();
    registry.sent(KEY, later(100)).await.unwrap();
    assert_eq!(registry.claim(KEY, later(50), later(52)).await.unwrap(), Claim::Sent);
    registry.release(KEY).await.unwrap();
    assert_eq!(registry.claim(KEY, later(51), later(53)).await.unwrap(), Claim::Sent);
}

#[tokio::test]
async fn a_claim_that_is_given_back_may_be_taken_at_once() {
    let registry = registry();
    registry.release(KEY).await.unwrap();
    registry.claim(KEY, later(0), later(2)).await.unwrap();
    registry.release(KEY).await.unwrap();
    assert_eq!(registry.claim(KEY, later(1), later(3)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn of_many_who_claim_at_once_one_may_send() {
    let registry = registry();
    let rivals: Vec<_> = (0..12)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move { registry.claim(KEY, later(0), later(2)).await })
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
