use std::collections::BTreeSet;

use evergreen_lifecycle::Label;
use evergreen_table::{FrameColumn, Values};
use proptest::prelude::*;

use super::*;

fn frame(values: &[f32]) -> Frame {
    let columns = vec![FrameColumn { name: "x".into(), values: Values::Number(values.to_vec()) }];
    Frame::new(columns, values.len())
}

fn classes(classes: Vec<u32>) -> Target {
    Target::Classes { labels: vec![Label::Integer(0), Label::Integer(1)], classes }
}

fn two_classes(rows: u32) -> (Frame, Target) {
    let values: Vec<f32> = (0..rows).map(|row| row as f32).collect();
    (frame(&values), classes((0..rows).map(|row| row % 2).collect()))
}

#[test]
fn a_class_of_any_size_is_in_both_parts() {
    assert_eq!([2, 3, 7, 8, 12, 13, 50].map(fifth), [1, 1, 1, 2, 2, 3, 10]);
    assert_eq!([0, 1].map(fifth), [0, 0]);
}

fn cut<K: Eq + Copy>(keys: &[K]) -> usize {
    super::cut(keys.len(), |at| keys.get(at).copied())
}

#[test]
fn a_fifth_ends_where_it_separates_no_equal_values() {
    assert_eq!(cut(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 2);
    assert_eq!(cut(&[1, 2, 2, 4, 5, 6, 7, 8, 9, 10]), 1, "the smaller of two equally near");
    assert_eq!(cut(&[1, 1, 1, 4, 5, 6, 7, 8, 9, 10]), 3);
    assert_eq!(cut(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 10]), 9);
    assert_eq!(cut(&[1; 10]), 2, "nothing else is left");
    assert_eq!(cut::<u8>(&[]), 0);
    assert_eq!(cut(&[1]), 0);
}

#[test]
fn the_newest_rows_are_held_out_and_a_day_is_not_split() {
    let (frame, target) = two_classes(10);
    let order = [9.0, 1.0, 1.0, 2.0, 9.0, 3.0, 3.0, 4.0, 5.0, 8.0];
    let split = Split::of(&frame, &target, Some(&order), None);
    assert_eq!(split.holdout, [0, 4]);
    let one_day = Split::of(&frame, &target, Some(&[1.0; 10]), None);
    assert_eq!(one_day.holdout, [8, 9], "the later ones of the file");
}

#[test]
fn the_holdout_of_a_regression_covers_the_whole_range() {
    let values: Vec<f32> = (0..100).map(|row| row as f32).collect();
    let target = Target::Numbers((0..100).map(f64::from).collect());
    let split = Split::of(&frame(&values), &target, None, None);
    let tenths: Vec<u32> = split.holdout.iter().map(|row| row / 10).collect();
    let expected: Vec<u32> = (0..10).flat_map(|tenth| [tenth, tenth]).collect();
    assert_eq!(tenths, expected);
}

#[test]
fn the_smallest_table_of_numbers_has_a_holdout() {
    let values: Vec<f32> = (0..10).map(|row| row as f32).collect();
    for numbers in [(0..10).map(f64::from).collect(), vec![1.0; 10]] {
        assert_eq!(Split::of(&frame(&values), &Target::Numbers(numbers), None, None).holdout.len(), 2);
    }
}

proptest! {
    #[test]
    fn every_row_is_in_one_part(
        rows in prop::collection::vec((0_i8..20, 0_u32..2), 10..80),
        ordered in any::<bool>(),
        regression in any::<bool>(),
    ) {
        let values: Vec<f32> = rows.iter().map(|(value, _)| f32::from(*value)).collect();
        let order: Vec<f64> = values.iter().copied().map(f64::from).collect();
        let target = if regression {
            Target::Numbers(order.clone())
        } else {
            classes(rows.iter().map(|(_, class)| *class).collect())
        };
        let split = Split::of(&frame(&values), &target, ordered.then_some(order.as_slice()), None);
        let all: BTreeSet<u32> = split.training.iter().chain(&split.holdout).copied().collect();
        prop_assert_eq!(all.into_iter().collect::<Vec<_>>(), (0..rows.len() as u32).collect::<Vec<_>>());
        prop_assert_eq!(split.training.len() + split.holdout.len(), rows.len());
        prop_assert!(split.training.is_sorted() && split.holdout.is_sorted());
        prop_assert!(!split.holdout.is_empty() && !split.training.is_empty());
    }

    #[test]
    fn equal_rows_stay_together(values in prop::collection::vec(0_i8..30, 20..100)) {
        let values: Vec<f32> = values.into_iter().map(f32::from).collect();
        prop_assume!(values.iter().any(|value| Some(value) != values.first()));
        let split = Split::of(&frame(&values), &classes(vec![0; values.len()]), None, None);
        let of = |rows: &[u32]| rows.iter().map(|row| values[*row as usize] as i8).collect::<BTreeSet<_>>();
        prop_assert!(of(&split.training).is_disjoint(&of(&split.holdout)));
    }

    // A row moves only if its rank by hash moves across the border of the first fifth.
    /// When a table grows, only a few rows in a hundred move between training rows and hold-out.
    #[test]
    fn a_table_that_grows_keeps_nearly_all_rows_where_they_are(rows in 200_u32..400, more in 1_u32..40) {
        let before = two_classes(rows);
        let after = two_classes(rows + more);
        let held = |(frame, target): &(Frame, Target)| {
            Split::of(frame, target, None, None).holdout.into_iter().filter(|row| *row < rows).collect::<BTreeSet<_>>()
        };
        let moved = held(&before).symmetric_difference(&held(&after)).count();
        prop_assert!(moved * 20 <= rows as usize, "{} of {} moved", moved, rows);
    }
}

