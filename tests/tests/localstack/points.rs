//! Tests alarms whose metrics have bad values in some of the examined periods.

use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use evergreen_tests::Stack;
use evergreen_tests::wait::{seconds, until};

use crate::copies::Copy;

/// Returns every way to choose `count` periods from the periods 0 to `periods` - 1.
fn choices(periods: i32, count: i32) -> Vec<Vec<i32>> {
    let all = (0..1u32 << periods).filter(|chosen| chosen.count_ones() == count.unsigned_abs());
    all.map(|chosen| (0..periods).filter(|period| chosen & (1 << period) != 0).collect()).collect()
}

/// Returns the state of a test copy of the alarm, with bad values in the periods `bad` and good values in all other
/// periods.
async fn state_with(stack: &Stack, deployed: &MetricAlarm, bad: &[i32]) -> StateValue {
    let copy = Copy::of(stack, deployed);
    for period in 0..copy.periods() {
        copy.publish(period, bad.contains(&period)).await;
    }
    copy.define(stack).await;
    until("the alarm's first state", seconds(30), async || {
        Some(copy.state().await).filter(|state| *state != StateValue::InsufficientData)
    })
    .await
}

#[tokio::test]
async fn an_alarm_is_raised_by_as_many_bad_periods_as_it_says_and_by_no_fewer() {
    let stack = Stack::take().await;
    let alarms = stack.cloudwatch.alarms().await;
    assert!(!alarms.is_empty());
    for deployed in alarms {
        let name = deployed.alarm_name().unwrap_or_default();
        let copy = Copy::of(&stack, &deployed);
        for bad in choices(copy.periods(), copy.needed()) {
            assert_eq!(state_with(&stack, &deployed, &bad).await, StateValue::Alarm, "{name}: bad are {bad:?}");
        }
        for bad in choices(copy.periods(), copy.needed() - 1) {
            assert_eq!(state_with(&stack, &deployed, &bad).await, StateValue::Ok, "{name}: bad are {bad:?}");
        }
    }
}

#[tokio::test]
async fn missing_figures_after_bad_ones_count_as_bad_for_the_age_and_as_good_for_the_api() {
    let stack = Stack::take().await;
    for (kind, expected) in [("champion-too-old", StateValue::Alarm), ("prediction-latency", StateValue::Ok)] {
        let copy = Copy::of(&stack, &stack.cloudwatch.alarm(kind).await);
        // Only the oldest examined period has a value, and the value is bad.
        copy.publish(copy.periods() - 1, true).await;
        copy.define(&stack).await;
        until(&format!("{kind} in {expected:?}"), seconds(30), async || (copy.state().await == expected).then_some(()))
            .await;
    }
}
