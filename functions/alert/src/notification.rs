//! What CloudWatch says through SNS: an alarm as JSON in the notification's message.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>. Only the name, the two
//! states and the time are needed; all else may be missing and is then not told.

use jiff::Timestamp;
use serde::Deserialize;

use crate::alarm::{Alarm, Comparison, State, Unknown};
use crate::{AlarmKind, Reading};

/// The parts of the message that are used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Notification {
    alarm_name: String,
    alarm_description: Option<String>,
    new_state_value: String,
    #[serde(default)]
    new_state_reason: Option<String>,
    old_state_value: Option<String>,
    state_change_time: String,
    trigger: Option<Trigger>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trigger {
    metric_name: Option<String>,
    comparison_operator: Option<String>,
    threshold: Option<f64>,
}

/// Why a message is no alarm. It holds nothing of the message but the word at fault.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// Not the JSON of an alarm.
    #[error("the message is no alarm: {0}")]
    Json(#[from] serde_json::Error),
    /// A state that CloudWatch does not have.
    #[error("the alarm's state {0}")]
    State(#[source] Unknown),
    /// A time that cannot be read.
    #[error("the alarm's time {text:?}: {cause}")]
    Time {
        /// What is said.
        text: String,
        /// What is wrong with it.
        cause: jiff::Error,
    },
}

impl Notification {
    /// Reads the `message` of a notification.
    ///
    /// # Errors
    /// [`NotificationError`] when it is not the JSON of an alarm.
    pub fn parse(message: &str) -> Result<Self, NotificationError> {
        Ok(serde_json::from_str(message)?)
    }

    /// The alarm of the stack named `stack` that it tells of.
    ///
    /// # Errors
    /// [`NotificationError`] when its state or its time cannot be read.
    pub fn into_alarm(self, stack: &str) -> Result<Alarm, NotificationError> {
        let since = moment(&self.state_change_time)?;
        let state = self.new_state_value.parse().map_err(NotificationError::State)?;
        let reason = self.new_state_reason.unwrap_or_default();
        let trigger = self.trigger.as_ref();
        Ok(Alarm {
            kind: AlarmKind::of(&self.alarm_name, stack),
            name: self.alarm_name,
            state,
            before: self.old_state_value.and_then(|text| text.parse::<State>().ok()),
            since,
            reading: Reading::of(&reason),
            threshold: trigger.and_then(|trigger| trigger.threshold),
            comparison: trigger.and_then(|trigger| trigger.comparison_operator.as_deref()?.parse::<Comparison>().ok()),
            metric: self.trigger.and_then(|trigger| trigger.metric_name).filter(|name| !name.is_empty()),
            description: self.alarm_description.filter(|text| !text.trim().is_empty()),
            reason,
        })
    }
}

/// CloudWatch writes the offset without a colon: `2026-11-24T03:00:00.000+0000`.
fn moment(text: &str) -> Result<Timestamp, NotificationError> {
    text.parse().map_err(|cause| NotificationError::Time { text: text.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergreen_testkit::moment as at;

    fn alarm(message: &str) -> Result<Alarm, NotificationError> {
        Notification::parse(message)?.into_alarm("evergreen")
    }

    #[test]
    fn an_alarm_is_read_from_what_cloudwatch_sends() {
        let alarm = alarm(
            r#"{"AlarmName":"evergreen-champion-too-old","AlarmDescription":"Too old.","NewStateValue":"ALARM",
                "NewStateReason":"Threshold Crossed: 1 datapoint [41.0 (24/11/26 03:00:00)] was greater.",
                "StateChangeTime":"2026-11-24T03:00:00.123+0000","OldStateValue":"OK","Trigger":{"MetricName":
                "ModelAgeHours","Threshold":36.0,"ComparisonOperator":"GreaterThanThreshold","Statistic":"MAXIMUM"}}"#,
        )
        .unwrap();
        assert_eq!((alarm.kind.clone(), alarm.state), (AlarmKind::ChampionTooOld, State::Alarm));
        assert_eq!((alarm.since, alarm.before), (at("2026-11-24T03:00:00.123Z"), Some(State::Ok)));
        assert_eq!((alarm.reading, alarm.threshold), (Reading::Value(41.0), Some(36.0)));
        assert_eq!((alarm.comparison, alarm.metric.as_deref()), (Some(Comparison::Greater), Some("ModelAgeHours")));
    }

    #[test]
    fn what_is_missing_is_not_told() {
        let alarm = alarm(
            r#"{"AlarmName":"other","NewStateValue":"OK","StateChangeTime":"2026-11-24T03:00:00Z","OldStateValue":null,
                "Trigger":{"MetricName":"","Threshold":null}}"#,
        )
        .unwrap();
        assert_eq!((alarm.threshold, alarm.comparison, alarm.metric), (None, None, None));
        assert_eq!((alarm.reading, alarm.reason.as_str(), alarm.before), (Reading::Untold, "", None));
    }

    #[test]
    fn what_is_no_alarm_is_an_error_that_says_why() {
        let error = |message: &str| alarm(message).unwrap_err().to_string();
        insta::assert_snapshot!(error("hello"), @"the message is no alarm: expected value at line 1 column 1");
        insta::assert_snapshot!(error(r#"{"AlarmName":"x"}"#), @"the message is no alarm: missing field `NewStateValue` at line 1 column 17");
        let with = |state: &str, time: &str| {
            error(&format!(r#"{{"AlarmName":"x","NewStateValue":"{state}","StateChangeTime":"{time}"}}"#))
        };
        insta::assert_snapshot!(with("MAYBE", "2026-11-24T03:00:00Z"), @r#"the alarm's state "MAYBE" is unknown"#);
        insta::assert_snapshot!(with("OK", "yesterday"), @r#"the alarm's time "yesterday": failed to parse four digit integer as year: invalid digit, expected 0-9 but got y"#);
    }

    #[test]
    fn only_a_raised_alarm_and_its_clearing_are_news() {
        let news = |new, old| {
            alarm(&format!(
                r#"{{"AlarmName":"x","NewStateValue":"{new}","OldStateValue":"{old}","StateChangeTime":"2026-11-24T03:00:00Z"}}"#
            ))
            .unwrap()
            .is_news()
        };
        assert!(news("ALARM", "OK") && news("ALARM", "INSUFFICIENT_DATA") && news("OK", "ALARM"));
        assert!(!news("OK", "INSUFFICIENT_DATA") && !news("INSUFFICIENT_DATA", "ALARM"));
    }
}
