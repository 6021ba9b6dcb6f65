//! Tests of the champion in memory: how it is loaded and replaced, and which failures it survives.

use std::time::Duration;

use evergreen_predict::champion::REFRESH_TIMEOUT;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::models::{artifact, forest};
use crate::support::{Fixture, INTERVAL, SETOSA, together};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_better_version_is_picked_up_when_a_refresh_is_due_and_not_before() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.pass(INTERVAL - SECOND);
    assert_eq!(fixture.version().await, 1);
    fixture.pass(SECOND);
    assert_eq!(fixture.version().await, 2);
    // The pointer is read three times: once during init, once alone, and once with the copy of the artifact. The last
    // read is needed because the champion had changed.
    assert_eq!(fixture.remote.pointer_reads(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_zero_refreshes_before_each_answer() {
    let fixture = Fixture::with_interval(SignedDuration::ZERO);
    for number in 1..=3 {
        fixture.promote(number);
        assert_eq!(fixture.version().await, u64::from(number));
    }
}

#[tokio::test(start_paused = true)]
async fn an_artifact_is_fetched_once() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.keep_copy(None);
    for _ in 0..5 {
        fixture.pass(INTERVAL);
        assert_eq!(fixture.version().await, 1);
    }
    assert_eq!(fixture.remote.pointer_reads(), 5);
    // The same bytes under another version number are not loaded again.
    fixture.promote_as(2, artifact(1));
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version().await, 2);
    assert_eq!(fixture.remote.memory.state().reads, 1);
}

#[tokio::test(start_paused = true)]
async fn the_last_good_champion_serves_if_the_next_one_is_invalid() {
    let cut = &artifact(2)[..artifact(2).len() - 1];
    let mut flipped = artifact(2).to_vec();
    flipped[100] ^= 1;
    for stored in [None, Some(&b""[..]), Some(cut), Some(&flipped)] {
        let fixture = Fixture::serving().await;
        fixture.promote(2);
        fixture.keep_copy(stored);
        fixture.tamper(2, stored);
        fixture.pass(INTERVAL);
        assert_eq!(fixture.version().await, 1);
        assert_eq!(fixture.journal.failures(), 1);
        fixture.pass(INTERVAL);
        assert_eq!(fixture.version().await, 1);
        assert_eq!(fixture.journal.failures(), 2);
        fixture.tamper(2, Some(artifact(2)));
        fixture.pass(INTERVAL);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn registered_bytes_of_another_model_do_not_serve() {
    for artifact in [b"no model".to_vec(), forest("another", 20, 1)] {
        let fixture = Fixture::serving().await;
        fixture.promote_as(2, &artifact);
        fixture.pass(INTERVAL);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1));
    }
}

