//! The columns and features of a model that is not trained yet. Further features can be added to the list.

use evergreen_lifecycle::{Column, Label, Signature, SignatureError, Task};
use evergreen_scoring::{Encoding, Preprocessing};

use crate::encode::FittedColumns;
use crate::statistics::StatisticPlan;

/// Table column that a model uses, with the features that are made from the column.
#[derive(Debug, Clone)]
pub(super) struct DraftColumn {
    pub(super) column: Column,
    /// How the column is converted to features. Most columns have one encoding. A column with date parts or words has
    /// several.
    pub(super) encodings: Vec<Encoding>,
    // [`Draft::learnt`] sets the `slot` of each plan, because it depends on the columns before this one.
    /// Target encodings of this column (for example the mean target of each category), to be computed by every model
    /// fit.
    pub(super) statistics: Vec<StatisticPlan>,
}

/// The columns and features of a model that is not trained yet. Further features can be added.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) parts: Vec<DraftColumn>,
    task: Task,
    labels: Vec<Label>,
}

impl Draft {
    /// Creates an extensible list of columns and features from the columns and features in `base`.
    pub(super) fn of(base: FittedColumns) -> Self {
        // Target encoding is not taken from `base`.
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

    /// Marks every column as one whose value may be missing.
    pub(super) fn allow_missing(&mut self) {
        // This applies even if a column has no missing value in the training rows.
        self.parts.iter_mut().for_each(|part| part.column.nullable = true);
    }

    /// Returns whether the planned model uses a column with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.column.name == name)
    }

    /// Converts the planned columns and features to the form that model fits use: signature, preprocessing and target
    /// encodings.
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
