//! Detects leaks: measures how well a single column predicts the target.

use super::numbers;
use evergreen_table::{MISSING, Target, Values, at};

// At most this share of the errors of a constant answer (always the most frequent label) may remain.
/// Limit for a leak in classification: errors of the column alone, as a share of the errors of a constant answer.
const ERRORS_LEFT: f64 = 0.02;

// At most this share of the errors of a constant answer (always the most frequent label) may remain.
/// Limit for a leak by missing values in classification: maximum errors, as a share of the errors of a constant answer.
const ERRORS_LEFT_BY_MISSING: f64 = 0.1;

// At most this share of the target's variance may remain.
/// Limit for a leak in regression: maximum share of the target's variance that the column alone leaves unexplained.
const VARIANCE_LEFT: f64 = 0.005;

// At most this share of the target's variance may remain.
/// Limit for a leak by missing values in regression: maximum share of the target's variance that stays unexplained.
const VARIANCE_LEFT_BY_MISSING: f64 = 0.2;

// For labels, at least this many rows must not have the most frequent label. For missing values, at least this many
// rows must have a value and at least this many must have none.
/// Minimum number of rows for each check of leak detection.
const MIN_ROWS: usize = 10;

// A column is also a leak if nearly all rows with a value (or nearly all without one) have the same label. They must be
// at least this share of all rows with this label.
/// A column's missing values leak a label only if they reveal at least this share of the label's rows (0.3 is 30 %).
const MIN_PURE_SHARE: f64 = 0.3;

// A column whose missing values reveal a label is a leak only if this label is not too frequent.
/// A column's missing values leak a label only if at most this share of all rows has the label (0.7 is 70 %).
const MAX_PURE_SHARE_OF_ROWS: f64 = 0.7;

// Leak detection looks for thresholds that separate the labels.
/// Maximum number of different labels in the target for which leak detection checks number columns.
const MAX_LABELS: usize = 10;

// The rows are sorted by the column's value and cut into blocks of about this many rows. Each row is predicted by the
// mean target of the other rows in its block. Rows with the same value share a block.
/// Leak detection for regression: number of rows with similar column values that predict each other's target.
const GROUP: usize = 6;

/// How a single column predicts the target too well (a leak).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeakKind {
    /// Kind of leak: the target can be predicted from whether the column's value is missing.
    Missing,
    // There may be several thresholds.
    /// Kind of leak: the target can be predicted from whether the column's number is above or below a threshold.
    Threshold,
    /// Kind of leak: the target can be predicted from the column's value (a category or a number).
    Value,
}

/// Returns how a single column alone predicts `target` almost without error (a leak). `None` if the column is no leak.
pub(super) fn leak_kind(values: &Values, rows: &[u32], target: &Target) -> Option<LeakKind> {
    // `values` is the whole column. `rows` are the indices of the rows that `target` belongs to.
    let holes: Vec<bool> = match values {
        Values::Category { codes, .. } => at(codes, rows).into_iter().map(|code| code == MISSING).collect(),
        values => numbers(values, rows)?.into_iter().map(f32::is_nan).collect(),
    };
    let missing = holes.iter().filter(|hole| **hole).count();
    let has_both = missing.min(holes.len() - missing) >= MIN_ROWS;
    match target {
        Target::Classes { labels, classes } => {
            if has_both && missing_predicts_class(&holes, classes, labels.len()) {
                return Some(LeakKind::Missing);
            }
            let most = most_errors(classes, labels.len());
            let enough = |errors: usize| errors as f64 <= ERRORS_LEFT * most as f64;
            (most >= MIN_ROWS).then_some(())?;
            match values {
                Values::Category { codes, .. } => {
                    enough(errors_by_category(&at(codes, rows), classes, labels.len())).then_some(LeakKind::Value)
                }
                values if labels.len() <= MAX_LABELS => {
                    enough(errors_by_cuts(&numbers(values, rows)?, classes, labels.len()))
                        .then_some(LeakKind::Threshold)
                }
                _ => None,
            }
        }
        Target::Numbers(numbers) => {
            let groups: Vec<u32> = holes.iter().map(|hole| u32::from(*hole)).collect();
            if has_both && variance_left(&groups, numbers) <= VARIANCE_LEFT_BY_MISSING {
                return Some(LeakKind::Missing);
            }
            (variance_left(&neighbours(values, rows), numbers) <= VARIANCE_LEFT).then_some(LeakKind::Value)
        }
    }
}

fn counts(classes: impl Iterator<Item = u32>, labels: usize) -> Vec<usize> {
    let mut counts = vec![0; labels];
    for class in classes {
        if let Some(count) = counts.get_mut(class as usize) {
            *count += 1;
        }
    }
    counts
}

/// Returns the number of errors if every row gets the same answer, the most frequent class.
fn most_errors(classes: &[u32], labels: usize) -> usize {
    classes.len() - counts(classes.iter().copied(), labels).into_iter().max().unwrap_or_default()
}

