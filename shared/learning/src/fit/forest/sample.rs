//! Draws the rows that a tree grows on.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::fit::features::{TrainingData, Truth};

/// A row of a tree's sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampledRow {
    /// The index in the table.
    pub(super) row: u32,
    /// The output that the row adds to: its class, or 0.
    pub(super) output: u32,
    /// The weight of the row times how often it was drawn.
    pub(super) weight: f32,
    /// The amount that the row adds per unit of weight: 1 for a class, otherwise the standardised number.
    pub(super) value: f32,
}

/// All rows that samples are drawn from.
#[derive(Debug)]
pub(super) struct SamplePool {
    entries: Vec<SampledRow>,
    /// Number of outputs, at least 1.
    pub(super) outputs: usize,
    /// The answer is `offset + scale * output`.
    pub(super) offset: f64,
    pub(super) scale: f64,
}

impl SamplePool {
    /// Takes `rows` of the training. Numbers are standardised, so single precision is enough for any unit.
    pub(super) fn new(training: &TrainingData<'_>, rows: &[u32]) -> Self {
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

    /// Returns all rows, each once.
    #[cfg(test)]
    pub(super) fn entries(&self) -> &[SampledRow] {
        &self.entries
    }

    /// Draws as many rows as there are, with replacement. Rows that were not drawn or have weight 0 are left out. If no
    /// row is left, all rows are returned once.
    pub(super) fn draw(&self, generator: &mut ChaCha8Rng) -> Vec<SampledRow> {
        let mut times = vec![0_u32; self.entries.len()];
        for _ in 0..times.len() {
            let drawn = generator.random_range(0..self.entries.len() as u32);
            if let Some(times) = times.get_mut(drawn as usize) {
                *times += 1;
            }
        }
        let mut drawn = Vec::with_capacity(times.iter().filter(|times| **times > 0).count());
        let weighed = |(entry, times): (&SampledRow, u32)| SampledRow { weight: entry.weight * times as f32, ..*entry };
        drawn.extend(self.entries.iter().zip(times).map(weighed).filter(|entry| entry.weight > 0.0));
        if drawn.is_empty() { self.unweighted() } else { drawn }
    }

    /// Returns all rows, each once. Rows of weight 0 are left out, unless all have weight 0.
    pub(super) fn all(&self) -> Vec<SampledRow> {
        let weighed: Vec<SampledRow> = self.entries.iter().filter(|entry| entry.weight > 0.0).copied().collect();
        if weighed.is_empty() { self.unweighted() } else { weighed }
    }

    fn unweighted(&self) -> Vec<SampledRow> {
        self.entries.iter().map(|entry| SampledRow { weight: 1.0, ..*entry }).collect()
    }
}

/// Returns mean and standard deviation. A deviation that is 0 or not finite becomes 1.
pub(in crate::fit) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().map(|value| value / count).sum::<f64>();
    let deviation = values.map(|value| (value - mean).powi(2) / count).sum::<f64>().sqrt();
    (mean, if deviation.is_finite() && deviation > 0.0 { deviation } else { 1.0 })
}
