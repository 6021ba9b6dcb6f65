//! Trees compiled for speed: nodes of 8 bytes, steps without branches, and eight walks at the same time.
//!
//! A walk through a tree is a chain of dependent loads. While one walk waits for memory, the others keep the processor
//! busy. A single row walks through [`LANES`] trees at a time. A batch walks [`LANES`] rows at a time through one tree
//! after the other, so that the tree's nodes stay in the nearest cache. A leaf points to itself, so walks of different
//! lengths need no branch. (The idea comes from Asadi, Lin, de Vries: "Runtime optimizations for tree-based machine
//! learning models", IEEE TKDE 26(9), 2014.) After every few steps, one branch ends all walks together.
//!
//! For a single row and for a batch, the leaves of a row are added in the order of the trees. So the result is
//! identical to the last bit.

mod key;
mod leaves;
mod nodes;
mod walk;

use crate::pipeline::{Aggregate, Ensemble};
use leaves::{AddLeaf, Dense, InlineWeights, LeafCollector, Leaves, Lists};
use nodes::{Narrow, PackedNode, Trees, Wide};

/// Number of paths through decision trees that are walked at the same time. Their state fits in the sixteen registers
/// of x86-64.
const LANES: usize = 8;

/// Number of integer keys per row (one for each feature, and one for leaves) that is enough for most tables. With this
/// number, the keys of a row take two cache lines.
const FEW: usize = 32;

/// Maximum number of keys per row (one for each feature, and one for leaves) if a tree node stores its feature's index
/// in one byte.
const MANY: usize = 256;

/// An ensemble of decision trees compiled into flat arrays for fast predictions.
#[derive(Debug, Clone)]
pub(crate) struct FlatEnsemble {
    trees: Packed,
    leaves: Leaves,
    features: usize,
    /// Number by which the sums of the leaf weights are divided: the number of trees if the trees are averaged,
    /// otherwise 1.
    divisor: f32,
    base: Vec<f32>,
}

/// Compiled decision trees. Each variant has a different node type; the smallest type with room for all features is
/// used.
#[derive(Debug, Clone)]
enum Packed {
    Few(Trees<Narrow<FEW>>),
    Many(Trees<Narrow<MANY>>),
    Any(Trees<Wide>),
}

impl FlatEnsemble {
    pub(crate) fn compile(ensemble: &Ensemble, features: usize) -> Self {
        let mut leaves = LeafCollector::new(ensemble.base.len());
        // There is one more key than there are features, because leaves use their own key.
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

    /// Computes the outputs of the decision trees for rows of `features`. Writes them into `outputs`, row by row.
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

    fn outputs_of<F: PackedNode>(&self, trees: &Trees<F>, features: &[f32], outputs: &mut [f32]) {
        match &self.leaves {
            Leaves::Inline => self.sums(trees, &InlineWeights, features, outputs),
            Leaves::Dense(dense) => self.sums::<F, { Dense::OUTPUTS }>(trees, dense, features, outputs),
            Leaves::Lists(lists) if self.base.len() <= Lists::SOME => {
                self.sums::<F, { Lists::SOME }>(trees, lists, features, outputs);
            }
            Leaves::Lists(lists) => self.sums::<F, { Lists::ALL }>(trees, lists, features, outputs),
        }
    }

    /// Adds up the leaf weights that each row reaches in the decision trees, and writes the sums into `sums`. Processes
    /// rows in groups of `LANES`, and the remaining rows one by one.
    fn sums<F: PackedNode, const N: usize>(
        &self,
        trees: &Trees<F>,
        leaves: &impl AddLeaf<N>,
        features: &[f32],
        sums: &mut [f32],
    ) {
        let outputs = self.base.len();
        let together = sums.len() / outputs / LANES * LANES;
        let (features, single) = features.split_at(together * self.features);
        let (sums, single_sums) = sums.split_at_mut(together * outputs);
        if together > 0 {
            walk::batch(trees, leaves, (features, self.features), (sums, outputs));
        }
        for (row, sums) in single.chunks_exact(self.features).zip(single_sums.chunks_exact_mut(outputs)) {
            walk::row(trees, leaves, row, sums);
        }
    }
}

#[cfg(test)]
mod tests;
