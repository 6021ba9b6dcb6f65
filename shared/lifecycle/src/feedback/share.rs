//! The accuracy of predictions of which only some have a known truth, with an interval.

use serde::{Deserialize, Serialize};

/// Quantile of the normal distribution for an interval that contains 95 of 100 true values.
const TWO_SIDED_95: f64 = 1.959_963_984_540_054;

/// Probability that the true mean lies outside the interval of a mean loss.
const OUTSIDE: f64 = 0.05;

/// The rows of one kind of prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Number of rows with a known truth.
    pub rows: u64,
    /// How many of these were right.
    pub right: u64,
    /// Number of rows that these stand for.
    pub weight: u64,
}

// Labels may be known for one kind of prediction more often than for another. So each kind counts as often as it was
// predicted (post-stratification). This removes the bias if, within each kind, the labelled rows are like the others.
/// The share of right predictions among all, computed from those with a known truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WeightedAccuracy {
    /// The accuracy (0–1).
    pub accuracy: f64,
    /// The accuracy of all such predictions lies in this interval with a probability of about 95 %.
    pub interval: (f64, f64),
    /// The share (0–1) of predictions that are of a kind with a known truth. Nothing is known about the others.
    pub covered: f64,
}

impl WeightedAccuracy {
    // Wilson's interval is honest for few rows and for shares near 0 and 1 (E. B. Wilson, Probable inference, 1927). With
    // weights, fewer rows would show as much: their effective number is that of L. Kish, Survey sampling, 1965.
    /// Computes the accuracy. `None` without a known truth.
    pub(super) fn of(kinds: &[Kind]) -> Option<Self> {
        let known = || kinds.iter().filter(|kind| kind.rows > 0 && kind.weight > 0);
        let weight: f64 = known().map(|kind| kind.weight as f64).sum();
        let all: f64 = kinds.iter().map(|kind| kind.weight as f64).sum();
        let right: f64 = known().map(|kind| kind.weight as f64 * kind.right as f64 / kind.rows as f64).sum();
        let squares: f64 = known().map(|kind| (kind.weight as f64).powi(2) / kind.rows as f64).sum();
        let accuracy = right / weight;
        (weight > 0.0).then(|| Self {
            accuracy,
            interval: wilson(accuracy, weight * weight / squares),
            covered: (weight / all).min(1.0),
        })
    }
}

/// Returns Wilson's interval for a share of `rows` rows, with a confidence of 95 %.
pub(super) fn wilson(share: f64, rows: f64) -> (f64, f64) {
    let square = TWO_SIDED_95 * TWO_SIDED_95;
    let middle = (share + square / (2.0 * rows)) / (1.0 + square / rows);
    let half =
        TWO_SIDED_95 / (1.0 + square / rows) * (share * (1.0 - share) / rows + square / (4.0 * rows * rows)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Returns an interval for the mean of losses between 0 and `most`, from their number, sum and sum of squares. It
/// contains the true mean with a probability of at least 95 %, for any distribution. `None` for fewer than two losses.
///
/// The source of the bound is A. Maurer, M. Pontil, Empirical Bernstein bounds and sample variance penalization, 2009,
/// theorem 4, for each of the two sides.
pub(super) fn bernstein(rows: u64, sum: f64, squares: f64, most: f64) -> Option<(f64, f64)> {
    let n = rows as f64;
    let mean = sum / n;
    let variance = ((squares - sum * mean) / (n - 1.0)).max(0.0);
    // Each side has half of the probability.
    let logarithm = libm::log(2.0 / (OUTSIDE / 2.0));
    let half = (2.0 * variance * logarithm / n).sqrt() + 7.0 * most * logarithm / (3.0 * (n - 1.0));
    (rows > 1).then(|| ((mean - half).max(0.0), (mean + half).min(most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(rows: u64, right: u64, weight: u64) -> Kind {
        Kind { rows, right, weight }
    }

    /// The interval is `statsmodels.stats.proportion.proportion_confint(9, 10, method="wilson")`.
    #[test]
    fn the_interval_of_few_labels_is_wide() {
        let found = WeightedAccuracy::of(&[kind(10, 9, 10)]).unwrap();
        assert!((found.interval.0 - 0.59585).abs() < 1e-4 && (found.interval.1 - 0.98212).abs() < 1e-4, "{found:?}");
        assert_eq!((found.accuracy, found.covered), (0.9, 1.0));
    }

    #[test]
    fn each_kind_of_prediction_counts_as_often_as_it_was_predicted() {
        // Nearly all checked predictions are of the first kind, but nine tenths of all are of the second.
        let found = WeightedAccuracy::of(&[kind(90, 45, 100), kind(10, 10, 900)]).unwrap();
        assert!((found.accuracy - 0.95).abs() < 1e-12, "{found:?}");
        // Ten rows decide, so the interval is nearly that of ten rows.
        assert!(found.interval.1 - found.interval.0 > 0.25, "{found:?}");
    }

    #[test]
    fn kinds_without_a_label_are_said_to_be_unknown() {
        let found = WeightedAccuracy::of(&[kind(50, 40, 600), kind(0, 0, 400)]).unwrap();
        assert_eq!((found.accuracy, found.covered), (0.8, 0.6));
        assert_eq!(WeightedAccuracy::of(&[kind(0, 0, 400)]), None);
    }

    #[test]
    fn the_interval_of_a_mean_loss_is_wide_for_few_rows_and_narrow_for_many() {
        let width = |rows: u64| {
            let (low, high) = bernstein(rows, 0.3 * rows as f64, 0.2 * rows as f64, 11.52).unwrap();
            assert!(low <= 0.3 && high >= 0.3);
            high - low
        };
        assert!(width(20) > 3.0 && width(100_000) < 0.02, "{} {}", width(20), width(100_000));
        assert_eq!(bernstein(1, 0.3, 0.09, 11.52), None);
    }
}
