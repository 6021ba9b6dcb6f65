//! Whether cross-validation and hold-out say the same of a model.

use evergreen_lifecycle::{Evaluation, IntervalEvaluation, Task};
use evergreen_table::Target;

use crate::evaluate::{Answers, log_losses};

/// So many standard errors apart are no chance: the model was the best of many by one of the two figures.
const STANDARD_ERRORS: f64 = 4.0;

/// A difference of a smaller share is of no interest, however sure it is.
const WORTH_TELLING: f64 = 0.2;

/// Minimum difference of two log losses that is told: of a model that makes no mistakes, any difference is many times its loss.
const LOG_LOSS_WORTH_TELLING: f64 = 0.02;

/// What a model loses on rows that it had not learnt from: the mean, the standard deviation and the number of rows. Classes
/// lose by the log loss, numbers by the absolute error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Losses {
    task: Task,
    mean: f64,
    deviation: f64,
    rows: usize,
}

impl Losses {
    /// Those of `answers` to rows of `target`; nothing of none.
    pub(crate) fn of(target: &Target, answers: &Answers) -> Option<Self> {
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

/// How the rows of a table hang together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bonds {
    /// Whether they follow each other in time.
    pub(crate) is_ordered: bool,
    /// The share of them that says something of its own, 0–1: by it chance is the greater.
    pub(crate) distinct_share: f64,
}

/// A warning where a model does worse on the hold-out than in cross-validation, beyond what chance does.
pub(crate) fn gap(validated: Losses, holdout: Losses, table: Bonds) -> Option<String> {
    let variance = |losses: Losses| losses.deviation.powi(2) / losses.rows as f64;
    let error = ((variance(validated) + variance(holdout)) / table.distinct_share).sqrt();
    let apart = holdout.mean - validated.mean;
    let (what, least) = match holdout.task {
        Task::Classification => ("log loss", LOG_LOSS_WORTH_TELLING),
        Task::Regression => ("mean absolute error", 0.0),
    };
    if apart <= STANDARD_ERRORS * error || apart <= (WORTH_TELLING * validated.mean).max(least) {
        return None;
    }
    let causes = match table.is_ordered {
        true => "what is predicted changed with time, so that the newest rows are unlike those before",
        false => {
            "rows that belong together are on both sides of folds (write group = \"…\" into dataset.toml), or rows are of \
             different times (write order = \"…\")"
        }
    };
    Some(format!(
        "the hold-out's {what} is {:.3}, that of cross-validation {:.3}, which is more than chance; likely {causes}",
        holdout.mean, validated.mean
    ))
}

/// How many standard errors the intervals may hold less than they state, of rows that are newer than those of training.
const NEWER_STANDARD_ERRORS: f64 = 2.0;

/// A warning where the intervals hold fewer of the hold-out's rows than they state, beyond what chance does.
pub(crate) fn uncovered(holdout: &Evaluation, table: Bonds) -> Option<String> {
    let Evaluation::Regression(figures) = holdout else { return None };
    let IntervalEvaluation { level, coverage, width, .. } = figures.interval;
    let error = (level * (1.0 - level) / (figures.rows as f64 * table.distinct_share)).sqrt();
    let most = if table.is_ordered { NEWER_STANDARD_ERRORS } else { STANDARD_ERRORS };
    // Empty intervals have a warning of their own.
    if width <= 0.0 || coverage >= level - most * error {
        return None;
    }
    let (rows, cause) = match table.is_ordered {
        true => ("newest rows", "what is predicted changed with time, and will go on changing"),
        false => ("hold-out's rows", "rows that belong together are on both sides of folds"),
    };
    let (held, level) = (100.0 * coverage, 100.0 * level);
    Some(format!("the prediction intervals hold {held:.0} % of the {rows} and state {level:.0} %; likely {cause}"))
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

    fn rows_of(is_ordered: bool, distinct_share: f64) -> Bonds {
        Bonds { is_ordered, distinct_share }
    }

    fn held(mae: f64, rows: usize) -> Losses {
        Losses { mean: mae, deviation: mae, rows, ..validated(1) }
    }

    fn validated(rows: usize) -> Losses {
        let answers = Answers::Numbers { values: (0..rows).map(|row| (row % 3) as f32).collect(), intervals: vec![] };
        Losses::of(&Target::Numbers(vec![0.0; rows]), &answers).unwrap()
    }

    #[test]
    fn a_gap_beyond_chance_is_told_with_both_figures() {
        let told = gap(validated(300), held(2.5, 100), rows_of(false, 1.0)).unwrap();
        assert!(["2.500", "1.000", "group", "order"].iter().all(|part| told.contains(part)), "{told}");
        assert!(gap(validated(300), held(2.5, 100), rows_of(true, 1.0)).unwrap().contains("newest rows"));
    }

    #[test]
    fn intervals_that_hold_less_than_they_state_are_told() {
        let with = |coverage, rows, is_ordered| {
            let Evaluation::Regression(mut figures) = holdout(1.0, rows) else { unreachable!() };
            figures.interval.coverage = coverage;
            uncovered(&Evaluation::Regression(figures), rows_of(is_ordered, 1.0))
        };
        let told = with(0.43, 300, true).unwrap();
        assert!(told.contains("43 %") && told.contains("90 %") && told.contains("newest"), "{told}");
        assert_eq!((with(0.88, 300, true), with(0.85, 300, false)), (None, None));
        assert!(with(0.7, 300, false).is_some());
    }

    #[test]
    fn nothing_is_said_of_chance_of_small_differences_and_of_better_figures() {
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
