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

/// `rows` different rows, of two classes in turn.
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
fn a_fifth_is_cut_where_no_equal_ones_are_parted() {
    assert_eq!(cut(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 2);
    assert_eq!(cut(&[1, 2, 2, 4, 5, 6, 7, 8, 9, 10]), 1, "the smaller of two equally near");
    assert_eq!(cut(&[1, 1, 1, 4, 5, 6, 7, 8, 9, 10]), 3);
    assert_eq!(cut(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 10]), 9);
    assert_eq!(cut(&[1; 10]), 2, "nothing else is left");
    assert_eq!(cut::<u8>(&[]), 0);
    assert_eq!(cut(&[1]), 0);
}

#[test]
fn the_newest_rows_are_held_out_and_one_day_is_not_parted() {
    let (frame, target) = two_classes(10);
    let order = [9.0, 1.0, 1.0, 2.0, 9.0, 3.0, 3.0, 4.0, 5.0, 8.0];
    let split = Split::of(&frame, &target, Some(&order));
    assert_eq!(split.holdout, [0, 4]);
    let one_day = Split::of(&frame, &target, Some(&[1.0; 10]));
    assert_eq!(one_day.holdout, [8, 9], "the later ones of the file");
}

#[test]
fn numbers_are_held_out_from_all_over_their_range() {
    let values: Vec<f32> = (0..100).map(|row| row as f32).collect();
    let target = Target::Numbers((0..100).map(f64::from).collect());
    let split = Split::of(&frame(&values), &target, None);
    let tenths: Vec<u32> = split.holdout.iter().map(|row| row / 10).collect();
    let expected: Vec<u32> = (0..10).flat_map(|tenth| [tenth, tenth]).collect();
    assert_eq!(tenths, expected);
}

#[test]
fn the_smallest_table_of_numbers_has_a_holdout() {
    let values: Vec<f32> = (0..10).map(|row| row as f32).collect();
    for numbers in [(0..10).map(f64::from).collect(), vec![1.0; 10]] {
        assert_eq!(Split::of(&frame(&values), &Target::Numbers(numbers), None).holdout.len(), 2);
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
        let split = Split::of(&frame(&values), &target, ordered.then_some(order.as_slice()));
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
        let split = Split::of(&frame(&values), &classes(vec![0; values.len()]), None);
        let of = |rows: &[u32]| rows.iter().map(|row| values[*row as usize] as i8).collect::<BTreeSet<_>>();
        prop_assert!(of(&split.training).is_disjoint(&of(&split.holdout)));
    }

    /// Of n rows and as many more, a row moves only if its rank by hash crosses the fifth; a few in a hundred do.
    #[test]
    fn a_table_that_grows_keeps_nearly_all_rows_where_they_are(rows in 200_u32..400, more in 1_u32..40) {
        let before = two_classes(rows);
        let after = two_classes(rows + more);
        let held = |(frame, target): &(Frame, Target)| {
            Split::of(frame, target, None).holdout.into_iter().filter(|row| *row < rows).collect::<BTreeSet<_>>()
        };
        let moved = held(&before).symmetric_difference(&held(&after)).count();
        prop_assert!(moved * 20 <= rows as usize, "{} of {} moved", moved, rows);
    }
}
