//! Waits for conditions by polling instead of sleeping for a fixed time.

use std::time::{Duration, Instant};

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(100);

/// Calls `look` until it returns a value, and returns that value.
///
/// # Panics
/// When there is no value after `limit`: "waited … for `what`".
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

/// Calls `look` again and again until `time` has passed. `look` panics if it sees what must not happen.
pub async fn throughout(time: Duration, mut look: impl AsyncFnMut()) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        look().await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns a duration in seconds.
pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
