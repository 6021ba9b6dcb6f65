//! Leak detection: finds columns that predict the target too well. The values of such a column are often known only
//! after the event that the model predicts.

mod alone;
mod names;

use evergreen_lifecycle::time::raw_days;
use evergreen_lifecycle::{ColumnProfile, ColumnRole, Task};
use evergreen_table::{FrameColumn, Table, Values, at};
use rayon::prelude::*;

use self::alone::{LeakKind, leak_kind};
use crate::prepared::Prepared;

// From a larger table, evenly spaced rows are taken.
/// Maximum number of training rows on which leak detection checks columns.
const MAX_ROWS: usize = 5_000;

// With fewer rows, a column may predict all of them by chance.
/// Minimum number of training rows for leak detection.
const MIN_ROWS: usize = 40;

// One more warning gives the number of all other leaking columns.
/// Maximum number of leaking columns that get a warning with the column's name.
const MAX_NAMED: usize = 3;

/// Leak detection: returns warnings about columns that alone predict the target almost without error.
pub(crate) fn leaks(prepared: &Prepared) -> Vec<String> {
    let (table, training) = (prepared.table(), &prepared.split().training);
    let step = training.len().div_ceil(MAX_ROWS).max(1);
    let rows: Vec<u32> = training.iter().step_by(step).copied().collect();
    if rows.len() < MIN_ROWS {
        return Vec::new();
    }
    let target = table.target().take(&rows);
    let frame = table.frame();
    let group = owner(table);
    // Columns that the table's profile already warns about are left out.
    let known = |column: &FrameColumn| {
        let (about, drop) = (format!("column {:?}", column.name), format!("drop = [{:?}]", column.name));
        table.profile().warnings.iter().any(|warning| warning.starts_with(&about) || warning.contains(&drop))
            || group.is_some_and(|group| group.name == column.name)
            || table.order().is_some_and(|order| follows(&column.values, order))
    };
    let columns: Vec<&FrameColumn> = frame.columns().iter().filter(|column| !known(column)).collect();
    let kind: Vec<Option<LeakKind>> =
        columns.par_iter().map(|column| leak_kind(&column.values, &rows, &target)).collect();
    let named: Vec<(&str, LeakKind)> =
        columns.iter().zip(kind).filter_map(|(column, kind)| Some((column.name.as_str(), kind?))).collect();
    warnings(&named, table.task(), frame.columns().len())
}

fn warnings(found: &[(&str, LeakKind)], task: Task, columns: usize) -> Vec<String> {
    // If a table has only one column, that column is meant to predict the target. Report it only if its missing values
    // predict the target.
    let counts = |kind: &LeakKind| *kind == LeakKind::Missing || columns > 1;
    let found: Vec<&(&str, LeakKind)> = found.iter().filter(|(_, kind)| counts(kind)).collect();
    let mut warnings: Vec<String> =
        found.iter().take(MAX_NAMED).map(|(name, kind)| warning(name, *kind, task)).collect();
    if found.len() > MAX_NAMED {
        warnings.push(format!("{} more columns almost predict the target alone", found.len() - MAX_NAMED));
    }
    warnings
}

fn warning(name: &str, kind: LeakKind, task: Task) -> String {
    let how = match (kind, task) {
        (LeakKind::Missing, _) => {
            format!("column {name:?}: whether it has a value is enough to predict the target of almost every row")
        }
        (LeakKind::Threshold, Task::Classification) => {
            format!("column {name:?}: split at a few values, it alone predicts the target of almost every row")
        }
        (LeakKind::Value | LeakKind::Threshold, _) => {
            format!("column {name:?}: it alone predicts the target of almost every row")
        }
    };
    format!(
        "{how}; if its value is not known at the time of a prediction, the model is useless; then write \
         drop = [{name:?}] into dataset.toml"
    )
}

/// Returns a warning if the table has a column of dates, but the settings name no order column.
pub(crate) fn unordered(table: &Table) -> Option<String> {
    if table.order().is_some() {
        return None;
    }
    let moments: Vec<&FrameColumn> = table.frame().columns().iter().filter(|column| orders(column)).collect();
    let sorted = moments.iter().find(|column| is_sorted(&column.values));
    let name = &sorted.or(moments.first())?.name;
    Some(format!(
        "column {name:?} holds dates, but the hold-out has rows of all times; if the model is to predict later rows, \
         write order = {name:?} into dataset.toml; the newest rows are then the hold-out, and folds follow each other \
         in time"
    ))
}

