//! Test helpers: a CloudWatch client that reads and changes the stack's metrics and alarms.

use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricAlarm, MetricDatum, StateValue};

use crate::stack::{MODEL, Stack};
use crate::wait::{seconds, until};

/// The CloudWatch namespace of the metrics that this product publishes.
pub const NAMESPACE: &str = "Evergreen";

/// Period, in seconds, of a CloudWatch alarm whose period a test has shortened with [`Stack::quicken`].
pub const QUICK_PERIOD: i32 = 10;

/// Test helper: a CloudWatch client for the metrics and alarms of the deployed stack.
#[derive(Debug, Clone)]
pub struct CloudWatch {
    client: Client,
    stack: String,
}

impl CloudWatch {
    pub(crate) fn new(config: &SdkConfig, stack: &str) -> Self {
        Self { client: Client::new(config), stack: stack.to_owned() }
    }

    /// Returns all CloudWatch alarms of the deployed stack.
    ///
    /// # Panics
    /// When CloudWatch does not answer.
    pub async fn alarms(&self) -> Vec<MetricAlarm> {
        let pages = self.client.describe_alarms().alarm_name_prefix(format!("{}-", self.stack)).into_paginator().send();
        let pages = pages.collect::<Result<Vec<_>, _>>().await.expect("CloudWatch answers");
        pages.into_iter().flat_map(|page| page.metric_alarms.unwrap_or_default()).collect()
    }

    /// Returns the full name of the stack's CloudWatch alarm `kind`, such as `accuracy-low`.
    pub fn name(&self, kind: &str) -> String {
        // The full name is the stack's name, a hyphen, and `kind`.
        format!("{}-{kind}", self.stack)
    }

    /// Returns the stack's CloudWatch alarm whose name ends with `kind`, such as `model-unhealthy`.
    ///
    /// # Panics
    /// When the stack has no such alarm.
    pub async fn alarm(&self, kind: &str) -> MetricAlarm {
        let name = self.name(kind);
        let found = self.alarms().await.into_iter().find(|alarm| alarm.alarm_name() == Some(&name));
        found.unwrap_or_else(|| panic!("there is no alarm {name}"))
    }

    /// Returns the current state of the CloudWatch alarm `kind`, such as `accuracy-low`: `OK`, `ALARM` or
    /// `INSUFFICIENT_DATA`.
    pub async fn state(&self, kind: &str) -> StateValue {
        self.alarm(kind).await.state_value.expect("an alarm has a state")
    }

    /// Test helper: sets the state of a CloudWatch alarm by hand, as an operator can do to test the alarm's effects.
    ///
    /// # Panics
    /// When CloudWatch refuses the request.
    pub async fn set_state(&self, kind: &str, state: StateValue, reason: &str) {
        // The emulator records the time of a state change in whole seconds. Subscribers cannot distinguish two changes
        // to the same state in one second. So this function waits until the last change is at least one second old.
        let changed = self.alarm(kind).await.state_updated_timestamp.map_or(i64::MAX, |moment| moment.secs());
        if changed >= jiff::Timestamp::now().as_second() {
            tokio::time::sleep(seconds(1)).await;
        }
        let set = self.client.set_alarm_state().alarm_name(self.name(kind)).state_value(state).state_reason(reason);
        set.send().await.expect("CloudWatch sets the state");
    }

    /// Creates the given CloudWatch alarm, or replaces the alarm that has the same name.
    ///
    /// # Panics
    /// When CloudWatch refuses the definition of the alarm.
    pub async fn define(&self, alarm: MetricAlarm) {
        let put = self.client.put_metric_alarm();
        put.set_alarm_name(alarm.alarm_name)
            .set_alarm_description(alarm.alarm_description)
            .set_namespace(alarm.namespace)
            .set_metric_name(alarm.metric_name)
            .set_dimensions(alarm.dimensions)
            .set_statistic(alarm.statistic)
            .set_extended_statistic(alarm.extended_statistic)
            .set_period(alarm.period)
            .set_evaluation_periods(alarm.evaluation_periods)
            .set_datapoints_to_alarm(alarm.datapoints_to_alarm)
            .set_comparison_operator(alarm.comparison_operator)
            .set_threshold(alarm.threshold)
            .set_treat_missing_data(alarm.treat_missing_data)
            .set_actions_enabled(alarm.actions_enabled)
            .set_alarm_actions(alarm.alarm_actions)
            .set_ok_actions(alarm.ok_actions)
            .send()
            .await
            .expect("CloudWatch accepts the alarm");
    }

