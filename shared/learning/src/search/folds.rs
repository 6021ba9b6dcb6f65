//! Which rows a search compares candidates on, and how they are divided.

mod alike;
mod time;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use evergreen_table::Target;

use crate::split::Units;

/// Maximum number of rows that candidates are compared on. Of a larger table so many are drawn, of each class its share: which
/// of the candidates is best shows on these, and the last fit takes all rows.
pub(super) const MAX_ROWS: usize = 30_000;

/// The streams of the seed's generator that are not a tree's or a family's.
const STREAM: u64 = u64::MAX / 2;

/// What a candidate is fitted to and scored on once; ascending in both, no row in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) training: Vec<u32>,
    pub(crate) scored: Vec<u32>,
}

/// The folds of the rows of `target`, of which `units` says which belong together. Rows that are ordered in time are learnt
/// from before they are scored: each fold learns from all rows that are older than those that it is scored on. Else every
/// row is scored in one fold, and the folds are alike in their classes. No fold parts the rows of a unit.
pub(crate) fn folds(target: &Target, units: impl FnOnce(&[u32]) -> Units, folds: usize, seed: u64) -> Vec<Fold> {
    let strata = drawn(target, seed);
    match units(&strata.concat()) {
        Units::Alike(units) => alike::folds(&strata, &units, folds),
        Units::Ordered(ranks) => {
            let rows = strata.concat();
            let chained = time::folds(&rows, &ranks, target, folds);
            if chained.is_empty() { alike::folds(&strata, &ranks, folds) } else { chained }
        }
    }
}

/// The rows that are compared on, shuffled, class by class.
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

/// How many of a class's rows are taken: all, or their share of [`MAX_ROWS`], but at least as many as there are folds.
fn share(members: usize, rows: usize) -> usize {
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
