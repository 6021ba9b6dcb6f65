//! Traits for the current time and for waiting.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

/// A clock. Tests replace it with a fake.
pub trait Clock: Send + Sync {
    /// Returns the current time of the clock.
    fn now(&self) -> Timestamp;
}

/// Waits for a given time. Tests replace it with a fake that does not really wait.
pub trait Sleeper: Send + Sync {
    /// Waits until `time` has passed.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
