//! Trees compiled for speed: nodes of 8 bytes, no branch in a step, eight walks side by side.
//!
//! A walk through a tree is a chain of dependent loads; while one waits, the others keep the processor busy. A row alone is
//! walked through [`LANES`] trees at a time, a batch [`LANES`] rows at a time through one tree after the other, whose nodes
//! stay in the nearest cache meanwhile. A leaf leads to itself, so walks of different lengths need no branch (the idea of
//! Asadi, Lin, de Vries: "Runtime optimizations for tree-based machine learning models", IEEE TKDE 26(9), 2014); after
//! every few steps one branch ends them together.
//!
//! Either way the leaves of a row are added up in the order of the trees, so the answer is the same to the last bit.

mod key;
mod leaves;
mod nodes;
mod walk;

use crate::pipeline::{Aggregate, Ensemble};
use leaves::{Added, Collector, Dense, Leaves, Lists, Numbers};
use nodes::{Form, Narrow, Trees, Wide};

/// Walks side by side: what x86-64's sixteen registers hold.
const LANES: usize = 8;

/// Slots for the features of most tables: a row's keys are two cache lines.
const FEW: usize = 32;

/// Slots for as many features as a byte can name.
const MANY: usize = 256;

/// Trees in flat arrays.
#[derive(Debug, Clone)]
pub(crate) struct FlatEnsemble {
    trees: Packed,
    leaves: Leaves,
    features: usize,
    /// By what sums are divided: the number of trees for a mean, else 1.
    divisor: f32,
    base: Vec<f32>,
}

/// Trees in the smallest form that has room for the features.
#[derive(Debug, Clone)]
enum Packed {
    Few(Trees<Narrow<FEW>>),
    Many(Trees<Narrow<MANY>>),
    Any(Trees<Wide>),
}

impl FlatEnsemble {
    /// Compiles a checked ensemble on this number of features.
    pub(crate) fn compile(ensemble: &Ensemble, features: usize) -> Self {
        let mut leaves = Collector::new(ensemble.base.len());
        // One slot more than features: that at which leaves look.
        let trees = if features < FEW {
            Packed::Few(Trees::compile(&ensemble.trees, features, &mut leaves))
        } else if features < MANY {
            Packed::Many(Trees::compile(&ensemble.trees, features, &mut leaves))
        } else {
            Packed::Any(Trees::compile(&ensemble.trees, features, &mut leaves))
        };
        let divisor = match ensemble.aggregate {
            Aggregate::Average => ensemble.trees.len() as f32,
            Aggregate::Sum => 1.0,
        };
        Self { trees, leaves: leaves.finish(), features, divisor, base: ensemble.base.clone() }
    }

    /// Writes the outputs of rows of `features`, one row after the other, into `outputs`, as many for each as there are
    /// bases.
    pub(crate) fn outputs(&self, features: &[f32], outputs: &mut [f32]) {
        match &self.trees {
            Packed::Few(trees) => self.outputs_of(trees, features, outputs),
            Packed::Many(trees) => self.outputs_of(trees, features, outputs),
            Packed::Any(trees) => self.outputs_of(trees, features, outputs),
        }
        for row in outputs.chunks_exact_mut(self.base.len()) {
            for (output, base) in row.iter_mut().zip(&self.base) {
                *output = *output / self.divisor + base;
            }
        }
    }

    fn outputs_of<F: Form>(&self, trees: &Trees<F>, features: &[f32], outputs: &mut [f32]) {
        match &self.leaves {
            Leaves::Numbers => self.sums(trees, &Numbers, features, outputs),
            Leaves::Dense(dense) => self.sums::<F, { Dense::OUTPUTS }>(trees, dense, features, outputs),
            Leaves::Lists(lists) if self.base.len() <= Lists::SOME => {
                self.sums::<F, { Lists::SOME }>(trees, lists, features, outputs);
            }
            Leaves::Lists(lists) => self.sums::<F, { Lists::ALL }>(trees, lists, features, outputs),
        }
    }

    /// Writes the sums of the leaves of each row into `sums`: of as many rows as fill all lanes together, of the rest one
    /// by one.
    fn sums<F: Form, const N: usize>(
        &self,
        trees: &Trees<F>,
        leaves: &impl Added<N>,
        features: &[f32],
        sums: &mut [f32],
    ) {
        let outputs = self.base.len();
        let together = sums.len() / outputs / LANES * LANES;
        let (features, lone) = features.split_at(together * self.features);
        let (sums, lone_sums) = sums.split_at_mut(together * outputs);
        if together > 0 {
            walk::batch(trees, leaves, (features, self.features), (sums, outputs));
        }
        for (row, sums) in lone.chunks_exact(self.features).zip(lone_sums.chunks_exact_mut(outputs)) {
            walk::row(trees, leaves, row, sums);
        }
    }
}

#[cfg(test)]
mod tests;
