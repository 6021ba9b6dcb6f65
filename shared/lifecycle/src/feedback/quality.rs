//! How right the model is about what it was asked, as far as the truth is known, and whether that is worse than on the
//! hold-out.

use serde::{Deserialize, Serialize};

use super::LiveTally;
use super::hold_out::{BadRows, HoldOutLosses};
use super::share::{Kind, WeightedAccuracy, bernstein};
use super::stratified::more_than_by_chance;
use super::tally::LEAST_PROBABILITY;
use crate::drift::TwoSamples;

/// Maximum expected number of false alarms in a year about a model that is worse than on the hold-out: one in ten years.
pub const FALSE_LIVE_ALARMS_A_YEAR: f64 = 0.1;

// The predictions of a week and of four weeks are judged once a day.
/// Maximum number of comparisons with the hold-out in a year.
const COMPARISONS_A_YEAR: f64 = 2.0 * 366.0;

/// The quality of a model on predictions whose true value is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveQuality {
    /// Number of predictions whose true value is known.
    pub labelled: u64,
    /// Number of predictions, with and without a known true value.
    pub served: u64,
    /// Accuracy (0–1) of a classifier, or R² (at most 1) of a regression model. The accuracy is that of all predictions,
    /// with and without a known true value, if it can be computed. `None` if there are too few true values.
    pub headline: Option<f64>,
    /// For a classifier: the accuracy with its interval.
    pub accuracy: Option<WeightedAccuracy>,
    /// The accuracy (0–1) on the hold-out of the same kinds of predictions, each as often as here. `None` for a regression
    /// model, and without losses on the hold-out.
    pub expected: Option<f64>,
    /// The mean log loss in nats, or the mean absolute error, of predictions whose true value is known.
    pub mean_loss: f64,
    // An absolute error has no maximum, so no such interval exists for numbers.
    /// For a classifier: the mean log loss lies in this interval with a probability of at least 95 %.
    pub loss_interval: Option<(f64, f64)>,
    /// The comparison with the hold-out. `None` if the losses on the hold-out are not known.
    pub comparison: Option<LiveComparison>,
}

/// What the comparison of losses with those of the hold-out has found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveComparison {
    /// Whether the predictions are worse than on the hold-out by more than chance.
    pub is_worse: bool,
    /// The probability (0–1) that predictions as good as on the hold-out look at least this bad by chance.
    pub p_value: f64,
    /// Which bad rows differ most.
    pub bad: BadRows,
    /// The share (0–1) of bad rows among the predictions whose true value is known.
    pub share: f64,
    /// The share (0–1) of bad rows on the hold-out, for the same kinds of predictions.
    pub expected_share: f64,
    /// The mean loss on the hold-out: the log loss in nats, or the absolute error.
    pub hold_out_loss: f64,
}

impl LiveQuality {
    /// Computes the quality from the counts. `served` has the number of predictions of each kind in the same time, and
    /// may be empty if it is not known. `None` without a known true value.
    pub fn new(tally: &LiveTally, served: &[u64], hold_out: Option<&HoldOutLosses>) -> Option<Self> {
        let mean_loss = tally.mean_loss()?;
        let is_classifier = !tally.labels.is_empty();
        let kinds = hold_out.map(|hold_out| hold_out.right(&tally.cells)).filter(|kinds| !kinds.is_empty());
        let accuracy = is_classifier.then(|| accuracy(tally, kinds.as_deref(), served)).flatten();
        let most = -libm::log(LEAST_PROBABILITY);
        Some(Self {
            labelled: tally.rows,
            served: served.iter().sum::<u64>().max(tally.rows),
            headline: if is_classifier { accuracy.map(|it| it.accuracy) } else { r2(tally) },
            accuracy,
            expected: kinds.zip(hold_out).filter(|_| is_classifier).and_then(|(kinds, hold_out)| {
                let rows: Vec<u64> = kinds.iter().map(|(rows, _)| *rows).collect();
                expected_accuracy(hold_out, &weights(&rows, served))
            }),
            mean_loss,
            loss_interval: is_classifier.then(|| bernstein(tally.rows, tally.loss, tally.squared_loss, most)).flatten(),
            comparison: hold_out.and_then(|hold_out| LiveComparison::of(hold_out, tally)),
        })
    }

