//! Finds the natural limits of a regression target, such as 0 for prices.

const WHOLE: f64 = 1.0;

// The target must also have no negative numbers.
/// A target with values from 0 to 1 counts as a share (for example 0.25 for 25 %) if its maximum is at least this
/// number.
const NEARLY_WHOLE: f64 = 0.9;

// Examples of natural limits are the best grade of an exam, a capacity, or the cap of a survey.
/// A target's smallest (or largest) value limits all predictions only if at least this many rows have the value.
const PILED_UP: usize = 5;

/// A target's smallest (or largest) value limits all predictions only if at least this share of rows has the value.
const PILED_UP_SHARE: f64 = 0.01;

// With a smaller share, it must also have more rows than the next value. This excludes counts, which get rarer towards
// their end.
/// A target's smallest (or largest) value always limits all predictions if at least this share of rows has the value.
const PLAIN_SHARE: f64 = 0.1;

/// Returns the lowest and the highest possible value of a regression target (0 as lowest for prices). `None`: no limit.
pub(super) fn of(numbers: &[f64]) -> (Option<f32>, Option<f32>) {
    // A smallest or largest value that many rows have is a limit. Otherwise the limit is 0 if all numbers are on one
    // side of 0. The upper limit of shares is 1.
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let rows = |at: f64| numbers.iter().filter(|number| **number == at).count();
    let is_piled_up = |end: f64, next: f64| {
        let (piled, share) = (rows(end), rows(end) as f64 / numbers.len().max(1) as f64);
        piled >= PILED_UP && (share >= PLAIN_SHARE || share >= PILED_UP_SHARE && piled > rows(next))
    };
    let second = numbers.iter().copied().filter(|number| *number > least).fold(f64::INFINITY, f64::min);
    let last_but_one = numbers.iter().copied().filter(|number| *number < greatest).fold(f64::NEG_INFINITY, f64::max);
    let low = match least {
        least if is_piled_up(least, second) => Some(least),
        least => (least >= 0.0).then_some(0.0),
    };
    let high = match greatest {
        greatest if is_piled_up(greatest, last_but_one) => Some(greatest),
        greatest if least >= 0.0 && (NEARLY_WHOLE..=WHOLE).contains(&greatest) => Some(WHOLE),
        greatest => (greatest <= 0.0).then_some(0.0),
    };
    let single = |end: Option<f64>| end.map(|end| end as f32).filter(|end| end.is_finite());
    (single(low), single(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_bounds_if_its_numbers_show_them() {
        let spread =
            |from: f64, to: f64| (0..100).map(|row| from + (to - from) * f64::from(row) / 99.0).collect::<Vec<_>>();
        assert_eq!(of(&spread(-3.0, 3.0)), (None, None));
        assert_eq!(of(&spread(12.0, 900.0)), (Some(0.0), None), "prices");
        assert_eq!(of(&spread(-9.0, -1.0)), (None, Some(0.0)), "debts");
        assert_eq!(of(&spread(0.1, 0.95)), (Some(0.0), Some(1.0)), "shares");
        let marks: Vec<f64> = (0..100).map(|row| f64::from(1 + row % 5) + f64::from(row % 2) / 2.0).collect();
        assert_eq!(of(&marks), (Some(1.0), Some(5.5)), "marks");
        let counts: Vec<f64> = (0..=8).flat_map(|count| vec![f64::from(count); 20 - 2 * count as usize]).collect();
        assert_eq!(of(&counts), (Some(0.0), None), "counts, of which a greater one may come");
        assert_eq!(of(&[5.0; 3]), (Some(0.0), None));
    }
}
