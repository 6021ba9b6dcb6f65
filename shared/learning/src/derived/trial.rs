//! Whether something derived is worthwhile: answers to rows that were not learnt from, with it and without.

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Family, PrimaryMetric, Task};
use evergreen_table::at;

use super::{Learnable, Limits, Outcome};
use crate::deciding::{LabelChoice, ruled};
use crate::encode::Learnt;
use crate::evaluate::scores;
use crate::fit::Rows;
use crate::hyperparameters::Choice;
use crate::learner::{Kept, Learner};
use crate::search::folds;

/// Parts that the rows are divided into.
const FOLDS: usize = 3;

/// Rows that are tried, at most and at least, and values that they have, times the outputs of the model.
const MAX_ROWS: usize = 10_000;
const MIN_ROWS: usize = 1_000;
const MAX_CELLS: usize = 2_000_000;

/// It is worthwhile if the losses are smaller by this many standard errors.
const WORTHWHILE: f64 = 2.0;

/// How long one fit may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Rows on which drafts are compared.
pub(super) struct Trial<'a> {
    rows: Learnable<'a>,
    seed: u64,
    pub(super) limits: Limits<'a>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(rows: Learnable<'a>, seed: u64, limits: Limits<'a>) -> Self {
        Self { rows, seed, limits }
    }

    /// Whether `next` is better than `best`.
    pub(super) fn compare(&self, best: &Learnt, next: &Learnt) -> Outcome {
        // The rows must be the same.
        let cells = next.preprocessing.features().max(1) * self.rows.target.labels().len().max(1);
        let most = (MAX_CELLS / cells).clamp(MIN_ROWS, MAX_ROWS);
        match (self.losses(best, most), self.losses(next, most)) {
            (Some(best), Some(next)) if is_smaller(&next, &best) => Outcome::Taken,
            _ if (self.limits.is_up)() => Outcome::NoTime,
            _ => Outcome::NoBetter,
        }
    }

    /// The loss of each row; nothing where there is no time for it.
    fn losses(&self, learnt: &Learnt, most: usize) -> Option<Vec<f64>> {
        let Learnable { frame, rows, target, weights, order, groups } = self.rows;
        let step = rows.len().div_ceil(most).max(1);
        let chosen: Vec<u32> = (0..rows.len() as u32).step_by(step).collect();
        let (rows, target) = (at(rows, &chosen), target.take(&chosen));
        let weights = weights.map(|weights| at(weights, &chosen));
        let learner = Learner::new(frame, Kept { rows: &rows, order, groups }, target, weights, learnt.clone()).ok()?;
        let metric = match learner.target().task() {
            Task::Classification => PrimaryMetric::LogLoss,
            Task::Regression => PrimaryMetric::Rmse,
        };
        let rule = LabelChoice::Likeliest.usual(learner.target());
        let choice = Choice::usual(Family::GradientBoosting);
        let folds = folds(learner.target(), |rows| learner.units(rows), FOLDS, self.seed);
        let mut losses = Vec::with_capacity(rows.len());
        for fold in &folds {
            if (self.limits.is_up)() {
                return None;
            }
            let fitted = learner.fit(Rows::all(&fold.training), &choice, self.seed, Instant::now() + LIMIT).ok()?;
            let answers = ruled(&learner.ask(fitted, &fold.scored).ok()?, &rule);
            let truth = learner.target().take(&fold.scored);
            losses.extend(scores(metric, learner.truths(&truth), &answers)?.losses);
        }
        Some(losses)
    }
}

/// Whether losses are smaller than others of the same rows, by more than chance would have it.
fn is_smaller(losses: &[f64], others: &[f64]) -> bool {
    let gains = || others.iter().zip(losses).map(|(other, loss)| other - loss);
    let rows = losses.len() as f64;
    let mean = gains().sum::<f64>() / rows;
    let variance = gains().map(|gain| (gain - mean).powi(2)).sum::<f64>() / rows;
    mean > 0.0 && mean > WORTHWHILE * (variance / rows).sqrt()
}

#[cfg(test)]
mod tests {
    use evergreen_table::{DataFile, DatasetSettings, Table};

    use super::*;
    use crate::prepared::Prepared;

    /// As the answers of a model are bounded, a row that it is wrong of costs no more than the least probability.
    #[test]
    fn one_mistake_does_not_outweigh_all_other_rows() {
        let row = |row: usize| format!("{},{}\n", row % 100, usize::from((row % 100 > 49) != row.is_multiple_of(199)));
        let csv = "x,y\n".to_owned() + &(0..400).map(row).collect::<String>();
        let file = DataFile { name: "t.csv".into(), content: csv.into_bytes() };
        let prepared =
            Prepared::of(Table::read(vec![file], DatasetSettings::default(), "y", u64::MAX).unwrap()).unwrap();
        let (table, rows) = (prepared.table(), &prepared.split().training);
        let target = table.target().take(rows);
        let rows = Learnable { frame: table.frame(), rows, target: &target, weights: None, order: None, groups: None };
        let trial = Trial::new(rows, 1, Limits { is_up: &|| false, fits: &|_| true });
        let losses = trial.losses(&prepared.learnt(), MAX_ROWS).unwrap();
        let floor = LabelChoice::Likeliest.usual(&target).floor.unwrap();
        let most = losses.iter().copied().fold(0.0, f64::max);
        assert!(most > 2.0 && most <= -f64::from(floor).ln() + 1e-6, "{most} of at most {}", -floor.ln());
    }

    #[test]
    fn losses_are_smaller_where_chance_would_not_have_it() {
        let others = [1.0, 2.0, 1.5, 1.0, 2.0, 1.0];
        assert!(is_smaller(&others.map(|loss| loss - 0.5), &others));
        assert!(!is_smaller(&[2.0, 0.5, 2.0, 0.5, 2.0, 0.5], &others));
        assert!(!is_smaller(&others, &others));
    }
}
