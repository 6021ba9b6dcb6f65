//! Computes a model's score, and the loss of each row, by the metric that decides between models.

use evergreen_lifecycle::{PINBALL_QUANTILE, PrimaryMetric, Scores};

use super::answers::Answers;
use super::binary::{POSITIVE, brier};
use super::influence::{self, Influenced};
use super::{probabilistic, regression};

// The divisor is the absolute value of the true number, or this minimum if that value is smaller.
/// Minimum divisor of a relative error. It avoids a division by 0.
const MIN_TRUTH: f64 = f64::EPSILON;

/// The true target values of rows, to compare with a model's predictions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truths<'a> {
    // The table and the model may order labels differently. If the model does not know a label, its index is `None`.
    /// True labels for classification. First list: the true label of each row, as an index of the table's labels.
    /// Second list: for each label of the table, the model's index of the label (`None` if unknown).
    Classes(&'a [u32], &'a [Option<usize>]),
    /// True numbers for regression, one for each row.
    Numbers(&'a [f64]),
}

/// Returns a model's score by `metric` and the loss of each row. Returns `None` if the metric, the true values and the
/// predictions are not all for the same task (classification or regression).
pub(crate) fn scores(metric: PrimaryMetric, truths: Truths<'_>, answers: &Answers) -> Option<Scores> {
    match (truths, answers) {
        (Truths::Classes(truth, known), Answers::Classes { classes, probabilities }) => {
            let width = probabilities.len().checked_div(classes.len())?.max(1);
            Classified { truth, known, classes, probabilities, width }.scores(metric)
        }
        (Truths::Numbers(truth), Answers::Numbers { values, .. }) => of_numbers(metric, truth, values),
        _ => None,
    }
}

// A true class is the table's index of the label.
/// Predictions of a classifier, with the true classes of the same rows.
struct Classified<'a> {
    truth: &'a [u32],
    /// For each class of the table, the model's index of the same class. `None` if the model does not know the class.
    known: &'a [Option<usize>],
    /// The predicted class of each row, as the model's index of the class (not the table's index).
    classes: &'a [usize],
    probabilities: &'a [f32],
    width: usize,
}

impl Classified<'_> {
    fn scores(&self, metric: PrimaryMetric) -> Option<Scores> {
        let wrong: Vec<f64> = self.wrong().collect();
        let headline = 1.0 - mean(&wrong);
        let losses = match metric {
            PrimaryMetric::Accuracy => wrong,
            PrimaryMetric::BalancedAccuracy => {
                wrong.iter().zip(balance(self.truth, self.known.len())).map(|(wrong, weight)| wrong * weight).collect()
            }
            PrimaryMetric::LogLoss => self.log_losses().collect(),
            PrimaryMetric::BrierScore => {
                let pairs = self.of_class(POSITIVE).zip(self.truth);
                pairs.map(|(probability, truth)| brier(probability, *truth as usize == POSITIVE)).collect()
            }
            PrimaryMetric::RocAuc => self.influenced(self.roc_auc()),
            PrimaryMetric::AveragePrecision => {
                let (scores, members) = self.against_rest(POSITIVE);
                self.influenced(Some(influence::average_precision(&scores, &members)))
            }
            PrimaryMetric::F1 => self.influenced(self.f1()),
            PrimaryMetric::Mcc => self.influenced(Some(self.mcc())),
            PrimaryMetric::R2
            | PrimaryMetric::Rmse
            | PrimaryMetric::Mae
            | PrimaryMetric::Mape
            | PrimaryMetric::Rmsle
            | PrimaryMetric::Pinball => return None,
        };
        let mean = mean(&losses);
        Some(Scores { score: if metric.higher_is_better() { 1.0 - mean } else { mean }, losses, headline })
    }

    /// Returns, for each row, 1 if the predicted class is wrong and 0 if it is right.
    fn wrong(&self) -> impl Iterator<Item = f64> {
        let theirs = |class: u32| self.known.get(class as usize).copied().flatten();
        self.truth
            .iter()
            .zip(self.classes)
            .map(move |(truth, class)| f64::from(u8::from(theirs(*truth) != Some(*class))))
    }

    fn log_losses(&self) -> impl Iterator<Item = f64> {
        let theirs = |class: u32| self.known.get(class as usize).copied().flatten();
        self.truth.iter().zip(self.probabilities.chunks_exact(self.width)).map(move |(truth, row)| {
            let probability = theirs(*truth).and_then(|class| row.get(class)).copied().unwrap_or_default();
            probabilistic::surprise(probability)
        })
    }

    /// Returns, for each row, the predicted probability of one class. The probability is 0 if the model does not know
    /// the class.
    fn of_class(&self, class: usize) -> impl Iterator<Item = f32> {
        // `class` is the table's index of the class.
        let theirs = self.known.get(class).copied().flatten();
        let rows = self.probabilities.chunks_exact(self.width);
        rows.map(move |row| theirs.and_then(|class| row.get(class)).copied().unwrap_or_default())
    }

    fn against_rest(&self, class: usize) -> (Vec<f32>, Vec<bool>) {
        (self.of_class(class).collect(), self.truth.iter().map(|truth| *truth as usize == class).collect())
    }

    fn roc_auc(&self) -> Option<Influenced> {
        let of = |class: usize| {
            let (scores, members) = self.against_rest(class);
            influence::roc_auc(&scores, &members)
        };
        // With two classes, the ROC curve of one class is the mirror image of the other's.
        let classes = if self.known.len() == 2 { POSITIVE..POSITIVE + 1 } else { 0..self.known.len() };
        Influenced::mean(&classes.filter_map(of).collect::<Vec<_>>())
    }

    /// Returns the predicted class of each row, as the table's index of the class.
    fn answered(&self) -> Vec<usize> {
        // A class that the table does not have gets the next index after the table's classes.
        let mut ours = vec![self.known.len(); self.width];
        for (class, theirs) in self.known.iter().enumerate() {
            theirs.and_then(|theirs| ours.get_mut(theirs)).into_iter().for_each(|ours| *ours = class);
        }
        self.classes.iter().map(|class| ours.get(*class).copied().unwrap_or(self.known.len())).collect()
    }

    fn f1(&self) -> Option<Influenced> {
        let answered = self.answered();
        let of = |class: usize| {
            let truth: Vec<bool> = self.truth.iter().map(|truth| *truth as usize == class).collect();
            influence::f1(&truth, &answered.iter().map(|answered| *answered == class).collect::<Vec<_>>())
        };
        let classes = if self.known.len() == 2 { POSITIVE..POSITIVE + 1 } else { 0..self.known.len() };
        Influenced::mean(&classes.map(of).collect::<Vec<_>>())
    }

    fn mcc(&self) -> Influenced {
        let truth: Vec<usize> = self.truth.iter().map(|truth| *truth as usize).collect();
        influence::mcc(&truth, &self.answered(), self.known.len() + 1)
    }

    /// Converts a metric, such as F1, to one loss for each row. The mean of the losses is 1 minus the metric.
    fn influenced(&self, metric: Option<Influenced>) -> Vec<f64> {
        match metric {
            Some(metric) => metric.rows.iter().map(|row| 1.0 - metric.value - row).collect(),
            // The metric is undefined for these rows. The loss is that of random predictions.
            None => vec![0.5; self.truth.len()],
        }
    }
}

