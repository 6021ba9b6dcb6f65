//! A signature and its preprocessing, column by column, while derived features are added.

use evergreen_lifecycle::{Column, Label, Signature, SignatureError, Task};
use evergreen_scoring::{Encoding, Preprocessing};

use crate::encode::FittedColumns;
use crate::statistics::StatisticPlan;

/// A column and the features that it gives.
#[derive(Debug, Clone)]
pub(super) struct DraftColumn {
    pub(super) column: Column,
    /// One encoding for each slot of the column.
    pub(super) encodings: Vec<Encoding>,
    /// Statistics of the column. [`Draft::learnt`] sets their slots.
    pub(super) statistics: Vec<StatisticPlan>,
}

/// The columns of a model, in order.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) parts: Vec<DraftColumn>,
    task: Task,
    labels: Vec<Label>,
}

impl Draft {
    /// Starts a draft that has no derived features.
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

    /// Makes every column nullable, whether or not a training row misses its value.
    pub(super) fn allow_missing(&mut self) {
        self.parts.iter_mut().for_each(|part| part.column.nullable = true);
    }

    /// Checks whether the draft has a column of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.column.name == name)
    }

    /// Returns the signature, the preprocessing and the statistics.
    ///
    /// # Errors
    /// [`SignatureError`] if there is no column.
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
