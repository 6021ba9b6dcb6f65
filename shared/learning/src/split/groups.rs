//! Splits a table with a group column into training rows and hold-out: a group is never divided between both.

use std::cmp::Reverse;
use std::collections::HashMap;

use evergreen_table::Target;

use super::{Total, fifth};

struct Group {
    hash: u64,
    rows: Vec<u32>,
    /// The time of the newest row in the group.
    newest: f64,
    /// The number of rows of each class in the group. For regression, one entry: the number of all rows.
    classes: Vec<usize>,
}

impl Group {
    /// Returns the most frequent class among the group's rows, or the first of several equally frequent classes.
    fn class(&self) -> usize {
        let most = self.classes.iter().copied().max().unwrap_or_default();
        self.classes.iter().position(|rows| *rows == most).unwrap_or_default()
    }
}

/// Marks whole groups of rows as hold-out, until they have about a fifth of all rows.
pub(super) fn hold(groups: &[u64], order: Option<&[f64]>, target: &Target, held: &mut [bool]) {
    // With `order`, the groups with the newest rows are marked. Without `order`, the groups of each class are sorted by
    // the group's hash, and the first ones are marked. So a growing table keeps its hold-out groups. Every class keeps
    // a training row, except a class with a single group.
    let mut found = found(groups, order, target);
    found.sort_by_key(|group| (Reverse(Total(group.newest)), group.hash));
    let mut left = vec![0; target.labels().len().max(1)];
    for group in &found {
        left.iter_mut().zip(&group.classes).for_each(|(left, rows)| *left += rows);
    }
    let strata = if order.is_some() { 1 } else { left.len() };
    let mut taken = 0;
    for stratum in 0..strata {
        let members: Vec<&Group> = found.iter().filter(|group| strata == 1 || group.class() == stratum).collect();
        taken += hold_first_groups(&members, &mut left, held);
    }
    if taken == 0 {
        // Each class has only a single group, so none could be marked. Mark some groups anyway.
        let members: Vec<&Group> = found.iter().collect();
        hold_first_groups(&members, &mut left, held);
    }
}

/// Marks the first groups as hold-out, until they have about a fifth of the rows. Returns how many groups were marked.
fn hold_first_groups(members: &[&Group], left: &mut [usize], held: &mut [bool]) -> usize {
    let wanted = fifth(members.iter().map(|group| group.rows.len()).sum());
    let is_needed =
        |group: &Group, left: &[usize]| left.iter().zip(&group.classes).any(|(left, rows)| *rows > 0 && left == rows);
    let (mut rows, mut taken) = (0_usize, 0);
    for group in members {
        let with = rows + group.rows.len();
        let is_too_large = with.abs_diff(wanted) > rows.abs_diff(wanted);
        if taken > 0 && is_too_large {
            break;
        }
        if !is_too_large && !is_needed(group, left) {
            mark(group, left, held);
            (rows, taken) = (with, taken + 1);
        }
    }
    let smallest = members.iter().filter(|group| !is_needed(group, left)).min_by_key(|group| group.rows.len());
    if let (0, Some(smallest)) = (taken, smallest) {
        mark(smallest, left, held);
        taken = 1;
    }
    taken
}

fn mark(group: &Group, left: &mut [usize], held: &mut [bool]) {
    left.iter_mut().zip(&group.classes).for_each(|(left, rows)| *left -= rows);
    for row in &group.rows {
        if let Some(held) = held.get_mut(*row as usize) {
            *held = true;
        }
    }
}

fn found(groups: &[u64], order: Option<&[f64]>, target: &Target) -> Vec<Group> {
    let mut known: HashMap<u64, usize> = HashMap::new();
    let mut found: Vec<Group> = Vec::new();
    let labels = target.labels().len().max(1);
    for (row, hash) in groups.iter().enumerate() {
        let at = *known.entry(*hash).or_insert(found.len());
        if at == found.len() {
            let (rows, classes) = (Vec::new(), vec![0; labels]);
            found.push(Group { hash: *hash, rows, newest: f64::NEG_INFINITY, classes });
        }
        let class = match target {
            Target::Classes { classes, .. } => classes.get(row).map_or(0, |class| *class as usize),
            Target::Numbers(_) => 0,
        };
        let moment = order.and_then(|order| order.get(row)).copied().unwrap_or_default();
        if let Some(group) = found.get_mut(at) {
            group.rows.push(row as u32);
            group.newest = group.newest.max(moment);
            group.classes.iter_mut().skip(class).take(1).for_each(|rows| *rows += 1);
        }
    }
    found
}

/// Returns the rank of each row's group in time. A higher rank means that the group has newer rows.
pub(super) fn ranks(groups: &[u64], moments: &[f64]) -> Vec<u64> {
    // Groups are ranked by the time of their newest row. Of groups with the same time, the hash decides.
    let mut newest: HashMap<u64, f64> = HashMap::new();
    for (group, moment) in groups.iter().zip(moments) {
        let known = newest.entry(*group).or_insert(f64::NEG_INFINITY);
        *known = known.max(*moment);
    }
    let mut sorted: Vec<(Total, u64)> = newest.into_iter().map(|(group, moment)| (Total(moment), group)).collect();
    sorted.sort_unstable();
    let rank: HashMap<u64, u64> = sorted.into_iter().zip(0..).map(|((_, group), rank)| (group, rank)).collect();
    debug_assert!(groups.iter().all(|group| rank.contains_key(group)), "every group has a time");
    groups.iter().map(|group| rank.get(group).copied().unwrap_or_default()).collect()
}
