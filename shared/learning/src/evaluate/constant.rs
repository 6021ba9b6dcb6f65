//! The best constant prediction: the same for every row, as from a model that ignores all columns.

use evergreen_lifecycle::{PINBALL_QUANTILE, PrimaryMetric};

use super::answers::Answers;
use super::binary::POSITIVE;
use evergreen_table::Target;

/// The best constant prediction, which is the same for every row. It is computed from the targets of the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantAnswer(Best);

#[derive(Debug, Clone, PartialEq)]
enum Best {
    // If several labels are equally frequent, `frequent` is the first of them.
    /// Constant prediction of a classifier: each label's share of the rows as its probability, and the index of the
    /// most frequent label.
    Classes { shares: Vec<f32>, frequent: usize },
    // For example, `mean` is best for the squared error, and `median` for the absolute error.
    /// Constant predictions for regression, one number for each kind of metric.
    Numbers { mean: f64, median: f64, relative: f64, of_logarithms: f64, quantile: f64 },
}

impl ConstantAnswer {
    /// Returns the best constant prediction for the targets of the training rows, or `None` if there are no rows.
    pub(crate) fn of(training: &Target) -> Option<Self> {
        match training {
            _ if training.is_empty() => None,
            Target::Classes { labels, classes } => {
                let count = |class: usize| classes.iter().filter(|other| **other as usize == class).count();
                let counts: Vec<usize> = (0..labels.len()).map(count).collect();
                let most = counts.iter().max()?;
                let frequent = counts.iter().position(|count| count == most)?;
                let shares = counts.iter().map(|count| (*count as f64 / classes.len() as f64) as f32).collect();
                Some(Self(Best::Classes { shares, frequent }))
            }
            Target::Numbers(numbers) => Some(Self(of_numbers(numbers))),
        }
    }

    /// Returns the best constant prediction by `metric`, repeated for `rows` rows.
    pub(super) fn answers(&self, metric: PrimaryMetric, rows: usize) -> Answers {
        match &self.0 {
            Best::Classes { shares, frequent } => {
                // For F1 with two labels, the positive label is predicted, even if it is rare.
                let looked_for = metric == PrimaryMetric::F1 && shares.len() == 2;
                let class = if looked_for { POSITIVE } else { *frequent };
                Answers::Classes { classes: vec![class; rows], probabilities: shares.repeat(rows) }
            }
            Best::Numbers { mean, median, relative, of_logarithms, quantile } => {
                let number = match metric {
                    PrimaryMetric::Mae => median,
                    PrimaryMetric::Mape => relative,
                    PrimaryMetric::Rmsle => of_logarithms,
                    PrimaryMetric::Pinball => quantile,
                    _ => mean,
                };
                Answers::Numbers { values: vec![*number as f32; rows], intervals: Vec::new() }
            }
        }
    }
}

fn of_numbers(numbers: &[f64]) -> Best {
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len() as f64;
    let logarithms: Vec<f64> = numbers.iter().map(|number| libm::log1p(number.max(0.0))).collect();
    let alike: Vec<(f64, f64)> = numbers.iter().map(|number| (*number, 1.0)).collect();
    let relative = numbers.iter().map(|number| (*number, 1.0 / number.abs().max(f64::EPSILON))).collect();
    Best::Numbers {
        mean: mean(numbers),
        median: quantile(alike.clone(), 0.5),
        relative: quantile(relative, 0.5),
        of_logarithms: libm::expm1(mean(&logarithms)),
        quantile: quantile(alike, PINBALL_QUANTILE),
    }
}

/// Returns the weighted quantile of `numbers`, which are pairs of a number and its weight. `share` is the quantile,
/// such as 0.5 for the median.
fn quantile(mut numbers: Vec<(f64, f64)>, share: f64) -> f64 {
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = numbers.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    for (number, weight) in &numbers {
        below += weight;
        if below >= share * all {
            // The smallest number such that the numbers up to it have at least this share of the total weight.
            return *number;
        }
    }
    numbers.last().map(|(number, _)| *number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_regression_metric_has_its_best_constant() {
        let constant = ConstantAnswer::of(&Target::Numbers(vec![1.0, 1.0, 2.0, 4.0, 100.0])).unwrap();
        let number = |metric| match constant.answers(metric, 1) {
            Answers::Numbers { values, .. } => values[0],
            Answers::Classes { .. } => panic!("numbers are answered"),
        };
        assert_eq!(number(PrimaryMetric::R2), 21.6);
        assert_eq!(number(PrimaryMetric::Mae), 2.0);
        assert_eq!(number(PrimaryMetric::Mape), 1.0);
        assert_eq!(number(PrimaryMetric::Pinball), 100.0);
        assert!((number(PrimaryMetric::Rmsle) - (6060.0_f32.powf(0.2) - 1.0)).abs() < 1e-4);
    }

    #[test]
    fn a_constant_answer_has_the_shares_and_the_most_frequent_label_and_for_f1_the_positive_one() {
        let labels = ["no", "yes"].map(evergreen_lifecycle::Label::from).into();
        let constant = ConstantAnswer::of(&Target::Classes { labels, classes: vec![0, 0, 0, 1] }).unwrap();
        let expected =
            |class| Answers::Classes { classes: vec![class; 2], probabilities: vec![0.75, 0.25, 0.75, 0.25] };
        assert_eq!(constant.answers(PrimaryMetric::LogLoss, 2), expected(0));
        assert_eq!(constant.answers(PrimaryMetric::F1, 2), expected(1));
        assert_eq!(ConstantAnswer::of(&Target::Numbers(vec![])), None);
    }
}
