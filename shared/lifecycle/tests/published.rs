//! Tests which metrics are published when, and that alarms see the same as if every measurement published everything.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use evergreen_lifecycle::health::{AFTER_CHANGE, AT_LEAST_EVERY};
use evergreen_lifecycle::{Datum, Metric, Publication, PublishedMetrics};
use evergreen_testkit::moment;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const BEGIN: &str = "2026-11-24T00:01:00Z";
const RELEASE: &str = "1.2.3";

/// A metric with `Publication::OnChange` for which high values are bad.
const RARE: Metric = Metric::DeadlineMissed;

/// Measures and publishes like the metrics function.
struct Publisher {
    record: PublishedMetrics,
}

impl Publisher {
    fn new() -> Self {
        Self { record: PublishedMetrics::default().for_release(RELEASE) }
    }

    fn measure(&mut self, measured: &[Datum], now: Timestamp) -> Vec<Datum> {
        let due = self.record.due(measured, now);
        self.record = self.record.after(&due, now);
        due
    }

    /// Measures only the metric [`RARE`], and returns whether it was published.
    fn publishes(&mut self, value: f64, now: Timestamp) -> bool {
        !self.measure(&[Datum { metric: RARE, value }], now).is_empty()
    }
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[test]
fn a_change_and_the_change_back_are_published_at_once() {
    let (mut publisher, begin) = (Publisher::new(), moment(BEGIN));
    assert!(publisher.publishes(0.0, begin));
    let later = begin + minutes(300);
    assert!(!publisher.publishes(0.0, later - minutes(5)));
    assert!(publisher.publishes(1.0, later));
    assert!(publisher.publishes(0.0, later + minutes(1)));
}

#[test]
fn a_changed_value_is_repeated_for_an_hour() {
    let (mut publisher, begin) = (Publisher::new(), moment(BEGIN));
    let published: Vec<_> = (0..30).map(|step| publisher.publishes(1.0, begin + minutes(5 * step))).collect();
    assert_eq!(published.iter().position(|published| !published), Some(12));
    assert_eq!(published.iter().filter(|published| **published).count(), 12);
}

#[test]
fn another_release_publishes_every_metric() {
    let (mut publisher, begin) = (Publisher::new(), moment(BEGIN));
    publisher.publishes(0.0, begin);
    let later = begin + minutes(300);
    assert!(!publisher.publishes(0.0, later));
    publisher.record = publisher.record.clone().for_release("1.2.4");
    assert!(publisher.publishes(0.0, later));
}

#[test]
fn while_values_are_being_published_the_stored_record_has_none() {
    let (mut publisher, begin) = (Publisher::new(), moment(BEGIN));
    publisher.publishes(0.0, begin);
    publisher.record = publisher.record.withdrawn();
    assert_eq!((publisher.record.revision, publisher.record.points.len()), (1, 0));
    assert!(publisher.publishes(0.0, begin + minutes(300)));
}

#[test]
fn a_record_from_the_future_is_not_believed() {
    let (mut publisher, begin) = (Publisher::new(), moment(BEGIN));
    publisher.publishes(0.0, begin + minutes(60 * 24 * 30));
    assert!(publisher.publishes(0.0, begin));
}

/// The state of a CloudWatch alarm with one period, `TreatMissingData: ignore`, and the threshold "at least 1".
struct Alarm {
    raised: bool,
    // CloudWatch also reads some periods before the evaluated one, and uses the newest one that has a value.
    range: usize,
    periods: Vec<Option<f64>>,
}

impl Alarm {
    fn new(range: usize) -> Self {
        Self { raised: false, range, periods: Vec::new() }
    }

    /// Ends a period of five minutes with the values that were published in it. Returns whether the alarm is raised.
    fn end_period(&mut self, values: &[f64]) -> bool {
        self.periods.push(values.iter().copied().reduce(f64::max));
        if let Some(newest) = self.periods.iter().rev().take(self.range).find_map(|value| *value) {
            self.raised = newest >= 1.0;
        }
        self.raised
    }
}

/// Any measured values: for each step of five minutes the values in it. A value is unknown in some steps.
fn measured() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let value = prop_oneof![Just(0.0), Just(1.0), Just(2.0)];
    let step = prop_oneof![
        4 => value.clone().prop_map(|value| vec![value]),
        1 => prop::collection::vec(value, 0..4),
    ];
    // The lengths exceed the hour of repeats, and together sometimes a day.
    prop::collection::vec((step, 1..200_usize), 1..8)
        .prop_map(|parts| parts.into_iter().flat_map(|(step, length)| std::iter::repeat_n(step, length)).collect())
}

