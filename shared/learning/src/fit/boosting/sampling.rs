//! Row and feature sampling of gradient boosting: draws the training rows and features that each boosting round uses.

// Friedman, "Stochastic gradient boosting", Computational Statistics & Data Analysis 38, 2002.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::BoostingParameters;
use super::partition::GradientRow;

/// The rows and features that the current round of gradient boosting uses.
pub(super) struct Sampling {
    seed: u64,
    subsample: f64,
    max_features: f64,
    /// For each training row, whether the current round uses the row. Empty if every round uses all rows.
    rows: Vec<bool>,
    /// Indices of the training rows that the current round does not use.
    others: Vec<u32>,
    /// For each feature, whether the current round may split on the feature.
    features: Vec<bool>,
}

impl Sampling {
    pub(super) fn new(parameters: BoostingParameters, rows: usize, features: usize, seed: u64) -> Self {
        let rows = if parameters.subsample < 1.0 { vec![true; rows] } else { Vec::new() };
        Self {
            seed,
            subsample: parameters.subsample,
            max_features: parameters.max_features,
            rows,
            others: Vec::new(),
            features: vec![true; features],
        }
    }

    /// Draws the rows and features of boosting round number `round`.
    pub(super) fn draw(&mut self, round: u64) {
        // The result depends only on the seed and the round number, and not on earlier rounds.
        if self.rows.is_empty() && self.max_features >= 1.0 {
            return;
        }
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(round);
        self.others.clear();
        for (row, taken) in (0..).zip(&mut self.rows) {
            *taken = generator.random::<f64>() < self.subsample;
            if !*taken {
                self.others.push(row);
            }
        }
        if self.others.len() == self.rows.len() {
            self.others.clear();
            self.rows.fill(true);
        }
        if self.max_features < 1.0 {
            self.draw_features(&mut generator);
        }
    }

    fn draw_features(&mut self, generator: &mut ChaCha8Rng) {
        let count = self.features.len();
        let wanted = ((count as f64 * self.max_features).round() as usize).clamp(1.min(count), count);
        self.features.fill(false);
        let mut order: Vec<usize> = (0..count).collect();
        for place in 0..wanted {
            let drawn = generator.random_range(place as u32..count as u32) as usize;
            order.swap(place, drawn);
        }
        for feature in order.into_iter().take(wanted) {
            if let Some(is_used) = self.features.get_mut(feature) {
                *is_used = true;
            }
        }
    }

    /// Returns, for each feature, whether the current boosting round may split on the feature.
    pub(super) fn features(&self) -> &[bool] {
        &self.features
    }

    /// Keeps only the training rows in `entries` that the current boosting round uses.
    pub(super) fn take(&self, mut entries: Vec<GradientRow>) -> Vec<GradientRow> {
        if !self.others.is_empty() {
            entries.retain(|entry| self.rows.get(entry.row as usize).copied().unwrap_or(true));
        }
        entries
    }

    /// Returns the indices of the training rows that the current boosting round does not use.
    pub(super) fn others(&self) -> &[u32] {
        &self.others
    }
}