    /// Publishes one value of a metric to CloudWatch, as the deployed metrics function does.
    ///
    /// # Panics
    /// When CloudWatch refuses the request.
    pub async fn publish(&self, metric: &str, value: f64) {
        let datum = MetricDatum::builder().metric_name(metric).value(value).dimensions(model()).build();
        let put = self.client.put_metric_data().namespace(NAMESPACE).metric_data(datum);
        put.send().await.expect("CloudWatch accepts the value");
    }

    /// Returns the newest value of the model's metric in CloudWatch. `None` if the last ten minutes have no value.
    ///
    /// # Panics
    /// When CloudWatch does not answer.
    pub async fn newest(&self, metric: &str) -> Option<f64> {
        let now = jiff::Timestamp::now().as_second();
        let get = self.client.get_metric_statistics().namespace(NAMESPACE).metric_name(metric).dimensions(model());
        let statistics = get
            .start_time(DateTime::from_secs(now - 600))
            .end_time(DateTime::from_secs(now + 60))
            // With a period of one second, CloudWatch returns the values of one minute separately.
            .period(1)
            .statistics(aws_sdk_cloudwatch::types::Statistic::Maximum)
            .send()
            .await
            .expect("CloudWatch answers");
        let points = statistics.datapoints.unwrap_or_default();
        points.into_iter().max_by_key(|point| point.timestamp.map(|at| at.secs()))?.maximum
    }
}

impl Stack {
    /// Shortens the period of a CloudWatch alarm to [`QUICK_PERIOD`] seconds. Returns the alarm's original definition,
    /// which the test restores with [`CloudWatch::define`].
    pub async fn quicken(&self, kind: &str) -> MetricAlarm {
        // A test then need not wait for minutes. All other settings of the alarm stay. The function waits until the
        // alarm's state is OK and the mail about this has arrived.
        self.silence_others(kind).await;
        let (deployed, mark) = (self.cloudwatch.alarm(kind).await, self.inbox.mark().await);
        let is_raised = deployed.state_value == Some(StateValue::Alarm);
        if is_raised {
            // The emulator records times in whole seconds. This change must not have the same time as the last one.
            tokio::time::sleep(seconds(1)).await;
        }
        let mut quick = deployed.clone();
        (quick.period, quick.evaluation_periods) = (Some(QUICK_PERIOD), Some(1));
        self.cloudwatch.define(quick).await;
        self.until_over(kind).await;
        if is_raised {
            self.until_mailed(mark, kind, StateValue::Ok).await;
        }
        deployed
    }

    /// Reserves the stack for a test that waits for mails about the alarm `kind`. No other alarm joins its incident.
    pub async fn take_for_alarm(kind: &str) -> Self {
        let stack = Self::take().await;
        stack.silence_others(kind).await;
        stack.registry.forget_alarms().await;
        stack
    }

    /// Keeps other alarms out of the incident of the alarm `kind`: mutes them, and sets them to OK. Alarms whose period a
    /// test has shortened stay as they are.
    pub async fn silence_others(&self, kind: &str) {
        // Other tests leave alarms behind that ring for minutes. Those of the same family would join the incident.
        let own = self.cloudwatch.name(kind);
        let is_other = |alarm: &MetricAlarm| alarm.alarm_name() != Some(&own) && alarm.period != Some(QUICK_PERIOD);
        let others: Vec<_> = self.cloudwatch.alarms().await.into_iter().filter(is_other).collect();
        let stack = format!("{}-", self.name);
        let kind_of = |alarm: &MetricAlarm| alarm.alarm_name()?.strip_prefix(&stack).map(str::to_owned);
        self.registry.mute(others.iter().filter_map(kind_of)).await;
        self.registry.delete_mail_item(&format!("MUTE#{kind}")).await;
        let ringing = others.iter().filter(|alarm| alarm.state_value == Some(StateValue::Alarm));
        for kind in ringing.filter_map(kind_of) {
            self.cloudwatch.set_state(&kind, StateValue::Ok, "ended by a test").await;
        }
    }

    /// Publishes the model's metrics again and again until the CloudWatch alarm is OK.
    pub async fn until_over(&self, kind: &str) {
        // The test must have shortened the alarm's period with `quicken` before.
        until(&format!("{kind} to be over"), 3 * seconds(QUICK_PERIOD.unsigned_abs().into()), async || {
            self.functions.measure().await;
            (self.cloudwatch.state(kind).await == StateValue::Ok).then_some(())
        })
        .await;
    }
}

fn model() -> Dimension {
    Dimension::builder().name("ModelName").value(MODEL).build()
}
