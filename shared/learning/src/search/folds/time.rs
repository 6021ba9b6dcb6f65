//! Cross-validation folds that follow each other in time: each fold trains on older rows than it is scored on.

use evergreen_table::Target;

use super::Fold;

// With fewer rows, the fold's score would be chance.
/// Minimum number of training rows, and of scored rows, in a cross-validation fold.
const MIN_ROWS: usize = 5;

/// Splits rows that are ordered in time into cross-validation folds. Each fold is scored on newer rows than it trains
/// on.
pub(super) fn folds(rows: &[u32], ranks: &[u64], target: &Target, folds: usize) -> Vec<Fold> {
    // There are at most `folds` folds. The list is empty if the rows cannot be cut.
    // `ranks` has the rank in time of each row. Rows with the same rank stay together.
    let mut sorted: Vec<(u64, u32)> = ranks.iter().copied().zip(rows.iter().copied()).collect();
    sorted.sort_unstable();
    // The rows are cut into one part more than there are folds, with about equally many rows. Each fold is scored on
    // one part and trains on all older parts. The oldest fold comes first.
    let cuts = cuts(&sorted, folds.min(rows.len() / MIN_ROWS).max(2));
    let ends = cuts.iter().copied().skip(1).chain([sorted.len()]);
    let mut chained: Vec<Fold> = cuts.iter().zip(ends).filter_map(|(cut, end)| fold(&sorted, *cut, end)).collect();
    let classes = distinct(target, rows);
    let is_whole = |fold: &Fold| distinct(target, &fold.training) == classes;
    // A fold whose training rows lack a class is left out, except the last fold.
    if let Some(last) = chained.pop() {
        chained.retain(is_whole);
        chained.push(last);
    }
    chained
}

/// Cuts rows that are sorted by time into about equal parts. Returns the start index of each part except the first.
fn cuts(sorted: &[(u64, u32)], folds: usize) -> Vec<usize> {
    let rank = |at: usize| sorted.get(at).map(|(rank, _)| *rank);
    let between = |at: &usize| rank(*at) != rank(at - 1);
    let nearest = |ideal: usize| {
        let below = (1..=ideal).rev().find(between);
        let above = (ideal.max(1)..sorted.len()).find(between);
        match (below, above) {
            (Some(below), Some(above)) => Some(if above - ideal < ideal - below { above } else { below }),
            (below, above) => below.or(above),
        }
    };
    let mut cuts: Vec<usize> = (1..=folds).filter_map(|part| nearest(sorted.len() * part / (folds + 1))).collect();
    cuts.dedup();
    cuts
}

fn fold(sorted: &[(u64, u32)], cut: usize, end: usize) -> Option<Fold> {
    let rows = |part: &[(u64, u32)]| {
        let mut rows: Vec<u32> = part.iter().map(|(_, row)| *row).collect();
        rows.sort_unstable();
        rows
    };
    Some(Fold { training: rows(sorted.get(..cut)?), scored: rows(sorted.get(cut..end)?) })
}

/// Returns how many different classes occur in the given rows. Returns 1 for regression.
fn distinct(target: &Target, rows: &[u32]) -> usize {
    let Target::Classes { labels, classes } = target else { return 1 };
    let mut known = vec![false; labels.len()];
    for class in rows.iter().filter_map(|row| classes.get(*row as usize)) {
        if let Some(known) = known.get_mut(*class as usize) {
            *known = true;
        }
    }
    known.into_iter().filter(|known| *known).count()
}
