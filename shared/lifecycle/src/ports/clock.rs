//! Traits for the current time and for waiting.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

/// A clock, which gives the current time. Tests use a fake clock instead.
pub trait Clock: Send + Sync {
    /// Returns the current time of the clock.
    fn now(&self) -> Timestamp;
}

/// A timer that waits for a given time. Tests use a fake timer that does not really wait.
pub trait Sleeper: Send + Sync {
    /// Waits until `time` has passed.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
