//! The values of the health metrics at one time.

use std::collections::BTreeSet;

use super::{Datum, Metric};

/// Values of the health metrics at one time, and the list of the metrics that could not be computed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricValues {
    known: Vec<Datum>,
    unknown: BTreeSet<Metric>,
}

impl MetricValues {
    /// Adds a metric with its value.
    pub fn know(&mut self, metric: Metric, value: f64) {
        self.known.push(Datum { metric, value });
    }

    /// Adds a metric that must have a value. If `value` is `None`, marks the metric as unknown.
    pub fn expect(&mut self, metric: Metric, value: Option<f64>) {
        match value {
            Some(value) => self.know(metric, value),
            None => self.miss(&[metric]),
        }
    }

    /// Marks the metrics as unknown: they should have a value, but it could not be computed.
    pub fn miss(&mut self, metrics: &[Metric]) {
        self.unknown.extend(metrics);
    }

    /// Adds all values and all unknown metrics of `other`.
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

/// Returns the number of items as an `f64`, the type of the metric values.
pub(super) fn count<T>(items: impl Iterator<Item = T>) -> f64 {
    u32::try_from(items.count()).map_or(f64::from(u32::MAX), f64::from)
}
