//! Steps of feature engineering: each function proposes one kind of further features (date parts, target encoding or
//! words).

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::sync::Arc;

use evergreen_lifecycle::{Column, ColumnKind, DatePart};
use evergreen_scoring::Encoding;
use evergreen_table::{FrameColumn, MISSING, Values, at};

use super::Learnable;
use super::draft::{Draft, DraftColumn};
use crate::encode::{self, MAX_TEXT};
use crate::split::unit_keys;
use crate::statistics::{self, ColumnTexts};

// The column's categories do not count.
/// Target encoding: maximum number of infrequent texts of a column that are replaced by a number, such as their mean
/// target.
const MAX_KNOWN: usize = 5_000;
// The artifact stores each text twice.
/// Target encoding: maximum total length in bytes of the infrequent texts of one column.
const MAX_KNOWN_BYTES: usize = 100_000;

/// Adds date parts, such as the month, of every timestamp column as features. Returns `None` if no part was added.
pub(super) fn with_parts(draft: &Draft, rows: Learnable<'_>) -> Option<Draft> {
    let mut next = draft.clone();
    let mut taken = false;
    for part in &mut next.parts {
        let (ColumnKind::Timestamp { parts }, Some(Values::Timestamp(seconds))) =
            (&mut part.column.kind, values(rows, &part.column.name))
        else {
            continue;
        };
        let seconds = at(seconds, rows.rows);
        for of_date in DatePart::ALL {
            let mut values: Vec<f32> = seconds.iter().map(|seconds| of_date.of(*seconds)).collect();
            values.retain(|value| !value.is_nan());
            // A date part is added only if its values differ between training rows.
            let differs = values.first().is_some_and(|first| values.iter().any(|value| value != first));
            if differs {
                parts.push(of_date);
                part.encodings.push(Encoding::Value { fill: encode::lower_median(values), indicator: false });
                taken = true;
            }
        }
    }
    taken.then_some(next)
}

fn values<'a>(rows: Learnable<'a>, column: &str) -> Option<&'a Values> {
    rows.frame.column(column).map(|column| &column.values)
}

/// Adds target encoding: replaces the texts of category columns by numbers, such as their mean target. Returns `None`
/// if no column gets target encoding.
pub(super) fn with_statistics(draft: &Draft, rows: Learnable<'_>) -> Option<Draft> {
    let mut next = draft.clone();
    let mut taken = false;
    // Only columns with more texts than categories get target encoding, if a first check on the training rows promises
    // a gain.
    let parts = OnceCell::new();
    let parts = || Arc::clone(parts.get_or_init(|| statistics::parts(&unit_keys(rows.frame, rows.rows, rows.groups))));
    for part in &mut next.parts {
        if let Some(statistics) = statistics_of(part, rows, parts) {
            *part = statistics;
            taken = true;
        }
    }
    taken.then_some(next)
}

fn statistics_of(part: &DraftColumn, rows: Learnable<'_>, parts: impl Fn() -> Arc<[u8]>) -> Option<DraftColumn> {
    let ColumnKind::Category { categories, rare } = &part.column.kind else { return None };
    let Some(Values::Category { codes, names }) = values(rows, &part.column.name) else { return None };
    let rare = known(&at(codes, rows.rows), names, categories, rare);
    if rare.is_empty() {
        return None;
    }
    let kind = ColumnKind::Category { categories: categories.clone(), rare };
    let column = Column { kind, ..part.column.clone() };
    let texts = ColumnTexts::of(rows.frame, &column, rows.rows, parts())?;
    let all: Vec<u32> = (0..rows.rows.len() as u32).collect();
    let statistics = statistics::plan_statistics(0, &texts, rows.target, &all);
    (!statistics.is_empty()).then(|| DraftColumn { column, encodings: part.encodings.clone(), statistics })
}

/// Returns the infrequent texts of a column that target encoding replaces by a number. The list is sorted.
fn known(codes: &[u32], names: &[String], categories: &[String], rare: &[String]) -> Vec<String> {
    let mut counts = vec![0_usize; names.len()];
    for code in codes.iter().filter(|code| **code != MISSING) {
        if let Some(count) = counts.get_mut(*code as usize) {
            *count += 1;
        }
    }
    // These are the texts without a category, and all texts of `rare`. If there are too many, the most frequent ones
    // are used.
    let is_other = |name: &String| name.len() <= MAX_TEXT && categories.binary_search(name).is_err();
    let counted = counts.into_iter().zip(names);
    let mut found: Vec<(usize, &String)> = counted.filter(|(count, name)| *count > 0 && is_other(name)).collect();
    found.sort_by_key(|(count, _)| Reverse(*count));
    // If only one other text is frequent, the model can distinguish it from the categories without a statistic.
    if found.get(1).is_none_or(|(count, _)| *count < 2) {
        return Vec::new();
    }
    let mut bytes = 0;
    let has_room = |(_, name): &(usize, &String)| {
        bytes += name.len();
        bytes <= MAX_KNOWN_BYTES
    };
    let mut known: Vec<String> =
        found.into_iter().take(MAX_KNOWN).take_while(has_room).map(|(_, name)| name.clone()).collect();
    known.extend_from_slice(rare);
    known.sort();
    known.dedup();
    known
}

/// Adds the words of a text column as features. Returns `None` if no word occurs in enough training rows.
pub(super) fn with_words(draft: &Draft, rows: Learnable<'_>, text: &FrameColumn) -> Option<Draft> {
    let (column, encodings) = encode::words_of(text, rows.rows)?;
    let mut next = draft.clone();
    next.parts.push(DraftColumn { column, encodings, statistics: Vec::new() });
    Some(next)
}

#[cfg(test)]
mod tests;
