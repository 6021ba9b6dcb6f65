//! What releases without incidents have stored about an alarm.

use jiff::Timestamp;
use serde::Deserialize;

use super::AlarmChange;

// The releases wrote more fields. Only these say whether a mail about the end is due.
/// The record of one alarm that a release up to 0.2 has stored. It is read, but no longer written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FormerAlarm {
    /// The newest change that the earlier release knew.
    pub newest: AlarmChange,
    /// Whether a mail reported the newest raise, and none its end.
    pub open: bool,
    /// The times of the raises that were mailed, newest last.
    pub raised: Vec<Timestamp>,
}
