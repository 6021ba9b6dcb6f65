//! The columns and features of a model that is not trained yet. Further features can be added to the list.

use evergreen_lifecycle::{Column, Label, Signature, SignatureError, Task};
use evergreen_scoring::{Encoding, Preprocessing};

use crate::encode::FittedColumns;
use crate::statistics::StatisticPlan;

/// A table column that a model uses, with the features that are computed from the column.
#[derive(Debug, Clone)]
pub(super) struct DraftColumn {
    pub(super) column: Column,
    /// How the column becomes features: one encoding for each input number of the column. Most columns have one input
    /// number. A timestamp with date parts and a text column with words have several.
    pub(super) encodings: Vec<Encoding>,
    /// Plans for target encoding of this column: which numbers (such as the mean target of each category) a fit has to
    /// compute. [`Draft::learnt`] sets the `slot` of each plan, because it depends on the columns before this one.
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
    /// Creates a draft with the columns and features in `base`, except target encoding.
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

    /// Marks every column as one that may have missing values, even if the column has none in the training rows.
    pub(super) fn allow_missing(&mut self) {
        self.parts.iter_mut().for_each(|part| part.column.nullable = true);
    }

    /// Returns whether the draft has a column with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.column.name == name)
    }

    /// Joins all columns of the draft to the signature, the preprocessing and the plans for target encoding of a model.
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
