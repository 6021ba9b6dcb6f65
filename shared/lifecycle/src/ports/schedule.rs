//! The training schedule.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;

/// A schedule, as the scheduler stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchedule {
    /// When the schedule fires: `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// IANA time zone of the expression; `None` means UTC.
    pub zone: Option<String>,
    /// When the schedule was created or last changed. It demanded no run before that time.
    pub changed_at: Timestamp,
    /// Whether the schedule is active.
    pub is_enabled: bool,
}

/// Reads the training schedule.
pub trait Schedules: Send + Sync {
    /// Returns the current schedule, or `None` if it does not exist.
    ///
    /// # Errors
    /// [`Unavailable`] when the scheduler does not answer.
    fn schedule(&self) -> impl Future<Output = Result<Option<StoredSchedule>, Unavailable>> + Send;
}
