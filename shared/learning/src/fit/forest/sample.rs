//! Draws the bootstrap sample of training rows on which each tree of a random forest grows.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::fit::features::{TrainingData, Truth};

/// A training row in the bootstrap sample of one tree of a random forest.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampledRow {
    /// Index of the row in the training data.
    pub(super) row: u32,
    /// The row's class in a classification, 0 in a regression. Index of the sum to which a tree node adds the row.
    pub(super) output: u32,
    /// Weight of the row, multiplied by the number of times that the row was drawn into the bootstrap sample.
    pub(super) weight: f32,
    /// The row's target number, standardised, in a regression. Always 1 in a classification.
    pub(super) value: f32,
}

/// The training rows from which the bootstrap samples of a random forest's trees are drawn.
#[derive(Debug)]
pub(super) struct SamplePool {
    entries: Vec<SampledRow>,
    /// How many numbers a leaf predicts: one for each class, or 1 in a regression.
    pub(super) outputs: usize,
    // The prediction of a leaf is `offset + scale * output`.
    /// Mean of the target numbers in a regression, 0 in a classification.
    pub(super) offset: f64,
    // The prediction of a leaf is `offset + scale * output`.
    /// Standard deviation of the target numbers in a regression, 1 in a classification.
    pub(super) scale: f64,
}

impl SamplePool {
    /// Creates the pool from which bootstrap samples are drawn, from `rows` of the training data.
    pub(super) fn new(training: &TrainingData<'_>, rows: &[u32]) -> Self {
        // In a regression, target numbers are standardised, so single precision is enough for any unit.
        debug_assert!(training.truth.has(rows), "every row has a truth");
        let (offset, scale) = match training.truth {
            Truth::Classes { .. } => (0.0, 1.0),
            Truth::Numbers(numbers) => moments(rows.iter().filter_map(|row| numbers.get(*row as usize).copied())),
        };
        let entry = |&row: &u32| {
            let at = row as usize;
            let (output, value) = match training.truth {
                Truth::Classes { classes, .. } => (classes.get(at).copied().unwrap_or_default(), 1.0),
                Truth::Numbers(numbers) => {
                    (0, ((numbers.get(at).copied().unwrap_or_default() - offset) / scale) as f32)
                }
            };
            SampledRow { row, output, weight: training.weight(row), value }
        };
        Self { entries: rows.iter().map(entry).collect(), outputs: training.truth.outputs(), offset, scale }
    }

    /// Returns all training rows of the pool, each once.
    #[cfg(test)]
    pub(super) fn entries(&self) -> &[SampledRow] {
        &self.entries
    }

    /// Draws a bootstrap sample of training rows: as many draws as there are rows, with replacement.
    pub(super) fn draw(&self, generator: &mut ChaCha8Rng) -> Vec<SampledRow> {
        let mut times = vec![0_u32; self.entries.len()];
        for _ in 0..times.len() {
            let drawn = generator.random_range(0..self.entries.len() as u32);
            if let Some(times) = times.get_mut(drawn as usize) {
                *times += 1;
            }
        }
        let mut drawn = Vec::with_capacity(times.iter().filter(|times| **times > 0).count());
        // A row that was drawn several times is in the result once, with its weight multiplied by the number of draws.
        // Rows with weight 0 are left out.
        let weighed = |(entry, times): (&SampledRow, u32)| SampledRow { weight: entry.weight * times as f32, ..*entry };
        drawn.extend(self.entries.iter().zip(times).map(weighed).filter(|entry| entry.weight > 0.0));
        // If no row is left, all rows of the pool are returned once, with weight 1.
        if drawn.is_empty() { self.unweighted() } else { drawn }
    }

    /// Returns all training rows with a weight above 0, each once.
    pub(super) fn all(&self) -> Vec<SampledRow> {
        let weighed: Vec<SampledRow> = self.entries.iter().filter(|entry| entry.weight > 0.0).copied().collect();
        // If all weights are 0, all rows are returned with weight 1.
        if weighed.is_empty() { self.unweighted() } else { weighed }
    }

    fn unweighted(&self) -> Vec<SampledRow> {
        self.entries.iter().map(|entry| SampledRow { weight: 1.0, ..*entry }).collect()
    }
}

/// Returns the mean and the standard deviation of `values`.
pub(in crate::fit) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().map(|value| value / count).sum::<f64>();
    let deviation = values.map(|value| (value - mean).powi(2) / count).sum::<f64>().sqrt();
    // A deviation that is 0 or not finite is replaced by 1.
    (mean, if deviation.is_finite() && deviation > 0.0 { deviation } else { 1.0 })
}
