//! A list of a model's columns and their features, to which derived features can be added.

use evergreen_lifecycle::{Column, Label, Signature, SignatureError, Task};
use evergreen_scoring::{Encoding, Preprocessing};

use crate::encode::FittedColumns;
use crate::statistics::StatisticPlan;

/// A column of a model, and the features that are computed from it.
#[derive(Debug, Clone)]
pub(super) struct DraftColumn {
    pub(super) column: Column,
    /// The encodings of the column, one for each slot. A slot is one number of the column in a row, before
    /// preprocessing.
    pub(super) encodings: Vec<Encoding>,
    /// Plans of statistics of the target (target encoding) for this column. [`Draft::learnt`] sets the `slot` of each
    /// plan: it depends on the columns before this one.
    pub(super) statistics: Vec<StatisticPlan>,
}

/// The columns of a model that is not yet trained, in order, with their features. Derived features can be added.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) parts: Vec<DraftColumn>,
    task: Task,
    labels: Vec<Label>,
}

impl Draft {
    /// Creates a draft with the columns of `base` and without derived features.
    pub(super) fn of(base: FittedColumns) -> Self {
        let FittedColumns { signature, preprocessing, .. } = base;
        let mut encodings = preprocessing.encodings.into_iter();
        let part = |column: &Column| DraftColumn {
            column: column.clone(),
            encodings: encodings.by_ref().take(column.kind.slots()).collect(),
            statistics: Vec::new(),
        };
        let parts = signature.columns().iter().map(part).collect();
        Self { parts, task: signature.task(), labels: signature.labels().to_vec() }
    }

    /// Lets every column have missing values, even if no training row has a missing value in the column.
    pub(super) fn allow_missing(&mut self) {
        self.parts.iter_mut().for_each(|part| part.column.nullable = true);
    }

    /// Returns whether the draft has a column with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.column.name == name)
    }

    /// Returns the signature, the preprocessing and the plans of statistics for all columns of the draft.
    ///
    /// # Errors
    /// [`SignatureError`] if the draft has no column.
    pub(super) fn learnt(&self) -> Result<FittedColumns, SignatureError> {
        let (mut columns, mut encodings, mut statistics) = (Vec::new(), Vec::new(), Vec::new());
        for part in &self.parts {
            let slot = encodings.len() as u32;
            statistics.extend(part.statistics.iter().map(|plan| StatisticPlan { slot, ..*plan }));
            encodings.extend_from_slice(&part.encodings);
            columns.push(part.column.clone());
        }
        let signature = match self.task {
            Task::Classification => Signature::classification(columns, self.labels.clone()),
            Task::Regression => Signature::regression(columns),
        }?;
        let preprocessing = Preprocessing { encodings, statistics: Vec::new(), scaler: None };
        Ok(FittedColumns { signature, preprocessing, statistics })
    }
}
