//! Test helpers that wait for a condition by polling, and not for a fixed time.

use std::time::{Duration, Instant};

/// Pause between two checks of the condition for which a test waits.
const PAUSE: Duration = Duration::from_millis(100);

/// Polls: calls `look` again and again until it returns a value, and returns that value.
///
/// # Panics
/// When `look` has returned no value within `limit`. The message is "waited … for `what`".
pub async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < limit, "waited {limit:?} for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Calls `look` again and again until `time` has passed.
pub async fn throughout(time: Duration, mut look: impl AsyncFnMut()) {
    // `look` must panic if it sees a forbidden state.
    let begun = Instant::now();
    while begun.elapsed() < time {
        look().await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns a duration of `count` seconds.
pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