    /// Returns whether the predictions are worse than on the hold-out by more than chance.
    pub fn is_worse(&self) -> bool {
        self.comparison.as_ref().is_some_and(|comparison| comparison.is_worse)
    }
}

impl LiveComparison {
    // Each kind of prediction is compared with itself. So neither a change of what is asked, nor labels for some kinds of
    // predictions only, make a good model look worse.
    fn of(hold_out: &HoldOutLosses, tally: &LiveTally) -> Option<Self> {
        let tests = hold_out.tests();
        let number = tests.len() as f64;
        let found = tests.into_iter().map(|bad| {
            let groups = hold_out.samples(&tally.cells, bad);
            // Bonferroni: the smallest of several p-values counts as many times.
            (bad, (more_than_by_chance(&groups) * number).min(1.0), groups)
        });
        let (bad, p_value, groups) = found.min_by(|(_, a, _), (_, b, _)| a.total_cmp(b))?;
        let (share, expected_share) = shares(&groups)?;
        Some(Self {
            is_worse: p_value <= FALSE_LIVE_ALARMS_A_YEAR / COMPARISONS_A_YEAR,
            p_value,
            bad,
            share,
            expected_share,
            hold_out_loss: hold_out.mean,
        })
    }
}

/// Returns the accuracy (0–1) on the hold-out of predictions of each kind, as many as `served` has. It is an estimate for
/// served predictions without labels. `None` for a regression model, and without predictions.
pub fn expected_accuracy(hold_out: &HoldOutLosses, served: &[u64]) -> Option<f64> {
    let kinds = hold_out.right(&hold_out.cells).into_iter().zip(served);
    let kinds: Vec<Kind> = kinds.map(|((rows, right), weight)| Kind { rows, right, weight: *weight }).collect();
    WeightedAccuracy::of(&kinds).filter(|_| hold_out.labels > 0).map(|found| found.accuracy)
}

/// Returns the share of bad rows among the served ones, and the one expected from the hold-out. `None` without rows.
fn shares(groups: &[TwoSamples]) -> Option<(f64, f64)> {
    let both = || groups.iter().filter(|group| group.baseline_rows > 0 && group.served_rows > 0);
    let rows: u64 = both().map(|group| group.served_rows).sum();
    let bad: u64 = both().map(|group| group.served).sum();
    let expected = |group: &TwoSamples| group.served_rows as f64 * group.baseline as f64 / group.baseline_rows as f64;
    let expected: f64 = both().map(expected).sum();
    (rows > 0).then(|| (bad as f64 / rows as f64, expected / rows as f64))
}

fn accuracy(tally: &LiveTally, kinds: Option<&[(u64, u64)]>, served: &[u64]) -> Option<WeightedAccuracy> {
    let whole = [(tally.rows, tally.right)];
    // Labels that came before the losses on the hold-out were known are in no cell. Then all labels count alike.
    let kinds = kinds.filter(|kinds| kinds.iter().map(|(rows, _)| rows).sum::<u64>() == tally.rows);
    let (kinds, served) = kinds.map_or((whole.as_slice(), [].as_slice()), |kinds| (kinds, served));
    let rows: Vec<u64> = kinds.iter().map(|(rows, _)| *rows).collect();
    let kinds = kinds.iter().zip(weights(&rows, served));
    let kinds: Vec<Kind> = kinds.map(|((rows, right), weight)| Kind { rows: *rows, right: *right, weight }).collect();
    WeightedAccuracy::of(&kinds)
}

/// Returns how many predictions of each kind there are. A kind has at least its labelled ones: a few counts are lost.
fn weights(labelled: &[u64], served: &[u64]) -> Vec<u64> {
    let all = labelled.len().max(served.len());
    let at = |counts: &[u64], kind: usize| counts.get(kind).copied().unwrap_or_default();
    (0..all).map(|kind| at(labelled, kind).max(at(served, kind))).collect()
}

