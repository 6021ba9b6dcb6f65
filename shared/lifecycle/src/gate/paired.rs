//! Significance tests of whether one model is worse than another, from the losses of both models on the same rows.

use std::fmt;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::PrimaryMetric;

/// Number of bootstrap resamples in the test of whether one model is worse than another.
const RESAMPLES: usize = 2000;

// Some registries cannot store numbers that are much closer to 0.
/// Minimum p-value that a significance test returns.
const LEAST_P: f64 = 1e-100;

// With fewer rows, the bootstrap's p-values are too low.
/// Minimum number of rows for the bootstrap test. With fewer rows, a sign-flip permutation test is used.
const FEW_ROWS: usize = 16;

// The averaging does not change the result.
/// Maximum number of losses that the bootstrap test resamples. The losses of more rows are first averaged in groups.
const GROUPS: usize = 5000;

/// Minimum difference of two losses that a sentence shows, with its four decimals.
const SHOWN: f64 = 0.000_05;

/// Result of the significance test: is the new model version (the challenger) worse than the champion?
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PairedTest {
    // McNemar's test uses only the rows on which exactly one of the two models is right.
    /// Result of McNemar's exact test (Psychometrika 12, 1947), which compares the right and wrong answers of two
    /// models.
    Mcnemar {
        /// Number of rows where the new model version (the challenger) is right and the champion is wrong.
        challenger_only: usize,
        /// Number of rows where the champion is right and the new model version (the challenger) is wrong.
        champion_only: usize,
        // The p-value holds if both models are equally good. Only rows on which exactly one model is right count. The
        // champion wins a row if the champion alone is right.
        /// The p-value, 0–1: the probability that only the champion is right on so many rows, if both models are
        /// equally good.
        p_value: f64,
    },
    /// Result of the bootstrap test (Efron, The Annals of Statistics 7, 1979) of the difference between two models'
    /// mean losses.
    Bootstrap {
        /// The challenger's mean loss minus the champion's mean loss. Above 0, the challenger is worse.
        difference: f64,
        /// The 5th percentile of the resampled differences between the two models' mean losses.
        lower: f64,
        /// The 95th percentile of the resampled differences between the two models' mean losses.
        upper: f64,
        // With fewer than 16 rows, a bootstrap's p-value is too low. Then Fisher's randomisation test gives the
        // p-value: the share of all sign changes of the row differences that make the sum at least as large.
        /// The p-value, 0–1: the share of bootstrap resamples in which the challenger is not worse than the champion.
        p_value: f64,
    },
}

impl PairedTest {
    /// Runs the significance test of whether the challenger is worse than the champion. Both lists hold the losses on
    /// the same rows.
    pub(super) fn of(metric: PrimaryMetric, challenger: &[f64], champion: &[f64]) -> Self {
        // McNemar's test needs right and wrong answers, so it is used only for accuracy.
        if metric == PrimaryMetric::Accuracy { mcnemar(challenger, champion) } else { bootstrap(challenger, champion) }
    }

    /// Returns the p-value (0–1). A low p-value means that the challenger is worse by more than chance.
    pub fn p_value(&self) -> f64 {
        match self {
            Self::Mcnemar { p_value, .. } | Self::Bootstrap { p_value, .. } => *p_value,
        }
    }
}

impl fmt::Display for PairedTest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mcnemar { challenger_only, champion_only, p_value } => write!(
                formatter,
                "only the champion is right on {champion_only} rows, only this one on {challenger_only}: p = {p_value:.2}"
            ),
            Self::Bootstrap { difference, lower, upper, p_value } => write!(
                formatter,
                "the mean loss is {}, in 90 % of the resamples {}: p = {p_value:.2}",
                change(*difference),
                range(*lower, *upper)
            ),
        }
    }
}

/// Writes a difference of losses in words. A lower loss is better.
fn change(difference: f64) -> String {
    match difference {
        _ if difference.abs() < SHOWN => "the same".to_owned(),
        _ if difference < 0.0 => format!("lower by {:.4}", -difference),
        _ => format!("higher by {difference:.4}"),
    }
}

