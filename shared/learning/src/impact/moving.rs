//! Finds the column that made an answer change: both versions explain the new answer.

use std::cmp::Ordering;

use evergreen_lifecycle::{AnswerChange, Label};
use evergreen_scoring::{Explained, Explanation, Model};

use super::ComparedModels;

/// Maximum number of changed rows that are explained.
const MAX_EXPLAINED: usize = 512;

/// Maximum work of all explanations of a comparison, in points of the quadrature. It takes a few seconds.
const MAX_WORK: usize = 1 << 30;

/// What is needed to find the column that made a change.
#[derive(Debug)]
pub(super) struct ChangeExplainer<'a> {
    champion: &'a Model,
    challenger: &'a Model,
    /// For each column of one of the models: its name, and its index in champion and challenger.
    columns: Vec<(&'a str, Option<usize>, Option<usize>)>,
    /// Maximum number of rows that each part of the rows may explain.
    pub(super) rows_per_part: usize,
}

/// The column that made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mover<'a> {
    /// This column contributes more to the new answer than before.
    Column(&'a str),
    /// No column does: the base value has changed more than any contribution.
    Base,
}

impl<'a> ChangeExplainer<'a> {
    /// Prepares both models. `None` if one of them cannot explain itself. `parts` is the number of parts into which the
    /// rows are cut.
    pub(super) fn of(models: &ComparedModels<'a>, parts: usize) -> Option<Self> {
        let ComparedModels { champion, challenger, .. } = *models;
        let work = champion.explaining_work().ok()?.saturating_add(challenger.explaining_work().ok()?);
        let rows = (MAX_WORK / work.max(1)).min(MAX_EXPLAINED);
        let ours = challenger.signature().columns();
        let theirs = champion.signature().columns();
        let place = |name: &str| theirs.iter().position(|column| column.name == name);
        let mut columns: Vec<_> =
            ours.iter().enumerate().map(|(index, column)| (&*column.name, place(&column.name), Some(index))).collect();
        let gone = theirs.iter().enumerate().filter(|(_, column)| ours.iter().all(|own| own.name != column.name));
        columns.extend(gone.map(|(index, column)| (&*column.name, Some(index), None)));
        Some(Self { champion, challenger, columns, rows_per_part: rows / parts.max(1) })
    }

    /// Returns what made the change of one row. `theirs` is the row as the champion reads it, `ours` as the challenger does.
    /// `None` if the versions do not explain the same quantity, such as a probability and log-odds.
    pub(super) fn mover(&self, theirs: &[f32], ours: &[f32], change: AnswerChange) -> Option<Mover<'a>> {
        let (label, direction) = match change {
            AnswerChange::Label { to, .. } => (self.challenger.signature().labels().get(to), 1.0),
            AnswerChange::Higher => (None, 1.0),
            AnswerChange::Lower => (None, -1.0),
        };
        let (before_kind, before) = explained(self.champion, theirs, label)?;
        let (after_kind, after) = explained(self.challenger, ours, label)?;
        if before_kind != after_kind {
            return None;
        }
        let of = |explanation: &Explanation, index: Option<usize>| {
            index.and_then(|index| explanation.contributions.get(index).copied()).unwrap_or_default()
        };
        let before_sign = direction * sign(self.champion, label);
        let after_sign = direction * sign(self.challenger, label);
        let gains = self.columns.iter().map(|(name, before_index, after_index)| {
            let gain = after_sign * of(&after, *after_index) - before_sign * of(&before, *before_index);
            (Mover::Column(name), gain)
        });
        let base = (Mover::Base, after_sign * after.base - before_sign * before.base);
        // Of equal gains, the first one counts, so the order is fixed.
        let first =
            |a: (Mover<'a>, f64), b: (Mover<'a>, f64)| if b.1.total_cmp(&a.1) == Ordering::Greater { b } else { a };
        gains.chain([base]).reduce(first).map(|(mover, _)| mover)
    }
}

/// Explains the answer `label` of a model to one row. `None` if the model does not know the label or cannot explain itself.
fn explained(model: &Model, row: &[f32], label: Option<&Label>) -> Option<(Explained, Explanation)> {
    let labels = match label {
        Some(label) => vec![model.signature().labels().iter().position(|known| known == label)?],
        None => Vec::new(),
    };
    let mut explanations = model.explain(row, &labels).ok()?;
    Some((explanations.explained, explanations.rows.pop()?))
}

/// Returns -1 if `label` is the first of two labels, because a model explains the second one. Otherwise returns 1.
fn sign(model: &Model, label: Option<&Label>) -> f64 {
    match model.signature().labels() {
        [first, _] if Some(first) == label => -1.0,
        _ => 1.0,
    }
}