/// Returns whether the rows may be sorted in time by this column: a column of dates, but not of dates of birth.
fn orders(column: &FrameColumn) -> bool {
    let Values::Timestamp(values) = &column.values else { return false };
    let name = column.name.to_lowercase();
    let is_birth = ["birth", "born", "dob", "geburt"].iter().any(|part| name.contains(part));
    let missing = values.iter().filter(|value| value.is_nan()).count();
    let mut different: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
    different.sort_unstable();
    different.dedup();
    // At least 95 % of the rows must have a date, and at least ten dates must be different.
    !is_birth && missing * 20 <= values.len() && different.len() >= 10
}

/// Returns whether the rows of the table are sorted by this column of dates, ascending or descending.
fn is_sorted(values: &Values) -> bool {
    let Values::Timestamp(values) = values else { return false };
    is_monotone(values.iter().copied())
}

/// Returns whether a list of numbers nearly always rises or nearly always falls.
fn is_monotone(numbers: impl Iterator<Item = impl PartialOrd> + Clone) -> bool {
    let pairs = || numbers.clone().zip(numbers.clone().skip(1));
    let (all, grows) = (pairs().count(), pairs().filter(|(a, b)| a < b).count());
    let falls = pairs().filter(|(a, b)| a > b).count();
    // At most 1 % of the steps may go against the main direction.
    grows.min(falls) * 100 <= all
}

/// Returns a warning if rows belong together by an identifier that repeats (for example `customer_id`).
pub(crate) fn ungrouped(table: &Table) -> Option<String> {
    // No warning if the settings name a group column.
    let ColumnProfile { name, distinct, .. } = owner(table)?;
    Some(format!(
        "column {name:?} has {distinct} values that repeat in {rows} rows, like an identifier; if the model is to \
         predict rows with new values, write group = {name:?} into dataset.toml, so that rows with one value stay together; \
         otherwise the model's metrics are too good",
        rows = table.rows()
    ))
}

/// Returns the column that looks like an identifier whose values repeat (for example `customer_id`).
fn owner(table: &Table) -> Option<&ColumnProfile> {
    // No column is reported if the table has a group column.
    if table.groups().is_some() {
        return None;
    }
    let repeats = |column: &&ColumnProfile| {
        let rows = table.rows().saturating_sub(column.missing);
        let is_free = column.role == ColumnRole::Feature
            || column.role == ColumnRole::Dropped && !table.settings().drop.contains(&column.name);
        let is_whole = match table.frame().column(&column.name).map(|column| &column.values) {
            Some(Values::Number(values)) => values.iter().all(|value| value.is_nan() || value.fract() == 0.0),
            Some(Values::Boolean(_) | Values::Timestamp(_) | Values::Text { .. }) => false,
            Some(Values::Category { .. }) | None => true,
        };
        is_free && is_whole && column.distinct * 2 <= rows && column.distinct >= names::least_distinct(&column.name)
    };
    table.profile().columns.iter().find(repeats)
}

/// Returns whether a column's values rise or fall with time, as a counter does. `order` is the time of each row.
fn follows(values: &Values, order: &[f64]) -> bool {
    // Such a column reveals when a row was recorded, so a model can find neighbouring rows.
    let values: Vec<f64> = match values {
        Values::Number(values) => values.iter().copied().map(f64::from).collect(),
        Values::Timestamp(values) => values.clone(),
        Values::Boolean(_) | Values::Category { .. } | Values::Text { .. } => return false,
    };
    let mut pairs: Vec<(f64, f64)> = order.iter().copied().zip(values).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    is_monotone(pairs.iter().map(|(_, value)| *value))
}

/// Returns the column's values in the given `rows` as numbers. `None` for columns of categories or texts.
fn numbers(values: &Values, rows: &[u32]) -> Option<Vec<f32>> {
    // Missing values are NaN.
    match values {
        Values::Number(values) | Values::Boolean(values) => Some(at(values, rows)),
        Values::Timestamp(seconds) => Some(at(seconds, rows).into_iter().map(raw_days).collect()),
        Values::Category { .. } | Values::Text { .. } => None,
    }
}

#[cfg(test)]
mod tests;
