//! The quantities that the memory of a training run depends on.

use evergreen_lifecycle::{ColumnRole, DatasetProfile, MAX_LABELS};
use evergreen_table::budget::{ColumnShape, ColumnUse, MemoryKind, TableShape};
use evergreen_table::{Table, Values};

use crate::encode::MAX_CATEGORIES;
use crate::prepared::Prepared;

const MAX_BINS: u64 = 256;

/// The size of a table for training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    /// All rows, and the training rows.
    pub(crate) rows: u64,
    pub(crate) training: u64,
    /// Columns of the files, including those that are left out.
    pub(crate) columns: u64,
    /// Columns that models are trained on.
    pub(crate) learnt: u64,
    /// Bytes of the table's values: of all rows, and of one row.
    pub(crate) bytes: u64,
    pub(crate) row_bytes: u64,
    /// Features after categories have become features, and the bins of all of them.
    pub(crate) features: u64,
    pub(crate) bins: u64,
    /// Maximum number of rows with different features.
    pub(crate) different: u64,
    /// Number of classes; 0 for regression.
    pub(crate) classes: u64,
}

impl Scale {
    /// Returns the size of a table with this shape. One fifth of the rows is the hold-out.
    pub(crate) fn of(shape: &TableShape) -> Self {
        Self {
            rows: shape.rows,
            training: shape.rows - shape.rows / 5,
            columns: shape.columns.len() as u64,
            learnt: shape.feature_columns().count() as u64,
            bytes: shape.bytes(),
            row_bytes: shape.row_bytes(),
            features: shape.feature_columns().map(features).sum(),
            bins: shape.feature_columns().map(bins).sum(),
            different: shape.feature_columns().map(variants).fold(1, u64::saturating_mul),
            classes: shape.labels().map_or(0, |target| target.distinct.clamp(2, MAX_LABELS as u64)),
        }
    }

    /// Returns the size of a table that has been read and prepared.
    pub(crate) fn learning(prepared: &Prepared) -> Self {
        let table = prepared.table();
        let columns = learnt(table).chain(others(table.profile(), table)).collect();
        let scale = Self::of(&TableShape { rows: table.rows() as u64, columns });
        let features = prepared.preprocessing().features() as u64;
        Self { training: prepared.split().training.len() as u64, features, ..scale }
    }

    /// Returns the number of hold-out rows.
    pub(crate) fn holdout(&self) -> u64 {
        self.rows.saturating_sub(self.training)
    }

    /// Returns the bytes that the truth of one row takes.
    pub(crate) fn truth_bytes(&self) -> u64 {
        if self.classes == 0 { 8 } else { 4 }
    }

    /// Returns how many numbers a model answers for one row.
    pub(crate) fn answers(&self) -> u64 {
        self.classes.max(1)
    }
}

fn features(column: &ColumnShape) -> u64 {
    let values = match column.kind {
        MemoryKind::Text(_) => column.distinct.min(MAX_CATEGORIES as u64),
        _ => 1,
    };
    values + u64::from(column.has_missing)
}

fn bins(column: &ColumnShape) -> u64 {
    match column.kind {
        MemoryKind::Text(_) => 2 * features(column),
        _ => column.distinct.min(MAX_BINS) + 2 * u64::from(column.has_missing),
    }
}

/// Returns how many different values a column can have in bins.
fn variants(column: &ColumnShape) -> u64 {
    let most = if matches!(column.kind, MemoryKind::Text(_)) { MAX_CATEGORIES as u64 + 1 } else { MAX_BINS };
    column.distinct.min(most) + u64::from(column.has_missing)
}

/// Returns the columns that models are trained on.
fn learnt(table: &Table) -> impl Iterator<Item = ColumnShape> {
    let distinct = |name: &str| {
        let profile = table.profile().columns.iter().find(|profile| profile.name == name);
        profile.map_or(u64::MAX, |profile| profile.distinct as u64)
    };
    table.frame().columns().iter().map(move |column| {
        let (kind, distinct) = match &column.values {
            Values::Timestamp(_) => (MemoryKind::Wide, distinct(&column.name)),
            Values::Category { names, .. } | Values::Text { names, .. } => {
                let bytes: usize = names.iter().map(String::len).sum();
                (MemoryKind::Text((bytes / names.len().max(1)) as u64), names.len() as u64)
            }
            _ => (MemoryKind::Number, distinct(&column.name)),
        };
        ColumnShape { kind, used: ColumnUse::Feature, distinct, has_missing: column.values.has_missing() }
    })
}

/// Returns the other columns: target, order, group, weights, and those that are left out.
fn others(profile: &DatasetProfile, table: &Table) -> impl Iterator<Item = ColumnShape> {
    let classes = table.target().labels().len() as u64;
    profile.columns.iter().filter_map(move |column| {
        let (kind, used) = match column.role {
            ColumnRole::Feature => return None,
            ColumnRole::Target if classes > 0 => (MemoryKind::Text(0), ColumnUse::Target),
            ColumnRole::Target => (MemoryKind::Wide, ColumnUse::Target),
            ColumnRole::Order | ColumnRole::Group => (MemoryKind::Wide, ColumnUse::Other),
            ColumnRole::Weights => (MemoryKind::Number, ColumnUse::Other),
            ColumnRole::Dropped => (MemoryKind::Skipped, ColumnUse::Feature),
        };
        let distinct = if used == ColumnUse::Target && classes > 0 { classes } else { column.distinct as u64 };
        Some(ColumnShape { kind, used, distinct, has_missing: column.missing > 0 })
    })
}
