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

mod inside;
mod key;
mod leaves;
mod nodes;
mod walk;

use crate::pipeline::{Aggregate, Ensemble};
pub(crate) use inside::FlatNode;
pub(crate) use key::key;
use leaves::{AddLeaf, Dense, InlineWeights, LeafCollector, Leaves, Lists};
use nodes::{Narrow, PackedNode, Trees, Wide};

// The state of eight walks fits in the sixteen registers of x86-64.
/// Number of paths through decision trees that are walked at the same time.
const LANES: usize = 8;

// With this number, the integer keys of a row take two cache lines. A row has one key for each feature, and one for
// leaves.
/// Length of the array with a row's integer keys (one per feature), for most tables.
const FEW: usize = 32;

// A row has one key for each feature, and one for leaves. A tree node still stores its feature's index in one byte.
/// Length of the array with a row's integer keys (one per feature), for wide tables. More features need larger tree
/// nodes.
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

// The smallest type with room for all features is used.
/// Compiled decision trees. The variants differ in the type of the tree nodes.
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

    /// Sums up the leaf weights that each row reaches in the decision trees, and writes them into `sums`.
    fn sums<F: PackedNode, const N: usize>(
        &self,
        trees: &Trees<F>,
        leaves: &impl AddLeaf<N>,
        features: &[f32],
        sums: &mut [f32],
    ) {
        // Processes rows in groups of `LANES`, and the remaining rows one by one.
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
