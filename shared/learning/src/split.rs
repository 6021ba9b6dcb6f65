//! Splits a table into training rows and hold-out.
//!
//! The split depends only on the content of the rows, not on a seed. So training runs on the same table have the same
//! hold-out, and the champion (the model version that answers predictions) was never trained on it. The champion and a
//! new model version are compared on the hold-out. When a table grows, nearly all hold-out rows stay hold-out rows.

mod feedback;
mod groups;
mod hash;

use evergreen_table::{DatasetSettings, Frame, Target, at};

pub(crate) use feedback::joining;

const STRATA: usize = 10;

// Each row is in exactly one of both lists. Neither list is empty.
/// Split of a table into training rows and hold-out, as two ascending lists of row indices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// Indices of the training rows: about four fifths of the table's rows.
    pub training: Vec<u32>,
    /// Indices of the hold-out rows: about one fifth of the table's rows, at least one.
    pub holdout: Vec<u32>,
}

/// For each row, a number. Rows with the same number must stay together in one cross-validation fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Units {
    /// For rows without an order in time: rows with equal content, or of the same group, have the same number.
    Alike(Vec<u64>),
    /// For rows ordered in time: newer rows have higher numbers. Rows of the same time or group have the same number.
    Ordered(Vec<u64>),
}

impl Units {
    // `order` has the time and `groups` the group of every row of the frame. `None`: the table has no order or group
    // column.
    /// Returns a number for each of `rows`. Rows with the same number must stay together in one cross-validation fold.
    pub(crate) fn of(frame: &Frame, rows: &[u32], order: Option<&[f64]>, groups: Option<&[u64]>) -> Self {
        match (order, groups) {
            (Some(order), Some(groups)) => Self::Ordered(groups::ranks(&at(groups, rows), &at(order, rows))),
            (Some(order), None) => Self::Ordered(ranks(&at(order, rows))),
            (None, groups) => Self::Alike(unit_keys(frame, rows, groups)),
        }
    }
}

/// Returns the share (0–1) of distinct rows among the given `rows`. Rows with equal content count as one row.
pub(crate) fn distinct_share(frame: &Frame, rows: &[u32], groups: Option<&[u64]>) -> f64 {
    // If the table has groups, all rows of a group count as one row.
    let mut units = unit_keys(frame, rows, groups);
    let all = units.len().max(1);
    units.sort_unstable();
    units.dedup();
    units.len() as f64 / all as f64
}

/// Returns a number for each of `rows`. Rows that may reveal each other's target, such as equal rows, share a number.
pub(crate) fn unit_keys(frame: &Frame, rows: &[u32], groups: Option<&[u64]>) -> Vec<u64> {
    // With groups, the rows of a group get equal keys. Without groups, rows with equal content do.
    groups.map_or_else(|| hash::some_rows(frame, rows), |groups| at(groups, rows))
}

/// Returns, for each time in `moments`, how many different earlier times occur in the list.
fn ranks(moments: &[f64]) -> Vec<u64> {
    let mut sorted = moments.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    moments.iter().map(|moment| sorted.partition_point(|other| other.total_cmp(moment).is_lt()) as u64).collect()
}

impl Split {
    /// Returns a sentence that explains to the user how the hold-out rows were chosen.
    pub(crate) fn rule(settings: &DatasetSettings, target: &Target) -> String {
        match (&settings.order, &settings.group, target) {
            (Some(order), Some(group), _) => {
                format!("whole groups of column {group:?}, the newest fifth by column {order:?}")
            }
            (Some(order), None, _) => format!("the newest fifth by column {order:?}"),
            (None, Some(group), _) => {
                format!("whole groups of column {group:?}, about a fifth, by a hash of their values")
            }
            (None, None, Target::Classes { .. }) => "a fifth of each class, by a hash of the rows' content".to_owned(),
            (None, None, Target::Numbers(_)) => {
                "a fifth of each tenth of the target, by a hash of the rows' content".to_owned()
            }
        }
    }

