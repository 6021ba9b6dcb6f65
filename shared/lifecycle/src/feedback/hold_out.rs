//! The losses on the hold-out, with which those of served predictions are compared.

use serde::{Deserialize, Serialize};

use super::{PredictedOutcome, PredictionLoss};
use crate::drift::{Bins, TwoSamples};

/// The shares of hold-out rows that lie up to each edge between the cells of losses.
const EDGES: [f64; 3] = [0.5, 0.8, 0.95];

// Training stores them in the artifact and in the manifest. Both hold counts only.
/// How many hold-out rows have which loss, for each kind of prediction.
///
/// The kinds are the cells in which the predictions of a version are counted: its labels, the probability of the second of
/// two labels, or the predicted number. The losses have up to four cells: up to the median, up to 80 %, up to 95 %, and
/// above.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldOutLosses {
    /// The kinds of predictions.
    pub kinds: Bins,
    /// Number of labels of a classifier. 0 for a regression model.
    pub labels: u16,
    // As `f32` their text is short, and is read back exactly. They are rounded up, so the loss on an edge stays below it.
    /// The edges between the cells of losses, ascending and distinct.
    #[serde(with = "crate::drift::exact")]
    pub edges: Vec<f64>,
    /// Number of hold-out rows in each cell, in the order of [`HoldOutLosses::cell`].
    pub cells: Vec<u64>,
    /// The mean loss on the hold-out.
    pub mean: f64,
}

/// The losses on the hold-out as text. Only those who need them read the text, so that a cold start does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenLosses(String);

/// What is compared with the hold-out: which rows are bad.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadRows {
    /// Rows whose predicted label is wrong.
    Wrong,
    /// Rows with a loss above this one: a log loss in nats, or an absolute error.
    LossAbove(f64),
}

impl HoldOutLosses {
    /// Counts the losses on the hold-out. `rows` has each row's prediction and loss. `labels` is the number of labels, 0
    /// for a regression model. `None` without rows.
    pub fn new(
        kinds: Bins,
        labels: u16,
        rows: impl IntoIterator<Item = (PredictedOutcome, PredictionLoss)>,
    ) -> Option<Self> {
        let mut losses = Self { kinds, labels, edges: Vec::new(), cells: Vec::new(), mean: 0.0 };
        let rows: Vec<(u32, PredictionLoss)> =
            rows.into_iter().map(|(said, loss)| (losses.kind(&said) as u32, loss)).collect();
        let mut sorted: Vec<f64> = rows.iter().map(|(_, one)| one.loss).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let edge = |share: &f64| sorted.get(((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1)).copied();
        losses.edges = EDGES.iter().filter_map(edge).map(rounded_up).collect();
        losses.edges.dedup();
        losses.cells = vec![0; losses.all_cells()];
        for (kind, one) in &rows {
            let cell = losses.cell_of(*kind as usize, one);
            losses.cells.get_mut(cell).into_iter().for_each(|count| *count += 1);
        }
        losses.mean = sorted.iter().sum::<f64>() / rows.len() as f64;
        (!rows.is_empty()).then_some(losses)
    }

    /// Returns the cell in which a prediction with a known truth is counted: the cells of the first kind come first, then
    /// those of the losses. A classifier has two for each, the second of which is for wrong labels.
    pub fn cell(&self, said: &PredictedOutcome, one: &PredictionLoss) -> usize {
        self.cell_of(self.kind(said), one)
    }

    /// Returns the number of hold-out rows.
    pub fn rows(&self) -> u64 {
        self.cells.iter().sum()
    }

    /// Returns the rows of each kind, and how many of them were right. `cells` are those of the hold-out, or counts of
    /// served predictions. For a regression model, no row counts as right.
    pub(super) fn right(&self, cells: &[u64]) -> Vec<(u64, u64)> {
        let sides = self.sides();
        let right = |cells: &[u64]| if sides == 2 { cells.iter().step_by(2).sum() } else { 0 };
        self.of_kinds(cells).map(|cells| (cells.iter().sum(), right(cells))).collect()
    }

    /// Returns what is compared: wrong labels, and losses above each edge.
    pub(super) fn tests(&self) -> Vec<BadRows> {
        let above = self.edges.iter().map(|edge| BadRows::LossAbove(*edge));
        (self.labels > 0).then_some(BadRows::Wrong).into_iter().chain(above).collect()
    }

    /// Returns the bad rows of each kind, on the hold-out and among the served predictions in `cells`.
    pub(super) fn samples(&self, cells: &[u64], bad: BadRows) -> Vec<TwoSamples> {
        let count =
            |cells: &[u64]| cells.iter().enumerate().filter(|(cell, _)| self.is_bad(*cell, bad)).map(|it| it.1).sum();
        let pairs = self.of_kinds(&self.cells).zip(self.of_kinds(cells));
        let samples = pairs.map(|(own, served)| TwoSamples {
            baseline: count(own),
            baseline_rows: own.iter().sum(),
            served: count(served),
            served_rows: served.iter().sum(),
        });
        samples.collect()
    }

    fn kind(&self, said: &PredictedOutcome) -> usize {
        self.kinds.cell_of(match said {
            PredictedOutcome::Label(label) if label.labels == 2 => label.probability(1),
            PredictedOutcome::Label(label) => f64::from(label.predicted),
            PredictedOutcome::Number(number) => f64::from(*number),
        })
    }

    fn cell_of(&self, kind: usize, one: &PredictionLoss) -> usize {
        let of_loss = self.edges.partition_point(|edge| *edge < one.loss);
        let is_wrong = usize::from(self.labels > 0 && one.is_right == Some(false));
        (kind * (self.edges.len() + 1) + of_loss) * self.sides() + is_wrong
    }

    fn is_bad(&self, cell: usize, bad: BadRows) -> bool {
        match bad {
            BadRows::Wrong => self.labels > 0 && cell % 2 == 1,
            BadRows::LossAbove(edge) => self.edges.get(cell / self.sides()).is_none_or(|upper| *upper > edge),
        }
    }

    fn of_kinds<'a>(&self, cells: &'a [u64]) -> impl Iterator<Item = &'a [u64]> {
        cells.chunks((self.edges.len() + 1) * self.sides())
    }

    fn sides(&self) -> usize {
        if self.labels > 0 { 2 } else { 1 }
    }

    fn all_cells(&self) -> usize {
        self.kinds.cells() * (self.edges.len() + 1) * self.sides()
    }
}

