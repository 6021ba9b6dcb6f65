//! Figures of estimated numbers.

use evergreen_lifecycle::{IntervalEvaluation, RegressionEvaluation};

/// The share of rows that an interval is to hold.
pub(crate) const INTERVAL_LEVEL: f64 = 0.9;

/// The figures of `values` against `truth`, of equal length, at least 1. `interval` is half the width of the intervals.
///
/// R² is scikit-learn's `r2_score`: where the truth is one number throughout, it is 1 for a perfect answer and else 0.
pub(super) fn evaluate(truth: &[f64], values: &[f32], interval: f32) -> RegressionEvaluation {
    let rows = truth.len().max(1) as f64;
    let mut errors: Vec<f64> = errors(truth, values).map(f64::abs).collect();
    let half = f64::from(interval);
    let within = errors.iter().filter(|error| **error <= half).count();
    RegressionEvaluation {
        rows: truth.len(),
        rmse: mean_square(&errors).sqrt(),
        mae: errors.iter().sum::<f64>() / rows,
        r2: r2(truth, mean_square(&errors)),
        interval: IntervalEvaluation { level: INTERVAL_LEVEL, coverage: within as f64 / rows, width: 2.0 * half },
        median_absolute_error: median(&mut errors),
    }
}

/// Estimate less truth, row by row.
pub(super) fn errors(truth: &[f64], values: &[f32]) -> impl Iterator<Item = f64> {
    truth.iter().zip(values).map(|(truth, value)| f64::from(*value) - truth)
}

pub(super) fn mean_square(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error * error).sum::<f64>() / errors.len().max(1) as f64
}

/// The share of the variance of `truth` that is explained where the mean squared error is `error`.
pub(super) fn r2(truth: &[f64], error: f64) -> f64 {
    let rows = truth.len().max(1) as f64;
    let mean = truth.iter().sum::<f64>() / rows;
    let variance = truth.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows;
    if variance > 0.0 { 1.0 - error / variance } else { f64::from(u8::from(error == 0.0)) }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sklearn.metrics 1.9.1: r2_score, root_mean_squared_error, mean_absolute_error and median_absolute_error.
    #[test]
    fn figures_are_scikit_learns() {
        let truth = [3.0, -0.5, 2.0, 7.0, 4.5];
        let figures = evaluate(&truth, &[2.5, 0.0, 2.0, 8.0, 4.0], 0.5);
        assert!((figures.r2 - 0.9440894568690096).abs() < 1e-12, "{figures:?}");
        assert!((figures.rmse - 0.5916079783099616).abs() < 1e-12, "{figures:?}");
        assert!((figures.mae - 0.5).abs() < 1e-12 && figures.median_absolute_error == 0.5, "{figures:?}");
        assert_eq!((figures.interval.coverage, figures.interval.width), (0.8, 1.0));
    }

    #[test]
    fn one_number_throughout_has_no_variance_to_explain() {
        assert_eq!(evaluate(&[2.0, 2.0], &[2.0, 2.0], 0.0).r2, 1.0);
        assert_eq!(evaluate(&[2.0, 2.0], &[2.0, 2.5], 0.0).r2, 0.0);
    }
}
