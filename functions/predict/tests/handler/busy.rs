//! Tests of requests in quick succession: no request waits for a refresh of the champion, and a promoted version still
//! gets into use.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::support::{Fixture, INTERVAL};

// It is well below the limit of 100 ms.
/// Pause between two requests that makes an environment busy.
const SHORTLY: SignedDuration = SignedDuration::from_millis(20);
// It is too short for a refresh of the champion to count as frozen.
/// Pause between two requests after which an environment is no longer busy.
const A_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// Returns a function that has just answered a request. A refresh of the champion is due: version 2 was just promoted.
async fn busy() -> Fixture {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.pass(INTERVAL - SHORTLY);
    assert_eq!(fixture.version().await, 1);
    fixture.pass(SHORTLY);
    fixture
}

impl Fixture {
    /// Sends a prediction request. Returns the number of the model version that answered, and how long the answer took.
    async fn answered(&self) -> (u64, Duration) {
        let began = Instant::now();
        let version = self.version().await;
        (version, began.elapsed())
    }

    /// Advances the clock and the timers by `time`, as if the environment runs without a request.
    async fn run(&self, time: SignedDuration) {
        self.pass(time);
        tokio::time::sleep(time.unsigned_abs()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_a_refresh_and_it_ends_beside_them() {
    let fixture = busy().await;
    // The refresh gets the champion pointer after 50 ms and the copy of the artifact after 100 ms.
    fixture.remote.delay(Duration::from_millis(50));
    let mut versions = Vec::new();
    for _ in 0..7 {
        let (version, waited) = fixture.answered().await;
        assert_eq!(waited, Duration::ZERO);
        versions.push(version);
        fixture.run(SHORTLY).await;
    }
    assert_eq!(versions, [1, 1, 1, 1, 1, 1, 2]);
    assert_eq!((fixture.remote.pointer_reads(), fixture.journal.failures()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_registry_delays_no_call_of_the_first_interval_and_two_of_the_next() {
    let fixture = busy().await;
    fixture.remote.delay(Duration::from_secs(3600));
    let mut waited = Vec::new();
    for _ in 0..20 * 60 {
        let (version, time) = fixture.answered().await;
        assert_eq!(version, 1);
        waited.push(time);
        fixture.run(SHORTLY * 4).await;
    }
    waited.retain(|time| !time.is_zero());
    assert_eq!(waited, [400, 50].map(Duration::from_millis));
    // There is one refresh during init, and two that the time limit ended.
    assert_eq!((fixture.remote.pointer_reads(), fixture.journal.failures()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_for_which_the_time_beside_the_calls_is_too_short_is_waited_for_when_it_is_next_due() {
    let fixture = busy().await;
    // The refresh would end after 6 s, which is beyond its time limit.
    fixture.remote.delay(Duration::from_secs(3));
    let step = SHORTLY * 4;
    for call in 0..INTERVAL.as_millis() / step.as_millis() {
        assert_eq!(fixture.answered().await, (1, Duration::ZERO), "call {call}");
        fixture.run(step).await;
    }
    assert_eq!(fixture.journal.failures(), 1);
    fixture.remote.delay(Duration::from_millis(150));
    assert_eq!(fixture.answered().await, (2, Duration::from_millis(300)));
    // The last refresh succeeded, so no request waits any longer.
    fixture.promote(3);
    fixture.run(INTERVAL - SHORTLY).await;
    assert_eq!(fixture.answered().await, (2, Duration::ZERO));
    fixture.run(SHORTLY).await;
    assert_eq!(fixture.answered().await, (2, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_call_right_after_one_that_waited_in_vain_waits_once_more() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.pass(INTERVAL);
    fixture.remote.delay(Duration::from_millis(45));
    assert_eq!(fixture.answered().await, (1, Duration::from_millis(50)));
    fixture.pass(SHORTLY);
    assert_eq!(fixture.answered().await, (2, Duration::from_millis(40)));
}

#[tokio::test(start_paused = true)]
async fn the_first_call_after_a_pause_gives_a_refresh_the_time_that_no_call_gave_it() {
    let fixture = busy().await;
    fixture.remote.delay(Duration::from_millis(45));
    assert_eq!(fixture.answered().await, (1, Duration::ZERO));
    // The clock advances, but the timers do not: the environment and its timers are frozen.
    fixture.pass(A_PAUSE);
    assert_eq!(fixture.answered().await, (2, Duration::from_millis(90)));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_after_a_pause_holds_up_one_call_as_long_as_two_would_have_waited() {
    let fixture = busy().await;
    fixture.remote.delay(Duration::from_secs(3600));
    assert_eq!(fixture.answered().await, (1, Duration::ZERO));
    for waited in [100, 0, 0] {
        fixture.pass(A_PAUSE);
        assert_eq!(fixture.answered().await, (1, Duration::from_millis(waited)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_a_busy_environment_began_and_took_to_its_grave_is_made_good_by_the_next_call() {
    let fixture = busy().await;
    fixture.remote.delay(Duration::from_millis(150));
    assert_eq!(fixture.answered().await, (1, Duration::ZERO));
    fixture.pass(SignedDuration::from_secs(10));
    assert_eq!(fixture.answered().await, (2, Duration::from_millis(300)));
    assert_eq!(fixture.journal.failures(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_does_not_make_an_environment_busy() {
    let fixture = Fixture::serving().await;
    assert_eq!(fixture.version().await, 1);
    fixture.promote(2);
    fixture.pass(-SHORTLY);
    assert_eq!(fixture.version().await, 2);
}

#[tokio::test(start_paused = true)]
async fn at_an_interval_of_zero_every_call_refreshes_before_it_answers_however_close_the_calls() {
    let fixture = Fixture::with_interval(SignedDuration::ZERO);
    fixture.remote.delay(Duration::from_millis(10));
    for number in 1..=3 {
        fixture.promote(number);
        assert_eq!(fixture.version().await, u64::from(number));
        fixture.pass(SignedDuration::from_millis(1));
    }
}
