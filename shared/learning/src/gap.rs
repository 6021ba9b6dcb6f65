//! Checks whether a model does equally well in cross-validation and on the hold-out.

use evergreen_lifecycle::{Evaluation, IntervalEvaluation, Task};
use evergreen_table::Target;
use serde::{Deserialize, Serialize};

use crate::evaluate::{Answers, log_losses};

// The number is high because the model was chosen as the best of many by its cross-validation loss.
/// Limit for a warning that the model does worse on the hold-out: by more than this many standard errors of the loss.
const STANDARD_ERRORS: f64 = 4.0;

// A smaller difference does not matter, even if it is certain.
/// Minimum relative difference between hold-out loss and cross-validation loss for a warning (0.2 is 20 %).
const MIN_RELATIVE_GAP: f64 = 0.2;

// If a model makes no mistakes, even a tiny difference is many times its loss.
/// Minimum difference between the log losses on the hold-out and in cross-validation for a warning.
const MIN_LOG_LOSS_GAP: f64 = 0.02;

// The loss of a row is the log loss for a classifier, and the absolute error for regression.
/// Mean and spread of a model's losses on rows that the model was not trained on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Losses {
    task: Task,
    mean: f64,
    deviation: f64,
    rows: usize,
}

impl Losses {
    /// Computes mean and spread of the losses of a model's predictions (`answers`). Returns `None` if there are no
    /// rows.
    pub(crate) fn of(target: &Target, answers: &Answers) -> Option<Self> {
        // The result is also `None` if one of both arguments is for classification and the other for regression.
        let losses: Vec<f64> = match (target, answers) {
            (Target::Classes { labels, classes }, Answers::Classes { probabilities, .. }) => {
                log_losses(classes, probabilities, labels.len()).collect()
            }
            (Target::Numbers(numbers), Answers::Numbers { values, .. }) => {
                numbers.iter().zip(values).map(|(truth, value)| (f64::from(*value) - truth).abs()).collect()
            }
            _ => return None,
        };
        let rows = losses.len();
        let mean = losses.iter().sum::<f64>() / rows as f64;
        let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / rows as f64;
        (rows > 0 && mean.is_finite()).then_some(Self { task: target.task(), mean, deviation: variance.sqrt(), rows })
    }
}

/// How the rows of a table depend on each other: whether they are ordered in time, and the share of distinct rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowDependence {
    /// Whether the table has an order column, so that the hold-out rows are newer than the training rows.
    pub(crate) is_ordered: bool,
    // The smaller the share, the more a metric varies by chance.
    /// Share of distinct rows, 0–1. Repeated rows count once.
    pub(crate) distinct_share: f64,
}

/// Returns a warning if a model does clearly worse on the hold-out than in cross-validation.
pub(crate) fn gap(validated: Losses, holdout: Losses, table: RowDependence) -> Option<String> {
    let variance = |losses: Losses| losses.deviation.powi(2) / losses.rows as f64;
    let error = ((variance(validated) + variance(holdout)) / table.distinct_share).sqrt();
    // A difference that chance explains gives no warning.
    let apart = holdout.mean - validated.mean;
    let (what, least) = match holdout.task {
        Task::Classification => ("log loss", MIN_LOG_LOSS_GAP),
        Task::Regression => ("mean absolute error", 0.0),
    };
    if apart <= STANDARD_ERRORS * error || apart <= (MIN_RELATIVE_GAP * validated.mean).max(least) {
        return None;
    }
    let causes = match table.is_ordered {
        true => "the target changed with time, so that the newest rows differ from older rows",
        false => {
            "rows that belong together are in different folds (write group = \"…\" into dataset.toml), or rows are of \
             different times (write order = \"…\")"
        }
    };
    Some(format!(
        "the {what} is {:.3} on the hold-out and {:.3} in cross-validation, which is more than chance explains; the \
         likely cause is that {causes}",
        holdout.mean, validated.mean
    ))
}

// Coverage is the share of rows whose interval contains the true value. The limit is used if the hold-out rows are
// newer than the training rows.
/// Limit for a warning: too few intervals contain the true value, by more than this many standard errors of the share.
const NEWER_STANDARD_ERRORS: f64 = 2.0;