proptest! {
    #[test]
    fn an_alarm_is_in_the_same_state_as_if_every_value_were_published(steps in measured(), range in 1..6_usize) {
        let (mut publisher, mut now) = (Publisher::new(), moment(BEGIN));
        let (mut every, mut due) = (Alarm::new(range), Alarm::new(range));
        let mut last = None;
        for step in steps {
            let published: Vec<f64> = (0..).zip(&step)
                .filter(|(minute, value)| publisher.publishes(**value, now + minutes(*minute)))
                .map(|(_, value)| *value)
                .collect();
            let (expected, found) = (every.end_period(&step), due.end_period(&published));
            let is_steady = step.iter().all(|value| Some(*value) == last.or(step.first().copied()));
            // In the period of a change, CloudWatch may see the new value without the old one, so earlier.
            prop_assert!(expected == found || !is_steady, "{now}: {expected}, but {found}");
            prop_assert!(found || step.last().is_none_or(|value| *value < 1.0), "{now}: not raised at once");
            last = step.last().copied().or(last);
            now += minutes(5);
        }
    }

    #[test]
    fn no_known_metric_is_silent_for_more_than_a_day(steps in measured()) {
        let (mut publisher, mut now) = (Publisher::new(), moment(BEGIN));
        let mut newest = now;
        for step in steps.iter().filter(|step| !step.is_empty()) {
            if publisher.publishes(step[0], now) {
                newest = now;
            }
            prop_assert!(now.duration_since(newest) < SignedDuration::from_hours(24));
            now += minutes(5);
        }
    }
}

/// The counts from which `make cost` computes the price of the metrics of a quiet month.
fn costs(name: &str) -> usize {
    let durations = include_str!("../../../infra/cost/durations.json");
    let durations: serde_json::Value = serde_json::from_str(durations).unwrap();
    usize::try_from(durations["counted"][name].as_u64().unwrap()).unwrap()
}

/// Returns in how many hours each metric is published in 30 days with a measurement every five minutes.
///
/// If `is_changing`, a training in each night changes every metric.
fn hours_of_a_month(is_changing: bool) -> BTreeMap<Metric, usize> {
    let (mut publisher, begin) = (Publisher::new(), moment(BEGIN));
    // The values were published long before this month.
    let measured =
        |day: i64| Metric::ALL.map(|metric| Datum { metric, value: if is_changing { day as f64 } else { 0.0 } });
    publisher.measure(&measured(-1), begin - minutes(60 * 24));
    let mut hours: BTreeMap<Metric, BTreeSet<i64>> = BTreeMap::new();
    for step in 0..30 * 24 * 12 {
        let now = begin + minutes(5 * step);
        // The training ends at 03:00, just before a measurement.
        let day = (step - 36).div_euclid(24 * 12);
        for datum in publisher.measure(&measured(day), now) {
            hours.entry(datum.metric).or_default().insert(now.as_second().div_euclid(3600));
        }
    }
    hours.into_iter().map(|(metric, hours)| (metric, hours.len())).collect()
}

#[test]
fn a_quiet_month_publishes_as_many_hours_as_the_cost_table_says() {
    let (changing, same) = (hours_of_a_month(true), hours_of_a_month(false));
    for metric in Metric::ALL {
        let (changing, same) = (changing[&metric], same[&metric]);
        match metric.publication() {
            Publication::EachTime => assert_eq!((changing, same), (720, 720), "{metric:?}"),
            Publication::OnChange => {
                assert!(changing <= 30 * costs("metric_hours_of_a_change"), "{metric:?}: {changing} hours");
                assert!(same <= costs("metric_hours_of_repeats"), "{metric:?}: {same} hours");
            }
        }
    }
}

#[test]
fn a_value_is_repeated_longer_than_an_alarm_looks_back_and_once_a_day() {
    assert!(AFTER_CHANGE >= minutes(15));
    // The next measurement comes five minutes later, or another five minutes later if it is retried.
    assert!(AT_LEAST_EVERY + minutes(10) <= SignedDuration::from_hours(24));
}
