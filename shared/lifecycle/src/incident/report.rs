//! One state change of an alarm, and what is mailed about it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AlarmIncident, RaisedAlarm};

/// One state change of a CloudWatch alarm: the alarm was raised, or it became OK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmChange {
    /// `true` if the alarm was raised, `false` if the alarm became OK.
    pub raised: bool,
    /// The time at which the alarm changed its state.
    pub since: Timestamp,
    // Only used if no record of the raise is stored.
    /// Whether the alarm was raised before this change, according to the notification.
    #[serde(skip)]
    pub was_raised: bool,
}

/// The mail to send about one state change of a CloudWatch alarm, or the reason to send none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AlarmReport {
    /// Send the mail that an incident has begun.
    Raised,
    /// Send the mail that an incident has begun again, with a list of the earlier ones.
    Repeated {
        /// The incidents with the same alarm in the last week, newest last: at most 20.
        earlier: Vec<AlarmIncident>,
        /// Whether this mail stands for the whole day: further incidents with this alarm send no mail for 24 hours.
        holds: bool,
    },
    /// Send a mail about an alarm that joins a mailed incident, because it is graver, or comes a day after the others.
    AlsoRaised {
        /// The alarms of the incident so far, oldest first.
        raised: Vec<RaisedAlarm>,
    },
    /// Send a mail only to recipients who do not have the mail about the begin of this incident.
    Joined {
        /// The alarm that the first mail of the incident was about.
        first: RaisedAlarm,
    },
    /// Send the mail that the incident is over: all its alarms are OK.
    Over {
        /// When the incident began. `None` if that is unknown.
        began: Option<Timestamp>,
        // The list has earlier incidents too if some recipients may have missed the mail about their end. Only
        // recipients who got a mail about at least one listed alarm get this mail.
        /// The alarms that have rung, oldest first. If the list is empty, every recipient gets the mail.
        raised: Vec<RaisedAlarm>,
    },
    /// Send no mail, because other alarms of the incident still ring.
    OthersRing,
    /// Send no mail, because a newer state change of the alarm is already known.
    Overtaken,
    /// Send no mail, because the same alarm rang too often in the last 24 hours, and a mail about that was sent.
    HeldBack,
    /// Send no mail, because a person has muted the alarm.
    Muted,
    /// Send no mail, because the alarm is OK, and was not raised before.
    #[serde(rename = "no_news")]
    NothingToReport,
}

impl AlarmChange {
    pub(super) fn is(self, other: Self) -> bool {
        (self.raised, self.since) == (other.raised, other.since)
    }
}

impl AlarmReport {
    /// Returns the mail about the end that every recipient gets, because nobody knows who got the mail about the begin.
    pub fn over_for_everybody() -> Self {
        Self::Over { began: None, raised: Vec::new() }
    }

    /// Returns whether every recipient who needs the mail gets one.
    pub fn is_mailed(&self) -> bool {
        matches!(self, Self::Raised | Self::Repeated { .. } | Self::AlsoRaised { .. } | Self::Over { .. })
    }
}
