//! The mean loss of a model on a hold-out, and its standard error.

use serde::{Deserialize, Serialize};

// A standard normal variable exceeds this value with probability 5%.
/// Critical value of the one-sided 5% significance test: a gain below this many standard errors counts as chance.
pub(super) const NOISE: f64 = 1.645;

// With one training a day, 1.645 raised a false alarm about every fifth year (`make year`). A standard normal variable
// exceeds this value about three times in a million.
/// Critical value for a comparison that every training repeats: a loss within this many standard errors counts as chance.
const NOISE_OF_MANY: f64 = 4.5;

// Without this limit, a margin would be infinite if the standard error is 0.
/// Maximum absolute value of a margin (a gain in standard errors).
const MAX_MARGIN: f64 = 100.0;

/// A model's mean loss on the hold-out rows, with its standard error. A lower loss is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanLoss {
    /// Mean loss of one hold-out row.
    pub mean: f64,
    /// Standard error of the mean loss, from 0 up: how far the mean loss on a similar hold-out typically differs.
    pub standard_error: f64,
}

impl MeanLoss {
    /// Returns the mean and the standard error of the rows' losses. `None` if they cannot be computed.
    pub fn of(losses: &[f64]) -> Option<Self> {
        let rows = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / rows;
        let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (rows - 1.0);
        let standard_error = (variance / rows).sqrt();
        // At least two losses are needed, and the results must be finite.
        (losses.len() > 1 && mean.is_finite() && standard_error.is_finite()).then_some(Self { mean, standard_error })
    }

    /// Returns how this mean loss compares with an earlier mean loss, in standard errors. Below 0, this mean loss is
    /// higher (worse) by more than chance.
    pub fn margin_after(&self, before: &Self) -> f64 {
        // The two hold-outs are assumed to share no rows. If they share rows, a difference is found less often.
        margin(before.mean - self.mean, self.standard_error.hypot(before.standard_error)) + NOISE + NOISE_OF_MANY
    }
}

/// Converts a model's `gain` to standard errors and subtracts the gain that chance explains (1.645). Below 0, the gain
/// may be chance.
pub(super) fn margin(gain: f64, standard_error: f64) -> f64 {
    let errors = match gain / standard_error {
        errors if errors.is_nan() => 0.0,
        errors => errors,
    };
    (errors - NOISE).clamp(-MAX_MARGIN, MAX_MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(right: usize, wrong: usize) -> MeanLoss {
        MeanLoss::of(&[vec![0.0; right], vec![1.0; wrong]].concat()).unwrap()
    }

    #[test]
    fn the_standard_error_is_that_of_a_share() {
        let loss = of(75, 25);
        assert_eq!(loss.mean, 0.25);
        assert!((loss.standard_error - (0.25_f64 * 0.75 / 99.0).sqrt()).abs() < 1e-12, "{loss:?}");
    }

    #[test]
    fn a_slightly_worse_challenger_passes_and_a_much_worse_one_does_not() {
        let before = of(90, 10);
        assert!(of(88, 12).margin_after(&before) > 0.0);
        assert!(of(60, 40).margin_after(&before) < 0.0);
        assert!(of(99, 1).margin_after(&before) > of(90, 10).margin_after(&before));
    }

    #[test]
    fn without_noise_every_difference_counts_and_is_finite() {
        let (right, wrong) = (of(10, 0), of(0, 10));
        assert!(right.margin_after(&right) > 0.0);
        assert!(wrong.margin_after(&right) < 0.0 && wrong.margin_after(&right).is_finite());
        assert_eq!(MeanLoss::of(&[1.0]), None);
        assert_eq!(MeanLoss::of(&[1.0, f64::NAN]), None);
    }
}
