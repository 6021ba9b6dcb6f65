//! Copies of the stack's alarms, for tests. Each copy has its own metric, so that published values reach only that
//! copy.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm, MetricDatum, StateValue, Statistic};
use evergreen_tests::Stack;

// The number makes the copy's name unique.
/// Number for the name of the next copy of an alarm.
static COPIES: AtomicU32 = AtomicU32::new(1);

/// Test copy of one of the stack's CloudWatch alarms.
pub struct Copy {
    client: Client,
    /// The alarm's definition. A test may change it before it calls `define`.
    pub alarm: MetricAlarm,
}

impl Copy {
    /// Creates a test copy of the stack's alarm `deployed`, which watches a metric without values and notifies nobody.
    pub fn of(stack: &Stack, deployed: &MetricAlarm) -> Self {
        // LocalStack does not evaluate percentiles. If the alarm uses one, the copy uses the maximum instead. Both are
        // the same if a period has only one value.
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

    /// Returns how many of the last periods CloudWatch examines for this alarm.
    pub fn periods(&self) -> i32 {
        self.alarm.evaluation_periods().expect("an alarm examines periods")
    }

    /// Returns how many of the examined periods must have bad values, so that the alarm is raised.
    pub fn needed(&self) -> i32 {
        self.alarm.datapoints_to_alarm().unwrap_or(self.periods())
    }

    /// Publishes one value of the alarm's metric for an earlier period. `is_bad` says whether the value may raise the
    /// alarm.
    pub async fn publish(&self, periods_ago: i32, is_bad: bool) {
        // The time is in the middle of the period. `periods_ago` counts back from the last period.
        let seconds_ago = i64::from(self.alarm.period().unwrap_or_default()) * (2 * i64::from(periods_ago) + 1) / 2;
        let datum = MetricDatum::builder()
            .metric_name(self.alarm.metric_name().expect("an alarm has a metric"))
            .set_dimensions(self.alarm.dimensions.clone())
            .timestamp(DateTime::from_secs(jiff::Timestamp::now().as_second() - seconds_ago))
            .value(self.value(is_bad))
            .build();
        let put = self.client.put_metric_data().namespace(self.alarm.namespace().expect("an alarm has a namespace"));
        put.metric_data(datum).send().await.expect("CloudWatch accepts the value");
    }

    /// Returns a test value of the alarm's metric, which raises the alarm if `is_bad`.
    fn value(&self, is_bad: bool) -> f64 {
        // A bad value lies on the side of the threshold that raises the alarm, and a good value on the opposite side.
        let threshold = self.alarm.threshold().expect("an alarm has a threshold");
        let above = match self.alarm.comparison_operator().expect("an alarm compares") {
            ComparisonOperator::GreaterThanThreshold | ComparisonOperator::GreaterThanOrEqualToThreshold => is_bad,
            ComparisonOperator::LessThanThreshold | ComparisonOperator::LessThanOrEqualToThreshold => !is_bad,
            other => panic!("{other:?} is not a comparison with one threshold"),
        };
        if above { threshold + 0.5 } else { threshold - 0.5 }
    }

    /// Creates the test copy of the alarm in LocalStack.
    pub async fn define(&self, stack: &Stack) {
        // LocalStack evaluates the copy at once, and then after every period.
        stack.cloudwatch.define(self.alarm.clone()).await;
    }

    /// Sets the state of the alarm's copy by hand.
    pub async fn set(&self, state: StateValue) {
        let name = self.alarm.alarm_name().expect("an alarm has a name");
        let set = self.client.set_alarm_state().alarm_name(name).state_value(state).state_reason("a test begins");
        set.send().await.expect("CloudWatch sets the state");
    }

    /// Returns the current state of the alarm's copy in LocalStack.
    pub async fn state(&self) -> StateValue {
        let name = self.alarm.alarm_name().expect("an alarm has a name");
        let found = self.client.describe_alarms().alarm_names(name).send().await.expect("CloudWatch answers");
        found.metric_alarms()[0].state_value.clone().expect("an alarm has a state")
    }
}