fn missing_predicts_class(holes: &[bool], classes: &[u32], labels: usize) -> bool {
    let side = |is_missing: bool| {
        let of_side = holes.iter().zip(classes).filter(move |(hole, _)| **hole == is_missing).map(|(_, class)| *class);
        counts(of_side, labels)
    };
    let sides = [side(true), side(false)];
    let all = counts(classes.iter().copied(), labels);
    let rows = |counts: &[usize]| counts.iter().sum::<usize>();
    let errors: usize = sides.iter().map(|side| rows(side) - side.iter().max().copied().unwrap_or_default()).sum();
    let most = most_errors(classes, labels);
    let pure = sides.iter().any(|side| {
        side.iter().zip(&all).any(|(of_class, all)| {
            let (of_class, all) = (*of_class as f64, *all as f64);
            of_class >= 0.99 * rows(side) as f64
                && of_class >= MIN_PURE_SHARE * all
                && all <= MAX_PURE_SHARE_OF_ROWS * classes.len() as f64
        })
    });
    most >= MIN_ROWS && (errors as f64 <= ERRORS_LEFT_BY_MISSING * most as f64 || pure)
}

/// Returns how often the true class is not predicted, if each category of the column predicts its most frequent class.
fn errors_by_category(codes: &[u32], classes: &[u32], labels: usize) -> usize {
    let mut sorted: Vec<(u32, u32)> = codes.iter().copied().zip(classes.iter().copied()).collect();
    sorted.sort_unstable();
    let of_group = |group: &[(u32, u32)]| {
        let counts = counts(group.iter().map(|(_, class)| *class), labels);
        // A row's prediction is the most frequent class among the other rows with the same category.
        let wrong = |class: usize| {
            let others = |other: usize, count: usize| if other == class { count - 1 } else { count };
            let own = counts.get(class).copied().unwrap_or_default().saturating_sub(1);
            let best = counts.iter().enumerate().map(|(other, count)| others(other, *count)).max().unwrap_or_default();
            own == 0 || own < best
        };
        group.iter().filter(|(_, class)| wrong(*class as usize)).count()
    };
    sorted.chunk_by(|a, b| a.0 == b.0).map(of_group).sum()
}

/// Returns the smallest number of errors if ranges of the column's numbers predict the class, one class for each range.
fn errors_by_cuts(numbers: &[f32], classes: &[u32], labels: usize) -> usize {
    // There are at most as many ranges as classes. Missing values are one more range.
    let pairs = || numbers.iter().copied().zip(classes.iter().copied());
    let lost: Vec<u32> = pairs().filter(|(number, _)| number.is_nan()).map(|(_, class)| class).collect();
    let mut sorted: Vec<(f32, u32)> = pairs().filter(|(number, _)| !number.is_nan()).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The smallest number of errors so far, by the number of cuts between ranges and by the class that the last range
    // predicts.
    let mut errors = vec![vec![usize::MAX; labels]; labels];
    errors.iter_mut().take(1).for_each(|first| first.fill(0));
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let counts = counts(group.iter().map(|(_, class)| *class), labels);
        let best: Vec<usize> = errors.iter().map(|row| row.iter().copied().min().unwrap_or(usize::MAX)).collect();
        for (stretch, row) in errors.iter_mut().enumerate() {
            let fresh = stretch.checked_sub(1).and_then(|before| best.get(before)).copied().unwrap_or(usize::MAX);
            for (errors, right) in row.iter_mut().zip(&counts) {
                *errors = (*errors).min(fresh).saturating_add(group.len() - right);
            }
        }
    }
    let least = errors.iter().flatten().copied().min().unwrap_or_default();
    least.saturating_add(most_errors(&lost, labels))
}

/// Puts rows with equal or similar values of a column into groups. Returns the group number of each row.
fn neighbours(values: &Values, rows: &[u32]) -> Vec<u32> {
    // A group has the rows of one category, or about `GROUP` rows with neighbouring numbers.
    let Some(numbers) = numbers(values, rows) else {
        let Values::Category { codes, .. } = values else { return Vec::new() };
        return at(codes, rows);
    };
    let mut sorted: Vec<usize> = (0..numbers.len()).collect();
    let number = |row: usize| numbers.get(row).copied().unwrap_or(f32::NAN);
    sorted.sort_by(|a, b| number(*a).total_cmp(&number(*b)));
    let mut groups = vec![u32::MAX; numbers.len()];
    let mut group = 0;
    for (at, row) in sorted.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| sorted.get(before));
        if at % GROUP == 0 && before.is_some_and(|before| number(*before) != number(*row)) {
            group += 1;
        }
        if let Some(own) = groups.get_mut(*row) {
            *own = if number(*row).is_nan() { u32::MAX } else { group };
        }
    }
    groups
}

/// Returns the share (0–1) of the target's variance that is unexplained if the rows of a group predict each other.
fn variance_left(groups: &[u32], numbers: &[f64]) -> f64 {
    let mut sorted: Vec<(u32, f64)> = groups.iter().copied().zip(numbers.iter().copied()).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
    let all: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    let left = |group: &[(u32, f64)]| -> f64 {
        let rows = group.len() as f64;
        let sum: f64 = group.iter().map(|(_, number)| number).sum();
        // Each row is predicted by the mean target of the other rows in its group.
        let others = |number: f64| if rows > 1.0 { (sum - number) / (rows - 1.0) } else { mean };
        group.iter().map(|(_, number)| (number - others(*number)).powi(2)).sum()
    };
    let left: f64 = sorted.chunk_by(|a, b| a.0 == b.0).map(left).sum();
    if all > 0.0 { left / all } else { 1.0 }
}
