//! Tests of sending the events that a training run left behind.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use evergreen_lifecycle::Announcement;
use evergreen_metrics::send_waiting_events;
use evergreen_testkit::{FixedClock, Memory, moment};

/// Returns the number of sent events and the number of events that still wait in the outbox.
fn counts(memory: &Memory) -> (usize, usize) {
    let state = memory.state();
    (state.events.len(), state.outbox.len())
}

/// Returns a store in which `events` events have waited since 03:00, and a clock that shows 03:05.
fn world(events: usize) -> (Memory, FixedClock) {
    let memory = Memory::default();
    for event in 0..events {
        let key = format!("2026-11-24T03:00:00.{event:03}Z#0#{event}");
        let announcement = Announcement { key: key.clone(), kind: "ModelPromoted".into(), detail: "{}".into() };
        memory.state().outbox.insert(key, Some(announcement));
    }
    (memory, FixedClock::at(moment("2026-11-24T03:05:00Z")))
}

#[tokio::test]
async fn everything_in_the_outbox_is_sent_once_and_in_order() {
    let (memory, clock) = world(25);
    for _ in 0..2 {
        send_waiting_events(&memory, &memory, &clock).await;
    }
    let keys: Vec<_> = memory.state().events.iter().map(|event| event.key.clone()).collect();
    assert!(keys.is_sorted() && keys.len() == 25, "{keys:?}");
    assert!(memory.state().outbox.is_empty());
}

#[tokio::test]
async fn an_event_that_cannot_be_sent_waits_for_the_next_measurement() {
    for thing in ["bus", "outbox"] {
        let (memory, clock) = world(2);
        memory.take_away(thing);
        send_waiting_events(&memory, &memory, &clock).await;
        assert_eq!(counts(&memory), (0, 2), "{thing}");
        memory.bring_back(thing);
        send_waiting_events(&memory, &memory, &clock).await;
        assert_eq!(counts(&memory), (2, 0), "{thing}");
    }
}

#[tokio::test]
async fn an_event_of_a_fast_clock_waits_until_its_time_at_most() {
    let (memory, clock) = world(1);
    clock.set(moment("2026-11-23T03:05:00Z"));
    send_waiting_events(&memory, &memory, &clock).await;
    assert_eq!(memory.state().outbox.len(), 1);
    clock.set(moment("2026-11-24T03:01:01Z"));
    send_waiting_events(&memory, &memory, &clock).await;
    assert!(memory.state().outbox.is_empty());
}
