//! Which rows a search compares candidates on, and how they are divided.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use evergreen_table::Target;

/// Rows that candidates are compared on, at most. Of a larger table so many are drawn, of each class its share: which of the
/// candidates is best shows on these, and the last fit takes all rows.
pub(super) const MAX_ROWS: usize = 30_000;

/// The streams of the seed's generator that are not a tree's or a family's.
const STREAM: u64 = u64::MAX / 2;

/// Disjoint parts of the rows, alike in their classes; ascending.
pub(crate) fn folds(target: &Target, folds: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(STREAM);
    let rows = target.len();
    let mut strata = strata(target);
    strata.iter_mut().for_each(|stratum| stratum.shuffle(&mut generator));
    let least = strata.iter().map(Vec::len).filter(|rows| *rows > 0).min().unwrap_or_default();
    let mut parts = vec![Vec::new(); folds.min(least).max(2)];
    let count = parts.len();
    let mut next = 0;
    for stratum in strata {
        for row in stratum.iter().take(share(stratum.len(), rows)) {
            if let Some(part) = parts.get_mut(next % count) {
                part.push(*row);
            }
            next += 1;
        }
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    parts
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

/// All rows of the parts but those of the part number `without`; ascending.
pub(crate) fn others(parts: &[Vec<u32>], without: usize) -> Vec<u32> {
    let kept = parts.iter().enumerate().filter(|(part, _)| *part != without);
    let mut rows: Vec<u32> = kept.flat_map(|(_, rows)| rows.iter().copied()).collect();
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn classes(counts: &[usize]) -> Target {
        let classes = (0..).zip(counts).flat_map(|(class, count)| std::iter::repeat_n(class, *count)).collect();
        Target::Classes { labels: (0..counts.len() as i64).map(evergreen_lifecycle::Label::Integer).collect(), classes }
    }

    #[test]
    fn a_rare_class_makes_fewer_folds_but_two() {
        assert_eq!([1, 2, 3, 9].map(|rare| folds(&classes(&[50, rare]), 5, 1).len()), [2, 2, 3, 5]);
    }

    #[test]
    fn a_large_table_is_compared_on_a_part_that_has_every_class() {
        let target = classes(&[200_000, 50]);
        let rows: Vec<u32> = folds(&target, 5, 1).concat();
        assert!((MAX_ROWS - 10..MAX_ROWS + 30).contains(&rows.len()), "{}", rows.len());
        assert_eq!(rows.iter().filter(|row| **row >= 200_000).count(), 20);
    }

    proptest! {
        #[test]
        fn folds_are_disjoint_and_whole_and_alike(counts in prop::collection::vec(2_usize..40, 2..5), seed: u64) {
            let target = classes(&counts);
            let parts = folds(&target, 5, seed);
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(&all, &(0..target.len() as u32).collect::<Vec<_>>());
            let sizes = || parts.iter().map(Vec::len);
            prop_assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
            prop_assert_eq!(others(&parts, 0).len() + parts[0].len(), target.len());
            prop_assert_eq!(folds(&target, 5, seed), parts);
        }
    }
}
