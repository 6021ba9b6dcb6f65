//! Chooses the rows of feedback that join the training rows.
//!
//! A row of feedback must not teach a model what the hold-out asks, neither now nor later, when the same row may be in the
//! table. So it is treated as the split would treat it:
//!
//! - A row whose values are in the table is left out. The table's row counts, also if feedback says something else about it.
//! - A row that the split would hold out is left out: its hash is below the border of its label (or of its tenth of the
//!   target).
//! - With an order column, a row joins only if it was predicted before the oldest hold-out row. That is known only if the
//!   order is a date.
//! - With a group column, no row joins, because nobody knows its group.

use std::collections::HashSet;

use evergreen_lifecycle::{ColumnRole, LeftOutRows};
use evergreen_table::{JoinableRows, Table, Target};

use super::{Split, hash, strata, stratum_of, stratum_starts};

/// The border of a label that has no row in the hold-out: a fifth of all hashes is below it.
const FIFTH: u64 = u64::MAX / 5;

/// Returns the indices of the rows that join the training rows, and how many are left out for which reason.
pub(crate) fn joining(table: &Table, split: &Split, rows: &JoinableRows) -> (Vec<u32>, LeftOutRows) {
    let mut left_out = LeftOutRows { unfit: rows.unfit, ..LeftOutRows::default() };
    let count = rows.moments.len();
    let is_dated = || {
        let mut columns = table.profile().columns.iter();
        columns.any(|column| column.role == ColumnRole::Order && column.kind == "timestamp")
    };
    if table.groups().is_some() || (table.order().is_some() && !is_dated()) {
        left_out.unplaced = count;
        return (Vec::new(), left_out);
    }
    let hashes = hash::rows(table.frame());
    let known: HashSet<u64> = hashes.iter().copied().collect();
    let is_held = holder(table, split, rows, &hashes);
    let mut chosen = Vec::new();
    for (row, hash) in (0..).zip(hash::rows(&rows.frame)) {
        if known.contains(&hash) {
            left_out.in_table += 1;
        } else if is_held(row as usize, hash) {
            left_out.held_out += 1;
        } else {
            chosen.push(row);
        }
    }
    (chosen, left_out)
}

/// Returns the rule that says whether the split would hold a row out, by the row's index and hash.
fn holder<'a>(
    table: &'a Table,
    split: &'a Split,
    rows: &'a JoinableRows,
    hashes: &[u64],
) -> Box<dyn Fn(usize, u64) -> bool + 'a> {
    if let Some(order) = table.order() {
        let moments = split.holdout.iter().filter_map(|row| order.get(*row as usize).copied());
        let oldest = moments.min_by(f64::total_cmp).unwrap_or(f64::NEG_INFINITY);
        return Box::new(move |row, _| rows.moments.get(row).is_none_or(|moment| *moment >= oldest));
    }
    let held: HashSet<u32> = split.holdout.iter().copied().collect();
    let border = |members: Vec<u32>| {
        let held = members.into_iter().filter(|row| held.contains(row));
        held.filter_map(|row| hashes.get(row as usize).copied()).max().unwrap_or(FIFTH)
    };
    let borders: Vec<u64> = strata(table.target()).into_iter().map(border).collect();
    let starts = if let Target::Numbers(numbers) = table.target() { stratum_starts(numbers) } else { Vec::new() };
    Box::new(move |row, hash| {
        let stratum = match &rows.target {
            Target::Classes { classes, .. } => classes.get(row).map(|class| *class as usize),
            Target::Numbers(numbers) => numbers.get(row).map(|number| stratum_of(&starts, *number)),
        };
        let border = stratum.and_then(|stratum| borders.get(stratum).copied());
        hash <= border.unwrap_or(FIFTH)
    })
}
