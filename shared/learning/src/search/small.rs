//! On a table with few rows, scores each candidate on more folds, because the score of a single small fold is mostly
//! chance.

use super::folds::{Fold, folds};
use super::plan::Plan;
use super::trial::SearchContext;
use crate::learner::Learner;

// Only better candidates are scored on more folds.
/// Number of cross-validation folds on which a hyperparameter candidate is scored first, if the table is not small.
const FIRST_FOLDS: usize = 1;

// On a small table, the search scores every candidate on every row.
/// A table with at most this many cells (rows × features × labels) counts as small.
const MAX_CELLS: usize = 50_000;

// A table is divided at most `MAX_DIVISIONS` times.
/// Number of rows on which a candidate should be scored. With fewer rows, the table is split into folds several times.
const MIN_SCORED: usize = 600;
const MAX_DIVISIONS: usize = 3;

/// Splits the training rows into cross-validation folds, once or several times. Also returns the number of folds per
/// split.
pub(super) fn divided(learner: &Learner<'_>, plan: &Plan) -> (Vec<Fold>, usize) {
    let divide = |seed| folds(learner.target(), |rows| learner.units(rows), plan.folds, seed);
    let mut all = divide(plan.seed);
    let division = all.len();
    // A table with few rows is divided several times, each time differently. It is divided only once if the settings
    // name a number of folds, or if the rows are ordered in time.
    let is_once = learner.is_ordered() || !plan.may_divide_again;
    let divisions = if is_once { 1 } else { divisions(learner.rows()) };
    all.extend((1..divisions as u64).flat_map(|number| divide(plan.seed.wrapping_add(number << 32))));
    (all, division)
}

fn divisions(rows: usize) -> usize {
    (MIN_SCORED / rows.max(1)).clamp(1, MAX_DIVISIONS)
}

impl SearchContext<'_> {
    /// Returns on how many cross-validation folds the search scores each hyperparameter candidate at first.
    pub(super) fn first_folds(&self) -> usize {
        let labels = self.learner.target().labels().len().max(1);
        let cells = self.learner.rows() * self.learner.width() * labels;
        if cells <= MAX_CELLS { self.division } else { FIRST_FOLDS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewer_rows_the_more_often_they_are_divided() {
        assert_eq!([90, 200, 250, 300, 301, 5_000].map(divisions), [3, 3, 2, 2, 1, 1]);
    }
}
