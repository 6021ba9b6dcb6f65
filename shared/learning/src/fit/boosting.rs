//! Gradient boosting: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29,
//! 2001, with second-order leaves (Chen, Guestrin: "XGBoost", KDD 2016, equations 5 to 7) on features in bins, the leaf with
//! the greatest gain split first (Ke et al.: "LightGBM", NeurIPS 2017).
//!
//! It is our own because the maintained library, forust-ml 0.8, grows level by level or splits the node with the largest
//! gradients next, not the one that gains most: with as many leaves its log loss is half as large again as scikit-learn's.
//! Nor can its fit be ended in time. What is grown here is tested against scikit-learn's results.
//!
//! Two classes are told apart by their log-odds, more by the softmax of a score each; numbers are standardised, so that
//! single precision does for any unit.

mod grow;
mod histogram;
mod loss;
mod partition;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Ensemble, MAX_NODES, Tree};

use self::grow::Grower;
use self::histogram::Tiles;
use self::loss::Loss;
use super::features::Training;
use super::forest::normalised;

/// The hyperparameters of boosting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BoostingParameters {
    /// Trees for each output, at least 1.
    pub(crate) n_estimators: usize,
    /// What each tree's answer is multiplied with, above 0.
    pub(crate) learning_rate: f64,
    /// Leaves of a tree at most, at least 2.
    pub(crate) max_leaves: usize,
    /// Rows in a leaf at least, at least 1.
    pub(crate) min_samples_leaf: usize,
    /// Penalty on the squared answers of leaves, from 0 up.
    pub(crate) l2: f64,
}

/// A boosted ensemble and what was found out while it grew.
#[derive(Debug)]
pub(crate) struct Boosted {
    /// The trees, round by round, in each round one for each output.
    pub(crate) ensemble: Ensemble,
    /// For each feature, its share of the gain of all splits: of sum 1, or all 0 when no tree has a split.
    pub(crate) importances: Vec<f64>,
    /// Whether there are fewer trees than asked for, because time was short.
    pub(crate) cut_short: bool,
}

/// Fits on `rows` (at least one) of `training`. Rounds that are not begun at the `deadline` are left out, but
/// one is fitted. Threads decide nothing: the same rows make the same trees.
pub(crate) fn fit(training: &Training<'_>, rows: &[u32], parameters: BoostingParameters, deadline: Instant) -> Boosted {
    let counted: Vec<u32> = rows.iter().copied().filter(|row| training.weight(*row) > 0.0).collect();
    // Where no row counts, all count alike.
    let alike = Training { weights: None, ..*training };
    let (training, rows) = if counted.is_empty() { (&alike, rows.to_vec()) } else { (training, counted) };
    let tiles = Tiles::new(training.binned, &rows);
    let mut loss = Loss::new(training, &rows);
    let mut grower = Grower::new(&tiles, training.binned, parameters);
    let wanted = parameters.n_estimators.min(most_rounds(loss.outputs(), parameters.max_leaves));
    let mut trees: Vec<Tree> = Vec::with_capacity(wanted * loss.outputs());
    let mut rounds = 0;
    while rounds < wanted && (rounds == 0 || Instant::now() < deadline) {
        // All outputs of a round learn from the scores before it.
        loss.start_round();
        for output in 0..loss.outputs() {
            let grown = grower.grow(loss.gradients(output));
            loss.add(output, grown.leaves());
            trees.push(grown.tree(output as u32, loss.scale()));
        }
        rounds += 1;
    }
    Boosted {
        ensemble: Ensemble { trees, aggregate: Aggregate::Sum, base: loss.base() },
        importances: normalised(grower.gains()),
        cut_short: rounds < wanted,
    }
}

/// Rounds that an artifact can hold.
fn most_rounds(outputs: usize, max_leaves: usize) -> usize {
    (MAX_NODES / (outputs.max(1) * (2 * max_leaves).max(1))).max(1)
}
