//! What is learnt from and what is held out.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::rows::Rows;

/// The split's seed. It is not the run's: with one split for all runs on a table, no champion has learnt from the rows on
/// which it is compared with its challenger.
pub const SPLIT_SEED: u64 = 42;

/// Two parts of a table without a common row; each has rows of every class.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// About four fifths of each class.
    pub training: Rows,
    /// About one fifth of each class.
    pub holdout: Rows,
}

/// Splits `rows`, which have at least two of each class: of each class a fifth, rounded to the nearest but at least one
/// and not all, is held out. Both parts keep the order of the rows.
pub fn split(rows: &Rows, seed: u64) -> Split {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut held = vec![false; rows.len()];
    for class in 0..rows.signature().labels().len() {
        let mut members: Vec<usize> = positions(rows, class).collect();
        members.shuffle(&mut generator);
        let take = fifth(members.len());
        for position in members.into_iter().take(take) {
            if let Some(held) = held.get_mut(position) {
                *held = true;
            }
        }
    }
    let is_held = |position: usize| held.get(position).copied().unwrap_or_default();
    Split { training: rows.filter(|position| !is_held(position)), holdout: rows.filter(is_held) }
}

fn positions(rows: &Rows, class: usize) -> impl Iterator<Item = usize> {
    rows.classes().iter().enumerate().filter(move |(_, c)| **c == class).map(|(position, _)| position)
}

fn fifth(members: usize) -> usize {
    ((members * 2 + 5) / 10).max(1).min(members.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iris;

    #[test]
    fn iris_is_split_120_to_30_with_every_species_alike() {
        let split = split(iris().unwrap().rows(), SPLIT_SEED);
        let counts = |rows: &Rows| [0, 1, 2].map(|class| positions(rows, class).count());
        assert_eq!((counts(&split.training), counts(&split.holdout)), ([40; 3], [10; 3]));
    }

    #[test]
    fn every_row_is_in_one_part() {
        let table = iris().unwrap();
        let split = split(table.rows(), SPLIT_SEED);
        let sorted = |rows: &[&Rows]| {
            let mut all: Vec<_> = rows.iter().flat_map(|rows| rows.iter()).map(|row| format!("{row:?}")).collect();
            all.sort();
            all
        };
        assert_eq!(sorted(&[&split.training, &split.holdout]), sorted(&[table.rows()]));
    }

    #[test]
    fn the_seed_decides() {
        let table = iris().unwrap();
        assert_eq!(split(table.rows(), 7), split(table.rows(), 7));
        assert_ne!(split(table.rows(), 7), split(table.rows(), 8));
    }

    #[test]
    fn a_class_of_any_size_is_in_both_parts() {
        assert_eq!([2, 3, 7, 8, 12, 13, 50].map(fifth), [1, 1, 1, 2, 2, 3, 10]);
    }
}
