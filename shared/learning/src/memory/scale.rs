//! The sizes from which the memory need of a training run is computed.

use evergreen_lifecycle::{ColumnRole, DatasetProfile, MAX_LABELS};
use evergreen_table::budget::{ColumnShape, ColumnUse, MemoryKind, TableShape};
use evergreen_table::{Table, Values};

use crate::encode::MAX_CATEGORIES;
use crate::prepared::Prepared;

const MAX_BINS: u64 = 256;

/// Size of a table, from which the memory need of a training run is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Number of all rows of the table.
    pub(crate) rows: u64,
    // Number of training rows.
    pub(crate) training: u64,
    /// Number of columns in the files, including columns that are left out of training.
    pub(crate) columns: u64,
    /// Number of columns that models are trained on.
    pub(crate) learnt: u64,
    /// Bytes of memory that the table's values take.
    pub(crate) bytes: u64,
    // Bytes of memory that the values of one row take.
    pub(crate) row_bytes: u64,
    /// Number of features after each column is encoded.
    pub(crate) features: u64,
    // Number of bins (ranges of values) of all features together.
    pub(crate) bins: u64,
    // The maximum is the product of the columns' numbers of bins.
    /// Maximum number of different rows in the table if each value counts only as its bin (range of values).
    pub(crate) different: u64,
    /// Number of classes of the target. 0 for regression.
    pub(crate) classes: u64,
}

impl Scale {
    /// Estimates the size of a table from the shapes (type and size) of its columns, before the table is split.
    pub(crate) fn of(shape: &TableShape) -> Self {
        // The estimate assumes that one fifth of the rows becomes the hold-out.
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

    /// Returns the size of a table that has been read, split into training rows and hold-out, and preprocessed.
    pub(crate) fn learning(prepared: &Prepared) -> Self {
        let table = prepared.table();
        let columns = learnt(table).chain(others(table.profile(), table)).collect();
        let scale = Self::of(&TableShape { rows: table.rows() as u64, columns });
        let features = prepared.preprocessing().features() as u64;
        Self { training: prepared.split().training.len() as u64, features, ..scale }
    }

    pub(crate) fn holdout(&self) -> u64 {
        self.rows.saturating_sub(self.training)
    }

    /// Returns how many bytes of memory the target of one row takes.
    pub(crate) fn truth_bytes(&self) -> u64 {
        if self.classes == 0 { 8 } else { 4 }
    }

    /// Returns how many numbers a model predicts for one row: one for each class, or a single number for regression.
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

/// Returns the maximum number of different values of a column after binning. A missing value counts as one more.
fn variants(column: &ColumnShape) -> u64 {
    let most = if matches!(column.kind, MemoryKind::Text(_)) { MAX_CATEGORIES as u64 + 1 } else { MAX_BINS };
    column.distinct.min(most) + u64::from(column.has_missing)
}

/// Returns the shapes (type and size) of the columns that models are trained on.
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

/// Returns the shapes (type and size) of the columns that no model is trained on.
fn others(profile: &DatasetProfile, table: &Table) -> impl Iterator<Item = ColumnShape> {
    // No model is trained on target, order, group, weights, and columns that are left out.
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
