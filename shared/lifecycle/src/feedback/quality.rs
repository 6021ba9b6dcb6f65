//! How right the model is about what it was asked, as far as the truth is known, and whether that is worse than on the
//! hold-out.

use serde::{Deserialize, Serialize};

use super::{LiveTally, PredictedOutcome, PredictionLoss};
use crate::drift::TwoSamples;

/// Maximum expected number of false alarms in a year about a model that is worse than on the hold-out: one in ten years.
pub const FALSE_LIVE_ALARMS_A_YEAR: f64 = 0.1;

// The rows of the last week and of the last four weeks are judged once a day.
/// Number of comparisons with the hold-out in a year.
const COMPARISONS_A_YEAR: f64 = 2.0 * 366.0;

/// Quantile of the normal distribution for an interval that contains 95 of 100 true values.
const TWO_SIDED_95: f64 = 1.959_963_984_540_054;

/// The losses on the hold-out, with which those of served predictions are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldOutLosses {
    /// The edges between the cells, ascending: tenths of the losses on the hold-out.
    pub edges: Vec<f64>,
    /// Number of hold-out rows in each cell.
    pub cells: Vec<u64>,
    /// The mean loss on the hold-out.
    pub mean: f64,
}

/// The quality of a model on predictions whose true value is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveQuality {
    /// Number of predictions whose true value is known.
    pub labelled: u64,
    /// Number of predictions, with and without a known true value.
    pub served: u64,
    /// Accuracy (0–1) of a classifier, or R² (at most 1) of a regression model. `None` if it is not defined.
    pub headline: Option<f64>,
    /// For a classifier: the accuracy (0–1) of all such predictions lies in this interval with a probability of 95 %.
    pub interval: Option<(f64, f64)>,
    /// The mean log loss, or the mean absolute error.
    pub mean_loss: f64,
    /// The probability (0–1) of losses this much worse than on the hold-out by chance.
    pub p_value: f64,
    /// Whether the predictions are worse than on the hold-out by more than chance.
    pub is_worse: bool,
}

impl HoldOutLosses {
    /// Sorts the losses on the hold-out into cells. `None` without losses.
    pub fn new(mut losses: Vec<f64>) -> Option<Self> {
        losses.sort_unstable_by(f64::total_cmp);
        let rows = losses.len();
        let mut edges: Vec<f64> =
            (1..10).filter_map(|part| losses.get((rows * part).div_ceil(10).saturating_sub(1)).copied()).collect();
        edges.dedup();
        let mut cells = vec![0; edges.len() + 1];
        for loss in &losses {
            if let Some(count) = cells.get_mut(edges.partition_point(|edge| edge < loss)) {
                *count += 1;
            }
        }
        (rows > 0).then(|| Self { mean: losses.iter().sum::<f64>() / rows as f64, edges, cells })
    }

    /// Returns the cell in which a prediction with a known truth is counted.
    pub fn cell(&self, _said: &PredictedOutcome, one: &PredictionLoss) -> usize {
        self.edges.partition_point(|edge| *edge < one.loss)
    }
}

impl LiveQuality {
    /// Computes the quality from the counts. `served` is the number of all predictions in the same time. `None` without
    /// a known true value.
    pub fn new(tally: &LiveTally, served: u64, hold_out: &HoldOutLosses) -> Option<Self> {
        let mean_loss = tally.mean_loss()?;
        let p_value = worse(tally, hold_out);
        let is_classifier = !tally.labels.is_empty();
        Some(Self {
            labelled: tally.rows,
            served: served.max(tally.rows),
            headline: if is_classifier { Some(tally.right as f64 / tally.rows as f64) } else { r2(tally) },
            interval: is_classifier.then(|| wilson(tally.right, tally.rows)),
            mean_loss,
            p_value,
            is_worse: mean_loss > hold_out.mean && p_value <= FALSE_LIVE_ALARMS_A_YEAR / COMPARISONS_A_YEAR,
        })
    }
}

