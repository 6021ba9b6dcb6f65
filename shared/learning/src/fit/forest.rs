//! Random forests: Breiman, "Random forests", Machine Learning 45, 2001, in the form of scikit-learn. Each tree grows
//! on a bootstrap of all rows by Gini impurity or variance, and tries a few features at each split. Leaves hold the
//! distribution of their rows, and the answer is the mean over the trees.
//!
//! We do not use a library: the forest of smartcore walks every row of the table at every node, and each of its trees
//! votes for one class. The crate biosphere supports only regression and does not give access to its trees. Tests
//! compare the trees here with scikit-learn's results.

mod sample;
mod split;
mod tree;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Ensemble, Link, MAX_NODES, Predictor, Tree};
use rayon::prelude::*;

use self::sample::SamplePool;
pub(super) use self::sample::moments;
use self::tree::ForestTreeGrower;
use super::features::{TrainingData, Truth};
use super::{FitError, FitRows, Fitted, Hyperparameters};

/// The hyperparameters of a forest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ForestParameters {
    /// Number of trees, at least 1.
    pub(crate) n_estimators: usize,
    /// Maximum number of splits between root and leaf, at least 1.
    pub(crate) max_depth: usize,
    /// Minimum number of rows of a node that is split.
    pub(crate) min_samples_split: usize,
    /// Minimum number of rows on each side of a split, at least 1.
    pub(crate) min_samples_leaf: usize,
    /// Share of the features that is tried at each split; 0 means the usual number.
    pub(crate) max_features: f64,
}

impl Hyperparameters for ForestParameters {
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        deadline: Instant,
        _column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError> {
        let forest = fit(training, rows.fitted, *self, seed, deadline);
        let cut_short = forest.ensemble.trees.len() < self.n_estimators;
        let fitted = Fitted::of(Predictor::Trees(forest.ensemble), Link::Identity, forest.importances);
        Ok(Fitted { cut_short, ..fitted })
    }
}

/// The result of growing a forest.
#[derive(Debug)]
pub(crate) struct Forest {
    /// The trees. There are fewer than planned if time ran out.
    pub(crate) ensemble: Ensemble,
    /// For each feature, its share of the decrease in impurity. The shares have the sum 1, or are all 0 if no tree has
    /// a split.
    pub(crate) importances: Vec<f64>,
}

/// The limits of a tree, apart from its sample and seed.
#[derive(Debug, Clone, Copy)]
struct Shape {
    parameters: ForestParameters,
    /// Number of features to try at each split.
    tried: usize,
    /// Maximum number of nodes. If this limits the tree, the nodes with the most rows are split first.
    max_nodes: usize,
}

/// Grows a forest on `rows` (at least one) of `training`. It starts no tree after the `deadline`, but grows at least
/// one. `seed` decides everything else. The number of threads does not matter.
pub(crate) fn fit(
    training: &TrainingData<'_>,
    rows: &[u32],
    parameters: ForestParameters,
    seed: u64,
    deadline: Instant,
) -> Forest {
    let sample = SamplePool::new(training, rows);
    let features = training.binned.columns().len();
    let tried = match training.truth {
        _ if parameters.max_features > 0.0 => (features as f64 * parameters.max_features).ceil() as usize,
        Truth::Classes { .. } => features.isqrt().max(1),
        Truth::Numbers(_) => features,
    };
    let shape = Shape { parameters, tried, max_nodes: (MAX_NODES / parameters.n_estimators.max(1)).max(3) };
    let grow = |index: usize| {
        let wanted = index == 0 || Instant::now() < deadline;
        wanted.then(|| ForestTreeGrower::new(training.binned, &sample, shape, seed, index as u64).grow())
    };
    let grown: Vec<Option<(Tree, Vec<f64>)>> = (0..parameters.n_estimators).into_par_iter().map(grow).collect();
    let (trees, decreases): (Vec<Tree>, Vec<Vec<f64>>) = grown.into_iter().flatten().unzip();
    let base = vec![0.0; training.truth.outputs()];
    Forest {
        ensemble: Ensemble { trees, aggregate: Aggregate::Average, base },
        importances: importances(&decreases, features),
    }
}

/// Grows one tree on all `rows` of `training` (at least one), without a bootstrap. It tries all features at each split.
pub(crate) fn single_tree(
    training: &TrainingData<'_>,
    rows: &[u32],
    parameters: ForestParameters,
    seed: u64,
) -> Forest {
    let sample = SamplePool::new(training, rows);
    let features = training.binned.columns().len();
    let shape = Shape { parameters, tried: features, max_nodes: MAX_NODES };
    let (tree, decreases) = ForestTreeGrower::on(training.binned, &sample, shape, sample.all(), seed, 0).grow();
    let base = vec![0.0; training.truth.outputs()];
    Forest {
        ensemble: Ensemble { trees: vec![tree], aggregate: Aggregate::Average, base },
        importances: normalised(&decreases),
    }
}

/// Computes importances as scikit-learn's `feature_importances_`: each tree's decreases are scaled to sum 1, and trees
/// without a split do not count (Breiman, Friedman, Olshen, Stone: "Classification and regression trees", 1984, section
/// 5.3.4).
fn importances(decreases: &[Vec<f64>], features: usize) -> Vec<f64> {
    let mut total = vec![0.0; features];
    for tree in decreases {
        total.iter_mut().zip(normalised(tree)).for_each(|(sum, share)| *sum += share);
    }
    normalised(&total)
}

/// Scales values to sum 1, or returns all 0 if no value is above 0.
pub(super) fn normalised(values: &[f64]) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    values.iter().map(|value| if sum > 0.0 { value / sum } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests;
