//! Trait that reads the current states of the stack's alarms.

use std::future::Future;

use jiff::Timestamp;
use serde::Serialize;

use super::Unavailable;

/// The current state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmCondition {
    /// The alarm is OK.
    Ok,
    /// The alarm rings.
    Alarm,
    /// There were too few values to decide.
    InsufficientData,
}

/// An alarm of the stack, with its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmStatus {
    /// The alarm's name without the name of the stack, such as `throttles`.
    pub name: String,
    /// What the alarm watches, as one sentence.
    pub description: String,
    /// The current state.
    pub condition: AlarmCondition,
    /// Since when the alarm is in this state. `None` if that is unknown.
    pub since: Option<Timestamp>,
    /// Why the alarm is in this state, in the words of the monitoring service.
    pub reason: String,
}

/// Reads the current states of the stack's alarms from the monitoring service.
pub trait AlarmStates: Send + Sync {
    /// Returns all alarms of the stack, ordered by name.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the monitoring service fails.
    fn alarm_states(&self) -> impl Future<Output = Result<Vec<AlarmStatus>, Unavailable>> + Send;
}
