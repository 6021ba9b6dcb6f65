//! The exact probability of a given number of bad rows in groups of two samples, if both samples come from the same distribution
//! within each group.
//!
//! Groups are kinds of predictions, such as those with a probability of 0.3 to 0.4. Labels may be known for one kind more
//! often than for another. Within each group, the number of bad rows among the labelled ones has a hypergeometric
//! distribution, whatever the share of bad rows is. The groups are independent, so the sum over all groups has the
//! convolution of these distributions (C. R. Mehta, N. R. Patel, R. Gray, Computing an exact confidence interval for the
//! common odds ratio in several 2×2 contingency tables, 1985).

use crate::drift::TwoSamples;

/// Terms below this share of the largest one are left out. [`LEFT_OUT`] bounds their sum.
const NEGLIGIBLE: f64 = 1e-18;

/// Maximum probability of all terms that are left out.
const LEFT_OUT: f64 = 1e-12;

/// From this standard deviation on, the normal distribution replaces the exact one.
const NORMAL_FROM: f64 = 100.0;

// Nothing is decided there, and the exact distribution takes a hundred times longer.
/// Up to this number of standard deviations, the normal distribution replaces the exact one, if it is not too small.
const CLEARLY_CHANCE: f64 = 2.0;

/// Minimum standard deviation for [`CLEARLY_CHANCE`].
const LEAST_DEVIATION: f64 = 3.0;

// With such deviations, the skewness is below 0.01. It changes a tail at four deviations by less than a tenth.
/// Factor by which the normal distribution's tail is increased, so that it is not too small.
const NORMAL_EXCESS: f64 = 1.25;

/// Returns the probability (0–1) of at least as many served rows in the set, over all `groups` together. Groups in which
/// one sample has no rows say nothing.
pub(super) fn more_than_by_chance(groups: &[TwoSamples]) -> f64 {
    let groups: Vec<&TwoSamples> = groups.iter().filter(|group| can_differ(group)).collect();
    let found: u64 = groups.iter().map(|group| group.served).sum();
    let expected: f64 = groups.iter().map(|group| mean(group)).sum();
    if groups.is_empty() || found as f64 <= expected {
        return 1.0;
    }
    let deviation = groups.iter().map(|group| variance(group)).sum::<f64>().sqrt();
    let distance = (found as f64 - 0.5 - expected) / deviation;
    let is_clear = deviation >= LEAST_DEVIATION && distance <= CLEARLY_CHANCE;
    let tail = if deviation >= NORMAL_FROM || is_clear {
        0.5 * libm::erfc(distance / std::f64::consts::SQRT_2) * NORMAL_EXCESS
    } else {
        groups.iter().fold(Terms::certain(), |sum, group| sum.plus(&Terms::of(group))).from(found)
    };
    (tail + LEFT_OUT).min(1.0)
}

fn can_differ(group: &TwoSamples) -> bool {
    let inside = group.baseline + group.served;
    group.baseline_rows > 0 && group.served_rows > 0 && inside > 0 && inside < group.baseline_rows + group.served_rows
}

fn mean(group: &TwoSamples) -> f64 {
    let [inside, served, all] = floats(group);
    served * inside / all
}

fn variance(group: &TwoSamples) -> f64 {
    let [inside, served, all] = floats(group);
    served * (inside / all) * (1.0 - inside / all) * (all - served) / (all - 1.0)
}

fn floats(group: &TwoSamples) -> [f64; 3] {
    [group.baseline + group.served, group.served_rows, group.baseline_rows + group.served_rows].map(|it| it as f64)
}

/// The probabilities of neighbouring whole numbers. The sum is 1.
struct Terms {
    /// The number to which the first probability belongs.
    first: u64,
    shares: Vec<f64>,
}

impl Terms {
    /// The number 0, with certainty.
    fn certain() -> Self {
        Self { first: 0, shares: vec![1.0] }
    }

    // Neighbouring terms have a known ratio, so the terms are computed from the largest one outwards, and then divided by
    // their sum. The ratios fall, so the terms that are left out are negligible together.
    /// The numbers of served rows in the set that are possible in one group.
    fn of(group: &TwoSamples) -> Self {
        let (inside, all) = (group.baseline + group.served, group.baseline_rows + group.served_rows);
        let (least, most) = (inside.saturating_sub(group.baseline_rows), inside.min(group.served_rows));
        let mode = ((group.served_rows as f64 + 1.0) * (inside as f64 + 1.0) / (all as f64 + 2.0)) as u64;
        let mode = mode.clamp(least, most);
        // How many times more likely `number + 1` is than `number`.
        let ratio = |number: u64| {
            let [number, served, inside] = [number, group.served_rows, inside].map(|it| it as f64);
            (served - number) * (inside - number)
                / ((number + 1.0) * (group.baseline_rows as f64 - inside + number + 1.0))
        };
        let mut below: Vec<f64> = Vec::new();
        let mut term = 1.0;
        for number in (least..mode).rev() {
            term /= ratio(number);
            if term < NEGLIGIBLE {
                break;
            }
            below.push(term);
        }
        let first = mode - below.len() as u64;
        let mut shares: Vec<f64> = below.into_iter().rev().chain([1.0]).collect();
        term = 1.0;
        for number in mode..most {
            term *= ratio(number);
            if term < NEGLIGIBLE {
                break;
            }
            shares.push(term);
        }
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        Self { first, shares }
    }

