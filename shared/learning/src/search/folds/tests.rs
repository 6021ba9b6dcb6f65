use std::collections::BTreeSet;

use evergreen_lifecycle::Label;
use proptest::prelude::*;

use super::*;

fn classes(counts: &[usize]) -> Target {
    let classes = (0..).zip(counts).flat_map(|(class, count)| std::iter::repeat_n(class, *count)).collect();
    Target::Classes { labels: (0..counts.len() as i64).map(Label::Integer).collect(), classes }
}

/// Test helper: lets any two rows be in different cross-validation folds.
fn alone(rows: &[u32]) -> Units {
    Units::Alike(rows.iter().map(|row| u64::from(*row)).collect())
}

fn scored(folds: &[Fold]) -> Vec<u32> {
    folds.iter().flat_map(|fold| fold.scored.iter().copied()).collect()
}

fn in_time(target: &Target, rank: impl Fn(u32) -> u64) -> Vec<Fold> {
    folds(target, |rows| Units::Ordered(rows.iter().map(|row| rank(*row)).collect()), 5, 1)
}

#[test]
fn a_rare_class_makes_fewer_folds_but_two() {
    assert_eq!([1, 2, 3, 9].map(|rare| folds(&classes(&[50, rare]), alone, 5, 1).len()), [2, 2, 3, 5]);
}

#[test]
fn a_large_table_is_compared_on_a_part_that_has_every_class() {
    let target = classes(&[200_000, 50]);
    let rows = scored(&folds(&target, alone, 5, 1));
    assert!((MAX_ROWS - 10..MAX_ROWS + 30).contains(&rows.len()), "{}", rows.len());
    assert_eq!(rows.iter().filter(|row| **row >= 200_000).count(), 20);
}

#[test]
fn groups_with_several_classes_give_balanced_folds() {
    // There are 40 groups of 10 rows. The share of rows with the second class differs from group to group.
    let classes: Vec<u32> = (0..400_u32).map(|row| u32::from(row % 10 < row / 100 * 2)).collect();
    let positive = |rows: &[u32]| rows.iter().filter(|row| classes[**row as usize] == 1).count();
    let target = Target::Classes { labels: vec![Label::Integer(0), Label::Integer(1)], classes: classes.clone() };
    let parts = folds(&target, |rows| Units::Alike(rows.iter().map(|row| u64::from(row / 10)).collect()), 5, 1);
    for fold in &parts {
        let groups = |rows: &[u32]| rows.iter().map(|row| row / 10).collect::<BTreeSet<_>>();
        assert!(groups(&fold.training).is_disjoint(&groups(&fold.scored)));
        assert_eq!(fold.scored.len(), 80);
        assert!((18..=30).contains(&positive(&fold.scored)), "{}", positive(&fold.scored));
    }
}

#[test]
fn each_fold_in_time_trains_on_earlier_rows_than_it_is_scored_on() {
    // The rows are not sorted by time, and seven rows have the same day.
    let day = |row: u32| u64::from((row * 37 % 300) / 7);
    let target = Target::Numbers((0..300).map(f64::from).collect());
    let chained = in_time(&target, day);
    assert_eq!(chained.len(), 5);
    for fold in &chained {
        let newest = fold.training.iter().map(|row| day(*row)).max().unwrap();
        assert!(fold.scored.iter().all(|row| day(*row) > newest));
        assert!((42..=58).contains(&fold.scored.len()), "{}", fold.scored.len());
    }
    assert!(chained.windows(2).all(|pair| pair[0].training.len() < pair[1].training.len()));
    let last = chained.last().unwrap();
    assert_eq!(last.training.len() + last.scored.len(), 300, "the newest rows are scored in the last fold");
}

#[test]
fn folds_in_time_contain_every_class_if_possible() {
    // The second class occurs only from day 150 on, of 300 days.
    let target = classes(&[150, 150]);
    let chained = in_time(&target, u64::from);
    assert_eq!(chained.iter().map(|fold| fold.training.len()).collect::<Vec<_>>(), [200, 250]);
    let late = classes(&[290, 10]);
    assert_eq!(in_time(&late, u64::from).len(), 1, "the newest fold is always there");
}

#[test]
fn rows_with_one_time_are_divided_as_without_a_time() {
    let target = classes(&[20, 20]);
    let parts = in_time(&target, |_| 7);
    assert_eq!(scored(&parts).len(), 40);
}

#[test]
fn no_fold_is_empty_where_nearly_all_rows_are_equal() {
    let target = classes(&[20, 20]);
    let parts = folds(&target, |rows| Units::Alike(rows.iter().map(|row| u64::from(row % 2)).collect()), 5, 1);
    assert!(parts.len() == 5 && parts.iter().all(|fold| fold.scored.len() == 8));
}

proptest! {
    #[test]
    fn folds_are_disjoint_complete_and_balanced(counts in prop::collection::vec(2_usize..40, 2..5), seed: u64) {
        let target = classes(&counts);
        let parts = folds(&target, alone, 5, seed);
        let mut all = scored(&parts);
        all.sort_unstable();
        prop_assert_eq!(&all, &(0..target.len() as u32).collect::<Vec<_>>());
        let sizes = || parts.iter().map(|fold| fold.scored.len());
        prop_assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
        for fold in &parts {
            prop_assert_eq!(fold.training.len() + fold.scored.len(), target.len());
            prop_assert!(fold.scored.iter().all(|row| fold.training.binary_search(row).is_err()));
        }
        prop_assert_eq!(folds(&target, alone, 5, seed), parts);
    }

    #[test]
    fn rows_of_a_unit_are_never_separated(units in prop::collection::vec(0_u64..30, 60..120), seed: u64) {
        let target = Target::Numbers(units.iter().map(|unit| *unit as f64).collect());
        let of = |rows: &[u32]| rows.iter().map(|row| units[*row as usize]).collect::<Vec<_>>();
        for fold in folds(&target, |rows| Units::Alike(of(rows)), 5, seed) {
            let learnt: BTreeSet<u64> = of(&fold.training).into_iter().collect();
            prop_assert!(of(&fold.scored).iter().all(|unit| !learnt.contains(unit)));
        }
    }
}
