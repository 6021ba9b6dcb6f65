//! Whether cross-validation and hold-out say the same of a model.

use evergreen_lifecycle::{Evaluation, IntervalEvaluation};

use crate::evaluate::{Answers, log_losses};
use crate::table::Target;

/// So many standard errors apart are no chance: the model was the best of many by one of the two figures.
const STANDARD_ERRORS: f64 = 4.0;

/// A difference of a smaller share is of no interest, however sure it is.
const WORTH_TELLING: f64 = 0.2;

/// What a model loses on rows that it had not learnt from: the mean, the standard deviation and the number of rows. Classes
/// lose by the log loss, numbers by the absolute error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Losses {
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
        (rows > 0 && mean.is_finite()).then_some(Self { mean, deviation: variance.sqrt(), rows })
    }
}

/// A warning where a model does worse on the hold-out than in cross-validation, beyond what chance does.
pub(crate) fn gap(validated: Losses, holdout: &Evaluation, is_ordered: bool) -> Option<String> {
    let (what, mean, deviation) = match holdout {
        Evaluation::Classification(figures) => ("log loss", figures.log_loss, validated.deviation),
        Evaluation::Regression(figures) => {
            let variance = figures.rmse.powi(2) - figures.mae.powi(2);
            ("mean absolute error", figures.mae, variance.max(0.0).sqrt())
        }
    };
    let error =
        (validated.deviation.powi(2) / validated.rows as f64 + deviation.powi(2) / holdout.rows() as f64).sqrt();
    let apart = mean - validated.mean;
    if apart <= STANDARD_ERRORS * error || apart <= WORTH_TELLING * validated.mean {
        return None;
    }
    let causes = match is_ordered {
        true => "what is predicted changed with time, so that the newest rows are unlike those before",
        false => {
            "rows that belong together are on both sides of folds (write group = \"…\" into dataset.toml), or rows are of \
             different times (write order = \"…\")"
        }
    };
    Some(format!(
        "the hold-out's {what} is {mean:.3}, that of cross-validation {:.3}, which is more than chance; likely {causes}",
        validated.mean
    ))
}

/// How many standard errors the intervals may hold less than they state, of rows that are newer than those of training.
const NEWER_STANDARD_ERRORS: f64 = 2.0;

/// A warning where the intervals hold fewer of the hold-out's rows than they state, beyond what chance does.
pub(crate) fn uncovered(holdout: &Evaluation, is_ordered: bool) -> Option<String> {
    let Evaluation::Regression(figures) = holdout else { return None };
    let IntervalEvaluation { level, coverage, width, .. } = figures.interval;
    let error = (level * (1.0 - level) / figures.rows as f64).sqrt();
    let most = if is_ordered { NEWER_STANDARD_ERRORS } else { STANDARD_ERRORS };
    // Empty intervals have a warning of their own.
    if width <= 0.0 || coverage >= level - most * error {
        return None;
    }
    let (rows, cause) = match is_ordered {
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
        let figures =
            RegressionEvaluation { rows, rmse: mae * 1.4, mae, median_absolute_error: mae, r2: 0.5, interval };
        Evaluation::Regression(figures)
    }

    fn validated(rows: usize) -> Losses {
        let answers = Answers::Numbers { values: (0..rows).map(|row| (row % 3) as f32).collect(), intervals: vec![] };
        Losses::of(&Target::Numbers(vec![0.0; rows]), &answers).unwrap()
    }

    #[test]
    fn a_gap_beyond_chance_is_told_with_both_figures() {
        let told = gap(validated(300), &holdout(2.5, 100), false).unwrap();
        assert!(["2.500", "1.000", "group", "order"].iter().all(|part| told.contains(part)), "{told}");
        assert!(gap(validated(300), &holdout(2.5, 100), true).unwrap().contains("newest rows"));
    }

    #[test]
    fn intervals_that_hold_less_than_they_state_are_told() {
        let with = |coverage, rows, is_ordered| {
            let Evaluation::Regression(mut figures) = holdout(1.0, rows) else { unreachable!() };
            figures.interval.coverage = coverage;
            uncovered(&Evaluation::Regression(figures), is_ordered)
        };
        let told = with(0.43, 300, true).unwrap();
        assert!(told.contains("43 %") && told.contains("90 %") && told.contains("newest"), "{told}");
        assert_eq!((with(0.88, 300, true), with(0.85, 300, false)), (None, None));
        assert!(with(0.7, 300, false).is_some());
    }

    #[test]
    fn nothing_is_said_of_chance_of_small_differences_and_of_better_figures() {
        assert_eq!(gap(validated(300), &holdout(2.5, 4), false), None);
        assert_eq!(gap(validated(300_000), &holdout(1.1, 100_000), false), None);
        assert_eq!(gap(validated(300), &holdout(0.2, 100), false), None);
    }
}
