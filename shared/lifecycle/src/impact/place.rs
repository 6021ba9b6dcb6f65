//! The one condition that most of the changed rows meet.
//!
//! The conditions are those that a sentence can name: `plan = pro`, `age > 61`, `country is missing`. Their numbers and
//! categories are the edges and cells of the baseline. A condition is named if three things hold:
//!
//! - More than half of the changed rows meet it.
//! - Answers change at least one and a half times as often where it holds as on average.
//! - Chance does not explain this. If changes fell on rows at random, at most one impact in a hundred would name any
//!   condition.
//!
//! Among several, the one with the largest difference of two shares is named: its share of the changed rows, less its
//! share of all rows (Youden's index of a test for changes, Cancer 3, 1950).

use serde::{Deserialize, Serialize};

use crate::drift::{Bins, CountShape, CountedColumn, ServedCounts};
use crate::text::shortened;
use crate::{Column, ColumnKind};

/// Probability that a condition is named although changes fall on rows at random, over all conditions.
const LEVEL: f64 = 0.01;

/// Minimum lift of a condition: how much more often answers change where it holds.
const MIN_LIFT: f64 = 1.5;

// The record of the champion is read with every refresh, so it stays short.
/// Maximum number of characters of a column's name, and of a category, in a condition.
const MAX_NAME: usize = 40;

/// A condition on one column that most of the changed rows meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedPlace {
    /// The condition, such as `plan = pro`, `age > 61` or `country is missing`. Long names are cut.
    pub condition: String,
    /// The number of rows that meet the condition.
    pub rows: u64,
    /// The number of rows among them whose answer changes.
    pub changed: u64,
}

/// A condition on a column, with the cells of the column in which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    AtMost(usize),
    Above(usize),
    Cell(usize),
}

/// A condition with its rows.
#[derive(Debug)]
struct Candidate<'a> {
    column: &'a CountedColumn,
    condition: Condition,
    rows: u64,
    changed: u64,
}

/// Returns the condition that stands out. `columns` are the columns of `shape`, with their types.
pub(super) fn most_changed(
    shape: &CountShape,
    columns: &[Column],
    all: &ServedCounts,
    changed: &ServedCounts,
) -> Option<ChangedPlace> {
    let (total, total_changed) = (all.rows(), changed.rows());
    let counted = shape.columns.iter().zip(columns).zip(all.columns().zip(changed.columns()));
    let candidates: Vec<Candidate<'_>> = counted
        .flat_map(|((column, typed), (all, changed))| candidates(column, &typed.kind, all, changed))
        .filter(|candidate| candidate.rows > 0)
        .collect();
    let limit = (LEVEL / candidates.len().max(1) as f64).ln();
    let share = |part: u64, whole: u64| part as f64 / whole as f64;
    let index = |candidate: &Candidate<'_>| share(candidate.changed, total_changed) - share(candidate.rows, total);
    let stands_out = |candidate: &&Candidate<'_>| {
        let (covered, expected) = (share(candidate.changed, total_changed), share(candidate.rows, total));
        covered > 0.5 && covered >= MIN_LIFT * expected && log_chance(total_changed, covered, expected) <= limit
    };
    let best = candidates.iter().filter(stands_out).reduce(|a, b| if index(b) > index(a) { b } else { a })?;
    Some(ChangedPlace { condition: best.text(), rows: best.rows, changed: best.changed })
}

/// Returns an upper bound of the logarithm of the probability that at least the share `covered` of `changed` rows meets a
/// condition that the share `expected` of all rows meets, if changes fall on rows at random.
///
/// The bound is Chernoff's. It also holds for rows that are drawn without replacement (Hoeffding, JASA 58, 1963).
fn log_chance(changed: u64, covered: f64, expected: f64) -> f64 {
    let term = |share: f64, of: f64| if share > 0.0 { share * (share / of).ln() } else { 0.0 };
    -(changed as f64) * (term(covered, expected) + term(1.0 - covered, 1.0 - expected))
}

/// Returns all conditions on one column, with their rows.
fn candidates<'a>(column: &'a CountedColumn, kind: &ColumnKind, all: &[u64], changed: &[u64]) -> Vec<Candidate<'a>> {
    let sum = |cells: &[u64], condition: &Condition| -> u64 {
        cells.iter().enumerate().filter(|(cell, _)| condition.holds_in(*cell, all.len())).map(|(_, rows)| rows).sum()
    };
    let candidate = |condition: Condition| {
        let (rows, changed) = (sum(all, &condition), sum(changed, &condition));
        Candidate { column, condition, rows, changed }
    };
    conditions(&column.bins, kind).into_iter().map(candidate).collect()
}

fn conditions(bins: &Bins, kind: &ColumnKind) -> Vec<Condition> {
    let missing = Condition::Cell(bins.cells().saturating_sub(1));
    let mut conditions = match (bins, kind) {
        // The number of known words in a text means nothing to a reader.
        (_, ColumnKind::Text { .. } | ColumnKind::WholeText) | (Bins::Presence, _) => Vec::new(),
        (Bins::Numbers { edges }, _) => {
            (0..edges.len()).flat_map(|edge| [Condition::AtMost(edge), Condition::Above(edge)]).collect()
        }
        // The cell of all other categories has no name that a reader knows. The next cell is that of unseen ones.
        (Bins::Categories { categories, .. }, _) => {
            (0..categories.len()).chain([categories.len() + 1]).map(Condition::Cell).collect()
        }
    };
    conditions.push(missing);
    conditions
}

impl Condition {
    /// Returns whether the condition holds in a cell. `cells` is the number of cells, of which the last is that of missing
    /// values.
    fn holds_in(&self, cell: usize, cells: usize) -> bool {
        match self {
            Self::AtMost(edge) => cell <= *edge,
            Self::Above(edge) => cell > *edge && cell + 1 < cells,
            Self::Cell(own) => cell == *own,
        }
    }
}

impl Candidate<'_> {
    fn text(&self) -> String {
        let (name, bins) = (shortened(&self.column.name, MAX_NAME), &self.column.bins);
        match self.condition {
            Condition::AtMost(edge) => format!("{name} ≤ {}", bins.edge(edge)),
            Condition::Above(edge) => format!("{name} > {}", bins.edge(edge)),
            Condition::Cell(cell) if cell + 1 == bins.cells() => format!("{name} is missing"),
            Condition::Cell(cell) => match bins {
                Bins::Categories { categories, .. } if cell > categories.len() => {
                    format!("{name} is a value that training did not see")
                }
                _ => format!("{name} = {}", shortened(&bins.label(cell), MAX_NAME)),
            },
        }
    }
}

#[cfg(test)]
mod tests;
