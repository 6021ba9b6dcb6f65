//! How large the difference between two distributions is, whether or not it is beyond chance.

// This is the prior of Jeffreys.
/// Rows that are added to each cell of both samples, so that an empty cell has a logarithm.
const ADDED_ROWS: f64 = 0.5;

/// Maximum size of a shift, in standard deviations. Samples that do not overlap have no finite shift.
const MAX_SHIFT: f64 = 5.0;

/// Returns the population stability index (PSI) of the counts of one column, as
/// [`ColumnDrift`](super::ColumnDrift) has it.
pub fn psi(baseline: &[u64], served: &[u64]) -> f64 {
    Pairs::new(baseline, served).psi()
}

/// Counts of the same cells in two samples. Cells that are empty in both samples are left out.
pub(super) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    pub(super) fn new(baseline: &[u64], served: &[u64]) -> Self {
        let pairs = baseline.iter().zip(served).filter(|(a, b)| **a > 0 || **b > 0);
        Self(pairs.map(|(a, b)| (*a as f64, *b as f64)).collect())
    }

    fn rows(&self) -> (f64, f64) {
        self.0.iter().fold((0.0, 0.0), |(a, b), pair| (a + pair.0, b + pair.1))
    }

    // Two samples of one distribution have a PSI of about (cells - 1) × (1/n + 1/m), because n × PSI has a chi-squared
    // distribution (Yurdakul, Statistical properties of population stability index, 2018). With few rows, that is large.
    /// Returns the population stability index (PSI), from 0 up, less the PSI that chance alone gives on average.
    pub(super) fn psi(&self) -> f64 {
        let (n, m) = self.rows();
        if n == 0.0 || m == 0.0 {
            return 0.0;
        }
        let cells = self.0.len() as f64;
        let share = |count: f64, rows: f64| (count + ADDED_ROWS) / (rows + ADDED_ROWS * cells);
        let terms = self.0.iter().map(|(a, b)| {
            let (a, b) = (share(*a, n), share(*b, m));
            (b - a) * (b / a).ln()
        });
        (terms.sum::<f64>() - (cells - 1.0) * (1.0 / n + 1.0 / m)).max(0.0)
    }

    /// Returns the Jensen–Shannon distance: the root of the divergence in bits. 0 for equal shares, 1 for samples without
    /// a common cell.
    pub(super) fn jensen_shannon(&self) -> f64 {
        let (n, m) = self.rows();
        if n == 0.0 || m == 0.0 {
            return 0.0;
        }
        let part = |share: f64, middle: f64| if share > 0.0 { share * (share / middle).log2() } else { 0.0 };
        let terms = self.0.iter().map(|(a, b)| {
            let (a, b) = (a / n, b / m);
            let middle = f64::midpoint(a, b);
            f64::midpoint(part(a, middle), part(b, middle))
        });
        terms.sum::<f64>().clamp(0.0, 1.0).sqrt()
    }

    // The probability that a served number is larger than one of the baseline (Mann and Whitney, 1947) is Φ(shift / √2) for
    // two normal distributions of one width. Numbers in the same cell count as half larger.
    /// Returns how much larger the served numbers are, in standard deviations. The cells are in order, without missing
    /// values. It is computed from ranks, so extreme numbers do not change it.
    pub(super) fn shift(&self) -> f64 {
        let (n, m) = self.rows();
        if n == 0.0 || m == 0.0 {
            return 0.0;
        }
        let larger = self.0.iter().scan(0.0, |below, (a, b)| {
            let term = b * (*below + a / 2.0);
            *below += a;
            Some(term)
        });
        let probability = larger.sum::<f64>() / (n * m);
        (std::f64::consts::SQRT_2 * normal_quantile(probability)).clamp(-MAX_SHIFT, MAX_SHIFT)
    }
}

/// Returns the number below which a standard normal number lies with the given probability, between -10 and 10.
pub(super) fn normal_quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-10.0_f64, 10.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let below = 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2);
        (low, high) = if below < probability { (middle, high) } else { (low, middle) };
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(baseline: &[u64], served: &[u64]) -> Pairs {
        Pairs::new(baseline, served)
    }

    /// The quantiles are those of `scipy.stats.norm.ppf`.
    #[test]
    fn quantiles_are_those_of_the_normal_distribution() {
        for (probability, expected) in [(0.5, 0.0), (0.975, 1.959963984540054), (1e-9, -5.9978070150076865)] {
            assert!((normal_quantile(probability) - expected).abs() < 1e-9, "{probability}");
        }
    }

    #[test]
    fn psi_of_many_rows_is_that_of_the_textbook() {
        // (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5)
        let psi = pairs(&[5_000_000, 5_000_000], &[6_000_000, 4_000_000]).psi();
        assert!((psi - 0.040546510810816).abs() < 1e-6, "{psi}");
    }

    #[test]
    fn psi_of_few_rows_is_not_large_by_chance() {
        assert_eq!(pairs(&[100; 10], &[2, 0, 1, 1, 0, 1, 1, 0, 1, 1]).psi(), 0.0);
    }

    #[test]
    fn distance_is_one_without_a_common_cell_and_a_shift_has_a_direction() {
        assert_eq!(pairs(&[5, 0], &[0, 7]).jensen_shannon(), 1.0);
        assert_eq!([pairs(&[5, 0], &[0, 7]).shift(), pairs(&[0, 5], &[7, 0]).shift()], [5.0, -5.0]);
        // Deciles of a normal distribution that moves by half a standard deviation.
        let shift = pairs(&[1000; 10], &[371, 531, 630, 723, 822, 933, 1074, 1265, 1558, 2093]).shift();
        assert!((shift - 0.5).abs() < 0.03, "{shift}");
    }

    proptest! {
        #[test]
        fn equal_samples_have_no_effect_and_all_effects_are_finite(
            a in prop::collection::vec(0_u64..1_000_000, 5), b in prop::collection::vec(0_u64..1_000_000, 5),
        ) {
            let same = pairs(&a, &a);
            prop_assert_eq!((same.psi(), same.jensen_shannon()), (0.0, 0.0));
            prop_assert!(same.shift().abs() < 1e-6);
            let other = pairs(&a, &b);
            prop_assert!(other.psi().is_finite() && (0.0..=1.0).contains(&other.jensen_shannon()));
            prop_assert!((other.shift() + pairs(&b, &a).shift()).abs() < 1e-6);
        }
    }
}
