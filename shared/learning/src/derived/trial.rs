//! Finds out by cross-validation whether a further feature, such as a date part, makes a model better.

// A model with the feature and a model without the feature are compared on rows that they were not trained on.

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Family, PrimaryMetric, Task};
use evergreen_table::at;

use super::{DerivingLimits, Learnable, Outcome};
use crate::deciding::{LabelChoice, ruled};
use crate::encode::FittedColumns;
use crate::evaluate::scores;
use crate::fit::FitRows;
use crate::hyperparameters::Choice;
use crate::learner::{Learner, LearnerRows};
use crate::search::folds;

/// Number of cross-validation folds for trying a further feature.
const FOLDS: usize = 3;

/// Maximum number of training rows for trying a further feature.
const MAX_ROWS: usize = 10_000;
// This minimum has priority over the maximum number of cells.
/// Minimum number of training rows for trying a further feature.
const MIN_ROWS: usize = 1_000;
/// Maximum size of the data for trying a further feature, in cells (rows × features × labels).
const MAX_CELLS: usize = 2_000_000;

/// Number of standard errors by which a further feature must reduce the mean loss in cross-validation to be kept.
const MIN_GAIN_IN_STANDARD_ERRORS: f64 = 2.0;

/// Maximum duration of one model fit when a further feature is tried.
const LIMIT: Duration = Duration::from_secs(20);

/// The training rows and the limits for trying further features.
pub(super) struct FeatureTrial<'a> {
    rows: Learnable<'a>,
    seed: u64,
    pub(super) limits: DerivingLimits<'a>,
}

impl<'a> FeatureTrial<'a> {
    pub(super) fn new(rows: Learnable<'a>, seed: u64, limits: DerivingLimits<'a>) -> Self {
        Self { rows, seed, limits }
    }

    /// Compares two sets of features by cross-validation of boosted trees. Returns `Better` if the set `next` gives a
    /// lower loss, by more than chance.
    pub(super) fn compare(&self, best: &FittedColumns, next: &FittedColumns) -> Outcome {
        // Both sets of features must be compared on the same rows, so the larger set limits the number of rows.
        let cells = next.preprocessing.features().max(1) * self.rows.target.labels().len().max(1);
        let most = (MAX_CELLS / cells).clamp(MIN_ROWS, MAX_ROWS);
        match (self.losses(best, most), self.losses(next, most)) {
            (Some(best), Some(next)) if is_smaller(&next, &best) => Outcome::Better,
            _ if (self.limits.is_up)() => Outcome::NoTime,
            _ => Outcome::NoBetter,
        }
    }

    /// Cross-validates boosted trees on the given features. Returns the out-of-fold loss of each row, or `None` if the
    /// time is up or a fit fails.
    fn losses(&self, learnt: &FittedColumns, most: usize) -> Option<Vec<f64>> {
        let Learnable { frame, rows, target, weights, order, groups } = self.rows;
        // At most about `most` rows are used.
        let step = rows.len().div_ceil(most).max(1);
        let chosen: Vec<u32> = (0..rows.len() as u32).step_by(step).collect();
        let (rows, target) = (at(rows, &chosen), target.take(&chosen));
        let weights = weights.map(|weights| at(weights, &chosen));
        let learner =
            Learner::new(frame, LearnerRows { rows: &rows, order, groups }, target, weights, learnt.clone()).ok()?;
        let metric = match learner.target().task() {
            Task::Classification => PrimaryMetric::LogLoss,
            Task::Regression => PrimaryMetric::Rmse,
        };
        let rule = LabelChoice::MostLikely.usual(learner.target());
        let choice = Choice::usual(Family::GradientBoosting);
        let folds = folds(learner.target(), |rows| learner.units(rows), FOLDS, self.seed);
        let mut losses = Vec::with_capacity(rows.len());
        for fold in &folds {
            if (self.limits.is_up)() {
                return None;
            }
            let fitted = learner.fit(FitRows::all(&fold.training), &choice, self.seed, Instant::now() + LIMIT).ok()?;
            let answers = ruled(&learner.answers(fitted, &fold.scored).ok()?, &rule);
            let truth = learner.target().take(&fold.scored);
            losses.extend(scores(metric, learner.truths(&truth), &answers)?.losses);
        }
        Some(losses)
    }
}

/// Returns whether the mean of `losses` is lower than the mean of `others` by more than chance.
fn is_smaller(losses: &[f64], others: &[f64]) -> bool {
    // Both lists hold the losses of the same rows.
    let gains = || others.iter().zip(losses).map(|(other, loss)| other - loss);
    let rows = losses.len() as f64;
    let mean = gains().sum::<f64>() / rows;
    let variance = gains().map(|gain| (gain - mean).powi(2)).sum::<f64>() / rows;
    mean > 0.0 && mean > MIN_GAIN_IN_STANDARD_ERRORS * (variance / rows).sqrt()
}

#[cfg(test)]
mod tests {
    use evergreen_table::{DataFile, DatasetSettings, Table};

    use super::*;
    use crate::prepared::Prepared;

    /// Checks that a single wrong prediction cannot dominate the mean loss, because predicted probabilities have a
    /// minimum.
    #[test]
    fn one_mistake_does_not_dominate_the_loss() {
        let row = |row: usize| format!("{},{}\n", row % 100, usize::from((row % 100 > 49) != row.is_multiple_of(199)));
        let csv = "x,y\n".to_owned() + &(0..400).map(row).collect::<String>();
        let file = DataFile { name: "t.csv".into(), content: csv.into_bytes() };
        let prepared =
            Prepared::of(Table::read(vec![file], DatasetSettings::default(), "y", u64::MAX).unwrap()).unwrap();
        let (table, rows) = (prepared.table(), &prepared.split().training);
        let target = table.target().take(rows);
        let rows = Learnable { frame: table.frame(), rows, target: &target, weights: None, order: None, groups: None };
        let trial =
            FeatureTrial::new(rows, 1, DerivingLimits { is_up: &|| false, fits: &|_| true, has_statistics: true });
        let losses = trial.losses(&prepared.learnt(), MAX_ROWS).unwrap();
        let floor = LabelChoice::MostLikely.usual(&target).floor.unwrap();
        let most = losses.iter().copied().fold(0.0, f64::max);
        assert!(most > 2.0 && most <= -f64::from(floor).ln() + 1e-6, "{most} of at most {}", -floor.ln());
    }

    #[test]
    fn a_smaller_loss_beyond_chance_is_recognised() {
        let others = [1.0, 2.0, 1.5, 1.0, 2.0, 1.0];
        assert!(is_smaller(&others.map(|loss| loss - 0.5), &others));
        assert!(!is_smaller(&[2.0, 0.5, 2.0, 0.5, 2.0, 0.5], &others));
        assert!(!is_smaller(&others, &others));
    }
}
