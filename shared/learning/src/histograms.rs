//! The histograms of a table's columns, which its profile shows to people.

use std::collections::HashMap;

use evergreen_lifecycle::histogram::bins;
use evergreen_lifecycle::{
    Column, ColumnHistogram, ColumnKind, ColumnProfile, ColumnRole, Label, Signature, ValueCount,
};
use evergreen_table::{Table, Target, Values};
use rayon::prelude::*;

/// Maximum number of bins for a column of numbers or timestamps.
const MAX_BINS: usize = 12;

/// Maximum number of categories or labels that a histogram names.
const MAX_VALUES: usize = 8;

/// Adds a histogram to each column whose values the table holds. A category is only named if the signature names it.
pub(crate) fn describe(columns: &mut [ColumnProfile], table: &Table, signature: &Signature) {
    // The signature has the columns of the frame, in the same order. Nothing is copied but a sample of the numbers.
    let features = table.frame().columns().iter().zip(signature.columns());
    let features: HashMap<&str, (&Values, &Column)> =
        features.map(|(column, described)| (column.name.as_str(), (&column.values, described))).collect();
    columns.par_iter_mut().for_each(|column| column.histogram = histogram(column, table, &features));
}

fn histogram(
    column: &ColumnProfile,
    table: &Table,
    features: &HashMap<&str, (&Values, &Column)>,
) -> Option<ColumnHistogram> {
    match column.role {
        ColumnRole::Feature => {
            features.get(column.name.as_str()).and_then(|(values, column)| of_feature(values, column))
        }
        ColumnRole::Target => Some(of_target(table.target())),
        ColumnRole::Order => Some(numbers(table.order()?.iter().copied())),
        ColumnRole::Weights => Some(numbers(table.weights()?.iter().map(|weight| f64::from(*weight)))),
        ColumnRole::Group | ColumnRole::Dropped => None,
    }
}

fn of_feature(values: &Values, column: &Column) -> Option<ColumnHistogram> {
    match values {
        Values::Number(values) => Some(numbers(values.iter().map(|value| f64::from(*value)))),
        Values::Timestamp(values) => Some(numbers(values.iter().copied())),
        Values::Boolean(values) => {
            let count = |wanted: f32| values.iter().filter(|value| **value == wanted).count();
            Some(named([("false", count(0.0)), ("true", count(1.0))].map(|(value, rows)| (Some(value.into()), rows))))
        }
        Values::Category { codes, names } => {
            // Both lists are sorted.
            let is_known = |text: &String| match &column.kind {
                ColumnKind::Category { categories, rare } => {
                    categories.binary_search(text).is_ok() || rare.binary_search(text).is_ok()
                }
                _ => false,
            };
            let known = names.iter().map(|text| is_known(text).then(|| text.clone()));
            Some(named(known.zip(counts(codes, names.len()))))
        }
        Values::Text { .. } => None,
    }
}

fn of_target(target: &Target) -> ColumnHistogram {
    match target {
        Target::Numbers(values) => numbers(values.iter().copied()),
        Target::Classes { labels, classes } => {
            named(labels.iter().map(Label::to_string).map(Some).zip(counts(classes, labels.len())))
        }
    }
}

fn numbers(values: impl Iterator<Item = f64> + Clone) -> ColumnHistogram {
    ColumnHistogram::Numbers { bins: bins(values, MAX_BINS) }
}

/// Counts how many rows have each code. Other codes, such as that of a missing value, are ignored.
fn counts(codes: &[u32], different: usize) -> Vec<usize> {
    let mut rows = vec![0; different];
    for code in codes {
        if let Some(rows) = rows.get_mut(*code as usize) {
            *rows += 1;
        }
    }
    rows
}

/// Keeps the most frequent values by name. A value without a name counts as other.
fn named(counted: impl IntoIterator<Item = (Option<String>, usize)>) -> ColumnHistogram {
    let (mut values, mut other) = (Vec::new(), 0);
    for (value, rows) in counted {
        match value {
            Some(value) if rows > 0 => values.push(ValueCount { value, rows }),
            _ => other += rows,
        }
    }
    values.sort_by_key(|value| std::cmp::Reverse(value.rows));
    other += values.iter().skip(MAX_VALUES).map(|value| value.rows).sum::<usize>();
    values.truncate(MAX_VALUES);
    ColumnHistogram::Values { values, other }
}