    /// The sum of two independent numbers.
    fn plus(&self, other: &Self) -> Self {
        let mut shares = vec![0.0; self.shares.len() + other.shares.len() - 1];
        for (place, own) in self.shares.iter().enumerate() {
            shares.iter_mut().skip(place).zip(&other.shares).for_each(|(sum, share)| *sum += own * share);
        }
        let largest = shares.iter().copied().fold(0.0, f64::max);
        let is_kept = |share: &f64| *share >= largest * NEGLIGIBLE;
        let from = shares.iter().position(is_kept).unwrap_or(0);
        let to = shares.iter().rposition(is_kept).map_or(shares.len(), |last| last + 1);
        Self { first: self.first + other.first + from as u64, shares: shares.drain(from..to).collect() }
    }

    /// The probability of `number` and more.
    fn from(&self, number: u64) -> f64 {
        self.shares.iter().skip(number.saturating_sub(self.first) as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group([baseline, baseline_rows, served, served_rows]: [u64; 4]) -> TwoSamples {
        TwoSamples { baseline, baseline_rows, served, served_rows }
    }

    /// The expected values are `hypergeom.sf(served - 1, all, inside, served_rows)` of SciPy 1.17. Those of two groups
    /// are `numpy.convolve` of both distributions.
    #[test]
    fn probabilities_are_those_of_scipy() {
        for (groups, expected) in [
            (vec![[3, 10, 9, 10]], 9.883305548940e-03),
            (vec![[20, 200, 8, 8]], 4.099093374715e-08),
            (vec![[100, 1000, 9, 30]], 2.541359882879e-03),
            (vec![[5, 50, 6, 20], [40, 100, 12, 15]], 4.760006406714e-04),
            (vec![[100, 2000, 30, 200], [7, 300, 9, 90], [0, 40, 2, 12]], 1.700710747010e-09),
        ] {
            let groups: Vec<TwoSamples> = groups.into_iter().map(group).collect();
            let found = more_than_by_chance(&groups);
            assert!((found - expected).abs() < expected * 1e-9 + 2.0 * LEFT_OUT, "{groups:?}: {found} and {expected}");
        }
    }

    #[test]
    fn nothing_is_surprising_without_rows_or_with_fewer_bad_rows_than_expected() {
        for counts in [[0, 0, 3, 5], [3, 5, 0, 0], [0, 9, 0, 9], [9, 9, 9, 9], [50, 100, 4, 10]] {
            assert_eq!(more_than_by_chance(&[group(counts)]), 1.0, "{counts:?}");
        }
    }

    /// One kind of prediction is labelled nearly always, another one hardly ever. Without groups, the many bad rows of the
    /// first kind would look worse than the hold-out.
    #[test]
    fn labels_of_mostly_one_kind_are_compared_with_that_kind() {
        let groups = [group([200, 1000, 98, 500]), group([10, 9000, 0, 20])];
        assert!(more_than_by_chance(&groups) > 0.2);
        assert!(more_than_by_chance(&[group([210, 10_000, 98, 520])]) < 1e-11);
    }

    #[test]
    fn the_normal_tail_continues_the_exact_one() {
        let at = |scale: u64| {
            let rows = 10_000 * scale;
            let deviation = (rows as f64 * 0.1 * 0.9 * 2.0).sqrt();
            group([rows / 10, rows, rows / 10 + (4.0 * deviation) as u64, rows])
        };
        let [exact, normal] = [5, 30].map(|scale| more_than_by_chance(&[at(scale)]));
        assert!(normal < exact * 1.6 && normal > exact * 0.6, "{exact} {normal}");
    }

    proptest! {
        /// All outcomes with a probability of at most `limit` are together at most that likely.
        #[test]
        fn a_probability_of_one_percent_is_at_most_that_likely(
            n in 1_u64..40, m in 1_u64..40, inside in 0_u64..80, limit in 0.0..0.3_f64,
        ) {
            let inside = inside.min(n + m);
            let all = group([0, n, inside, m]);
            prop_assume!(inside > 0 && inside < n + m);
            let terms = Terms::of(&TwoSamples { served: inside.min(m), baseline: inside - inside.min(m), ..all });
            let mut likely = 0.0;
            for served in inside.saturating_sub(n)..=inside.min(m) {
                if more_than_by_chance(&[group([inside - served, n, served, m])]) <= limit {
                    likely += terms.from(served) - terms.from(served + 1);
                }
            }
            prop_assert!(likely <= limit + 1e-9, "{} {}", likely, limit);
        }
    }
}
