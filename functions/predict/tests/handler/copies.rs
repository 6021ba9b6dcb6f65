//! Tests of the copy of the artifact that the registry keeps beside the champion pointer. The copy saves a round trip
//! and can do no harm.

use std::time::Duration;

use evergreen_lifecycle::ports::PredictionKeys;
use tokio::time::Instant;

use crate::models::{artifact, forest};
use crate::support::{Fixture, INTERVAL};

#[tokio::test(start_paused = true)]
async fn with_a_valid_copy_a_cold_start_takes_one_round_trip_and_no_request_to_the_store() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.remote.memory.create_prediction_key(&[7; 32]).await.unwrap();
    fixture.remote.memory.take_away("artifacts");
    fixture.remote.delay(Duration::from_millis(30));
    let began = Instant::now();
    fixture.app.warm_up().await;
    assert_eq!(began.elapsed(), Duration::from_millis(30));
    assert_eq!((fixture.version().await, fixture.remote.pointer_reads(), fixture.journal.failures()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_stored_object_serves_in_place_of_any_invalid_copy_without_a_failure() {
    let cut = &artifact(1)[..artifact(1).len() - 1];
    let mut flipped = artifact(1).to_vec();
    flipped[100] ^= 1;
    for copy in [None, Some(&b""[..]), Some(cut), Some(&flipped), Some(artifact(2))] {
        let fixture = Fixture::empty();
        fixture.promote(1);
        fixture.keep_copy(copy);
        fixture.app.warm_up().await;
        assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 0));
        assert_eq!(fixture.remote.memory.state().reads, 1);
        // A function that already has a champion in memory finds the same copy.
        fixture.promote(2);
        fixture.keep_copy(copy.filter(|copy| *copy != artifact(2)));
        fixture.pass(INTERVAL);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 0));
        assert_eq!(fixture.remote.memory.state().reads, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_valid_copy_serves_while_the_stored_object_is_damaged_or_missing() {
    for stored in [Some(&b"other bytes"[..]), None] {
        let fixture = Fixture::empty();
        fixture.promote(1);
        fixture.tamper(1, stored);
        fixture.app.warm_up().await;
        assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_stored_object_serves_without_a_failure_if_reading_the_copy_is_refused() {
    let fixture = Fixture::empty();
    fixture.remote.memory.take_away("copy");
    for number in 1..=2 {
        fixture.promote(number);
        fixture.pass(INTERVAL);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (u64::from(number), 0));
        assert_eq!(fixture.remote.memory.state().reads, number as usize);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_serves_if_copy_and_stored_object_are_damaged() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.keep_copy(Some(b"other bytes"));
    fixture.tamper(1, Some(b"other bytes"));
    fixture.app.warm_up().await;
    assert_eq!(fixture.journal.failures(), 1);
    assert_eq!(fixture.predict("{}").await.status, 503);
}

#[tokio::test(start_paused = true)]
async fn a_new_champion_arrives_over_the_connection_to_the_registry() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.remote.memory.take_away("artifacts");
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 0));
}

#[tokio::test]
async fn a_new_champion_too_large_for_a_copy_is_fetched_directly() {
    let large = forest("iris", 6000, 1);
    assert!(large.len() > 256 * 1024, "{} bytes are not large", large.len());
    let fixture = Fixture::serving().await;
    fixture.promote_as(2, &large);
    assert_eq!(fixture.remote.memory.state().copy, None);
    fixture.pass(INTERVAL);
    // Parsing runs on another thread beside the requests, and takes a while without compiler optimization.
    for _ in 0..1000 {
        if fixture.version().await == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(fixture.version().await, 2);
    assert_eq!((fixture.remote.pointer_reads(), fixture.remote.memory.state().reads), (2, 1));
}
