//! Gradient boosting: each tree is fitted to the errors of the trees before.

// Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001. The values of
// leaves use second derivatives (Chen, Guestrin: "XGBoost", KDD 2016, equations 5 to 7). Features are in bins, and the
// leaf with the greatest gain is split first (Ke et al.: "LightGBM", NeurIPS 2017).
//
// We do not use the maintained library, forust-ml 0.8. It grows level by level, or splits the node with the largest
// gradients next and not the one that gains most. With the same number of leaves, its log loss is 1.5 times that of
// scikit-learn. Its fit cannot be ended in time. Tests compare our trees with scikit-learn's results.
//
// For two classes, the trees compute the log-odds of the second class. For more classes, they compute one score per
// class, and the softmax makes probabilities of the scores. In a regression, the target numbers are standardised, so
// single precision is enough for any unit.

mod bounds;
mod grow;
mod histogram;
mod loss;
mod partition;
mod sampling;
mod watch;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Ensemble, Link, MAX_NODES, Predictor, Tree};

use self::grow::BoostedTreeGrower;
use self::histogram::Tiles;
use self::loss::Loss;
use self::sampling::Sampling;
use self::watch::WatchedRows;
use super::features::{TrainingData, Truth};
use super::forest::normalised;
use super::{FitError, Fitted, Hyperparameters};

/// Hyperparameters of gradient boosting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BoostingParameters {
    // A round grows one tree, or with more than two classes one tree for each class.
    /// Number of boosting rounds, at least 1.
    pub(crate) n_estimators: usize,
    /// Learning rate: each tree's prediction is multiplied by this factor, which is above 0.
    pub(crate) learning_rate: f64,
    /// Maximum number of leaves of a tree, at least 2.
    pub(crate) max_leaves: usize,
    /// Minimum number of training rows in a leaf, at least 1.
    pub(crate) min_samples_leaf: usize,
    /// L2 regularisation: penalty on the squared values of the leaves, at least 0.
    pub(crate) l2: f64,
    /// Row sampling: share of the training rows that each boosting round uses, above 0. A share of 1 or more means all
    /// rows.
    pub(crate) subsample: f64,
    /// Feature sampling: share of the features that each boosting round may split on, above 0. A share of 1 or more
    /// means all features.
    pub(crate) max_features: f64,
}

/// The rows of one model fit: rows to train on, and validation rows for early stopping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FitRows<'a> {
    /// Indices of the rows to train on. There is at least one.
    pub(crate) fitted: &'a [u32],
    // No tree is fitted to these rows. The loss of the validation rows shows when further rounds do not help.
    /// Indices of the validation rows for early stopping of gradient boosting. If empty, all rounds are fitted.
    pub(crate) watched: &'a [u32],
}

impl<'a> FitRows<'a> {
    /// Creates the rows of a model fit without early stopping. The fit trains on the rows `fitted`.
    pub(crate) fn all(fitted: &'a [u32]) -> Self {
        Self { fitted, watched: &[] }
    }
}

impl Hyperparameters for BoostingParameters {
    fn fit(
        &self,
        training: &TrainingData<'_>,
        rows: FitRows<'_>,
        seed: u64,
        deadline: Instant,
        _column: &dyn Fn(usize) -> String,
    ) -> Result<Fitted, FitError> {
        let Boosted { ensemble, importances, cut_short, losses } = fit(training, rows, *self, seed, deadline);
        let link = match training.truth {
            Truth::Numbers(_) => Link::Identity,
            Truth::Classes { count: 2, .. } => Link::Logistic,
            Truth::Classes { .. } => Link::Softmax,
        };
        let holes = training.binned.holes().to_vec();
        Ok(Fitted { holes, cut_short, losses, ..Fitted::of(Predictor::Trees(ensemble), link, importances) })
    }
}

/// Result of a gradient boosting fit.
#[derive(Debug)]
pub(crate) struct Boosted {
    // A round has one tree, or with more than two classes one for each class.
    /// The trees of gradient boosting, in the order of the rounds.
    pub(crate) ensemble: Ensemble,
    // If no tree has a split, all shares are 0.
    /// Feature importances: for each feature, its share of the gain of all splits. The sum is 1.
    pub(crate) importances: Vec<f64>,
    /// Whether boosting ended before its planned number of rounds because the time was up.
    pub(crate) cut_short: bool,
    /// Early stopping: mean loss of the validation rows after each boosting round. Empty without validation rows.
    pub(crate) losses: Vec<f64>,
}

/// Fits gradient boosting to `rows` of `training`. The fit ends early at `deadline`, after at least one round.
///
/// `seed` decides which rows and features a boosting round uses.
pub(crate) fn fit(
    training: &TrainingData<'_>,
    rows: FitRows<'_>,
    parameters: BoostingParameters,
    seed: u64,
    deadline: Instant,
) -> Boosted {
    // Boosting also ends if an artifact has no room for more rounds, or if the loss of the validation rows has not
    // improved for many rounds. The number of threads has no influence: the same rows give the same trees.
    boost(training, rows, parameters, seed, || Instant::now() >= deadline)
}

