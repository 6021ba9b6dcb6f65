//! Reads the states of the stack's alarms from Amazon CloudWatch.

mod billing;
mod history;

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStates, AlarmStatus, Unavailable};
use jiff::Timestamp;

use crate::failure::unavailable;

/// Client for the CloudWatch alarms of one stack. Their names begin with the stack's name and a hyphen.
#[derive(Debug, Clone)]
pub struct CloudWatchAlarms {
    client: Client,
    prefix: String,
}

impl CloudWatchAlarms {
    /// Creates a client for the alarms of the stack named `stack`.
    pub fn new(config: &SdkConfig, stack: &str) -> Self {
        Self::over(Client::new(config), stack)
    }

    fn over(client: Client, stack: &str) -> Self {
        Self { client, prefix: format!("{stack}-") }
    }

    fn status(&self, alarm: MetricAlarm) -> Option<AlarmStatus> {
        let since = alarm.state_transitioned_timestamp.or(alarm.state_updated_timestamp);
        Some(AlarmStatus {
            name: alarm.alarm_name?.strip_prefix(&self.prefix)?.to_owned(),
            description: alarm.alarm_description.unwrap_or_default(),
            condition: match alarm.state_value {
                Some(StateValue::Alarm) => AlarmCondition::Alarm,
                Some(StateValue::Ok) => AlarmCondition::Ok,
                _ => AlarmCondition::InsufficientData,
            },
            since: since.and_then(|at| Timestamp::from_millisecond(at.to_millis().ok()?).ok()),
            reason: alarm.state_reason.unwrap_or_default(),
        })
    }
}

impl AlarmStates for CloudWatchAlarms {
    async fn alarm_states(&self) -> Result<Vec<AlarmStatus>, Unavailable> {
        let describe = self.client.describe_alarms().alarm_name_prefix(&self.prefix);
        let mut pages = describe.into_paginator().send();
        let mut alarms = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(unavailable("reading the alarms"))?;
            alarms.extend(page.metric_alarms.into_iter().flatten().filter_map(|alarm| self.status(alarm)));
        }
        // Another stack's name may begin with this stack's name and a hyphen. Its alarms have a longer name.
        alarms.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(alarms)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn alarms_are_named_without_the_stack() {
        let rule = mock!(Client::describe_alarms)
            .match_requests(|describe| describe.alarm_name_prefix() == Some("evergreen-"))
            .then_output(|| {
                let alarm = |name: &str| MetricAlarm::builder().alarm_name(name).state_reason("why");
                let rings = alarm("evergreen-throttles").state_value(StateValue::Alarm).build();
                let new = alarm("evergreen-accuracy-low").state_value(StateValue::InsufficientData).build();
                DescribeAlarmsOutput::builder().metric_alarms(rings).metric_alarms(new).build()
            });
        let alarms = CloudWatchAlarms::over(mock_client!(aws_sdk_cloudwatch, [&rule]), "evergreen");
        let states = alarms.alarm_states().await.unwrap();
        let found: Vec<_> = states.iter().map(|alarm| (alarm.name.as_str(), alarm.condition)).collect();
        let expected = [("accuracy-low", AlarmCondition::InsufficientData), ("throttles", AlarmCondition::Alarm)];
        assert_eq!(found, expected);
    }
}
