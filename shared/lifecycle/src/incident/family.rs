//! Which alarms can have one cause, and how grave an alarm is.

use serde::{Deserialize, Serialize};

/// The part of the stack that an alarm is about. Alarms of one family that ring together form one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmFamily {
    /// No new version is made: training fails, is late, or every version is refused.
    Training,
    /// The model is no longer right: its score, or the rows that it is asked about.
    Quality,
    /// Callers do not get an answer in time, or soon will not.
    Predictions,
    /// Callers ask too much, or nothing any more.
    Traffic,
    /// The metrics are not known, so other alarms may be silent.
    Watching,
    /// Mails do not arrive.
    Mail,
    /// Events do not reach the webhook.
    Webhook,
    /// A batch job failed.
    Batch,
    /// An alarm that somebody has added by hand. It is an incident of its own.
    Other,
}

/// Whom an alarm concerns. A graver alarm is mailed even if it joins an incident that was mailed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gravity {
    /// No caller notices anything yet.
    Internal,
    /// Callers get answers that are late, or may be wrong.
    Degraded,
    /// Callers get no answer.
    Outage,
}

impl AlarmFamily {
    // If DynamoDB or S3 fails, the model cannot be loaded and the metrics cannot be computed.
    /// Returns whether an incident of this family often has the same cause as one of `other` that begins within an hour.
    pub fn is_related_to(self, other: Self) -> bool {
        matches!((self, other), (Self::Predictions, Self::Watching) | (Self::Watching, Self::Predictions))
    }
}
