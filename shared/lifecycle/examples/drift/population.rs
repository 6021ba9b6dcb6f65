//! The distributions of simulated columns.

use evergreen_lifecycle::drift::{Bins, CountedCategory};
use rand::Rng;

use crate::sampling::{Alias, normal, normal_quantile, uniform};

/// The number of a category that training did not see.
const UNSEEN: u32 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Number,
    Category,
    Time,
}

/// A column's distribution: values with a probability each, and a uniform distribution between 0 and 1. The test uses only
/// the order of numbers, so the uniform distribution stands for every continuous one.
#[derive(Debug, Clone)]
pub struct Population {
    pub kind: Kind,
    atoms: Vec<(f64, f64)>,
    uniform: f64,
    pub missing: f64,
    /// By how many standard deviations the continuous part is larger, if it were a normal distribution.
    pub shift: f64,
}

impl Population {
    pub fn uniform(missing: f64) -> Self {
        Self { kind: Kind::Number, atoms: Vec::new(), uniform: 1.0 - missing, missing, shift: 0.0 }
    }

    /// Mostly zero, otherwise any number.
    pub fn zeros() -> Self {
        Self { kind: Kind::Number, atoms: vec![(0.0, 0.6)], uniform: 0.4, missing: 0.0, shift: 0.0 }
    }

    pub fn integers(shares: &[f64]) -> Self {
        let atoms = shares.iter().enumerate().map(|(value, share)| (value as f64, *share)).collect();
        Self { kind: Kind::Number, atoms, uniform: 0.0, missing: 0.0, shift: 0.0 }
    }

    pub fn categories(shares: &[f64]) -> Self {
        Self { kind: Kind::Category, ..Self::integers(shares) }
    }

    /// Categories of which the k-th is 1/k as frequent as the first.
    pub fn zipf(count: usize) -> Self {
        let sum: f64 = (1..=count).map(|rank| 1.0 / rank as f64).sum();
        Self::categories(&(1..=count).map(|rank| 1.0 / rank as f64 / sum).collect::<Vec<f64>>())
    }

    pub fn time(missing: f64) -> Self {
        Self { kind: Kind::Time, ..Self::uniform(missing) }
    }

    pub fn sampler(&self) -> Sampler {
        let mut weights: Vec<f64> = self.atoms.iter().map(|(_, share)| *share).collect();
        weights.extend([self.uniform, self.missing]);
        let values = self.atoms.iter().map(|(value, _)| *value).collect();
        Sampler { alias: Alias::new(0, &weights), values, shift: self.shift }
    }

    /// Fixes the cells by training values.
    pub fn bins(&self, mut values: Vec<f32>) -> Bins {
        match self.kind {
            Kind::Number => Bins::of_numbers(&mut values),
            Kind::Time => Bins::Presence,
            Kind::Category => {
                let mut rows = vec![0_u64; self.atoms.len()];
                values.iter().for_each(|value| rows[*value as usize] += 1);
                let rows = rows
                    .iter()
                    .enumerate()
                    .map(|(code, rows)| (CountedCategory { code: code as u32, name: format!("c{code}") }, *rows));
                Bins::of_categories(rows, UNSEEN)
            }
        }
    }

    /// Returns the value as the model reads it: a category that training did not see becomes the unseen one.
    pub fn encoded(&self, value: f32, seen: &[bool]) -> f32 {
        let is_new = self.kind == Kind::Category && !seen[value as usize];
        if is_new { UNSEEN as f32 } else { value }
    }

    /// Returns the probability of each cell.
    pub fn cells(&self, bins: &Bins, seen: &[bool]) -> Vec<f64> {
        let mut cells = vec![0.0; bins.cells()];
        let missing = cells.len() - 1;
        cells[missing] = self.missing;
        for (value, share) in &self.atoms {
            cells[bins.cell_of(f64::from(self.encoded(*value as f32, seen)))] += share;
        }
        match bins {
            Bins::Numbers { edges } => {
                let below = |edge: f64| {
                    let edge = edge.clamp(0.0, 1.0);
                    if self.shift == 0.0 { edge } else { normal(normal_quantile(edge) - self.shift) }
                };
                let mut low = 0.0;
                for (cell, edge) in edges.iter().copied().chain([1.0]).enumerate() {
                    cells[cell] += self.uniform * (below(edge) - low);
                    low = below(edge);
                }
            }
            _ => cells[0] += self.uniform,
        }
        cells
    }

    pub fn categories_count(&self) -> usize {
        self.atoms.len()
    }
}

/// Draws the values of a column. NaN is missing.
pub struct Sampler {
    alias: Alias,
    values: Vec<f64>,
    shift: f64,
}

impl Sampler {
    pub fn draw(&self, random: &mut impl Rng) -> f32 {
        let place = self.alias.draw(random) as usize;
        match self.values.get(place) {
            Some(value) => *value as f32,
            None if place > self.values.len() => f32::NAN,
            None if self.shift == 0.0 => uniform(random) as f32,
            None => normal(normal_quantile(uniform(random)) + self.shift) as f32,
        }
    }
}
