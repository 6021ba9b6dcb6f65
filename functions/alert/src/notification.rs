//! Reads the JSON message that CloudWatch sends through SNS when an alarm changes.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html>. Only the
//! alarm's name, its new state and the time of the change are required. The mail leaves out any other part that is
//! missing.

use evergreen_lifecycle::ports::SeriesQuery;
use evergreen_lifecycle::time;
use jiff::Timestamp;
use serde::Deserialize;

use crate::alarm::{Alarm, AlarmState, Comparison};
use crate::{AlarmKind, AlarmReading, series};

// The struct has only the fields that the alert function uses.
/// The JSON message that CloudWatch sends when an alarm changes.
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
    /// The series of values that the alarm watches.
    #[serde(skip)]
    series: Vec<SeriesQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trigger {
    metric_name: Option<String>,
    comparison_operator: Option<String>,
    threshold: Option<f64>,
}

// The error never contains the message, because the message may name a person.
/// Error: an SNS message is not a readable alarm notification.
#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    /// The SNS message is not the JSON of an alarm.
    #[error(
        "the message is not an alarm: expected JSON with AlarmName, NewStateValue and StateChangeTime (line {line}, column {column})"
    )]
    Json {
        /// The line of the SNS message at which reading its JSON failed, starting at 1.
        line: usize,
        /// The column of the SNS message's line at which reading its JSON failed.
        column: usize,
    },
    /// The SNS message contains a state that no CloudWatch alarm can have.
    #[error("the alarm's NewStateValue is not a state; expected ALARM, OK or INSUFFICIENT_DATA")]
    AlarmState,
    /// The time of the alarm's change in the SNS message cannot be read.
    #[error("the alarm's StateChangeTime is not a time; expected one such as 2026-11-24T03:00:00.000+0000")]
    Time,
}

impl Notification {
    /// Reads the `message` of an SNS notification about an alarm.
    ///
    /// # Errors
    /// [`NotificationError`] when `message` is not the JSON of an alarm.
    pub fn parse(message: &str) -> Result<Self, NotificationError> {
        // The JSON error itself may repeat parts of the message, which may name a person.
        let read: Self = serde_json::from_str(message)
            .map_err(|error| NotificationError::Json { line: error.line(), column: error.column() })?;
        Ok(Self { series: series::of(message), ..read })
    }

    /// Returns the alarm that the notification describes. `stack` is the name of this stack.
    ///
    /// # Errors
    /// [`NotificationError`] when the alarm's state or the time of its change cannot be read.
    pub fn into_alarm(self, stack: &str) -> Result<Alarm, NotificationError> {
        let since = moment(&self.state_change_time)?;
        let state = self.new_state_value.parse().map_err(|_| NotificationError::AlarmState)?;
        // CloudWatch's reason is optional. Without it, the mail leaves the alarm's value out.
        let reason = self.new_state_reason.unwrap_or_default();
        let trigger = self.trigger.as_ref();
        Ok(Alarm {
            kind: AlarmKind::of(&self.alarm_name, stack),
            name: self.alarm_name,
            state,
            before: self.old_state_value.and_then(|text| text.parse::<AlarmState>().ok()),
            since,
            reading: AlarmReading::of(&reason),
            threshold: trigger.and_then(|trigger| trigger.threshold),
            comparison: trigger.and_then(|trigger| trigger.comparison_operator.as_deref()?.parse::<Comparison>().ok()),
            metric: self.trigger.and_then(|trigger| trigger.metric_name).filter(|name| !name.is_empty()),
            series: self.series,
            description: self.alarm_description.filter(|text| !text.trim().is_empty()),
            reason,
        })
    }
}

