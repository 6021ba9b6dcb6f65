//! Time.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

/// Returns the current time. Tests replace it.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// Waits. Tests replace it.
pub trait Sleeper: Send + Sync {
    /// Returns after `time` has passed.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
