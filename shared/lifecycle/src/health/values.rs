//! The values of one measurement.

use std::collections::BTreeSet;

use super::{Datum, Metric};

/// The metrics that one measurement could compute, and those that it could not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricValues {
    known: Vec<Datum>,
    unknown: BTreeSet<Metric>,
}

impl MetricValues {
    /// Adds a metric's value.
    pub fn know(&mut self, metric: Metric, value: f64) {
        self.known.push(Datum { metric, value });
    }

    /// Adds a metric that must have a value. `None` makes it unknown.
    pub fn expect(&mut self, metric: Metric, value: Option<f64>) {
        match value {
            Some(value) => self.know(metric, value),
            None => self.miss(&[metric]),
        }
    }

    /// Adds metrics that could not be computed.
    pub fn miss(&mut self, metrics: &[Metric]) {
        self.unknown.extend(metrics);
    }

    /// Adds the results of `other`.
    pub fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unknown.extend(other.unknown);
    }

    /// Returns the known values.
    pub fn known(&self) -> &[Datum] {
        &self.known
    }

    /// Returns the unknown metrics, in the order of [`Metric`].
    pub fn unknown(&self) -> impl ExactSizeIterator<Item = Metric> {
        self.unknown.iter().copied()
    }
}

/// Returns the number of items as a metric's value.
pub(super) fn count<T>(items: impl Iterator<Item = T>) -> f64 {
    u32::try_from(items.count()).map_or(f64::from(u32::MAX), f64::from)
}
