//! The values of one measurement of the health metrics.

use std::collections::BTreeSet;

use super::{Datum, Metric};

/// Result of one measurement: the values of the health metrics, and the metrics that could not be computed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricValues {
    known: Vec<Datum>,
    unknown: BTreeSet<Metric>,
}

impl MetricValues {
    /// Adds the value of a metric.
    pub fn know(&mut self, metric: Metric, value: f64) {
        self.known.push(Datum { metric, value });
    }

    /// Adds a metric that must have a value. If `value` is `None`, the metric counts as unknown.
    pub fn expect(&mut self, metric: Metric, value: Option<f64>) {
        match value {
            Some(value) => self.know(metric, value),
            None => self.miss(&[metric]),
        }
    }

    /// Marks metrics as unknown, because they could not be computed.
    pub fn miss(&mut self, metrics: &[Metric]) {
        self.unknown.extend(metrics);
    }

    /// Adds the known and the unknown metrics of `other`.
    pub fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unknown.extend(other.unknown);
    }

    /// Returns the values of the metrics that could be computed.
    pub fn known(&self) -> &[Datum] {
        &self.known
    }

    /// Returns the metrics that could not be computed, in the order of [`Metric`].
    pub fn unknown(&self) -> impl ExactSizeIterator<Item = Metric> {
        self.unknown.iter().copied()
    }
}

/// Returns the number of items as a floating-point number, because values of metrics have that type.
pub(super) fn count<T>(items: impl Iterator<Item = T>) -> f64 {
    u32::try_from(items.count()).map_or(f64::from(u32::MAX), f64::from)
}
