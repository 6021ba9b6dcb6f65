//! Computes the baseline: the scores of a constant prediction, which is the same for every row and uses no column.

use evergreen_lifecycle::{Baseline, Label};
use evergreen_table::Target;

use super::probabilistic::surprise;
use super::regression::{mean_square, r2};

/// Returns the baseline: the scores of a constant prediction on the hold-out. Returns `None` if there are no rows or
/// the tasks differ.
pub(crate) fn baseline(training: &Target, holdout: &Target) -> Option<Baseline> {
    // The constant is computed only from the targets of the training rows. Every row has the same weight.
    match (training, holdout) {
        _ if training.is_empty() || holdout.is_empty() => None,
        (Target::Classes { labels, classes }, Target::Classes { classes: truth, .. }) => {
            of_classes(labels, classes, truth)
        }
        (Target::Numbers(numbers), Target::Numbers(truth)) => Some(of_numbers(numbers, truth)),
        _ => None,
    }
}

fn of_classes(labels: &[Label], classes: &[u32], truth: &[u32]) -> Option<Baseline> {
    let count = |class: usize| classes.iter().filter(|other| **other as usize == class).count();
    let counts: Vec<usize> = (0..labels.len()).map(count).collect();
    let most = counts.iter().copied().max()?;
    let frequent = counts.iter().position(|count| *count == most)?;
    let shares: Vec<f64> = counts.iter().map(|count| *count as f64 / classes.len() as f64).collect();
    let loss = |class: &u32| surprise(shares.get(*class as usize).copied().unwrap_or_default() as f32);
    let rows = truth.len() as f64;
    Some(Baseline::Classification {
        label: labels.get(frequent)?.clone(),
        accuracy: truth.iter().filter(|class| **class as usize == frequent).count() as f64 / rows,
        log_loss: truth.iter().map(loss).sum::<f64>() / rows,
        shares,
    })
}

fn of_numbers(numbers: &[f64], truth: &[f64]) -> Baseline {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let from_mean = |values: &[f64]| mean_square(&values.iter().map(|value| value - mean).collect::<Vec<_>>());
    let error = from_mean(truth);
    Baseline::Regression {
        mean,
        standard_deviation: from_mean(numbers).sqrt(),
        rmse: error.sqrt(),
        r2: r2(truth, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values come from scikit-learn 1.9.1: `accuracy_score` of the most frequent label, and `log_loss` of
    /// the labels' shares.
    #[test]
    fn a_constant_answer_has_the_shares_of_the_training_rows() {
        let labels: Vec<Label> = ["a", "b", "c"].map(Label::from).into();
        let training = Target::Classes { labels: labels.clone(), classes: vec![1, 1, 0, 0, 1, 2, 1, 2] };
        let holdout = Target::Classes { labels, classes: vec![0, 1, 1, 2, 0] };
        let Some(Baseline::Classification { label, shares, accuracy, log_loss }) = baseline(&training, &holdout) else {
            panic!("classes have a baseline of classes")
        };
        assert_eq!((label, shares, accuracy), (Label::from("b"), vec![0.25, 0.5, 0.25], 0.4));
        let expected = -(3.0 * 0.25_f64.ln() + 2.0 * 0.5_f64.ln()) / 5.0;
        assert!((log_loss - expected).abs() < 1e-12, "{log_loss}");
    }

    #[test]
    fn an_unknown_label_costs_as_much_as_a_confident_mistake() {
        let labels: Vec<Label> = ["a", "b"].map(Label::from).into();
        let of = |classes| Target::Classes { labels: labels.clone(), classes };
        let Some(Baseline::Classification { log_loss, accuracy, .. }) = baseline(&of(vec![0, 0]), &of(vec![1])) else {
            panic!("classes have a baseline of classes")
        };
        assert_eq!((accuracy, log_loss), (0.0, -f64::EPSILON.ln()));
    }

    #[test]
    fn a_constant_answer_of_a_regression_is_the_training_mean() {
        let found = baseline(&Target::Numbers(vec![1.0, 3.0]), &Target::Numbers(vec![1.0, 2.0, 6.0]));
        let Some(Baseline::Regression { mean, standard_deviation, rmse, r2 }) = found else {
            panic!("numbers have a baseline of numbers")
        };
        assert_eq!((mean, standard_deviation), (2.0, 1.0));
        assert!((rmse - (17.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{rmse}");
        assert!((r2 - (1.0 - 17.0 / 14.0)).abs() < 1e-12, "{r2}");
    }

    #[test]
    fn no_rows_give_no_metrics() {
        assert_eq!(baseline(&Target::Numbers(vec![]), &Target::Numbers(vec![1.0])), None);
        assert_eq!(baseline(&Target::Numbers(vec![1.0]), &Target::Numbers(vec![])), None);
    }
}
