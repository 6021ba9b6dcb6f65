//! The columns of a data set, as the model card and the data set's page show them.

use evergreen_lifecycle::{ColumnProfile, ColumnRole};

use super::markup::{Markup, badge};
use super::text;

/// A column of the data set, as a row of a table.
#[derive(Debug)]
pub(super) struct ColumnRow {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) role: Markup,
    pub(super) because: String,
    pub(super) missing: String,
    pub(super) distinct: String,
    pub(super) histogram: Markup,
    /// What changed since another version. Empty if nothing did.
    pub(super) drift: Vec<String>,
}

impl ColumnRow {
    /// Describes a column of a table of `rows` rows.
    pub(super) fn of(column: &ColumnProfile, rows: usize) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind.clone(),
            role: role(column.role),
            because: column.because.clone(),
            missing: if column.missing == 0 { "none".to_owned() } else { text::percent(share(column.missing, rows)) },
            distinct: text::count(column.distinct as u64),
            histogram: Markup::default(),
            drift: Vec::new(),
        }
    }
}

fn share(count: usize, rows: usize) -> f64 {
    count as f64 / rows.max(1) as f64
}

fn role(role: ColumnRole) -> Markup {
    match role {
        ColumnRole::Feature => Markup("feature".to_owned()),
        ColumnRole::Target => badge("good", "target"),
        ColumnRole::Order => badge("quiet", "order"),
        ColumnRole::Weights => badge("quiet", "weights"),
        ColumnRole::Group => badge("quiet", "group"),
        ColumnRole::Dropped => badge("warn", "dropped"),
    }
}

/// Returns what changed in a column between two tables, as sentences. Small changes are left out.
pub(super) fn drift(before: &ColumnProfile, before_rows: usize, after: &ColumnProfile, after_rows: usize) -> Vec<String> {
    let mut changes = Vec::new();
    if before.kind != after.kind {
        changes.push(format!("the type was {}", before.kind));
    }
    if before.role != after.role {
        changes.push(format!("the role was {}", role_name(before.role)));
    }
    let (missed, misses) = (share(before.missing, before_rows), share(after.missing, after_rows));
    if (missed - misses).abs() >= 0.01 {
        changes.push(format!("missing values were {}", text::percent(missed)));
    }
    let (few, many) = (before.distinct.min(after.distinct), before.distinct.max(after.distinct));
    if many as f64 > few as f64 * 1.5 && many > few + 2 {
        changes.push(format!("there were {} different values", text::count(before.distinct as u64)));
    }
    changes
}

fn role_name(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Feature => "feature",
        ColumnRole::Target => "target",
        ColumnRole::Order => "order",
        ColumnRole::Weights => "weights",
        ColumnRole::Group => "group",
        ColumnRole::Dropped => "dropped",
    }
}
