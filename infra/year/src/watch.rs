//! Follows one alarm through the year: when it changes its state.
//!
//! Most of the time nothing can change, and the evaluation jumps to the next value that could.

use std::collections::BTreeMap;

use evergreen_alert::AlarmState;
use serde::{Deserialize, Serialize};

use crate::rule::{AlarmRule, MissingTreatment, PeriodStatistic};
use crate::series::MetricSeries;

/// Minutes until a value has reached CloudWatch and an evaluation sees it.
const LAG: u32 = 2;

// AWS says that an alarm is evaluated every minute, but not whether the periods move with the minute or have fixed ends.
// So each alarm of a simulated year has one of both.
/// When an alarm is evaluated: at every minute that is `phase` more than a multiple of `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    /// Minutes between two evaluations: 1, or the length of a period.
    pub every: u32,
    /// The first minute of the year with an evaluation.
    pub phase: u32,
}

/// A change of an alarm's state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StateChange {
    /// The minute of the year in which CloudWatch changed the state.
    pub minute: u32,
    /// The new state.
    pub to: AlarmState,
    /// The state before.
    pub from: AlarmState,
    /// Whether the newest period had no value.
    pub is_without_data: bool,
}

/// The metrics that one alarm adds up.
struct WatchedMetrics<'a> {
    rule: &'a AlarmRule,
    series: Vec<&'a MetricSeries>,
}

/// Returns all changes of an alarm's state until the minute `end`. The alarm begins in the state OK.
pub fn changes(rule: &AlarmRule, all: &BTreeMap<String, MetricSeries>, cadence: Cadence, end: u32) -> Vec<StateChange> {
    let watched = WatchedMetrics { rule, series: rule.metrics.iter().filter_map(|name| all.get(name)).collect() };
    let notable = watched.notable(end);
    let reach = u32::try_from(rule.range()).unwrap_or(u32::MAX).saturating_mul(rule.period) + LAG + cadence.every;
    let (mut changes, mut state, mut minute) = (Vec::new(), AlarmState::Ok, 0);
    let mut upcoming = notable.iter().copied().peekable();
    let mut last = None;
    loop {
        while let Some(next) = upcoming.next_if(|next| *next <= minute) {
            last = Some(next);
        }
        let is_settled = state == AlarmState::Ok && last.is_none_or(|last: u32| minute > last + reach);
        if is_settled {
            match upcoming.peek() {
                Some(next) => minute = *next,
                None => return changes,
            }
        }
        minute = cadence.next_at(minute);
        if minute >= end {
            return changes;
        }
        let periods = watched.periods_until(minute.saturating_sub(LAG));
        let to = rule.state_after(&periods, state);
        if to != state {
            let is_without_data = periods.last().is_none_or(Option::is_none);
            changes.push(StateChange { minute, to, from: state, is_without_data });
            state = to;
        }
        minute += 1;
    }
}

impl Cadence {
    /// Returns the first minute with an evaluation that is not before `minute`.
    fn next_at(self, minute: u32) -> u32 {
        let since = minute.saturating_sub(self.phase);
        self.phase + since.div_ceil(self.every.max(1)) * self.every.max(1)
    }
}

impl WatchedMetrics<'_> {
    /// Returns the minutes from which the alarm could be raised: those of bad values, and of the last value before a gap
    /// that counts as bad.
    fn notable(&self, end: u32) -> Vec<u32> {
        let mut notable = Vec::new();
        for series in &self.series {
            let points = series.points();
            // Small values can add up to a bad sum.
            let is_sum = matches!(self.rule.statistic, PeriodStatistic::Sum);
            let is_notable = |value: f64| self.rule.is_breaching(value) || (is_sum && value != 0.0);
            notable.extend(points.iter().filter(|point| is_notable(point.value)).map(|point| point.minute));
            if self.rule.missing == MissingTreatment::Breaching {
                let begins = points.iter().map(|point| point.minute);
                let ends = begins.clone().skip(1).chain([end]);
                notable
                    .extend(begins.zip(ends).filter(|(a, b)| b.saturating_sub(*a) > self.rule.period).map(|(a, _)| a));
            }
        }
        notable.sort_unstable();
        notable
    }

    /// Returns the values of the periods of the evaluation range that ends before the minute `until`, oldest first.
    fn periods_until(&self, until: u32) -> Vec<Option<f64>> {
        let range = u32::try_from(self.rule.range()).unwrap_or(u32::MAX);
        let ages = (0..range).rev().map(|age| age.saturating_mul(self.rule.period));
        // Before the year, all was well: there is no period to evaluate.
        let periods =
            ages.map(|age| (until.saturating_sub(age.saturating_add(self.rule.period)), until.saturating_sub(age)));
        periods.map(|(from, until)| self.value_of(from, until)).collect()
    }

    /// Returns the sum of the metrics' values of one period. `None` if none of them has a value.
    fn value_of(&self, from: u32, until: u32) -> Option<f64> {
        let values = self.series.iter().filter_map(|series| series.value_of(from, until, self.rule.statistic));
        values.reduce(|a, b| a + b)
    }
}
