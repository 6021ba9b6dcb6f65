//! Test fake of the clock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use evergreen_lifecycle::ports::{Clock, Sleeper};
use jiff::Timestamp;

/// Test fake of the clock. Its time only changes when a test sets it or the tested code sleeps.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// Creates a fake clock that shows the time `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the fake clock to the time `now`.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Sleeper for FixedClock {
    /// Moves the fake clock forward by `time`, and returns at once.
    async fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
