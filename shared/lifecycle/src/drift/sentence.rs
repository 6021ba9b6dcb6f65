//! Sentences about drift, for people.

use super::Bins;
use super::verdict::{ColumnDrift, DriftVerdict, Shares};

// A share of one half cannot change by more than this.
/// Change of a share from which on the served rows are called too few.
const TOO_FEW: f64 = 0.5;

/// Maximum number of columns that a sentence names.
const NAMED_COLUMNS: usize = 3;

/// Minimum change of the share of missing values that a sentence about numbers begins with.
const MUCH_MISSING: f64 = 0.1;

/// Returns the sentence about all columns. `rows_of` is, for example, `the last day`.
pub(super) fn of_all(verdict: &DriftVerdict, rows_of: &str) -> String {
    let Some(visible) = verdict.visible else { return format!("No rows were counted in {rows_of}.") };
    let rows = plural(verdict.rows, "row");
    if verdict.is_drifted {
        let columns = names(verdict, |column| column.is_drifted);
        return format!("Drift in {rows_of} ({rows}): {columns}.");
    }
    let is_small = |column: &ColumnDrift| column.is_beyond_noise;
    if verdict.columns.iter().any(is_small) {
        let columns = names(verdict, is_small);
        return format!(
            "{columns}: other than in training, beyond noise, but less than the PSI of {} that is drift in {rows_of} \
             ({rows}).",
            verdict.limits.psi
        );
    }
    if visible >= TOO_FEW {
        return format!("{rows} in {rows_of} are too few to see anything but a very large change.");
    }
    format!(
        "{rows} in {rows_of} are like those of training. A share that changes by {:.0} percentage points would be found \
         in half of all cases.",
        100.0 * visible
    )
}

/// Returns the sentence about one column.
pub(super) fn of_column(column: &ColumnDrift, bins: &Bins, cells: &[Shares]) -> String {
    let name = match (column.is_prediction, column.name.as_str()) {
        (true, "label") => "predicted label",
        (true, "probability") => "predicted probability",
        (_, name) => name,
    };
    let missing = &column.missing;
    let change = match bins {
        _ if column.rows == 0 => return format!("{name}: no rows were counted."),
        _ if column.baseline_rows == 0 => return format!("{name}: training has counted no rows to compare with."),
        Bins::Numbers { .. } if missing.change().abs() < MUCH_MISSING => numbers(column, bins, cells),
        Bins::Categories { .. } => most_grown(column),
        _ => Some(shares("missing", missing)),
    };
    let noise = if column.is_beyond_noise { "beyond noise" } else { "which can be noise" };
    format!("{name}: {}; PSI {:.2}, {noise}.", change.unwrap_or_else(|| "no change".into()), column.psi)
}

// The shares that grew say what the rows are now. Those that fell say only what they are not.
fn most_grown(column: &ColumnDrift) -> Option<String> {
    let grown = column.moved.iter().max_by(|a, b| a.shares.change().total_cmp(&b.shares.change()))?;
    Some(shares(&grown.cell, &grown.shares))
}

fn numbers(column: &ColumnDrift, bins: &Bins, cells: &[Shares]) -> Option<String> {
    let shift = column.shift?;
    let direction = if shift < 0.0 { "smaller" } else { "larger" };
    let values = cells.get(..cells.len().checked_sub(1)?)?;
    let (before, after) = (median(values, |cell| cell.baseline)?, median(values, |cell| cell.served)?);
    let median = if before == after {
        format!("the median is still {}", bins.label(before))
    } else {
        format!("the median was {} and is now {}", bins.label(before), bins.label(after))
    };
    Some(format!("served values are {direction} by {:.2} standard deviations, {median}", shift.abs()))
}

/// Returns the cell of the median.
fn median(cells: &[Shares], share: impl Fn(&Shares) -> f64) -> Option<usize> {
    let half = cells.iter().map(&share).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    cells.iter().position(|cell| {
        sum += share(cell);
        sum >= half
    })
}

fn shares(cell: &str, shares: &Shares) -> String {
    format!("{cell}: {:.1} % of served rows, {:.1} % in training", 100.0 * shares.served, 100.0 * shares.baseline)
}

/// Returns the names of the given columns with their PSI, the largest first. After a few, it gives only the number of the
/// others.
fn names(verdict: &DriftVerdict, is_named: impl Fn(&ColumnDrift) -> bool) -> String {
    let mut columns: Vec<&ColumnDrift> = verdict.columns.iter().filter(|column| is_named(column)).collect();
    columns.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    let name = |column: &&ColumnDrift| format!("{} (PSI {:.2})", column.name, column.psi);
    let mut names: Vec<String> = columns.iter().take(NAMED_COLUMNS).map(name).collect();
    if let Some(more) = columns.len().checked_sub(NAMED_COLUMNS).filter(|more| *more > 0) {
        names.push(plural(more as u64, "other column"));
    }
    names.join(", ")
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Returns a number with at most four significant digits, such as `0.0123` or `52`.
pub(crate) fn short(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{number:.3e}");
    }
    let digits = if size < 1.0 { 4 } else { (3 - size.log10().floor() as i32).max(0) as usize };
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
