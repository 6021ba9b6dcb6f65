//! Tests of an environment that is frozen between requests: a promoted version still gets into use, and no request
//! waits long for it.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::support::{Fixture, INTERVAL};

/// Maximum time that a request waits for a refresh of the champion, while an older champion could answer.
const BOUND: Duration = Duration::from_millis(400);
/// Maximum time that a request waits for a refresh of the champion, if the last refresh took longer than [`BOUND`].
const LONGEST: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_millis(50);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// How the timers behave while Lambda freezes the environment: they stand still, or they jump to the current time
/// afterwards.
#[derive(Debug, Clone, Copy)]
enum Timers {
    Stand,
    Jump,
}

const TIMERS: [Timers; 2] = [Timers::Stand, Timers::Jump];

impl Fixture {
    /// Advances the clock by `time`, as if Lambda froze the environment. `timers` says whether the timers advance too.
    async fn freeze(&self, time: SignedDuration, timers: Timers) {
        self.pass(time);
        match timers {
            Timers::Stand => {}
            Timers::Jump => tokio::time::advance(time.unsigned_abs()).await,
        }
    }

    /// Sends a prediction request. Returns the number of the model version that answered, and how long the answer took.
    async fn timed(&self) -> (u64, Duration) {
        let began = Instant::now();
        (self.version().await, began.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_call_each_minute_the_second_call_serves_a_promoted_version_at_the_latest() {
    for (timers, delay) in TIMERS.into_iter().flat_map(|timers| [40, 70, 100].map(|delay| (timers, delay))) {
        let fixture = Fixture::serving().await;
        fixture.remote.delay(Duration::from_millis(delay));
        for number in 2..=3 {
            fixture.promote(number);
            for call in 1..=2 {
                fixture.freeze(MINUTE, timers).await;
                let (version, waited) = fixture.timed().await;
                assert!(waited <= BOUND, "{timers:?}, {delay} ms: {waited:?}");
                assert!(call < 2 || version == u64::from(number), "{timers:?}, {delay} ms: {version}");
            }
        }
        assert_eq!(fixture.journal.failures(), 0, "{timers:?}, {delay} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_after_a_longer_pause_serves_the_version_promoted_meanwhile() {
    for timers in TIMERS {
        let fixture = Fixture::serving().await;
        fixture.remote.delay(Duration::from_millis(100));
        for number in 2..=3 {
            fixture.promote(number);
            fixture.freeze(INTERVAL * 2, timers).await;
            assert_eq!(fixture.timed().await, (u64::from(number), Duration::from_millis(200)), "{timers:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_died_between_two_calls_of_one_interval_is_made_good_by_the_second() {
    for timers in TIMERS {
        let fixture = Fixture::serving().await;
        fixture.promote(2);
        fixture.remote.delay(Duration::from_millis(100));
        fixture.freeze(INTERVAL, timers).await;
        assert_eq!(fixture.timed().await, (1, PATIENCE), "{timers:?}");
        fixture.freeze(SignedDuration::from_secs(10), timers).await;
        assert_eq!(fixture.timed().await, (2, Duration::from_millis(200)), "{timers:?}");
        assert_eq!(fixture.journal.failures(), 0, "{timers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_comes_to_life_beside_the_next_one_changes_nothing() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    // The refresh gets the champion pointer after 40 ms. It would get the artifact after 80 ms.
    fixture.remote.delay(Duration::from_millis(40));
    fixture.freeze(INTERVAL, Timers::Stand).await;
    assert_eq!(fixture.version().await, 1);
    fixture.promote(3);
    fixture.remote.delay(Duration::from_millis(100));
    fixture.freeze(MINUTE, Timers::Stand).await;
    // The frozen refresh gets the artifact of version 2 170 ms before the next refresh gets that of version 3.
    assert_eq!(fixture.timed().await, (3, Duration::from_millis(200)));
    assert_eq!((fixture.version().await, fixture.remote.pointer_reads()), (3, 5));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_registry_delays_rare_calls_within_bounds() {
    for timers in TIMERS {
        let fixture = Fixture::serving().await;
        fixture.remote.delay(Duration::from_secs(3600));
        fixture.freeze(INTERVAL, timers).await;
        let mut waited = Vec::new();
        for _ in 0..6 {
            let (version, time) = fixture.timed().await;
            assert_eq!(version, 1);
            waited.push(time);
            fixture.freeze(INTERVAL / 3, timers).await;
        }
        // The second request replaces the first request's refresh. The second refresh hangs too, but not because of the
        // freeze.
        let none = Duration::ZERO;
        assert_eq!(waited, [PATIENCE, BOUND, none, none, LONGEST, none], "{timers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_registry_delays_one_call_of_an_interval_where_calls_are_frequent() {
    let fixture = Fixture::serving().await;
    fixture.remote.delay(Duration::from_secs(3600));
    for longest in [PATIENCE, BOUND, LONGEST] {
        fixture.pass(INTERVAL);
        let mut waited = Vec::new();
        for _ in 0..20 {
            waited.push(fixture.timed().await.1);
        }
        assert_eq!(waited[..3], [longest, PATIENCE, Duration::ZERO]);
        assert_eq!(waited.iter().sum::<Duration>(), longest + PATIENCE);
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert_eq!((fixture.journal.failures(), fixture.remote.pointer_reads()), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn a_champion_that_is_slow_to_fetch_serves_at_the_third_rare_call() {
    for timers in TIMERS {
        let fixture = Fixture::serving().await;
        fixture.promote(2);
        // Reading the pointer and the artifact takes one second together.
        fixture.remote.delay(Duration::from_millis(500));
        for expected in [(1, PATIENCE), (1, BOUND), (2, Duration::from_secs(1))] {
            fixture.freeze(MINUTE, timers).await;
            assert_eq!(fixture.timed().await, expected, "{timers:?}");
        }
        assert_eq!(fixture.journal.failures(), 0, "{timers:?}");
        fixture.freeze(MINUTE, timers).await;
        // The next refresh finds nothing new, and the request waits the usual time for it.
        assert_eq!(fixture.timed().await, (2, PATIENCE), "{timers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_dies_though_it_was_waited_for_the_longest_counts_as_a_failure() {
    for timers in TIMERS {
        let fixture = Fixture::serving().await;
        fixture.remote.delay(Duration::from_secs(3600));
        for expected in [PATIENCE, BOUND, LONGEST] {
            fixture.freeze(MINUTE, timers).await;
            assert_eq!((fixture.timed().await, fixture.journal.failures()), ((1, expected), 0), "{timers:?}");
        }
        for _ in 0..2 {
            fixture.freeze(MINUTE, timers).await;
            assert_eq!(fixture.timed().await, (1, LONGEST), "{timers:?}");
        }
        assert!(fixture.journal.failures() > 0, "{timers:?}");
    }
}