/// Writes the range of a difference of losses in words, the smaller change first.
fn range(lower: f64, upper: f64) -> String {
    match (lower, upper) {
        _ if lower.abs().max(upper.abs()) < SHOWN => "the same".to_owned(),
        (_, upper) if upper < SHOWN => format!("lower by {:.4} to {:.4}", upper.abs(), -lower),
        (lower, _) if lower > -SHOWN => format!("higher by {:.4} to {upper:.4}", lower.abs()),
        _ => format!("from lower by {:.4} to higher by {upper:.4}", -lower),
    }
}

fn mcnemar(challenger: &[f64], champion: &[f64]) -> PairedTest {
    let pairs = || challenger.iter().zip(champion);
    let challenger_only = pairs().filter(|(challenger, champion)| challenger < champion).count();
    let champion_only = pairs().filter(|(challenger, champion)| challenger > champion).count();
    let p_value = upper_tail(champion_only, challenger_only + champion_only);
    PairedTest::Mcnemar { challenger_only, champion_only, p_value }
}

/// Returns the probability of at least `heads` heads in `tosses` tosses of a fair coin.
fn upper_tail(heads: usize, tosses: usize) -> f64 {
    // ln C(tosses, k) - tosses ln 2, from k = 0 upwards.
    // This is the upper tail of the binomial distribution.
    let mut logarithm = -(tosses as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for k in 0..=tosses {
        if k >= heads {
            sum += logarithm.exp();
        }
        logarithm += ((tosses - k) as f64 / (k + 1) as f64).ln();
    }
    sum.clamp(LEAST_P, 1.0)
}

fn bootstrap(challenger: &[f64], champion: &[f64]) -> PairedTest {
    let differences: Vec<f64> =
        challenger.iter().zip(champion).map(|(challenger, champion)| challenger - champion).collect();
    let difference = mean(&differences);
    let groups = grouped(&differences);
    let mut generator = ChaCha8Rng::seed_from_u64(0);
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| resampled_mean(&groups, &mut generator)).collect();
    means.sort_by(f64::total_cmp);
    let not_worse = means.iter().filter(|mean| **mean <= 0.0).count();
    // The observed sample counts as one resample, so p is never 0.
    let p_value = (not_worse + 1) as f64 / (RESAMPLES + 1) as f64;
    let percentile = |share: f64| means.get((share * means.len() as f64) as usize).copied().unwrap_or(difference);
    PairedTest::Bootstrap {
        difference,
        lower: percentile(0.05),
        upper: percentile(0.95),
        p_value: if differences.len() < FEW_ROWS { sign_flips(&differences) } else { p_value },
    }
}

