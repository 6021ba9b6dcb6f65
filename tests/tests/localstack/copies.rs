//! Copies of the stack's alarms, each over a metric of its own: what a test publishes reaches one copy and nothing else.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm, MetricDatum, StateValue, Statistic};
use evergreen_tests::Stack;

/// Tells the copies apart.
static COPIES: AtomicU32 = AtomicU32::new(1);

/// A copy of an alarm, not defined yet.
pub struct Copy {
    client: Client,
    /// The alarm as it will be defined; a test may change it.
    pub alarm: MetricAlarm,
}

impl Copy {
    /// A copy of `deployed` that looks at a metric of which there are no figures, and tells nobody.
    ///
    /// LocalStack evaluates no percentile. A copy of such an alarm takes the maximum, which is the same where a period has
    /// one figure.
    pub fn of(stack: &Stack, deployed: &MetricAlarm) -> Self {
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let mut alarm = deployed.clone();
        alarm.alarm_name = Some(format!("copy-{number:05}-of-{}", deployed.alarm_name().unwrap_or_default()));
        let dimension = &mut alarm.dimensions.as_mut().expect("an alarm's metric has dimensions")[0];
        dimension.value = Some(format!("copy-{number:05}"));
        alarm.actions_enabled = Some(false);
        if alarm.extended_statistic.take().is_some() {
            alarm.statistic = Some(Statistic::Maximum);
        }
        Self { client: Client::new(&stack.config), alarm }
    }

    /// The periods that it looks at.
    pub fn periods(&self) -> i32 {
        self.alarm.evaluation_periods().expect("an alarm looks at periods")
    }

    /// How many of them must be bad to raise it.
    pub fn needed(&self) -> i32 {
        self.alarm.datapoints_to_alarm().unwrap_or(self.periods())
    }

    /// Publishes a figure in the middle of the period that ended so many periods ago.
    pub async fn publish(&self, periods_ago: i32, is_bad: bool) {
        let seconds_ago = i64::from(self.alarm.period().unwrap_or_default()) * (2 * i64::from(periods_ago) + 1) / 2;
        let datum = MetricDatum::builder()
            .metric_name(self.alarm.metric_name().expect("an alarm has a metric"))
            .set_dimensions(self.alarm.dimensions.clone())
            .timestamp(DateTime::from_secs(jiff::Timestamp::now().as_second() - seconds_ago))
            .value(self.figure(is_bad))
            .build();
        let put = self.client.put_metric_data().namespace(self.alarm.namespace().expect("an alarm has a namespace"));
        put.metric_data(datum).send().await.expect("CloudWatch takes the figure");
    }

    /// A figure on the wrong side of the threshold, or on the right one.
    fn figure(&self, is_bad: bool) -> f64 {
        let threshold = self.alarm.threshold().expect("an alarm has a threshold");
        let above = match self.alarm.comparison_operator().expect("an alarm compares") {
            ComparisonOperator::GreaterThanThreshold | ComparisonOperator::GreaterThanOrEqualToThreshold => is_bad,
            ComparisonOperator::LessThanThreshold | ComparisonOperator::LessThanOrEqualToThreshold => !is_bad,
            other => panic!("{other:?} is not a comparison with one threshold"),
        };
        if above { threshold + 0.5 } else { threshold - 0.5 }
    }

    /// Defines the copy, which LocalStack evaluates at once and then each time its periods have passed.
    pub async fn define(&self, stack: &Stack) {
        stack.cloudwatch.define(self.alarm.clone()).await;
    }

    /// Puts it into a state by hand.
    pub async fn set(&self, state: StateValue) {
        let name = self.alarm.alarm_name().expect("an alarm has a name");
        let set = self.client.set_alarm_state().alarm_name(name).state_value(state).state_reason("a test begins");
        set.send().await.expect("CloudWatch sets the state");
    }

    /// Its state now.
    pub async fn state(&self) -> StateValue {
        let name = self.alarm.alarm_name().expect("an alarm has a name");
        let found = self.client.describe_alarms().alarm_names(name).send().await.expect("CloudWatch answers");
        found.metric_alarms()[0].state_value.clone().expect("an alarm has a state")
    }
}