/// Returns a warning if clearly too few prediction intervals contain the true value (for example 80 % instead of 90 %).
pub(crate) fn low_coverage(holdout: &Evaluation, table: RowDependence) -> Option<String> {
    let Evaluation::Regression(figures) = holdout else { return None };
    let IntervalEvaluation { level, coverage, width, .. } = figures.interval;
    // The intervals of the hold-out rows are counted. A shortfall that chance can explain gives no warning.
    let error = (level * (1.0 - level) / (figures.rows as f64 * table.distinct_share)).sqrt();
    let most = if table.is_ordered { NEWER_STANDARD_ERRORS } else { STANDARD_ERRORS };
    // Prediction intervals of width 0 have a warning of their own.
    if width <= 0.0 || coverage >= level - most * error {
        return None;
    }
    let (rows, cause) = match table.is_ordered {
        true => ("newest rows", "the target changed with time and will keep changing"),
        false => ("hold-out rows", "rows that belong together are in different folds"),
    };
    let (held, level) = (100.0 * coverage, 100.0 * level);
    Some(format!(
        "the prediction intervals contain {held:.0} % of the {rows} and should contain {level:.0} %; the likely cause \
         is that {cause}"
    ))
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::RegressionEvaluation;

    use super::*;

    fn holdout(mae: f64, rows: usize) -> Evaluation {
        let interval = IntervalEvaluation { level: 0.9, coverage: 0.9, width: 1.0, by_fifth: None };
        let figures = RegressionEvaluation {
            rows,
            rmse: mae * 1.4,
            mae,
            median_absolute_error: mae,
            r2: 0.5,
            mape: None,
            rmsle: None,
            pinball: None,
            interval,
        };
        Evaluation::Regression(figures)
    }

    fn rows_of(is_ordered: bool, distinct_share: f64) -> RowDependence {
        RowDependence { is_ordered, distinct_share }
    }

    fn held(mae: f64, rows: usize) -> Losses {
        Losses { mean: mae, deviation: mae, rows, ..validated(1) }
    }

    fn validated(rows: usize) -> Losses {
        let answers = Answers::Numbers { values: (0..rows).map(|row| (row % 3) as f32).collect(), intervals: vec![] };
        Losses::of(&Target::Numbers(vec![0.0; rows]), &answers).unwrap()
    }

    #[test]
    fn a_gap_beyond_chance_is_reported_with_both_scores() {
        let told = gap(validated(300), held(2.5, 100), rows_of(false, 1.0)).unwrap();
        assert!(["2.500", "1.000", "group", "order"].iter().all(|part| told.contains(part)), "{told}");
        assert!(gap(validated(300), held(2.5, 100), rows_of(true, 1.0)).unwrap().contains("newest rows"));
    }

    #[test]
    fn intervals_with_low_coverage_are_reported() {
        let with = |coverage, rows, is_ordered| {
            let Evaluation::Regression(mut figures) = holdout(1.0, rows) else { unreachable!() };
            figures.interval.coverage = coverage;
            low_coverage(&Evaluation::Regression(figures), rows_of(is_ordered, 1.0))
        };
        let told = with(0.43, 300, true).unwrap();
        assert!(told.contains("43 %") && told.contains("90 %") && told.contains("newest"), "{told}");
        assert_eq!((with(0.88, 300, true), with(0.85, 300, false)), (None, None));
        assert!(with(0.7, 300, false).is_some());
    }

    #[test]
    fn chance_small_differences_and_improvements_give_no_warning() {
        assert_eq!(gap(validated(300), held(2.5, 4), rows_of(false, 1.0)), None);
        assert_eq!(gap(validated(300_000), held(1.1, 100_000), rows_of(false, 1.0)), None);
        assert_eq!(gap(validated(300), held(0.2, 100), rows_of(false, 1.0)), None);
        let class = |mean| Losses { task: Task::Classification, mean, deviation: mean, rows: 1_000 };
        assert_eq!(gap(class(0.0001), class(0.001), rows_of(false, 1.0)), None);
        assert!(gap(class(0.1), class(0.2), rows_of(false, 1.0)).is_some());
        let repeated = rows_of(false, 0.02);
        assert_eq!(gap(validated(300), held(2.5, 100), repeated), None, "each row fifty times");
    }
}
