//! Chooses the training rows on which a search compares hyperparameter candidates, and splits them into
//! cross-validation folds.

mod alike;
mod time;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use evergreen_table::Target;

use crate::split::Units;

// From a larger table, this many rows are drawn, each class in proportion. They suffice to find the best candidate. The
// last fit uses all training rows.
/// Maximum number of training rows on which hyperparameter candidates are compared.
pub(super) const MAX_ROWS: usize = 30_000;

// Trees and families use other streams.
/// Number that selects a random sequence of the generator. The sequence draws the rows for comparing hyperparameters.
const STREAM: u64 = u64::MAX / 2;

// Both are ascending lists of row indices without a common row.
/// A cross-validation fold: the rows that a model is fitted to, and the rows that the model is scored on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) training: Vec<u32>,
    pub(crate) scored: Vec<u32>,
}

/// Splits training rows into cross-validation folds. `units` says which rows must stay in the same fold.
pub(crate) fn folds(target: &Target, units: impl FnOnce(&[u32]) -> Units, folds: usize, seed: u64) -> Vec<Fold> {
    let strata = drawn(target, seed);
    match units(&strata.concat()) {
        // Every row is scored in one fold, and the classes have similar shares in all folds.
        Units::Alike(units) => alike::folds(&strata, &units, folds),
        // The rows are ordered in time: each fold trains on all rows that are older than its scored rows.
        Units::Ordered(ranks) => {
            let rows = strata.concat();
            let chained = time::folds(&rows, &ranks, target, folds);
            if chained.is_empty() { alike::folds(&strata, &ranks, folds) } else { chained }
        }
    }
}

/// Draws training rows for comparing hyperparameter candidates. Returns one shuffled list of rows for each class.
fn drawn(target: &Target, seed: u64) -> Vec<Vec<u32>> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(STREAM);
    let rows = target.len();
    let mut strata = strata(target);
    for stratum in &mut strata {
        stratum.shuffle(&mut generator);
        stratum.truncate(share(stratum.len(), rows));
    }
    strata
}

/// Returns how many rows of a class are used to compare hyperparameter candidates.
fn share(members: usize, rows: usize) -> usize {
    // `members` is the number of the class's rows, `rows` the number of all rows. On a small table, all rows are used.
    // On a large table, it is the class's share of `MAX_ROWS`, but at least 20.
    if rows <= MAX_ROWS { members } else { (members * MAX_ROWS / rows).max(20).min(members) }
}

fn strata(target: &Target) -> Vec<Vec<u32>> {
    match target {
        Target::Classes { labels, classes } => {
            let mut strata = vec![Vec::new(); labels.len()];
            for (row, class) in (0..).zip(classes) {
                if let Some(stratum) = strata.get_mut(*class as usize) {
                    stratum.push(row);
                }
            }
            strata
        }
        Target::Numbers(numbers) => vec![(0..numbers.len() as u32).collect()],
    }
}

#[cfg(test)]
mod tests;