fn r2(tally: &LiveTally) -> Option<f64> {
    let rows = tally.rows as f64;
    let (sum, squares) = tally.truth;
    let spread = squares - sum * sum / rows;
    (tally.rows > 1 && spread > 0.0).then(|| 1.0 - tally.squared_loss / spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Bins;
    use crate::feedback::{PredictedLabel, PredictedOutcome, PredictionLoss, TrueValue};

    fn said(positive: f32) -> PredictedOutcome {
        PredictedOutcome::Label(PredictedLabel::new(usize::from(positive > 0.5), &[1.0 - positive, positive]))
    }

    /// Rows with the probabilities 0.1 and 0.9. Each tenth of them is wrong.
    fn hold_out() -> HoldOutLosses {
        HoldOutLosses::new(Bins::Numbers { edges: vec![0.5] }, 2, rows(1000, 10)).unwrap()
    }

    fn rows(rows: u64, wrong_every: u64) -> impl Iterator<Item = (PredictedOutcome, PredictionLoss)> {
        (0..rows).map(move |row| {
            let positive = if (row / wrong_every).is_multiple_of(2) { 0.9 } else { 0.1 };
            let truth = (positive > 0.5) == (row % wrong_every != 0);
            let said = said(positive);
            let loss = PredictionLoss::new(&said, TrueValue::Label(u16::from(truth))).unwrap();
            (said, loss)
        })
    }

    fn tally(number: u64, wrong_every: u64) -> LiveTally {
        let (hold_out, mut tally) = (hold_out(), LiveTally::default());
        rows(number, wrong_every).for_each(|(said, loss)| tally.add(loss, Some(hold_out.cell(&said, &loss))));
        tally
    }

    fn quality(tally: &LiveTally, served: &[u64]) -> LiveQuality {
        LiveQuality::new(tally, served, Some(&hold_out())).unwrap()
    }

    #[test]
    fn few_wrong_predictions_are_no_alarm_and_many_are() {
        assert!(!quality(&tally(4, 2), &[]).is_worse());
        let found = quality(&tally(400, 2), &[]);
        let comparison = found.comparison.clone().unwrap();
        assert!(found.is_worse() && comparison.share == 0.5, "{found:?}");
        assert!((comparison.expected_share - 0.1).abs() < 0.01, "{comparison:?}");
    }

    #[test]
    fn the_hold_out_as_feedback_is_not_worse() {
        let found = quality(&tally(1000, 10), &[]);
        assert_eq!((found.is_worse(), found.comparison.unwrap().p_value), (false, 1.0));
        assert!((found.headline.unwrap() - 0.9).abs() < 1e-12 && (found.expected.unwrap() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn each_kind_of_prediction_counts_as_often_as_it_was_served() {
        let found = quality(&tally(100, 10), &[9_000, 500, 0]);
        assert_eq!((found.labelled, found.served), (100, 9_500));
        assert_eq!(found.accuracy.unwrap().covered, 1.0);
    }

    #[test]
    fn labels_without_cells_have_an_accuracy_and_no_comparison() {
        let mut tally = LiveTally::default();
        rows(100, 10).for_each(|(_, loss)| tally.add(loss, None));
        let found = LiveQuality::new(&tally, &[300, 200, 0], None).unwrap();
        assert_eq!((found.headline, found.comparison, found.expected), (Some(0.9), None, None));
    }

    #[test]
    fn r2_is_that_of_the_known_numbers() {
        let mut tally = LiveTally::default();
        for (said, truth) in [(1.0, 1.0), (2.0, 3.0), (4.0, 5.0)] {
            let loss = PredictionLoss::new(&PredictedOutcome::Number(said), TrueValue::Number(truth)).unwrap();
            tally.add(loss, None);
        }
        let quality = LiveQuality::new(&tally, &[], None).unwrap();
        assert!((quality.headline.unwrap() - 0.75).abs() < 1e-12 && quality.accuracy.is_none());
    }

    #[test]
    fn nothing_is_said_without_a_label_and_an_estimate_is() {
        assert_eq!(LiveQuality::new(&LiveTally::default(), &[100], Some(&hold_out())), None);
        assert!((expected_accuracy(&hold_out(), &[70, 30, 0]).unwrap() - 0.9).abs() < 1e-12);
        assert_eq!(expected_accuracy(&hold_out(), &[]), None);
    }
}