/// Returns balanced row weights: every class has the same total weight.
fn balance(truth: &[u32], classes: usize) -> impl Iterator<Item = f64> {
    // The weight is rows / (classes × rows of the row's class). Classes without rows do not count.
    let mut rows = vec![0_usize; classes];
    for class in truth {
        if let Some(rows) = rows.get_mut(*class as usize) {
            *rows += 1;
        }
    }
    let present = rows.iter().filter(|rows| **rows > 0).count().max(1);
    let weight = move |class: &u32| {
        let of_class = rows.get(*class as usize).copied().unwrap_or_default().max(1);
        truth.len() as f64 / (present * of_class) as f64
    };
    truth.iter().map(weight)
}

fn of_numbers(metric: PrimaryMetric, truth: &[f64], values: &[f32]) -> Option<Scores> {
    let errors: Vec<f64> = regression::errors(truth, values).map(f64::abs).collect();
    let square = regression::mean_square(&errors);
    let headline = regression::r2(truth, square);
    let squares = || errors.iter().map(|error| error * error).collect();
    let pairs = || truth.iter().zip(values).map(|(truth, value)| (*truth, f64::from(*value)));
    let losses: Vec<f64> = match metric {
        PrimaryMetric::R2 | PrimaryMetric::Rmse => squares(),
        PrimaryMetric::Mae => errors,
        PrimaryMetric::Mape => pairs().map(|(truth, value)| relative_error(truth, value)).collect(),
        PrimaryMetric::Rmsle => pairs().map(|(truth, value)| log_error(truth, value).powi(2)).collect(),
        PrimaryMetric::Pinball => pairs().map(|(truth, value)| pinball(truth, value)).collect(),
        _ => return None,
    };
    let score = match metric {
        PrimaryMetric::R2 => headline,
        PrimaryMetric::Rmse | PrimaryMetric::Rmsle => mean(&losses).sqrt(),
        _ => mean(&losses),
    };
    Some(Scores { score, losses, headline })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Returns the relative error of a predicted number (`value`), as in scikit-learn's `mean_absolute_percentage_error`.
pub(super) fn relative_error(truth: f64, value: f64) -> f64 {
    (value - truth).abs() / truth.abs().max(MIN_TRUTH)
}

/// Returns the difference of the logarithms of a predicted number (`value`) and a true number, as in scikit-learn's
/// `root_mean_squared_log_error`.
pub(super) fn log_error(truth: f64, value: f64) -> f64 {
    // A predicted number below 0 counts as 0.
    libm::log1p(value.max(0.0)) - libm::log1p(truth.max(0.0))
}

/// Returns the quantile loss (pinball loss) of a predicted number (`value`), as in scikit-learn's `mean_pinball_loss`.
pub(super) fn pinball(truth: f64, value: f64) -> f64 {
    let below = truth - value;
    if below >= 0.0 { PINBALL_QUANTILE * below } else { (PINBALL_QUANTILE - 1.0) * below }
}

#[cfg(test)]
mod tests;
