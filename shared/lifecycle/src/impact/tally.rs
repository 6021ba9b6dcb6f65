//! Counts of the answers of two versions to the same rows.

use std::collections::BTreeMap;

use super::place::most_changed;
use super::{AnswerChanges, ComparedRows, Impact, LabelChange, MAX_LABEL_CHANGES, MovingColumn};
use crate::drift::{CountShape, OtherShape, ServedCounts};
use crate::{Label, Signature};

/// How the answer to one row changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerChange {
    /// Another label is predicted.
    Label {
        /// The champion's label, as an index of its labels.
        from: usize,
        /// The challenger's label, as an index of its labels.
        to: usize,
    },
    /// A larger number is predicted.
    Higher,
    /// A smaller number is predicted.
    Lower,
}

// Counts of parts are added, so the rows can be compared in parallel. The sum does not depend on the order.
/// How many rows lie in each cell of each column, and how many of them change their answer.
#[derive(Debug, Clone)]
pub struct ImpactTally {
    all: ServedCounts,
    changed: ServedCounts,
    transitions: BTreeMap<(usize, usize), u64>,
    higher: u64,
    lower: u64,
    /// For each column, the number of changes that it made.
    movers: BTreeMap<String, u64>,
    /// The number of changes that both versions explained.
    explained: u64,
}

impl ImpactTally {
    /// Creates the tally of no rows. `shape` has the cells of the challenger's columns.
    pub fn new(shape: &CountShape) -> Self {
        let none = ServedCounts::new(shape);
        Self {
            all: none.clone(),
            changed: none,
            transitions: BTreeMap::new(),
            higher: 0,
            lower: 0,
            movers: BTreeMap::new(),
            explained: 0,
        }
    }

    /// Counts one row. `raw` is the row as the challenger reads it. `change` is `None` if the answer stays.
    pub fn count(&mut self, shape: &CountShape, raw: &[f32], change: Option<AnswerChange>) {
        shape.count(&mut self.all, raw, &[]);
        let Some(change) = change else { return };
        shape.count(&mut self.changed, raw, &[]);
        match change {
            AnswerChange::Label { from, to } => *self.transitions.entry((from, to)).or_default() += 1,
            AnswerChange::Higher => self.higher += 1,
            AnswerChange::Lower => self.lower += 1,
        }
    }

    /// Notes the column that made a counted change. `None` if the change has another reason, such as other shares of the
    /// labels in the training rows.
    pub fn explain(&mut self, column: Option<&str>) {
        self.explained += 1;
        if let Some(name) = column {
            *self.movers.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// Adds the rows of another tally.
    ///
    /// # Errors
    /// [`OtherShape`] if `other` has other cells.
    pub fn add(&mut self, other: &Self) -> Result<(), OtherShape> {
        self.all.add(&other.all)?;
        self.changed.add(&other.changed)?;
        other.transitions.iter().for_each(|(pair, rows)| *self.transitions.entry(*pair).or_default() += rows);
        self.higher += other.higher;
        self.lower += other.lower;
        other.movers.iter().for_each(|(name, rows)| *self.movers.entry(name.clone()).or_default() += rows);
        self.explained += other.explained;
        Ok(())
    }

    /// Returns the number of counted rows.
    pub fn rows(&self) -> u64 {
        self.all.rows()
    }

    /// Returns the impact on the counted rows. `champion` has the labels of the champion, and `challenger` is the
    /// signature whose columns `shape` counts. `step` is the change of a number from which on an answer counts as
    /// changed.
    pub fn impact(
        &self,
        shape: &CountShape,
        champion: &[Label],
        challenger: &Signature,
        basis: ComparedRows,
        step: f64,
    ) -> Impact {
        let changes = match challenger.labels() {
            [] => AnswerChanges::Numbers { step, higher: self.higher, lower: self.lower },
            labels => AnswerChanges::Labels { transitions: self.most_frequent(champion, labels) },
        };
        let mostly = most_changed(shape, challenger.columns(), &self.all, &self.changed);
        let moving = MovingColumn::of(&self.movers, self.explained);
        Impact { basis, rows: self.all.rows(), changed: self.changed.rows(), changes, mostly, moving }
    }

    fn most_frequent(&self, champion: &[Label], challenger: &[Label]) -> Vec<LabelChange> {
        let change = |(&(from, to), &rows): (&(usize, usize), &u64)| {
            Some(LabelChange { from: champion.get(from)?.clone(), to: challenger.get(to)?.clone(), rows })
        };
        let mut changes: Vec<LabelChange> = self.transitions.iter().filter_map(change).collect();
        // The sort is stable, so equally frequent changes stay in the order of the labels.
        changes.sort_by_key(|change| std::cmp::Reverse(change.rows));
        changes.truncate(MAX_LABEL_CHANGES);
        changes
    }
}
