//! Early stopping of gradient boosting: computes the loss of validation rows after each round.

// The trees are not fitted to the validation rows.

use rayon::prelude::*;

use super::grow::GrownTree;
use super::loss::{Loss, loss_of};
use crate::fit::binned::BinnedColumn;
use crate::fit::features::{TrainingData, Truth};

// The patience is lower if the learning rate is higher.
/// Minimum and maximum patience of early stopping: number of boosting rounds without a better loss after which boosting
/// stops.
const PATIENCE: (f64, f64) = (20.0, 100.0);

// For another learning rate, this number is divided by the rate.
/// Patience of early stopping at learning rate 1, in boosting rounds.
const PATIENCE_OF_RATE: f64 = 3.0;

// If classes can be separated perfectly, each further round improves the loss a little and only makes the probabilities
// extreme.
/// Early stopping in classification: minimum decrease of the loss that counts as an improvement, as a share of the
/// start loss.
const MIN_GAIN: f64 = 1e-4;

// The number is fixed, so that the number of threads does not change the sum.
/// Number of rows whose losses one parallel task sums.
const PIECE: usize = 1 << 12;

// The loss of these rows shows when further boosting rounds do not help.
/// Validation rows for early stopping of gradient boosting. No tree is fitted to these rows.
pub(super) struct WatchedRows<'a> {
    columns: &'a [&'a BinnedColumn],
    rows: &'a [u32],
    truth: Truth<'a>,
    /// The true target of each validation row: the index of its class, or a standardised number.
    values: Vec<f64>,
    /// Current scores of the validation rows in gradient boosting. One list for each class if there are more than two
    /// classes, otherwise one list.
    scores: Vec<Vec<f64>>,
    /// Mean loss of the validation rows after each boosting round.
    losses: Vec<f64>,
    /// Index of the boosting round with the best validation loss so far.
    best: usize,
    /// Early stopping: minimum decrease of the loss that counts as an improvement.
    least_gain: f64,
    /// Patience of early stopping: number of boosting rounds without a better loss after which boosting stops.
    patience: usize,
}

impl<'a> WatchedRows<'a> {
    pub(super) fn new(
        loss: &Loss,
        (training, columns): (&TrainingData<'a>, &'a [&'a BinnedColumn]),
        rows: &'a [u32],
        learning_rate: f64,
    ) -> Self {
        let (least, most) = PATIENCE;
        let mut watch = Self {
            columns,
            rows,
            truth: training.truth,
            values: rows.iter().map(|row| loss.truth_of(training.truth, *row)).collect(),
            scores: loss.start().iter().map(|start| vec![*start; rows.len()]).collect(),
            losses: Vec::new(),
            best: 0,
            least_gain: 0.0,
            patience: (PATIENCE_OF_RATE / learning_rate).clamp(least, most) as usize,
        };
        if matches!(training.truth, Truth::Classes { .. }) {
            watch.least_gain = MIN_GAIN * watch.loss();
        }
        watch
    }

    /// Adds the predictions of one tree to the current scores of the validation rows.
    #[expect(
        clippy::indexing_slicing,
        reason = "a tree names only features of these columns, and a column has a bin for every row"
    )]
    pub(super) fn add(&mut self, output: usize, grown: &GrownTree) {
        // `output` is the index of the score.
        let (rows, columns) = (self.rows, self.columns);
        let Some(scores) = self.scores.get_mut(output) else { return };
        scores.par_iter_mut().zip(rows).with_min_len(PIECE).for_each(|(score, row)| {
            *score += grown.answer(|feature| columns[feature].codes()[*row as usize]);
        });
    }

    /// Computes the loss of the validation rows after a boosting round.
    pub(super) fn end_round(&mut self) {
        // All trees of the round must have been added before.
        if self.rows.is_empty() {
            return;
        }
        let loss = self.loss();
        if self.losses.get(self.best).is_some_and(|best| loss < best - self.least_gain) {
            self.best = self.losses.len();
        }
        self.losses.push(loss);
    }

    /// Returns the mean loss of the validation rows at their current scores.
    #[expect(clippy::indexing_slicing, reason = "each watched row has a truth and a score for each output")]
    fn loss(&self) -> f64 {
        let places: Vec<usize> = (0..self.rows.len()).collect();
        let of =
            |place: &usize| loss_of(self.truth, self.values[*place], self.scores.iter().map(|scores| scores[*place]));
        let pieces: Vec<f64> = places.par_chunks(PIECE).map(|places| places.iter().map(of).sum::<f64>()).collect();
        pieces.into_iter().sum::<f64>() / self.rows.len().max(1) as f64
    }

    /// Returns whether boosting should stop early, because the validation loss has not improved for many rounds.
    pub(super) fn is_done(&self) -> bool {
        self.losses.len() > self.best + self.patience
    }

    /// Returns the mean loss of the validation rows after each boosting round. Empty if there are no validation rows.
    pub(super) fn into_losses(self) -> Vec<f64> {
        self.losses
    }
}