/// Returns the probability that so many losses lie above any edge by chance.
fn worse(tally: &LiveTally, hold_out: &HoldOutLosses) -> f64 {
    let above = |cells: &[u64], edge: usize| cells.iter().skip(edge + 1).sum::<u64>();
    let baseline_rows = hold_out.cells.iter().sum();
    let tests = (0..hold_out.edges.len()).map(|edge| TwoSamples {
        baseline: above(&hold_out.cells, edge),
        baseline_rows,
        served: above(&tally.cells, edge),
        served_rows: tally.rows,
    });
    let is_more = |test: &TwoSamples| {
        u128::from(test.served) * u128::from(test.baseline_rows)
            > u128::from(test.baseline) * u128::from(test.served_rows)
    };
    let smallest = tests.filter(is_more).map(TwoSamples::p_value).fold(1.0, f64::min);
    (smallest * hold_out.edges.len().max(1) as f64).min(1.0)
}

fn r2(tally: &LiveTally) -> Option<f64> {
    let rows = tally.rows as f64;
    let (sum, squares) = tally.truth;
    let spread = squares - sum * sum / rows;
    (tally.rows > 1 && spread > 0.0).then(|| 1.0 - tally.squared_loss / spread)
}

// It is honest for few rows and for shares near 0 and 1: E. B. Wilson, Probable inference, 1927.
/// Returns Wilson's interval for a share, with a confidence of 95 %.
fn wilson(right: u64, rows: u64) -> (f64, f64) {
    let (rows, share) = (rows as f64, right as f64 / rows as f64);
    let square = TWO_SIDED_95 * TWO_SIDED_95;
    let middle = (share + square / (2.0 * rows)) / (1.0 + square / rows);
    let half =
        TWO_SIDED_95 / (1.0 + square / rows) * (share * (1.0 - share) / rows + square / (4.0 * rows * rows)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{PredictedLabel, TrueValue};

    fn losses() -> HoldOutLosses {
        HoldOutLosses::new((0..1000).map(|row| f64::from(row % 100) / 100.0).collect()).unwrap()
    }

    /// Predictions of label 1 with probability 0.9; each tenth of the rows turned out wrong, or each second one.
    fn tally(rows: u64, wrong_every: u64) -> LiveTally {
        let said = PredictedOutcome::Label(PredictedLabel::new(1, &[0.1, 0.9]));
        let mut tally = LiveTally::default();
        for row in 0..rows {
            let truth = TrueValue::Label(u16::from(row % wrong_every != 0));
            let loss = PredictionLoss::new(&said, truth).unwrap();
            tally.add(loss, Some(losses().cell(&said, &loss)));
        }
        tally
    }

    /// The interval is `statsmodels.stats.proportion.proportion_confint(9, 10, method="wilson")`.
    #[test]
    fn interval_of_few_labels_is_wide() {
        let quality = LiveQuality::new(&tally(10, 10), 500, &losses()).unwrap();
        assert_eq!((quality.headline, quality.labelled, quality.served), (Some(0.9), 10, 500));
        let (low, high) = quality.interval.unwrap();
        assert!((low - 0.59585).abs() < 1e-4 && (high - 0.98212).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn few_wrong_predictions_are_no_alarm_and_many_are() {
        assert!(!LiveQuality::new(&tally(4, 2), 4, &losses()).unwrap().is_worse);
        assert!(LiveQuality::new(&tally(400, 2), 400, &losses()).unwrap().is_worse);
    }

    #[test]
    fn r2_is_that_of_the_known_numbers() {
        let mut tally = LiveTally::default();
        for (said, truth) in [(1.0, 1.0), (2.0, 3.0), (4.0, 5.0)] {
            let loss = PredictionLoss::new(&PredictedOutcome::Number(said), TrueValue::Number(truth)).unwrap();
            tally.add(loss, None);
        }
        let quality = LiveQuality::new(&tally, 3, &losses()).unwrap();
        assert!((quality.headline.unwrap() - 0.75).abs() < 1e-12 && quality.interval.is_none());
    }

    #[test]
    fn nothing_is_said_without_a_label() {
        assert_eq!(LiveQuality::new(&LiveTally::default(), 100, &losses()), None);
    }
}
