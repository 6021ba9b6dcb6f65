//! The figures of one measurement.

use std::collections::BTreeSet;

use super::{Datum, Metric};

/// What one measurement has worked out, and what it could not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    known: Vec<Datum>,
    unknown: BTreeSet<Metric>,
}

impl Figures {
    /// Takes in a figure.
    pub fn know(&mut self, metric: Metric, value: f64) {
        self.known.push(Datum { metric, value });
    }

    /// Takes in a figure that there must be: unknown where it is nothing.
    pub fn expect(&mut self, metric: Metric, value: Option<f64>) {
        match value {
            Some(value) => self.know(metric, value),
            None => self.miss(&[metric]),
        }
    }

    /// Takes note of figures that could not be worked out.
    pub fn miss(&mut self, metrics: &[Metric]) {
        self.unknown.extend(metrics);
    }

    /// Takes in what was worked out elsewhere.
    pub fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.unknown.extend(other.unknown);
    }

    /// The figures that are known.
    pub fn known(&self) -> &[Datum] {
        &self.known
    }

    /// The figures that are not, in the order of [`Metric`].
    pub fn unknown(&self) -> impl ExactSizeIterator<Item = Metric> {
        self.unknown.iter().copied()
    }
}

/// How many, as a figure.
pub(super) fn count<T>(items: impl Iterator<Item = T>) -> f64 {
    u32::try_from(items.count()).map_or(f64::from(u32::MAX), f64::from)
}
