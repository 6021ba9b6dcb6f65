//! Counts the training rows for the background of explanations.

use super::background::{Background, PredictorBackground, WrittenBackground, write_number};
use crate::flat::{FlatEnsemble, FlatNode};
use crate::model::{Model, PredictError};
use crate::scorer::Scorer;

// Together with the other metadata, the text must stay below the limit that every release has for metadata.
/// Maximum length of a background's text in bytes. A model with a longer one is stored without it.
const MAX_TEXT: usize = 4 << 20;

/// Counts which nodes of a model's trees its training rows reach, and adds up the features for linear models.
///
/// The counts of several parts of the rows can be added. The same parts in the same order give the same background.
#[derive(Debug, Clone)]
pub struct BackgroundCounter<'m> {
    model: &'m Model,
    rows: u32,
    counts: Vec<PredictorCounts>,
}

#[derive(Debug, Clone)]
enum PredictorCounts {
    /// For each position of a node, the rows that end there in a leaf.
    Leaves(Vec<u32>),
    /// The sum of each feature.
    Sums(Vec<f64>),
}

impl<'m> BackgroundCounter<'m> {
    /// Creates a counter that has counted no rows.
    pub fn new(model: &'m Model) -> Self {
        let counts =
            model.predictors().into_iter().map(|(scorer, width)| PredictorCounts::new(scorer, width)).collect();
        Self { model, rows: 0, counts }
    }

    /// Counts raw rows, as [`Model::predict`] reads them.
    ///
    /// # Errors
    /// [`PredictError`] if the number of values is not a multiple of the row length.
    pub fn add(&mut self, rows: &[f32]) -> Result<(), PredictError> {
        let (features, count) = self.model.features_of(rows)?;
        self.rows = self.rows.saturating_add(count as u32);
        let mut buffer = Vec::new();
        for (number, counts) in self.counts.iter_mut().enumerate() {
            self.model.with_inputs(number, &features, &mut buffer, |scorer, inputs| counts.add(scorer, inputs));
        }
        Ok(())
    }

    /// Adds the counts of other rows of the same model.
    pub fn merge(&mut self, other: &Self) {
        self.rows = self.rows.saturating_add(other.rows);
        for (own, other) in self.counts.iter_mut().zip(&other.counts) {
            own.merge(other);
        }
    }

    /// Returns the background. `None` if no rows were counted, or if the model is too large for an explanation.
    pub fn finish(self) -> Option<WrittenBackground> {
        let rows = self.rows;
        let predictors = self.model.predictors().into_iter().zip(self.counts);
        let predictors = predictors.map(|((scorer, _), counts)| counts.finish(scorer, rows)).collect();
        let written = WrittenBackground::new(&Background { rows, predictors, contributions: Vec::new() });
        let is_known = rows > 0 && !self.model.predictors().is_empty();
        (is_known && written.text().len() <= MAX_TEXT).then_some(written)
    }
}

impl PredictorCounts {
    fn new(scorer: &Scorer, width: usize) -> Self {
        match scorer {
            Scorer::Trees(flat) => Self::Leaves(vec![0; flat.positions()]),
            _ => Self::Sums(vec![0.0; width]),
        }
    }

    fn add(&mut self, scorer: &Scorer, inputs: &[f32]) {
        match (self, scorer) {
            (Self::Leaves(leaves), Scorer::Trees(flat)) => flat.count(inputs, leaves),
            (Self::Sums(sums), _) => {
                for row in inputs.chunks_exact(sums.len().max(1)) {
                    sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(x.clamp(f32::MIN, f32::MAX)));
                }
            }
            (Self::Leaves(_), _) => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Leaves(own), Self::Leaves(other)) => {
                own.iter_mut().zip(other).for_each(|(own, other)| *own += other)
            }
            (Self::Sums(own), Self::Sums(other)) => own.iter_mut().zip(other).for_each(|(own, other)| *own += other),
            _ => {}
        }
    }

    fn finish(self, scorer: &Scorer, rows: u32) -> PredictorBackground {
        match (self, scorer) {
            (Self::Leaves(leaves), Scorer::Trees(flat)) => PredictorBackground::Covers(covers(flat, leaves)),
            (Self::Sums(sums), _) => {
                PredictorBackground::Means(sums.iter().map(|sum| (sum / f64::from(rows.max(1))) as f32).collect())
            }
            (Self::Leaves(_), _) => PredictorBackground::Means(Vec::new()),
        }
    }
}

/// Writes the rows that go left at each split. `counts` has the rows that end at each position.
fn covers(flat: &FlatEnsemble, mut counts: Vec<u32>) -> String {
    // Children lie behind their parent, so one pass from the end adds up everything.
    for position in (0..counts.len() as u32).rev() {
        if let Some(FlatNode::Split { left, .. }) = flat.node(position) {
            let sum = count_at(&counts, left).saturating_add(count_at(&counts, left + 1));
            counts.get_mut(position as usize).into_iter().for_each(|count| *count = sum);
        }
    }
    let mut text = String::new();
    for root in flat.roots() {
        let mut open = vec![*root];
        while let Some(position) = open.pop() {
            if let Some(FlatNode::Split { left, .. }) = flat.node(position) {
                write_number(count_at(&counts, left), &mut text);
                open.extend([left + 1, left]);
            }
        }
    }
    text
}

fn count_at(counts: &[u32], position: u32) -> u32 {
    counts.get(position as usize).copied().unwrap_or_default()
}
