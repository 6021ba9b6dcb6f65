//! A clock that stands still.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use evergreen_lifecycle::ports::{Clock, Sleeper};
use jiff::Timestamp;

/// A clock that stands still until a test or a sleep sets it.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// Creates a clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Sleeper for FixedClock {
    /// Sets the clock to the end of the sleep, and returns at once.
    async fn sleep(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
