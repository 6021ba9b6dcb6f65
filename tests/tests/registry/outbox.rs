//! Tests events that the registry stores together with the change that they describe, until they are published.

use evergreen_lifecycle::ports::{EventOutbox, Registrar, Registration};
use evergreen_lifecycle::{Announcement, Champion, LifecycleEvent, Run};
use evergreen_testkit::registration;

use crate::world::{announcement, attempt, good, later, open, opened, promote, promoted, registry};

/// Returns the unpublished events that are to be published earlier than `before_minutes` after the start time of the
/// tests.
async fn waiting(registry: &impl EventOutbox, before_minutes: i64) -> Vec<Announcement> {
    // All pages of the list are read.
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = registry.waiting(later(before_minutes), after.as_deref()).await.unwrap();
        assert_eq!(page.unreadable, 0);
        found.extend(page.announcements);
        let Some(next) = page.next else { return found };
        after = Some(next);
    }
}

/// Adds to the registration the events that describe its training run and its model version.
fn with_events(registration: Registration) -> Registration {
    let events = LifecycleEvent::of_version(&registration.run, &registration.version, None, later(1));
    Registration {
        announcements: events.iter().map(|event| Announcement::of(event).unwrap()).collect(),
        ..registration
    }
}

#[tokio::test]
async fn events_of_a_registration_wait_in_order_until_they_were_sent() {
    let registry = registry();
    let first = with_events(opened(&registry, good(1), None).await);
    registry.register(&first).await.unwrap();
    assert_eq!(waiting(&registry, 1).await, []);
    assert_eq!(waiting(&registry, 2).await, first.announcements);

    registry.remove(&first.announcements[0].key).await.unwrap();
    assert_eq!(waiting(&registry, 2).await, first.announcements[1..]);
    registry.remove(&first.announcements[0].key).await.unwrap();
    registry.remove(&first.announcements[1].key).await.unwrap();
    assert_eq!(waiting(&registry, 2).await, []);
}

#[tokio::test]
async fn a_registration_that_failed_leaves_no_event() {
    let registry = registry();
    let late = with_events(opened(&registry, good(1), None).await);
    open(&registry, &attempt("v1", 2)).await.unwrap();
    registry.register(&late).await.unwrap_err();

    let failed = attempt("v1", 1).failed("no such column".into(), None, later(1));
    let event = Announcement::of(&LifecycleEvent::of_failure(&failed, later(1))).unwrap();
    registry.fail(&failed, std::slice::from_ref(&event)).await.unwrap_err();

    let stale = Champion::succeeding(None, good(1), later(1));
    promoted(&registry, 5).await;
    promote(&registry, &stale, 0, b"a model").await.unwrap_err();
    assert_eq!(waiting(&registry, 60).await, [death(&attempt("v1", 2))]);
}

/// Returns the event "this attempt at a training run was lost".
fn death(run: &Run) -> Announcement {
    // The event is published when the attempt's time is over.
    Announcement::of(&LifecycleEvent::of_loss(run)).unwrap()
}

#[tokio::test]
async fn the_event_of_a_lost_attempt_waits_for_its_deadline_and_only_for_the_newest_attempt() {
    let registry = registry();
    let first = attempt("7", 1);
    let second = Run { started_at: later(20), lease_until: later(35), ..attempt("7", 2) };
    open(&registry, &first).await.unwrap();
    assert_eq!(waiting(&registry, 15).await, []);
    assert_eq!(waiting(&registry, 16).await, [death(&first)]);
    open(&registry, &second).await.unwrap();
    assert_eq!(waiting(&registry, 60).await, [death(&second)]);

    // If an attempt fails at the last moment, the event of its failure and the event of its loss have the same key. A
    // transaction can write an item only once.
    let failed = second.clone().failed("no such column".into(), None, later(35));
    let event = Announcement::of(&LifecycleEvent::of_failure(&failed, later(35))).unwrap();
    assert_eq!(event.key, death(&second).key);
    registry.fail(&failed, std::slice::from_ref(&event)).await.unwrap();
    assert_eq!(waiting(&registry, 60).await, [event]);
}

#[tokio::test]
async fn an_attempt_that_made_a_version_leaves_no_event_of_its_loss() {
    let registry = registry();
    promoted(&registry, 1).await;
    assert_eq!(waiting(&registry, 60).await, []);
}

#[tokio::test]
async fn a_failure_and_a_manual_promotion_leave_an_event() {
    let registry = registry();
    open(&registry, &attempt("7", 1)).await.unwrap();
    let failed = attempt("7", 1).failed("no such column".into(), None, later(1));
    let event = Announcement::of(&LifecycleEvent::of_failure(&failed, later(1))).unwrap();
    registry.fail(&failed, std::slice::from_ref(&event)).await.unwrap();

    let first = promoted(&registry, 1).await;
    let again = Champion::succeeding(Some(&first), good(1), later(2));
    promote(&registry, &again, 1, b"a model").await.unwrap();
    assert_eq!(waiting(&registry, 60).await, [event, announcement(&again)]);
}

#[tokio::test]
async fn all_events_are_found_oldest_first_across_pages() {
    let registry = registry();
    let mut expected = Vec::new();
    for number in 1..=60 {
        let run = attempt(&format!("v{number}"), 1);
        open(&registry, &run).await.unwrap();
        let ended = registration(run, good(number), None);
        // This registers only the version, without a promotion, so that no champion interferes.
        let seen_revision = 0;
        let registered = with_events(Registration { promotion: None, seen_revision, ..ended });
        registry.register(&registered).await.unwrap();
        expected.extend(registered.announcements);
    }
    let mut found = waiting(&registry, 60).await;
    assert!(found.is_sorted_by_key(|event| event.key.clone()));
    found.sort_by(|one, other| one.key.cmp(&other.key));
    expected.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(found, expected);
}
