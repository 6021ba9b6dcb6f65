//! A signature and its preprocessing, column by column, while it is being made up.

use evergreen_lifecycle::{Column, Label, Signature, SignatureError, Task};
use evergreen_scoring::{Encoding, Preprocessing};

use crate::encode::Learnt;
use crate::statistics::Wanted;

/// What a column gives.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) column: Column,
    /// One for each of its slots.
    pub(super) encodings: Vec<Encoding>,
    /// Its statistics; their slots are not known yet.
    pub(super) statistics: Vec<Wanted>,
}

/// The columns of a model in their order.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) parts: Vec<Part>,
    task: Task,
    labels: Vec<Label>,
}

impl Draft {
    /// What there is without anything derived.
    pub(super) fn of(base: Learnt) -> Self {
        let Learnt { signature, preprocessing, .. } = base;
        let mut encodings = preprocessing.encodings.into_iter();
        let part = |column: &Column| Part {
            column: column.clone(),
            encodings: encodings.by_ref().take(column.kind.slots()).collect(),
            statistics: Vec::new(),
        };
        let parts = signature.columns().iter().map(part).collect();
        Self { parts, task: signature.task(), labels: signature.labels().to_vec() }
    }

    /// Takes missing values in every column, whether or not a training row has one.
    pub(super) fn allow_missing(&mut self) {
        self.parts.iter_mut().for_each(|part| part.column.nullable = true);
    }

    /// Whether it has a column of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.column.name == name)
    }

    /// The signature and what goes with it.
    ///
    /// # Errors
    /// [`SignatureError`] when there is no column.
    pub(super) fn learnt(&self) -> Result<Learnt, SignatureError> {
        let (mut columns, mut encodings, mut statistics) = (Vec::new(), Vec::new(), Vec::new());
        for part in &self.parts {
            let slot = encodings.len() as u32;
            statistics.extend(part.statistics.iter().map(|wanted| Wanted { slot, ..*wanted }));
            encodings.extend_from_slice(&part.encodings);
            columns.push(part.column.clone());
        }
        let signature = match self.task {
            Task::Classification => Signature::classification(columns, self.labels.clone()),
            Task::Regression => Signature::regression(columns),
        }?;
        let preprocessing = Preprocessing { encodings, statistics: Vec::new(), scaler: None };
        Ok(Learnt { signature, preprocessing, statistics })
    }
}
