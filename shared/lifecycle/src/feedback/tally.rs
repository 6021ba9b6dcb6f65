//! Counts of predictions whose true value is known. They hold no value and no id, and are merged by addition.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PredictedLabel, PredictedOutcome};

// A probability of 0 for the true label would make the loss infinite. An id stores probabilities in steps of 1/65,535.
/// Minimum probability with which a log loss is computed.
pub(super) const LEAST_PROBABILITY: f64 = 1e-5;

/// What turned out true about one prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrueValue {
    /// The true label, as its index among the labels of the signature.
    Label(u16),
    /// The true number.
    Number(f64),
}

/// How wrong one prediction was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictionLoss {
    /// The log loss in nats for a label, or the absolute error for a number, from 0 up.
    pub loss: f64,
    /// Whether the predicted label is the true one. `None` for a number.
    pub is_right: Option<bool>,
    truth: TrueValue,
}

impl PredictionLoss {
    /// Compares a prediction with what turned out true. `None` if one is a label and the other a number, if the label
    /// does not exist, or if the number is not finite.
    ///
    /// ```
    /// use evergreen_lifecycle::feedback::{PredictedLabel, PredictedOutcome, PredictionLoss, TrueValue};
    ///
    /// let said = PredictedOutcome::Label(PredictedLabel::new(1, &[0.25, 0.75]));
    /// let right = PredictionLoss::new(&said, TrueValue::Label(1)).ok_or("no loss")?;
    /// assert!(right.is_right == Some(true) && right.loss < 0.29);
    /// assert_eq!(PredictionLoss::new(&said, TrueValue::Number(3.0)), None);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn new(said: &PredictedOutcome, truth: TrueValue) -> Option<Self> {
        match (said, truth) {
            (PredictedOutcome::Label(said), TrueValue::Label(label)) if label < said.labels => {
                Some(Self { loss: log_loss(said, label), is_right: Some(said.predicted == label), truth })
            }
            (PredictedOutcome::Number(said), TrueValue::Number(number)) if number.is_finite() => {
                let loss = (f64::from(*said) - number).abs();
                loss.is_finite().then_some(Self { loss, is_right: None, truth })
            }
            _ => None,
        }
    }
}

fn log_loss(said: &PredictedLabel, label: u16) -> f64 {
    // The logarithm of `libm` has the same bits on every machine, and training stores losses in the artifact.
    -libm::log(said.probability(label).max(LEAST_PROBABILITY))
}

/// Counts of the predictions of one version whose true value is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LiveTally {
    /// Number of predictions with a known true value.
    pub rows: u64,
    /// Number of predictions whose label was right. 0 for a regression model.
    pub right: u64,
    /// Sum of the losses.
    pub loss: f64,
    /// Sum of the squared losses.
    pub squared_loss: f64,
    /// Sum of the true numbers, and of their squares. Both are 0 for a classifier.
    pub truth: (f64, f64),
    /// Number of predictions in each cell, as [`HoldOutLosses::cell`](super::HoldOutLosses::cell) numbers them. Predictions
    /// of a version without losses on the hold-out are in no cell.
    pub cells: Vec<u64>,
    /// For each true label, its index, the number of its rows, and how many of them were right.
    pub labels: BTreeMap<u16, (u64, u64)>,
}

impl LiveTally {
    /// Adds one prediction. `cell` is its cell, as [`HoldOutLosses::cell`](super::HoldOutLosses::cell) numbers it. `None`
    /// if the losses on the hold-out are not known.
    pub fn add(&mut self, one: PredictionLoss, cell: Option<usize>) {
        self.rows += 1;
        self.loss += one.loss;
        self.squared_loss += one.loss * one.loss;
        if let Some(cell) = cell {
            self.cells.resize(self.cells.len().max(cell + 1), 0);
            self.cells.get_mut(cell).into_iter().for_each(|count| *count += 1);
        }
        let right = u64::from(one.is_right == Some(true));
        self.right += right;
        match one.truth {
            TrueValue::Label(label) => {
                let (rows, correct) = self.labels.entry(label).or_default();
                (*rows, *correct) = (*rows + 1, *correct + right);
            }
            TrueValue::Number(number) => {
                let (sum, squares) = self.truth;
                self.truth = (sum + number, squares + number * number);
            }
        }
    }

    /// Adds the counts of other predictions of the same version.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.right += other.right;
        self.loss += other.loss;
        self.squared_loss += other.squared_loss;
        self.truth = (self.truth.0 + other.truth.0, self.truth.1 + other.truth.1);
        self.cells.resize(self.cells.len().max(other.cells.len()), 0);
        self.cells.iter_mut().zip(&other.cells).for_each(|(count, more)| *count += more);
        for (label, (more, correct)) in &other.labels {
            let (rows, right) = self.labels.entry(*label).or_default();
            (*rows, *right) = (*rows + more, *right + correct);
        }
    }

    /// Returns the mean loss. `None` without rows.
    pub fn mean_loss(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.loss / self.rows as f64)
    }
}