/// Returns the p-value of a sign-flip permutation test of the differences between two models' losses.
fn sign_flips(differences: &[f64]) -> f64 {
    let flipped = |signs: u32| -> f64 {
        let signed = |(row, difference): (usize, &f64)| if signs >> row & 1 == 1 { -difference } else { *difference };
        differences.iter().enumerate().map(signed).sum()
    };
    // The p-value is the share of all sign combinations whose sum is at least the observed sum.
    let (ways, sum) = (1_u32 << differences.len().min(FEW_ROWS), flipped(0));
    let as_large = (0..ways).filter(|signs| flipped(*signs) >= sum - 1e-9 * sum.abs()).count();
    as_large as f64 / f64::from(ways)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Part of the bootstrap test: averages the row differences in at most [`GROUPS`] groups of nearly equal size.
fn grouped(differences: &[f64]) -> Vec<f64> {
    let groups = differences.len().min(GROUPS);
    // Each group takes its rows from the whole list. With few rows, each row is its own group.
    let group = |first: usize| mean(&differences.iter().skip(first).step_by(groups).copied().collect::<Vec<_>>());
    (0..groups).map(group).collect()
}

fn resampled_mean(values: &[f64], generator: &mut ChaCha8Rng) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let drawn = (0..values.len()).filter_map(|_| values.get(generator.random_range(0..values.len())));
    drawn.sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The expected values come from scipy.stats.binomtest(k, n, 0.5, alternative="greater").pvalue of SciPy 1.16.
    #[test]
    fn tails_are_those_of_the_binomial_distribution() {
        for (heads, tosses, expected) in [(0, 0, 1.0), (2, 2, 0.25), (7, 10, 0.171875), (60, 100, 0.028443966820490395)]
        {
            assert!((upper_tail(heads, tosses) - expected).abs() < 1e-12, "{heads} of {tosses}");
        }
    }

    #[test]
    fn on_a_million_rows_a_small_difference_is_no_chance() {
        assert!(upper_tail(501_500, 1_000_000) < 0.01);
        assert!(upper_tail(500_500, 1_000_000) > 0.1);
    }

    #[test]
    fn equal_losses_show_no_difference() {
        let losses = vec![0.5; 20];
        assert_eq!(bootstrap(&losses, &losses).p_value(), 1.0);
        assert_eq!(mcnemar(&losses, &losses).p_value(), 1.0);
    }

    #[test]
    fn a_challenger_that_loses_on_every_row_is_worse() {
        assert!(bootstrap(&[2.0; 40], &[1.0; 40]).p_value() < 0.001);
        assert!(mcnemar(&[1.0; 40], &[0.0; 40]).p_value() < 0.001);
    }

    #[test]
    fn two_rows_are_never_significant_and_five_may_be() {
        assert_eq!(bootstrap(&[2.0, 2.0], &[1.0, 1.0]).p_value(), 0.25);
        assert_eq!(bootstrap(&[2.0; 5], &[1.0; 5]).p_value(), 1.0 / 32.0);
    }

    #[test]
    fn a_difference_of_losses_is_written_in_words() {
        let test = |difference, lower, upper| PairedTest::Bootstrap { difference, lower, upper, p_value: 0.98 }.to_string();
        let better = "the mean loss is lower by 0.0301, in 90 % of the resamples lower by 0.0203 to 0.0410: p = 0.98";
        assert_eq!(test(-0.0301, -0.041, -0.0203), better);
        assert!(test(0.02, 0.01, 0.03).contains("higher by 0.0200, in 90 % of the resamples higher by 0.0100 to 0.0300"));
        assert!(test(0.0, -0.01, 0.02).contains("the same, in 90 % of the resamples from lower by 0.0100 to higher by 0.0200"));
        assert!(test(0.0, 0.0, 0.0).contains("the same, in 90 % of the resamples the same"));
    }

    #[test]
    fn no_p_is_too_small_to_be_stored() {
        assert_eq!(upper_tail(2000, 2000), LEAST_P);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_difference_has_opposite_signs_for_the_two_models(
            pairs in prop::collection::vec((0.0..4.0_f64, 0.0..4.0_f64), 2..200),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let sum = bootstrap(&a, &b).p_value() + bootstrap(&b, &a).p_value();
            prop_assert!(a.len() < FEW_ROWS || (sum - 1.0).abs() < 0.01, "{}", sum);
            prop_assert!(sum >= 0.99, "{}", sum);
            let tails = mcnemar(&a, &b).p_value() + mcnemar(&b, &a).p_value();
            prop_assert!(tails >= 1.0 - 1e-9);
        }

        #[test]
        fn adding_a_loss_to_the_challenger_never_makes_it_look_better(
            mut losses in prop::collection::vec(prop::bool::ANY, 2..60), row in 0_usize..60,
        ) {
            let champion = vec![0.0; losses.len()];
            let before: Vec<f64> = losses.iter().map(|wrong| f64::from(u8::from(*wrong))).collect();
            let row = row % losses.len();
            losses[row] = true;
            let after: Vec<f64> = losses.iter().map(|wrong| f64::from(u8::from(*wrong))).collect();
            prop_assert!(mcnemar(&after, &champion).p_value() <= mcnemar(&before, &champion).p_value());
        }
    }
}
