//! Gives the search more folds if the table has few rows. The score of a single small fold is mostly chance.

use super::folds::{Fold, folds};
use super::plan::Plan;
use super::trial::SearchContext;
use crate::learner::Learner;

/// On a larger table, each candidate is scored on this many folds first.
const FIRST_FOLDS: usize = 1;

/// Maximum number of cells (rows × features × labels) for which the search scores every candidate on every row.
const MAX_CELLS: usize = 50_000;

/// A small table is divided into folds several times, until about `MIN_SCORED` rows are scored in total. It is divided
/// at most `MAX_DIVISIONS` times.
const MIN_SCORED: usize = 600;
const MAX_DIVISIONS: usize = 3;

/// Splits the training rows into cross-validation folds. Returns the folds, and how many of them belong to one division
/// of the rows. If there are few rows, they are divided several times. They are divided once if the settings name a
/// number of folds or if the rows are ordered in time.
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
    /// Returns on how many folds the search scores each candidate before it selects the better ones.
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
