//! Traits that read the training schedule, and switch it off and on.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;

/// The training schedule, as the scheduler service stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchedule {
    /// The expression that says when the schedule starts a training run: `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// The IANA time zone of the expression, such as `Europe/Berlin`. `None` means UTC.
    pub zone: Option<String>,
    /// The time at which the schedule was created or last changed. No training run was due before.
    pub changed_at: Timestamp,
    /// Whether the schedule is enabled. If `false`, it starts no training runs.
    pub is_enabled: bool,
}

/// Reads the training schedule from the scheduler service.
pub trait Schedules: Send + Sync {
    /// Returns the training schedule, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the scheduler service fails.
    fn schedule(&self) -> impl Future<Output = Result<Option<StoredSchedule>, Unavailable>> + Send;
}

/// Switches the training schedule off and on.
pub trait ScheduleSwitch: Send + Sync {
    // Everything else about the schedule stays as it is.
    /// Switches the schedule on or off. Returns `false` if the schedule does not exist.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the scheduler service fails.
    fn switch(&self, is_enabled: bool) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}
