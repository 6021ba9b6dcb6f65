//! Looking until something is so, instead of sleeping and hoping.

use std::time::{Duration, Instant};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks until there is something to see and returns it.
///
/// # Panics
/// When there is nothing after `limit`: "waited … for `what`".
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

/// Looks until `time` has passed, for what must not happen in it: each look may panic.
pub async fn throughout(time: Duration, mut look: impl AsyncFnMut()) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        look().await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Seconds, for limits.
pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