impl WrittenLosses {
    /// Writes the losses. The same losses give the same text.
    pub fn new(losses: &HoldOutLosses) -> Self {
        // Serialising them cannot fail. An empty text could not be read again.
        Self(serde_json::to_string(losses).unwrap_or_default())
    }

    /// Takes a text that was written earlier, without a check.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Reads the losses. `None` if a later release wrote them in another way.
    pub fn read(&self) -> Option<HoldOutLosses> {
        let losses: HoldOutLosses = serde_json::from_str(&self.0).ok()?;
        let is_whole = losses.cells.len() == losses.all_cells() && losses.edges.len() <= EDGES.len();
        (is_whole && losses.edges.is_sorted_by(|a, b| a < b)).then_some(losses)
    }
}

/// Returns the smallest `f32` that is not below `value`.
fn rounded_up(value: f64) -> f64 {
    let nearest = value as f32;
    f64::from(if f64::from(nearest) < value { nearest.next_up() } else { nearest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{LiveTally, PredictedLabel, TrueValue};

    fn said(row: u32) -> PredictedOutcome {
        let positive = (row % 97) as f32 / 96.0;
        PredictedOutcome::Label(PredictedLabel::new(usize::from(positive > 0.5), &[1.0 - positive, positive]))
    }

    fn rows() -> Vec<(PredictedOutcome, PredictionLoss)> {
        let loss = |row: u32| PredictionLoss::new(&said(row), TrueValue::Label(u16::from(row % 7 < 3))).unwrap();
        (0..970).map(|row| (said(row), loss(row))).collect()
    }

    fn losses() -> HoldOutLosses {
        let mut positive: Vec<f32> = (0..97).map(|row| row as f32 / 96.0).collect();
        HoldOutLosses::new(Bins::of_numbers(&mut positive), 2, rows()).unwrap()
    }

    #[test]
    fn every_row_is_in_one_cell_and_the_text_is_read_back() {
        let losses = losses();
        assert_eq!((losses.rows(), losses.edges.len(), losses.cells.len()), (970, 3, 11 * 4 * 2));
        assert_eq!(WrittenLosses::new(&losses).read().unwrap(), losses);
        assert_eq!(WrittenLosses::from_text("{}").read(), None);
        assert_eq!(HoldOutLosses::new(losses.kinds, 2, []), None);
    }

    #[test]
    fn the_hold_out_as_feedback_has_the_counts_of_the_hold_out() {
        let read = WrittenLosses::new(&losses()).read().unwrap();
        let mut tally = LiveTally::default();
        for (said, loss) in rows() {
            tally.add(loss, Some(read.cell(&said, &loss)));
        }
        tally.cells.resize(read.cells.len(), 0);
        assert_eq!(tally.cells, read.cells);
    }

    #[test]
    fn bad_rows_are_those_with_a_wrong_label_or_a_large_loss() {
        let losses = losses();
        let wrong = rows().iter().filter(|(_, loss)| loss.is_right == Some(false)).count() as u64;
        let bad = |bad| losses.samples(&losses.cells, bad).iter().map(|group| group.baseline).sum::<u64>();
        assert_eq!(bad(BadRows::Wrong), wrong);
        let above = |edge: f64| rows().iter().filter(|(_, loss)| loss.loss > edge).count() as u64;
        for edge in &losses.edges {
            assert_eq!(bad(BadRows::LossAbove(*edge)), above(*edge));
        }
        assert_eq!(losses.tests().len(), 4);
    }
}
