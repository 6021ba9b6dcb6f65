//! Tests links and sessions on the table.

use evergreen_lifecycle::ports::Sessions;
use evergreen_lifecycle::session::{Right, Session, SessionLink};
use evergreen_lifecycle::{Actor, ActorKind};

use crate::world::{later, registry};

fn link() -> SessionLink {
    SessionLink {
        right: Right::Steer,
        name: "ada".into(),
        created_by: Actor::new(ActorKind::Iam, "arn:aws:iam::123456789012:role/admin"),
        usable_until: later(15),
        session_minutes: 60,
    }
}

fn session(opened: i64) -> Session {
    Session {
        right: Right::Steer,
        name: "ada".into(),
        created_by: Some(link().created_by),
        csrf: "c".repeat(43),
        opened_at: later(opened),
        expires_at: later(opened + 60),
    }
}

#[tokio::test]
async fn a_link_opens_one_session_which_lasts_until_its_time() {
    let registry = registry();
    registry.store_link("l", &link()).await.unwrap();
    assert_eq!(registry.link("l", later(1)).await.unwrap(), Some(link()));
    assert!(registry.open_session("l", "s", &session(1)).await.unwrap());
    assert_eq!(registry.link("l", later(1)).await.unwrap(), None);
    assert!(!registry.open_session("l", "t", &session(2)).await.unwrap());
    assert_eq!(registry.session("s", later(60)).await.unwrap(), Some(session(1)));
    assert_eq!(registry.session("s", later(61)).await.unwrap(), None);
    assert_eq!(registry.session("t", later(2)).await.unwrap(), None);
}

#[tokio::test]
async fn a_link_that_is_too_old_opens_nothing() {
    let registry = registry();
    registry.store_link("l", &link()).await.unwrap();
    assert_eq!(registry.link("l", later(15)).await.unwrap(), None);
    assert!(!registry.open_session("l", "s", &session(15)).await.unwrap());
    assert!(!registry.open_session("unknown", "s", &session(1)).await.unwrap());
}

#[tokio::test]
async fn sessions_and_links_end_one_by_one_or_all_at_once() {
    let registry = registry();
    for (link_hash, session_hash) in [("a", "sa"), ("b", "sb")] {
        registry.store_link(link_hash, &link()).await.unwrap();
        assert!(registry.open_session(link_hash, session_hash, &session(1)).await.unwrap());
    }
    registry.store_link("c", &link()).await.unwrap();
    registry.end_session("sa").await.unwrap();
    registry.end_session("sa").await.unwrap();
    assert_eq!(registry.session("sa", later(2)).await.unwrap(), None);
    assert_eq!(registry.revoke_all().await.unwrap(), 2);
    assert_eq!(registry.session("sb", later(2)).await.unwrap(), None);
    assert!(!registry.open_session("c", "sc", &session(2)).await.unwrap());
}