/// Returns the groups of the hold-out rows. Panics if a group has rows both in the hold-out and in the training rows.
fn held_groups(split: &Split, groups: &[u64]) -> BTreeSet<u64> {
    let of = |rows: &[u32]| rows.iter().map(|row| groups[*row as usize]).collect::<BTreeSet<u64>>();
    let (training, held) = (of(&split.training), of(&split.holdout));
    assert!(training.is_disjoint(&held), "a group is on both sides");
    held
}

/// Returns a group number for each row. Groups have 1 to 20 rows, which are scattered over the table.
fn groups(rows: u32) -> Vec<u64> {
    (0..rows).map(|row| u64::from(row * 37 % rows / 10).wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect()
}

#[test]
fn groups_are_held_out_whole_and_stay_held_out_while_the_table_grows() {
    let numbers = |rows: u32| Target::Numbers((0..rows).map(|row| f64::from(row % 7)).collect());
    let split = |rows: u32| {
        let (frame, _) = two_classes(rows);
        Split::of(&frame, &numbers(rows), None, Some(&groups(2000)[..rows as usize]))
    };
    let small = split(1000);
    assert!((160..=240).contains(&small.holdout.len()), "{}", small.holdout.len());
    let held = held_groups(&small, &groups(2000));
    let grown = held_groups(&split(2000), &groups(2000));
    assert!(held.intersection(&grown).count() * 10 >= held.len() * 8, "{held:?} {grown:?}");
}

#[test]
fn groups_of_one_class_are_held_out_by_class() {
    let groups: Vec<u64> = (0..400_u64).map(|row| row / 10).collect();
    // Rows of groups 0 to 29 have the first class, rows of groups 30 to 38 the second, and rows of group 39 the third.
    let class = |group: u64| u32::from(group >= 30) + u32::from(group == 39);
    let target = Target::Classes {
        labels: (0..3).map(Label::Integer).collect(),
        classes: groups.iter().map(|group| class(*group)).collect(),
    };
    let (frame, _) = two_classes(400);
    let held = held_groups(&Split::of(&frame, &target, None, Some(&groups)), &groups);
    let of = |wanted: u32| held.iter().filter(|group| class(**group) == wanted).count();
    assert_eq!((of(0), of(1), of(2)), (6, 2, 0));
}

#[test]
fn with_an_order_column_the_groups_with_the_newest_rows_are_held_out() {
    let groups: Vec<u64> = (0..300_u64).map(|row| row * 7 % 30).collect();
    let order: Vec<f64> = (0..300).map(f64::from).collect();
    let (frame, _) = two_classes(300);
    let target = Target::Numbers(vec![0.0; 300]);
    let split = Split::of(&frame, &target, Some(&order), Some(&groups));
    let held = held_groups(&split, &groups);
    assert_eq!(held, (294..300).map(|row| row * 7 % 30).collect());
    let newest = groups::ranks(&groups, &order);
    assert!(split.training.iter().all(|row| newest[*row as usize] < 24));
}

#[test]
fn a_group_with_most_of_the_rows_stays_in_training() {
    let groups: Vec<u64> = (0..100).map(|row| if row < 70 { 0 } else { row }).collect();
    let (frame, _) = two_classes(100);
    let split = Split::of(&frame, &Target::Numbers(vec![0.0; 100]), None, Some(&groups));
    assert!((15..=25).contains(&split.holdout.len()) && !held_groups(&split, &groups).contains(&0));
}
