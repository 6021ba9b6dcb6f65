//! Explains predictions, and gives explanations access to the parts of a model.

use std::iter::repeat_n;
use std::sync::OnceLock;

use super::{Model, PredictError};
use crate::contributions::{ExplainError, Explainer, Explanations, WrittenBackground};
use crate::link::Answerer;
use crate::scorer::{Blended, Scorer};

impl Model {
    /// Explains the predictions for raw rows: how much each column has contributed. `labels` are the indices of the labels
    /// that a classifier has predicted for these rows; it is empty for regression.
    ///
    /// The first call prepares the trees, which takes about as long as loading the model.
    ///
    /// # Errors
    /// [`ExplainError`] if the artifact lacks what explanations need, or if the rows have another shape.
    pub fn explain(&self, rows: &[f32], labels: &[usize]) -> Result<Explanations, ExplainError> {
        self.explainer()?.explain(self, rows, labels)
    }

    /// Returns how much work the explanation of one row is: for each node of the trees, the points of the quadrature. Each
    /// takes a few nanoseconds.
    ///
    /// # Errors
    /// [`ExplainError`] if the model cannot explain its predictions.
    pub fn explaining_work(&self) -> Result<usize, ExplainError> {
        Ok(self.explainer()?.work())
    }

    /// Returns the model with what explanations need to know of its training rows.
    pub fn with_background(mut self, background: WrittenBackground) -> Self {
        self.metadata.background = Some(background);
        self.explainer = OnceLock::new();
        self
    }

    /// Returns the mean absolute contribution of each column to the predictions for hold-out rows, in the order of the
    /// signature. `None` if the artifact does not have them.
    pub fn mean_contributions(&self) -> Option<Vec<f32>> {
        let contributions = self.metadata.background.as_ref()?.read()?.contributions;
        (contributions.len() == self.signature.columns().len()).then_some(contributions)
    }

    fn explainer(&self) -> Result<&Explainer, ExplainError> {
        let prepare = || {
            if let Scorer::Graph(_) = self.scorer {
                return Err(ExplainError::Graph);
            }
            let written = self.metadata.background.as_ref().ok_or(ExplainError::NoBackground)?;
            Explainer::new(self, self.columns(), &written.read().ok_or(ExplainError::Background)?)
        };
        self.explainer.get_or_init(prepare).as_ref().map_err(Clone::clone)
    }

    /// Returns, for each feature, the index of the column from which it is computed.
    fn columns(&self) -> Vec<usize> {
        let slots = self.signature.columns().iter().map(|column| column.kind.slots());
        let columns: Vec<usize> = slots.enumerate().flat_map(|(column, slots)| repeat_n(column, slots)).collect();
        self.features.origins().into_iter().map(|slot| columns.get(slot).copied().unwrap_or_default()).collect()
    }

    pub(crate) fn answerer(&self) -> &Answerer {
        &self.answerer
    }

    fn members(&self) -> &[Blended] {
        match &self.scorer {
            Scorer::Blend(blend) => blend.members(),
            Scorer::Trees(_) | Scorer::Linear(_) | Scorer::Graph(_) => &[],
        }
    }

    /// Returns the member of a blend with this index. `None` if the model has fewer members.
    pub(crate) fn member(&self, index: usize) -> Option<&Blended> {
        self.members().get(index)
    }

    /// Returns the only predictor, or those of a blend, each with its number of features.
    pub(crate) fn predictors(&self) -> Vec<(&Scorer, usize)> {
        let width = self.features.count();
        if let Scorer::Graph(_) = &self.scorer {
            Vec::new()
        } else if let Scorer::Blend(blend) = &self.scorer {
            blend.members().iter().map(|member| (&member.scorer, width + 2 * member.holes.len())).collect()
        } else {
            vec![(&self.scorer, width)]
        }
    }

    /// Computes the features of raw rows. Also returns the number of rows.
    pub(crate) fn features_of(&self, rows: &[f32]) -> Result<(Vec<f32>, usize), PredictError> {
        if !rows.len().is_multiple_of(self.slots) {
            return Err(PredictError::Shape { values: rows.len(), slots: self.slots });
        }
        let (count, width) = (rows.len() / self.slots, self.features.count());
        // A graph reads raw rows. It has no features.
        if width == 0 {
            return Ok((Vec::new(), count));
        }
        let mut features = vec![0.0; count * width];
        for (row, features) in rows.chunks_exact(self.slots).zip(features.chunks_exact_mut(width)) {
            self.features.write(row, features);
        }
        Ok((features, count))
    }

    /// Calls `each` with the predictor of this index and the features as it reads them. `features` are those of the
    /// preprocessing, and `buffer` is memory that calls can share.
    pub(crate) fn with_inputs(
        &self,
        index: usize,
        features: &[f32],
        buffer: &mut Vec<f32>,
        each: impl FnOnce(&Scorer, &[f32]),
    ) {
        match self.member(index) {
            Some(member) => {
                let mut own = std::mem::take(buffer);
                each(&member.scorer, member.inputs(features, self.features.count(), &mut own));
                *buffer = own;
            }
            None => each(&self.scorer, features),
        }
    }
}
