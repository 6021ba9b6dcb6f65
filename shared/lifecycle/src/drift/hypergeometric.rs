//! The exact probability of a difference between two samples, when both come from the same distribution.

/// Number of terms of a tail that are added one by one. A bound replaces the rest.
const EXACT_TERMS: u32 = 64;

/// Minimum p-value, so that every p-value can be stored.
const LEAST_P: f64 = 1e-100;

/// How many rows of two samples lie in a set of cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TwoSamples {
    /// Rows of the baseline in the set.
    pub baseline: u64,
    /// All rows of the baseline.
    pub baseline_rows: u64,
    /// Served rows in the set.
    pub served: u64,
    /// All served rows.
    pub served_rows: u64,
}

impl TwoSamples {
    /// Returns whether any rows could show a difference: both samples have rows, and not all rows lie in or outside the
    /// set.
    pub(super) fn can_differ(self) -> bool {
        let inside = self.baseline.saturating_add(self.served);
        let all = self.baseline_rows.saturating_add(self.served_rows);
        self.baseline_rows > 0 && self.served_rows > 0 && inside > 0 && inside < all
    }

    // The square of the distance is compared, without a division, because nearly all tests end here.
    /// Returns whether the served rows in the set are at least `deviations` standard deviations from their expected number.
    pub(super) fn is_beyond(self, deviations: f64) -> bool {
        let [a, n, k, m] = self.floats();
        let (inside, all) = (a + k, n + m);
        let distance = k * all - inside * m;
        distance * distance * (all - 1.0) >= deviations * deviations * inside * (all - inside) * m * n
    }

    // If both samples come from one distribution, then every choice of the served rows among all rows is equally likely.
    // So the served rows in the set have a hypergeometric distribution, whatever the distribution of the values is. The
    // ratio of two neighbouring terms falls along the tail. So the rest of the tail is at most a geometric series.
    /// Returns the two-sided p-value of Fisher's exact test (twice the smaller tail), or slightly more.
    pub(crate) fn p_value(self) -> f64 {
        if !self.can_differ() {
            return 1.0;
        }
        let [a, n, k, m] = self.floats();
        // The sample with the larger share in the set comes first.
        let [k, m, a, n] = if k * n > a * m { [k, m, a, n] } else { [a, n, k, m] };
        let first = (ln_choose(m, k) + ln_choose(n, a) - ln_choose(n + m, k + a)).exp();
        (2.0 * first * tail(k, m, a, n)).clamp(LEAST_P, 1.0)
    }

    fn floats(self) -> [f64; 4] {
        [self.baseline, self.baseline_rows, self.served, self.served_rows].map(|count| count as f64)
    }
}

/// Returns the sum of the tail's terms, divided by the first of them.
fn tail(k: f64, m: f64, a: f64, n: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 0.0);
    for step in 0..EXACT_TERMS {
        let step = f64::from(step);
        let ratio = (m - k - step) * (a - step) / ((k + step + 1.0) * (n - a + step + 1.0));
        sum += term;
        if ratio <= 0.0 {
            return sum;
        }
        if step + 1.0 == f64::from(EXACT_TERMS) {
            return if ratio < 1.0 { sum + term * ratio / (1.0 - ratio) } else { f64::INFINITY };
        }
        term *= ratio;
    }
    sum
}

/// Returns the logarithm of the number of ways to choose `k` of `n`.
fn ln_choose(n: f64, k: f64) -> f64 {
    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples([baseline, baseline_rows, served, served_rows]: [u64; 4]) -> TwoSamples {
        TwoSamples { baseline, baseline_rows, served, served_rows }
    }

    /// The expected values are twice `scipy.stats.hypergeom.sf` or `cdf` (the smaller) of SciPy 1.17.
    #[test]
    fn tails_are_those_of_the_hypergeometric_distribution() {
        for (counts, expected) in [
            ([3, 10, 9, 10], 1.976661109788e-02),
            ([50, 200, 1, 40], 7.572457890485e-04),
            ([1000, 10000, 5400, 50000], 1.815118917685e-02),
            ([1000, 10000, 4600, 50000], 1.334075690652e-02),
            ([0, 200, 30, 1000], 7.825765642520e-03),
            ([100000, 1000000, 2825000, 28000000], 3.559726101463e-03),
            ([20, 200, 8, 8], 8.198186749429e-08),
            ([5000, 10000, 5200, 10000], 4.878795768907e-03),
        ] {
            let found = samples(counts).p_value();
            // The bound on the rest of a long tail adds up to a few percent.
            let is_close = (expected * (1.0 - 1e-5)..expected * 1.05).contains(&found);
            assert!(is_close, "{counts:?}: {found} and {expected}");
        }
    }

    #[test]
    fn equal_shares_are_no_difference_and_empty_samples_show_none() {
        for counts in [[5, 10, 50, 100], [0, 10, 0, 10], [10, 10, 3, 3], [5, 10, 0, 0], [0, 0, 4, 8]] {
            assert_eq!(samples(counts).p_value(), 1.0, "{counts:?}");
        }
    }

    #[test]
    fn no_p_value_is_too_small_to_be_stored() {
        assert_eq!(samples([0, 1_000_000, 1_000_000, 1_000_000]).p_value(), LEAST_P);
    }

    #[test]
    fn few_served_rows_are_never_surprising_by_much() {
        assert!(samples([0, 1000, 1, 1]).p_value() > 1e-3);
        assert!(samples([100, 1000, 8, 8]).p_value() > 1e-9);
    }

    proptest! {
        // All outcomes with a p-value of at most `limit` are together at most that likely. The test adds them up.
        #[test]
        fn a_p_value_of_one_percent_is_at_most_that_likely(n in 1_u64..80, m in 1_u64..80, inside in 0_u64..160, limit in 0.0..0.3_f64) {
            let inside = inside.min(n + m);
            let mut likely = 0.0;
            for served in inside.saturating_sub(n)..=inside.min(m) {
                let baseline = inside - served;
                if samples([baseline, n, served, m]).p_value() <= limit {
                    let [a, n, k, m] = [baseline, n, served, m].map(|count| count as f64);
                    likely += (ln_choose(m, k) + ln_choose(n, a) - ln_choose(n + m, k + a)).exp();
                }
            }
            prop_assert!(likely <= limit + 1e-9, "{} {}", likely, limit);
        }
    }
}
