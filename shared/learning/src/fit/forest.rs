//! Random forests: many decision trees, each grown on a random sample of the rows. The prediction is their mean.

// Breiman, "Random forests", Machine Learning 45, 2001, as in scikit-learn. Each tree grows on a bootstrap sample of
// all rows, by Gini impurity or variance. At each split it tries a few features. A leaf holds the share of each class
// among its rows, or their mean target.
//
// We do not use a library. The forest of smartcore reads every row of the table at every node, and each of its trees
// votes for one class. The crate biosphere supports only regression and does not give access to its trees. Tests
// compare our trees with scikit-learn's results.

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

/// Hyperparameters of a random forest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ForestParameters {
    /// Number of trees, at least 1.
    pub(crate) n_estimators: usize,
    /// Maximum number of splits between root and leaf, at least 1.
    pub(crate) max_depth: usize,
    /// Minimum number of training rows that a node must have to be split.
    pub(crate) min_samples_split: usize,
    /// Minimum number of training rows on each side of a split, at least 1.
    pub(crate) min_samples_leaf: usize,
    // The default is the square root of the number of features for classification, and all features for regression.
    /// Share of the features that a tree tries at each split. 0 means the default.
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

/// A grown forest, with the importances of its features.
#[derive(Debug)]
pub(crate) struct Forest {
    /// The trees of the forest. If the time was up, there are fewer than planned.
    pub(crate) ensemble: Ensemble,
    // The decrease is in Gini impurity or in variance.
    // If no tree has a split, all shares are 0.
    /// Feature importances: for each feature, its share of the decrease in impurity by all splits. The sum is 1.
    pub(crate) importances: Vec<f64>,
}

/// The size limits of each tree of a forest.
#[derive(Debug, Clone, Copy)]
struct Shape {
    parameters: ForestParameters,
    /// Number of features that a tree tries at each split.
    tried: usize,
    // If a tree would have more, the nodes with the most rows are split first.
    /// Maximum number of nodes of one tree.
    max_nodes: usize,
}

/// Fits a random forest to `rows` of `training`. No further tree is started after the `deadline`.
pub(crate) fn fit(
    training: &TrainingData<'_>,
    rows: &[u32],
    parameters: ForestParameters,
    seed: u64,
    deadline: Instant,
) -> Forest {
    // There must be at least one row. Before the deadline, the same seed and rows give the same forest, whatever the
    // number of threads.
    let sample = SamplePool::new(training, rows);
    let features = training.binned.columns().len();
    let tried = match training.truth {
        _ if parameters.max_features > 0.0 => (features as f64 * parameters.max_features).ceil() as usize,
        Truth::Classes { .. } => features.isqrt().max(1),
        Truth::Numbers(_) => features,
    };
    let shape = Shape { parameters, tried, max_nodes: (MAX_NODES / parameters.n_estimators.max(1)).max(3) };
    let grow = |index: usize| {
        // The first tree is always grown.
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

/// Fits a single decision tree to all `rows` of `training`. All features are tried at each split.
pub(crate) fn single_tree(
    training: &TrainingData<'_>,
    rows: &[u32],
    parameters: ForestParameters,
    seed: u64,
) -> Forest {
    // There must be at least one row. The tree has no bootstrap sample.
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

/// Returns the importance of each feature, as scikit-learn's `feature_importances_`. `decreases` holds, for each tree,
/// the decrease in impurity by each feature.
fn importances(decreases: &[Vec<f64>], features: usize) -> Vec<f64> {
    // The decreases of each tree are scaled to the sum 1. Trees without a split do not count. See Breiman, Friedman,
    // Olshen, Stone: "Classification and regression trees", 1984, section 5.3.4.
    let mut total = vec![0.0; features];
    for tree in decreases {
        total.iter_mut().zip(normalised(tree)).for_each(|(sum, share)| *sum += share);
    }
    normalised(&total)
}

/// Divides the values by their sum, so that the new sum is 1. Returns zeros if the sum is not above 0.
pub(super) fn normalised(values: &[f64]) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    values.iter().map(|value| if sum > 0.0 { value / sum } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests;
