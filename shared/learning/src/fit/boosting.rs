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
mod streamed;
mod watch;

use std::time::Instant;

use evergreen_scoring::{Aggregate, Ensemble, Link, MAX_NODES, Predictor, Tree};

pub(crate) use self::loss::TruthScale;
pub(crate) use self::streamed::{AddedRows, BoostedRounds, RoundWatch, StreamedFit, StreamedRows};

use self::grow::{BoostedTreeGrower, GrownTree};
use self::histogram::Tiles;
use self::loss::Loss;
use self::partition::GradientRow;
use self::sampling::Sampling;
use self::watch::WatchedRows;
use super::binned::Splittable;
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
            Truth::Numbers(_) => link(0),
            Truth::Classes { count, .. } => link(count),
        };
        let holes = training.binned.holes().to_vec();
        Ok(Fitted { holes, cut_short, losses, ..Fitted::of(Predictor::Trees(ensemble), link, importances) })
    }
}

/// Returns how the scores of boosted trees become predictions. `classes` is the number of classes, or 0 for regression.
pub(crate) fn link(classes: usize) -> Link {
    match classes {
        0 => Link::Identity,
        2 => Link::Logistic,
        _ => Link::Softmax,
    }
}

/// Returns how many scores boosted trees compute for a row. `classes` is the number of classes, or 0 for regression.
pub(crate) fn outputs(classes: usize) -> usize {
    if classes > 2 { classes } else { 1 }
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
    let loss = Loss::new(training, &fitted);
    let mut watch = WatchedRows::new(&loss, (training, &splittable.columns), rows.watched, parameters.learning_rate);
    let mut boosting = Boosting::new(&tiles, &splittable, loss, (parameters, seed));
    while !boosting.is_complete() && !watch.is_done() {
        // In the first round, all trees are grown, even if the time is up.
        let is_first = boosting.rounds().is_empty();
        let Some(round) = boosting.round(|| !is_first && is_up()) else { break };
        round.iter().enumerate().for_each(|(output, tree)| watch.add(output, tree));
        watch.end_round();
    }
    let cut_short = !boosting.is_complete() && !watch.is_done();
    let losses = watch.into_losses();
    Boosted { cut_short, losses, ..boosting.finish(training.binned.columns().len()) }
}

/// Gradient boosting on binned rows, round by round.
struct Boosting<'a> {
    splittable: &'a Splittable<'a>,
    grower: BoostedTreeGrower<'a>,
    loss: Loss,
    sampling: Sampling,
    wanted: usize,
    /// The trees of each round so far. A round has one tree for each output.
    rounds: Vec<Vec<GrownTree>>,
    gains: Vec<f64>,
    /// The memory of the last tree's rows, which the next tree uses again.
    memory: Vec<GradientRow>,
}

impl<'a> Boosting<'a> {
    fn new(
        tiles: &'a Tiles,
        splittable: &'a Splittable<'a>,
        loss: Loss,
        (parameters, seed): (BoostingParameters, u64),
    ) -> Self {
        let wanted = parameters.n_estimators.min(most_rounds(loss.outputs(), parameters.max_leaves));
        Self {
            splittable,
            grower: BoostedTreeGrower::new(tiles, splittable, parameters),
            sampling: Sampling::new(parameters, loss.rows(), splittable.bins.len(), seed),
            loss,
            wanted,
            rounds: Vec::with_capacity(wanted),
            gains: Vec::new(),
            memory: Vec::new(),
        }
    }

    /// Returns whether all planned rounds are done.
    fn is_complete(&self) -> bool {
        self.rounds.len() >= self.wanted
    }

    /// Returns the trees of each round so far.
    fn rounds(&self) -> &[Vec<GrownTree>] {
        &self.rounds
    }

    /// Grows the trees of the next round, and returns them. `None` if the time is up. Then the round is left out, and
    /// boosting must end.
    fn round(&mut self, mut is_up: impl FnMut() -> bool) -> Option<&[GrownTree]> {
        // The trees of all outputs are fitted to the scores before this round.
        self.loss.start_round();
        self.sampling.draw(self.rounds.len() as u64);
        self.grower.take_features(self.sampling.features());
        let mut round = Vec::with_capacity(self.loss.outputs());
        while round.len() < self.loss.outputs() {
            if is_up() {
                return None;
            }
            let output = round.len();
            let gradients = self.loss.gradients(output, std::mem::take(&mut self.memory));
            let grown = self.grower.grow(self.sampling.take(gradients));
            // With several outputs, the gradients of the next one come from the probabilities before the round.
            self.loss.add(output, grown.leaves());
            let code = |row, feature| self.grower.code(row, feature);
            self.loss.add_each(output, self.sampling.others(), code, grown.tree());
            let (tree, memory) = grown.into_tree();
            round.push(tree);
            self.memory = memory;
        }
        self.gains = self.grower.gains().to_vec();
        self.rounds.push(round);
        self.rounds.last().map(Vec::as_slice)
    }

    /// Ends boosting with the rounds so far. `features` is the number of features of the model.
    fn finish(self, features: usize) -> Boosted {
        let mut of_features = vec![0.0; features];
        for (gain, origin) in self.gains.iter().zip(&self.splittable.origins) {
            if let Some(sum) = of_features.get_mut(*origin) {
                *sum += gain;
            }
        }
        let (scale, columns) = (self.loss.scale(), &self.splittable.features);
        let of_round = |round: &Vec<GrownTree>| -> Vec<Tree> {
            (0..).zip(round).map(|(output, tree)| tree.tree(output, scale, columns)).collect()
        };
        let trees = self.rounds.iter().flat_map(of_round).collect();
        Boosted {
            ensemble: Ensemble { trees, aggregate: Aggregate::Sum, base: self.loss.base() },
            importances: normalised(&of_features),
            cut_short: false,
            losses: Vec::new(),
        }
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
