//! The clock of the operating system.

use std::time::Duration;

use evergreen_lifecycle::ports::{Clock, Sleeper};
use evergreen_lifecycle::time;
use jiff::Timestamp;

// Whole milliseconds stay the same when a time is stored and read again.
/// The clock of the operating system, in whole milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        time::to_millis(Timestamp::now())
    }
}

impl Sleeper for SystemClock {
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_time_is_read_unchanged() {
        let now = SystemClock.now();
        assert_eq!(time::format(now).parse::<Timestamp>().unwrap(), now);
    }
}
