//! Computes the metrics of a regression model from true and predicted numbers, such as R² and the mean absolute error.

use std::cmp::Ordering;

use evergreen_lifecycle::{IntervalEvaluation, RegressionEvaluation};

use super::scores::{log_error, pinball, relative_error};

/// Share of rows (90 %) whose true number should lie in the prediction interval.
pub(crate) const INTERVAL_LEVEL: f64 = 0.9;

// For this, the rows are sorted by predicted number and divided into five equal parts.
/// Minimum number of rows to report the coverage of prediction intervals separately for each fifth of the rows.
/// Coverage is the share of true numbers inside their interval.
const MIN_ROWS_BY_FIFTH: usize = 25;

/// Returns the metrics of a regression model, such as R². The predicted numbers are `values`, the true numbers `truth`,
/// and the prediction intervals `intervals`.
pub(super) fn evaluate(truth: &[f64], values: &[f32], intervals: &[(f32, f32)]) -> RegressionEvaluation {
    // The lists of numbers have the same length, at least 1. A row without an interval counts as covered only if its
    // prediction is exact. R² is computed as scikit-learn's `r2_score`.
    let rows = truth.len().max(1) as f64;
    let pairs = || truth.iter().zip(values).map(|(truth, value)| (*truth, f64::from(*value)));
    let mean = |losses: &mut dyn Iterator<Item = f64>| losses.sum::<f64>() / rows;
    let mut errors: Vec<f64> = errors(truth, values).map(f64::abs).collect();
    RegressionEvaluation {
        rows: truth.len(),
        rmse: mean_square(&errors).sqrt(),
        mae: errors.iter().sum::<f64>() / rows,
        r2: r2(truth, mean_square(&errors)),
        interval: of_intervals(truth, values, intervals),
        median_absolute_error: median(&mut errors),
        mape: truth.iter().all(|truth| *truth != 0.0).then(|| mean(&mut pairs().map(|(t, v)| relative_error(t, v)))),
        rmsle: truth
            .iter()
            .all(|truth| *truth >= 0.0)
            .then(|| mean(&mut pairs().map(|(t, v)| log_error(t, v).powi(2))).sqrt()),
        pinball: Some(mean(&mut pairs().map(|(truth, value)| pinball(truth, value)))),
    }
}

fn of_intervals(truth: &[f64], values: &[f32], intervals: &[(f32, f32)]) -> IntervalEvaluation {
    let ends = |row: usize| intervals.get(row).copied().or_else(|| values.get(row).map(|value| (*value, *value)));
    let holds = |row: usize| match (truth.get(row), ends(row)) {
        (Some(truth), Some((lower, upper))) => (f64::from(lower)..=f64::from(upper)).contains(truth),
        _ => false,
    };
    let share = |rows: &[usize]| rows.iter().filter(|row| holds(**row)).count() as f64 / rows.len().max(1) as f64;
    let mut sorted: Vec<usize> = (0..truth.len()).collect();
    sorted.sort_by(|a, b| values.get(*a).partial_cmp(&values.get(*b)).unwrap_or(Ordering::Equal));
    let fifth = |part: usize| sorted.get(sorted.len() * part / 5..sorted.len() * (part + 1) / 5).map_or(0.0, share);
    let widths = intervals.iter().map(|(lower, upper)| f64::from(*upper) - f64::from(*lower));
    IntervalEvaluation {
        level: INTERVAL_LEVEL,
        coverage: share(&sorted),
        width: widths.sum::<f64>() / truth.len().max(1) as f64,
        by_fifth: (truth.len() >= MIN_ROWS_BY_FIFTH).then(|| [0, 1, 2, 3, 4].map(fifth)),
    }
}

/// Returns, for each row, the predicted number minus the true number.
pub(super) fn errors(truth: &[f64], values: &[f32]) -> impl Iterator<Item = f64> {
    truth.iter().zip(values).map(|(truth, value)| f64::from(*value) - truth)
}

pub(super) fn mean_square(errors: &[f64]) -> f64 {
    errors.iter().map(|error| error * error).sum::<f64>() / errors.len().max(1) as f64
}

/// Returns R² (coefficient of determination): 1 - (mean squared error / variance of the true numbers).
pub(super) fn r2(truth: &[f64], error: f64) -> f64 {
    let rows = truth.len().max(1) as f64;
    let mean = truth.iter().sum::<f64>() / rows;
    let variance = truth.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows;
    // If all true numbers are equal, R² is 1 for exact predictions and 0 otherwise.
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

    /// The expected values come from scikit-learn 1.9.1: `r2_score`, `root_mean_squared_error`, `mean_absolute_error`
    /// and `median_absolute_error`.
    #[test]
    fn metrics_equal_those_of_scikit_learn() {
        let truth = [3.0, -0.5, 2.0, 7.0, 4.5];
        let values = [2.5, 0.0, 2.0, 8.0, 4.0];
        let figures = evaluate(&truth, &values, &values.map(|value| (value - 0.5, value + 0.5)));
        assert!((figures.r2 - 0.9440894568690096).abs() < 1e-12, "{figures:?}");
        assert!((figures.rmse - 0.5916079783099616).abs() < 1e-12, "{figures:?}");
        assert!((figures.mae - 0.5).abs() < 1e-12 && figures.median_absolute_error == 0.5, "{figures:?}");
        assert!((figures.pinball.unwrap() - 0.21).abs() < 1e-12 && figures.rmsle.is_none(), "{figures:?}");
        assert_eq!((figures.interval.coverage, figures.interval.width), (0.8, 1.0));
    }

    /// The expected values come from scikit-learn 1.9.1: `mean_absolute_percentage_error` and
    /// `root_mean_squared_log_error`.
    #[test]
    fn relative_errors_are_given_where_they_are_defined() {
        let values = [2.5, 0.0, 2.0, 8.0, 4.0];
        let figures = evaluate(&[3.0, 0.5, 2.0, 7.0, 4.5], &values, &[]);
        assert!((figures.mape.unwrap() - 0.2841269841269841).abs() < 1e-12, "{figures:?}");
        assert!((figures.rmsle.unwrap() - 0.20257811361160194).abs() < 1e-12, "{figures:?}");
        assert_eq!(evaluate(&[3.0, 0.0, 2.0, 7.0, 4.5], &values, &[]).mape, None);
    }

    #[test]
    fn the_coverage_of_intervals_is_given_for_each_fifth_of_the_predictions() {
        // High predictions (35 and more) have narrower intervals. Every true number is 1 above its prediction.
        let values: Vec<f32> = (0..50).map(|row| (row * 7 % 50) as f32).collect();
        let truth: Vec<f64> = values.iter().map(|value| f64::from(*value) + 1.0).collect();
        let ends: Vec<(f32, f32)> = values.iter().map(|v| (v - 1.5, v + if *v < 35.0 { 1.5 } else { 0.5 })).collect();
        let interval = evaluate(&truth, &values, &ends).interval;
        assert_eq!((interval.coverage, interval.by_fifth), (0.7, Some([1.0, 1.0, 1.0, 0.5, 0.0])));
        assert!((interval.width - 2.7).abs() < 1e-6, "{interval:?}");
    }

    #[test]
    fn one_number_throughout_has_no_variance_to_explain() {
        assert_eq!(evaluate(&[2.0, 2.0], &[2.0, 2.0], &[]).r2, 1.0);
        assert_eq!(evaluate(&[2.0, 2.0], &[2.0, 2.5], &[]).r2, 0.0);
    }
}
