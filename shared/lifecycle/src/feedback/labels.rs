//! How right the predictions are for each true label.

use serde::Serialize;

use super::LiveTally;
use super::share::wilson;

/// The predictions whose true value is one label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LabelAccuracy {
    /// Index of the label among the labels of the signature.
    pub label: u16,
    /// Number of predictions with this true label.
    pub rows: u64,
    /// How many of them were right.
    pub right: u64,
    /// The share of right ones (0–1) among all such predictions lies in this interval with a probability of 95 %.
    pub interval: (f64, f64),
}

impl LabelAccuracy {
    /// Returns the accuracy of each true label, in the order of the signature. Empty for a regression model.
    pub fn of(tally: &LiveTally) -> Vec<Self> {
        let labels = tally.labels.iter().filter(|(_, (rows, _))| *rows > 0);
        let accuracy = |(label, (rows, right)): (&u16, &(u64, u64))| {
            let interval = wilson(*right as f64 / *rows as f64, *rows as f64);
            Self { label: *label, rows: *rows, right: *right, interval }
        };
        labels.map(accuracy).collect()
    }
}
