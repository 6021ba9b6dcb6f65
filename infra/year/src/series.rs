//! The values of one metric over the year, and what CloudWatch makes of them for a period.

use serde::{Deserialize, Serialize};

use crate::rule::PeriodStatistic;

/// Equal values of a metric in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The minute, counted from the start of the year.
    pub minute: u32,
    /// The value, in the metric's unit.
    pub value: f64,
    /// How many such values there were in this minute. Requests with the same latency are one point.
    pub weight: f64,
}

/// All values of one metric, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricSeries(Vec<MetricPoint>);

impl MetricSeries {
    /// Adds one value. Its minute may be before that of the last value.
    pub fn push(&mut self, minute: u32, value: f64) {
        self.push_many(minute, value, 1.0);
    }

    /// Adds `weight` equal values of one minute. Their minute may be before that of the last value.
    pub fn push_many(&mut self, minute: u32, value: f64, weight: f64) {
        let at = self.0.partition_point(|point| point.minute <= minute);
        self.0.insert(at, MetricPoint { minute, value, weight });
    }

    /// Returns all values, oldest first.
    pub fn points(&self) -> &[MetricPoint] {
        &self.0
    }

    /// Returns the value of the period from the minute `from` until before `until`. `None` if there is no value in it.
    pub fn value_of(&self, from: u32, until: u32, statistic: PeriodStatistic) -> Option<f64> {
        let begin = self.0.partition_point(|point| point.minute < from);
        let rest = self.0.get(begin..).unwrap_or_default();
        let end = rest.partition_point(|point| point.minute < until);
        let points = rest.get(..end).filter(|points| !points.is_empty())?;
        let values = || points.iter().map(|point| point.value);
        let sum = || points.iter().map(|point| point.value * point.weight).sum::<f64>();
        Some(match statistic {
            PeriodStatistic::Minimum => values().fold(f64::INFINITY, f64::min),
            PeriodStatistic::Maximum => values().fold(f64::NEG_INFINITY, f64::max),
            PeriodStatistic::Sum => sum(),
            PeriodStatistic::Average => sum() / points.iter().map(|point| point.weight).sum::<f64>(),
            PeriodStatistic::Percentile(percent) => percentile(points, percent),
        })
    }
}

impl FromIterator<MetricPoint> for MetricSeries {
    fn from_iter<I: IntoIterator<Item = MetricPoint>>(points: I) -> Self {
        let mut points: Vec<_> = points.into_iter().collect();
        points.sort_by_key(|point| point.minute);
        Self(points)
    }
}

/// Returns the smallest value that at least `percent` of all values do not exceed (the nearest rank).
fn percentile(points: &[MetricPoint], percent: f64) -> f64 {
    let mut sorted: Vec<_> = points.iter().collect();
    sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
    let rank = percent / 100.0 * sorted.iter().map(|point| point.weight).sum::<f64>();
    let mut below = 0.0;
    let reaches = |point: &&&MetricPoint| {
        below += point.weight;
        below >= rank
    };
    sorted.iter().find(reaches).or(sorted.last()).map_or(f64::NAN, |point| point.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_counts_how_many_requests_had_each_latency() {
        let mut series = MetricSeries::default();
        series.push_many(0, 20.0, 98.0);
        series.push_many(1, 1500.0, 2.0);
        let p99 = |series: &MetricSeries, until| series.value_of(0, until, PeriodStatistic::Percentile(99.0));
        assert_eq!((p99(&series, 1), p99(&series, 5)), (Some(20.0), Some(1500.0)));
        series.push_many(2, 20.0, 400.0);
        assert_eq!(p99(&series, 5), Some(20.0), "two of five hundred are fewer than one in a hundred");
    }

    #[test]
    fn a_period_without_values_is_missing_and_not_zero() {
        let mut series = MetricSeries::default();
        series.push(7, 3.0);
        series.push(6, 1.0);
        assert_eq!(series.value_of(0, 5, PeriodStatistic::Sum), None);
        assert_eq!(series.value_of(5, 10, PeriodStatistic::Sum), Some(4.0));
        assert_eq!(series.value_of(5, 10, PeriodStatistic::Minimum), Some(1.0));
    }
}
