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

/// Fits on `rows` (at least one) of `training`. Rounds that are not done at the `deadline` are left out, but
/// one is fitted; so are those that an artifact has no room for. Threads decide nothing: the same rows make the same trees.
pub(crate) fn fit(training: &Training<'_>, rows: &[u32], parameters: BoostingParameters, deadline: Instant) -> Boosted {
    boost(training, rows, parameters, || Instant::now() >= deadline)
}

/// Fits until time `is_up`, which is asked before every tree but those of the first round.
fn boost(
    training: &Training<'_>,
    rows: &[u32],
    parameters: BoostingParameters,
    mut is_up: impl FnMut() -> bool,
) -> Boosted {
    let counted: Vec<u32> = rows.iter().copied().filter(|row| training.weight(*row) > 0.0).collect();
    // Where no row counts, all count alike.
    let alike = Training { weights: None, ..*training };
    let (training, rows) = if counted.is_empty() { (&alike, rows.to_vec()) } else { (training, counted) };
    let tiles = Tiles::new(training.binned, &rows);
    let mut loss = Loss::new(training, &rows);
    let mut grower = Grower::new(&tiles, training.binned, parameters);
    let wanted = parameters.n_estimators.min(most_rounds(loss.outputs(), parameters.max_leaves));
    let mut trees: Vec<Tree> = Vec::with_capacity(wanted * loss.outputs());
    let (mut rounds, mut gains) = (0, Vec::new());
    while rounds < wanted {
        // All outputs of a round learn from the scores before it.
        loss.start_round();
        let mut round = Vec::with_capacity(loss.outputs());
        while round.len() < loss.outputs() && (rounds == 0 || !is_up()) {
            let output = round.len();
            let grown = grower.grow(loss.gradients(output));
            loss.add(output, grown.leaves());
            round.push(grown.tree(output as u32, loss.scale()));
        }
        if round.len() < loss.outputs() {
            break;
        }
        trees.append(&mut round);
        gains = grower.gains().to_vec();
        rounds += 1;
    }
    Boosted {
        ensemble: Ensemble { trees, aggregate: Aggregate::Sum, base: loss.base() },
        importances: normalised(&gains),
        cut_short: rounds < wanted,
    }
}

/// Rounds that an artifact can hold, at least 1.
fn most_rounds(outputs: usize, max_leaves: usize) -> usize {
    (MAX_NODES / (outputs.max(1) * (2 * max_leaves).max(1))).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::features::{Features, Truth};
    use super::*;
    use crate::fit::Binned;

    fn boosted(n_estimators: usize, max_leaves: usize, trees: usize) -> Boosted {
        let columns = [0, 1].map(|column| (0..90).map(|row| (row * (7 + column) % 31) as f32).collect::<Vec<f32>>());
        let features = Features::of_columns(&[&columns[0], &columns[1]]);
        let binned = Binned::new(&features);
        let classes: Vec<u32> = columns[0].iter().map(|value| *value as u32 / 11).collect();
        let truth = Truth::Classes { classes: &classes, count: 3 };
        let training = Training { features: &features, binned: &binned, truth, weights: None };
        let rows: Vec<u32> = (0..90).collect();
        let (learning_rate, min_samples_leaf, l2) = (0.1, 5, 1.0);
        let parameters = BoostingParameters { n_estimators, learning_rate, max_leaves, min_samples_leaf, l2 };
        let mut asked = 3;
        boost(&training, &rows, parameters, || {
            asked += 1;
            asked > trees
        })
    }

    #[test]
    fn a_round_that_is_not_done_in_time_is_left_out() {
        let whole = boosted(2, 4, usize::MAX);
        for trees in [6, 7, 8] {
            let short = boosted(100, 4, trees);
            assert_eq!((short.ensemble.trees.len(), short.cut_short), (6, true), "{trees}");
            assert_eq!((&short.ensemble, &short.importances), (&whole.ensemble, &whole.importances));
        }
        assert_eq!(boosted(100, 4, 0).ensemble.trees.len(), 3);
    }

    #[test]
    fn there_are_no_more_rounds_than_an_artifact_has_room_for() {
        let boosted = boosted(1000, 1024, usize::MAX);
        assert_eq!((boosted.ensemble.trees.len(), boosted.cut_short), (3 * most_rounds(3, 1024), false));
        assert!(most_rounds(3, 1024) < 1000);
    }
}