/// Parses the time of an alarm's change in the text format of CloudWatch.
fn moment(text: &str) -> Result<Timestamp, NotificationError> {
    // CloudWatch writes the offset without a colon: `2026-11-24T03:00:00.000+0000`.
    let moment: Timestamp = text.parse().map_err(|_| NotificationError::Time)?;
    // The time has whole milliseconds, as CloudWatch writes it. After it is stored, it must still give the same mail
    // key.
    Ok(time::to_millis(moment))
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
        assert_eq!((alarm.kind.clone(), alarm.state), (AlarmKind::ChampionTooOld, AlarmState::Alarm));
        assert_eq!((alarm.since, alarm.before), (at("2026-11-24T03:00:00.123Z"), Some(AlarmState::Ok)));
        assert_eq!((alarm.reading, alarm.threshold), (AlarmReading::Value(41.0), Some(36.0)));
        assert_eq!((alarm.comparison, alarm.metric.as_deref()), (Some(Comparison::Greater), Some("ModelAgeHours")));
    }

    #[test]
    fn unknown_facts_are_not_shown() {
        let alarm = alarm(
            r#"{"AlarmName":"other","NewStateValue":"OK","StateChangeTime":"2026-11-24T03:00:00Z","OldStateValue":null,
                "Trigger":{"MetricName":"","Threshold":null}}"#,
        )
        .unwrap();
        assert_eq!((alarm.threshold, alarm.comparison, alarm.metric), (None, None, None));
        assert_eq!((alarm.reading, alarm.reason.as_str(), alarm.before), (AlarmReading::Missing, "", None));
    }

    #[test]
    fn a_message_that_is_not_an_alarm_is_an_error_with_a_reason() {
        let error = |message: &str| alarm(message).unwrap_err().to_string();
        insta::assert_snapshot!(error("hello"), @"the message is not an alarm: expected JSON with AlarmName, NewStateValue and StateChangeTime (line 1, column 1)");
        insta::assert_snapshot!(error(r#"{"AlarmName":"x"}"#), @"the message is not an alarm: expected JSON with AlarmName, NewStateValue and StateChangeTime (line 1, column 17)");
        let with = |state: &str, time: &str| {
            error(&format!(r#"{{"AlarmName":"x","NewStateValue":"{state}","StateChangeTime":"{time}"}}"#))
        };
        insta::assert_snapshot!(with("MAYBE", "2026-11-24T03:00:00Z"), @r#"the alarm's NewStateValue is not a state; expected ALARM, OK or INSUFFICIENT_DATA"#);
        insta::assert_snapshot!(with("OK", "yesterday"), @r#"the alarm's StateChangeTime is not a time; expected one such as 2026-11-24T03:00:00.000+0000"#);
    }

    #[test]
    fn an_error_names_no_address_of_its_message() {
        for message in [
            "\"ada@example.com\"",
            r#"{"AlarmName":"x","NewStateValue":"OK","StateChangeTime":"ada@example.com"}"#,
            r#"{"AlarmName":"x","NewStateValue":"ada@example.com","StateChangeTime":"2026-11-24T03:00:00Z"}"#,
            r#"{"AlarmName":"x","NewStateValue":"OK","StateChangeTime":"","Trigger":{"Threshold":"ada@example.com"}}"#,
        ] {
            let error = alarm(message).unwrap_err();
            assert!(!format!("{error} {error:?}").contains('@'), "{error:?}");
        }
    }

    #[test]
    fn only_raising_and_ending_an_alarm_are_changes() {
        let change = |new, old| {
            let message = format!(
                r#"{{"AlarmName":"x","NewStateValue":"{new}","OldStateValue":"{old}","StateChangeTime":"2026-11-24T03:00:00Z"}}"#
            );
            alarm(&message).unwrap().change().map(|change| (change.raised, change.was_raised))
        };
        assert_eq!(change("ALARM", "OK"), Some((true, false)));
        assert_eq!(change("OK", "ALARM"), Some((false, true)));
        assert_eq!(change("OK", "INSUFFICIENT_DATA"), Some((false, false)));
        assert_eq!(change("INSUFFICIENT_DATA", "ALARM"), None);
    }
}
