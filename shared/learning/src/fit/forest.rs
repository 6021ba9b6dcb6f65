//! Random forests: Breiman, "Random forests", Machine Learning 45, 2001, in the form of scikit-learn: bootstrap of all rows,
//! Gini impurity or variance, a few features tried at each split, leaves that hold the distribution of their rows, and the
//! mean over the trees.
//!
//! smartcore's forest walks every row of the table at every node and lets each tree vote for one class; biosphere's
//! regresses only and keeps its trees to itself. What is grown here is tested against scikit-learn's results.

mod sample;
mod split;
mod tree;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Ensemble, MAX_NODES, Tree};
use rayon::prelude::*;

use self::sample::Sample;
pub(super) use self::sample::moments;
use self::tree::Grower;
use super::features::{Training, Truth};

/// The hyperparameters of a forest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ForestParameters {
    /// Number of trees, at least 1.
    pub(crate) n_estimators: usize,
    /// Splits between root and leaf at most, at least 1.
    pub(crate) max_depth: usize,
    /// Rows that a node needs to be split.
    pub(crate) min_samples_split: usize,
    /// Rows on each side of a split at least, at least 1.
    pub(crate) min_samples_leaf: usize,
    /// The share of the features that is tried at each split; 0 stands for the usual number.
    pub(crate) max_features: f64,
}

/// A forest and what was found out while it grew.
#[derive(Debug)]
pub(crate) struct Forest {
    /// The trees, fewer than asked for when time ran out.
    pub(crate) ensemble: Ensemble,
    /// For each feature, its share of the decrease in impurity: of sum 1, or all 0 when no tree has a split.
    pub(crate) importances: Vec<f64>,
}

/// What a tree is, beside its sample and seed.
#[derive(Debug, Clone, Copy)]
struct Shape {
    parameters: ForestParameters,
    /// Features tried at each split.
    tried: usize,
    /// Nodes at most; the fullest nodes are split first where this is a limit.
    max_nodes: usize,
}

/// Grows a forest on `rows` (at least one) of `training`. Trees that are not begun at the `deadline` are left out, but one is
/// grown. `seed` decides everything else: the threads do not.
pub(crate) fn fit(
    training: &Training<'_>,
    rows: &[u32],
    parameters: ForestParameters,
    seed: u64,
    deadline: Instant,
) -> Forest {
    let sample = Sample::new(training, rows);
    let features = training.binned.columns().len();
    let tried = match training.truth {
        _ if parameters.max_features > 0.0 => (features as f64 * parameters.max_features).ceil() as usize,
        Truth::Classes { .. } => features.isqrt().max(1),
        Truth::Numbers(_) => features,
    };
    let shape = Shape { parameters, tried, max_nodes: (MAX_NODES / parameters.n_estimators.max(1)).max(3) };
    let grow = |index: usize| {
        let wanted = index == 0 || Instant::now() < deadline;
        wanted.then(|| Grower::new(training.binned, &sample, shape, seed, index as u64).grow())
    };
    let grown: Vec<Option<(Tree, Vec<f64>)>> = (0..parameters.n_estimators).into_par_iter().map(grow).collect();
    let (trees, decreases): (Vec<Tree>, Vec<Vec<f64>>) = grown.into_iter().flatten().unzip();
    let base = vec![0.0; training.truth.outputs()];
    Forest {
        ensemble: Ensemble { trees, aggregate: Aggregate::Average, base },
        importances: importances(&decreases, features),
    }
}

/// As scikit-learn's `feature_importances_`: each tree's decreases are brought to sum 1, trees without a split do not count
/// (Breiman, Friedman, Olshen, Stone: "Classification and regression trees", 1984, section 5.3.4).
fn importances(decreases: &[Vec<f64>], features: usize) -> Vec<f64> {
    let mut total = vec![0.0; features];
    for tree in decreases {
        total.iter_mut().zip(normalised(tree)).for_each(|(sum, share)| *sum += share);
    }
    normalised(&total)
}

/// Brought to sum 1, or all 0 when nothing is above 0.
pub(super) fn normalised(values: &[f64]) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    values.iter().map(|value| if sum > 0.0 { value / sum } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests;