/// Fits gradient boosting. Ends early when `is_up` returns true (the time is up).
fn boost(
    training: &TrainingData<'_>,
    rows: FitRows<'_>,
    parameters: BoostingParameters,
    seed: u64,
    mut is_up: impl FnMut() -> bool,
) -> Boosted {
    let counted: Vec<u32> = rows.fitted.iter().copied().filter(|row| training.weight(*row) > 0.0).collect();
    // If all weights are 0, all rows count the same.
    let alike = TrainingData { weights: None, ..*training };
    let (training, fitted) = if counted.is_empty() { (&alike, rows.fitted.to_vec()) } else { (training, counted) };
    let splittable = training.binned.splittable();
    let tiles = Tiles::new(&splittable.columns, &fitted);
    let mut loss = Loss::new(training, &fitted);
    let mut watch = WatchedRows::new(&loss, (training, &splittable.columns), rows.watched, parameters.learning_rate);
    let mut sampling = Sampling::new(parameters, fitted.len(), splittable.columns.len(), seed);
    let mut grower = BoostedTreeGrower::new(&tiles, &splittable, parameters);
    let wanted = parameters.n_estimators.min(most_rounds(loss.outputs(), parameters.max_leaves));
    let mut trees: Vec<Tree> = Vec::with_capacity(wanted * loss.outputs());
    let (mut rounds, mut gains, mut time_is_up) = (0, Vec::new(), false);
    while rounds < wanted && !watch.is_done() {
        // The trees of all outputs are fitted to the scores before this round.
        loss.start_round();
        sampling.draw(rounds as u64);
        grower.take_features(sampling.features());
        let mut round = Vec::with_capacity(loss.outputs());
        // In the first round, all trees are grown, even if the time is up.
        while round.len() < loss.outputs() && (rounds == 0 || !is_up()) {
            let grown = grower.grow(sampling.take(loss.gradients(round.len())));
            round.push(grown);
        }
        if round.len() < loss.outputs() {
            time_is_up = true;
            break;
        }
        for (output, grown) in round.iter().enumerate() {
            loss.add(output, grown.leaves());
            loss.add_each(output, sampling.others(), |row, feature| grower.code(row, feature), grown);
            watch.add(output, grown);
        }
        watch.end_round();
        trees.extend((0..).zip(&round).map(|(output, grown)| grown.tree(output, loss.scale(), &splittable.features)));
        gains = grower.gains().to_vec();
        rounds += 1;
    }
    let mut of_features = vec![0.0; training.binned.columns().len()];
    for (gain, origin) in gains.iter().zip(&splittable.origins) {
        if let Some(sum) = of_features.get_mut(*origin) {
            *sum += gain;
        }
    }
    Boosted {
        ensemble: Ensemble { trees, aggregate: Aggregate::Sum, base: loss.base() },
        importances: normalised(&of_features),
        cut_short: time_is_up,
        losses: watch.into_losses(),
    }
}

/// Returns the maximum number of boosting rounds whose trees fit into an artifact file. `outputs` is the number of
/// trees in a round.
fn most_rounds(outputs: usize, max_leaves: usize) -> usize {
    (MAX_NODES / (outputs.max(1) * (2 * max_leaves).max(1))).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::features::{FrameFeatures, Truth};
    use super::*;
    use crate::fit::Binned;

    fn boosted(n_estimators: usize, max_leaves: usize, trees: usize) -> Boosted {
        let columns = [0, 1].map(|column| (0..90).map(|row| (row * (7 + column) % 31) as f32).collect::<Vec<f32>>());
        let features = FrameFeatures::of_columns(&[&columns[0], &columns[1]]);
        let binned = Binned::new(&features);
        let classes: Vec<u32> = columns[0].iter().map(|value| *value as u32 / 11).collect();
        let truth = Truth::Classes { classes: &classes, count: 3 };
        let training = TrainingData { features: &features, binned: &binned, truth, weights: None };
        let rows: Vec<u32> = (0..90).collect();
        let (learning_rate, min_samples_leaf, l2) = (0.1, 5, 1.0);
        let (subsample, max_features) = (1.0, 1.0);
        let parameters = BoostingParameters {
            n_estimators,
            learning_rate,
            max_leaves,
            min_samples_leaf,
            l2,
            subsample,
            max_features,
        };
        let mut asked = 3;
        boost(&training, FitRows::all(&rows), parameters, 1, || {
            asked += 1;
            asked > trees
        })
    }

    #[test]
    fn a_round_that_does_not_end_in_time_is_left_out() {
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
