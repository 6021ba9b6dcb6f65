//! On a table with few rows, scores each candidate on more folds, because the score of a single small fold is mostly
//! chance.

use super::folds::{Fold, folds};
use super::plan::Plan;
use super::trial::SearchContext;
use crate::learner::Learner;

/// If the table is not small, each candidate is first scored on this many folds. Only better candidates are scored on
/// more.
const FIRST_FOLDS: usize = 1;

/// A table is small if it has at most this many cells (rows × features × labels). On a small table, the search scores
/// every candidate on every row.
const MAX_CELLS: usize = 50_000;

/// A table with few rows is divided into folds several times, until about `MIN_SCORED` rows are scored in total. It is
/// divided at most `MAX_DIVISIONS` times.
const MIN_SCORED: usize = 600;
const MAX_DIVISIONS: usize = 3;

/// Splits the training rows into cross-validation folds. Returns the folds, and the number of folds of a single
/// division. A table with few rows is divided several times, each time differently. It is divided only once if the
/// settings name a number of folds, or if the rows are ordered in time.
pub(super) fn divided(learner: &Learner<'_>, plan: &Plan) -> (Vec<Fold>, usize) {
    let divide = |seed| folds(learner.target(), |rows| learner.units(rows), plan.folds, seed);
    let mut all = divide(plan.seed);
    let division = all.len();
    let is_once = learner.is_ordered() || !plan.may_divide_again;
    let divisions = if is_once { 1 } else { divisions(learner.rows()) };
    all.extend((1..divisions as u64).flat_map(|number| divide(plan.seed.wrapping_add(number << 32))));
    (all, division)
}

fn divisions(rows: usize) -> usize {
    (MIN_SCORED / rows.max(1)).clamp(1, MAX_DIVISIONS)
}

impl SearchContext<'_> {
    /// Returns on how many folds the search scores each candidate at first. Then only the better candidates are scored
    /// on more folds.
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