#[tokio::test]
async fn a_large_artifact_is_verified_and_served_like_a_small_one() {
    let artifact = forest("iris", 3000, 1);
    assert!(artifact.len() > 128 * 1024, "{} bytes are not large", artifact.len());
    let fixture = Fixture::empty();
    fixture.promote_as(1, &artifact);
    fixture.app.warm_up().await;
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_registry_or_store_is_counted_and_retried() {
    for thing in ["registry", "artifacts"] {
        let fixture = Fixture::serving().await;
        fixture.promote(2);
        fixture.keep_copy(None);
        fixture.remote.memory.take_away(thing);
        fixture.pass(INTERVAL);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1), "{thing}");
        fixture.remote.memory.bring_back(thing);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1), "{thing}");
        fixture.pass(INTERVAL);
        assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 1), "{thing}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_pointer_does_not_remove_the_champion_in_memory() {
    let fixture = Fixture::serving().await;
    fixture.remote.memory.state().champions.clear();
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_refresh_holds_a_call_up_for_a_moment_only_and_its_champion_serves_afterwards() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.remote.delay(Duration::from_millis(200));
    fixture.pass(INTERVAL);
    let began = Instant::now();
    assert_eq!(fixture.version().await, 1);
    assert_eq!(began.elapsed(), Duration::from_millis(50));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((fixture.version().await, fixture.remote.pointer_reads()), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_finds_a_refresh_nearly_done_waits_for_it() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    // The refresh gets the pointer after 40 ms and the artifact after 80 ms. That is as if the environment was frozen
    // after the first request.
    fixture.remote.delay(Duration::from_millis(40));
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version().await, 1);
    assert_eq!(fixture.version().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_holds_up_two_calls_and_ends() {
    let fixture = Fixture::serving().await;
    fixture.remote.delay(Duration::from_secs(3600));
    fixture.pass(INTERVAL);
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(fixture.version().await, 1);
    }
    assert_eq!(began.elapsed(), Duration::from_millis(100));
    tokio::time::sleep(REFRESH_TIMEOUT).await;
    assert_eq!((fixture.journal.failures(), fixture.remote.pointer_reads()), (1, 2));
    fixture.pass(INTERVAL);
    fixture.version().await;
    assert_eq!(fixture.remote.pointer_reads(), 3);
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_share_one_refresh() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.remote.delay(Duration::from_millis(10));
    fixture.pass(INTERVAL);
    let versions = together(20, &fixture).await;
    // The first two requests wait for the refresh. The old model answers the others at once.
    assert_eq!(versions.iter().filter(|version| **version == 2).count(), 2);
    assert_eq!(versions.iter().filter(|version| **version == 1).count(), 18);
    assert_eq!((fixture.remote.pointer_reads(), fixture.remote.memory.state().reads), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_was_frozen_with_its_environment_is_no_failure() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.keep_copy(None);
    fixture.remote.memory.take_away("artifacts");
    fixture.remote.delay(Duration::from_millis(100));
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version().await, 1);
    fixture.pass(SignedDuration::from_mins(20));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(fixture.journal.failures(), 0);
    fixture.remote.memory.bring_back("artifacts");
    fixture.remote.delay(Duration::ZERO);
    assert_eq!(fixture.version().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_panics_is_counted_and_does_not_stop_the_next_one() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.remote.panic(true);
    fixture.pass(INTERVAL);
    assert_eq!((fixture.version().await, fixture.journal.failures()), (1, 1));
    fixture.remote.panic(false);
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_put_the_next_refresh_off() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.pass(-SignedDuration::from_hours(24));
    assert_eq!(fixture.version().await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_model_gets_503_with_retry_after() {
    let fixture = Fixture::empty();
    fixture.app.warm_up().await;
    let response = fixture.predict(SETOSA).await;
    assert_eq!((response.status, response.header("retry-after")), (503, Some("2")));
    insta::assert_snapshot!(response.body, @r#"{"type":"urn:evergreen:problem:no-champion","title":"No champion","status":503,"detail":"No champion is loaded; try again later."}"#);
    fixture.promote(1);
    fixture.pass(SECOND);
    assert_eq!(fixture.version().await, 1);
    // A missing champion does not count as a failure, because the stack has not trained yet.
    assert_eq!(fixture.journal.failures(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_during_init_is_counted_and_the_first_call_tries_again() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.keep_copy(None);
    fixture.remote.memory.take_away("artifacts");
    fixture.app.warm_up().await;
    assert_eq!(fixture.journal.failures(), 1);
    fixture.remote.memory.bring_back("artifacts");
    fixture.pass(SECOND);
    assert_eq!(fixture.version().await, 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_model_a_refresh_is_waited_for_by_all_and_not_begun_by_each() {
    let fixture = Fixture::empty();
    fixture.promote(1);
    fixture.remote.delay(Duration::from_millis(500));
    let versions = together(20, &fixture).await;
    assert!(versions.iter().all(|version| *version == 1));
    assert_eq!((fixture.remote.pointer_reads(), fixture.remote.memory.state().reads), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_model_a_refresh_is_not_begun_more_often_than_every_second() {
    let fixture = Fixture::empty();
    for _ in 0..20 {
        assert_eq!(fixture.predict(SETOSA).await.status, 503);
        fixture.pass(SignedDuration::from_millis(100));
    }
    assert_eq!(fixture.remote.pointer_reads(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_model_a_refresh_that_hangs_holds_a_call_up_for_two_seconds() {
    let fixture = Fixture::empty();
    fixture.remote.delay(Duration::from_secs(3600));
    let began = Instant::now();
    assert_eq!(fixture.predict(SETOSA).await.json()["status"], 503);
    assert_eq!(began.elapsed(), Duration::from_secs(2));
}