    /// Splits a table into training rows and hold-out. About one fifth of the rows becomes the hold-out.
    pub(crate) fn of(frame: &Frame, target: &Target, order: Option<&[f64]>, groups: Option<&[u64]>) -> Self {
        let rows = target.len();
        let mut held = vec![false; rows];
        // Equal rows stay together, unless a class would then have no training row or no hold-out row. Groups are held
        // out whole. The hold-out of a class has at least one row, but not all.
        match (order, groups) {
            // A single group cannot be split, so this arm needs two groups.
            (order, Some(groups)) if groups.iter().any(|group| Some(group) != groups.first()) => {
                groups::hold(groups, order, target, &mut held);
            }
            // With an order column, the newest fifth of the rows is the hold-out.
            (Some(order), _) => hold_newest(order, &mut held),
            (None, _) => {
                // The rows of each class are sorted by a hash of their content, and the first fifth is the hold-out.
                // The hash is SHA-256 of the features' names and values, in any column order. For regression, ten
                // quantiles of the target replace the classes.
                let hashes = hash::rows(frame);
                for members in strata(target) {
                    hold_first(members, |row| hashes.get(row as usize).copied(), |row| row, &mut held);
                }
            }
        }
        let (mut training, mut holdout) = (Vec::new(), Vec::new());
        for (row, is_held) in (0..).zip(held) {
            if is_held { holdout.push(row) } else { training.push(row) }
        }
        Self { training, holdout }
    }
}

fn hold_newest(order: &[f64], held: &mut [bool]) {
    // Sorts the newest rows to the front. Of rows with the same time, the row that is later in the table comes first.
    let key = |row: u32| order.get(row as usize).map(|moment| std::cmp::Reverse(Total(*moment)));
    hold_first((0..order.len() as u32).collect(), key, std::cmp::Reverse, held);
}

/// A floating-point number that can be sorted, even if it is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Total(f64);

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Groups rows by class or, for regression, by ranges of the target. Each group is then split into training and
/// hold-out.
fn strata(target: &Target) -> Vec<Vec<u32>> {
    match target {
        Target::Classes { labels, classes } => {
            let mut strata = vec![Vec::new(); labels.len()];
            for (row, class) in (0..).zip(classes) {
                if let Some(stratum) = strata.get_mut(*class as usize) {
                    stratum.push(row);
                }
            }
            strata
        }
        // For regression, a stratum holds about one tenth of the rows, by target value. Equal numbers share a stratum.
        Target::Numbers(numbers) => by_quantile(numbers),
    }
}

fn by_quantile(numbers: &[f64]) -> Vec<Vec<u32>> {
    let starts = stratum_starts(numbers);
    let mut members = vec![Vec::new(); starts.len() + 1];
    for (row, number) in numbers.iter().enumerate() {
        if let Some(stratum) = members.get_mut(stratum_of(&starts, *number)) {
            stratum.push(row as u32);
        }
    }
    members
}

/// Returns the lowest target of each stratum but the first, for regression.
fn stratum_starts(numbers: &[f64]) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // Each stratum has at least five rows, so that a fifth of it is at least one row.
    let strata = STRATA.min(numbers.len() / 5).max(1);
    (1..strata).filter_map(|part| sorted.get(part * sorted.len() / strata).copied()).collect()
}

/// Returns the stratum of a target, for regression.
fn stratum_of(starts: &[f64], number: f64) -> usize {
    starts.partition_point(|start| *start <= number)
}

/// Marks a fifth of the rows in `members` as hold-out: the rows with the lowest `key`.
fn hold_first<K: Ord, T: Ord>(
    mut members: Vec<u32>,
    key: impl Fn(u32) -> K,
    tie: impl Fn(u32) -> T,
    held: &mut [bool],
) {
    // `tie` is unique for each row, so an unstable sort suffices. A stable sort would take half as much memory again.
    members.sort_unstable_by_key(|row| (key(*row), tie(*row)));
    let count = cut(members.len(), |at| members.get(at).map(|row| key(*row)));
    for row in members.iter().take(count) {
        if let Some(held) = held.get_mut(*row as usize) {
            *held = true;
        }
    }
}

/// Returns how many of the sorted rows become hold-out: about a fifth. Rows with equal keys stay on the same side.
fn cut<K: Eq>(members: usize, key: impl Fn(usize) -> Option<K>) -> usize {
    // If all keys are equal, it is exactly a fifth.
    let ideal = fifth(members);
    let between = |at: &usize| matches!((key(at - 1), key(*at)), (Some(a), Some(b)) if a != b);
    let below = (1..=ideal).rev().find(between);
    let above = (ideal.max(1)..members).find(between);
    match (below, above) {
        (Some(below), Some(above)) if above - ideal < ideal - below => above,
        (Some(below), _) => below,
        (None, Some(above)) => above,
        (None, None) => ideal,
    }
}

/// Returns one fifth of the number `members`, rounded, but at least 1 and less than `members`. Returns 0 for 1 member.
fn fifth(members: usize) -> usize {
    ((members * 2 + 5) / 10).max(1).min(members.saturating_sub(1))
}

#[cfg(test)]
mod tests;
