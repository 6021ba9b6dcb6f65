//! What the memory of a table and of its training depends on.

use evergreen_lifecycle::{ColumnRole, DatasetProfile};
use evergreen_scoring::MAX_LABELS;

use crate::encode::MAX_CATEGORIES;
use crate::frame::Values;
use crate::table::{MAX_DISTINCT, Table};

/// Bins of a feature, at most.
const MAX_BINS: u64 = 256;

/// Bytes of a text that is kept once, beside its own, which are kept twice: two entries in lists, an entry in a map.
const TEXT_BYTES: u64 = 176;

/// What a column holds, as far as memory goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbers, truth values or moments, in single precision.
    Number,
    /// Texts, kept once each, of so many bytes on average.
    Text(u64),
    /// Numbers in double precision.
    Wide,
    /// Nothing that is kept.
    Skipped,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Feature,
    Target,
    /// Order or weights.
    Other,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) kind: Kind,
    pub(crate) used: Use,
    /// Different values, at least.
    pub(crate) distinct: u64,
    /// Whether some are missing.
    pub(crate) has_missing: bool,
}

/// A table: its rows, and what they make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Rows, and those of them that are learnt from.
    pub(crate) rows: u64,
    pub(crate) training: u64,
    /// Columns of the files, those that are left out included.
    pub(crate) columns: u64,
    /// Columns that are learnt from.
    pub(crate) learnt: u64,
    /// Bytes of a row's values in memory.
    pub(crate) row_bytes: u64,
    /// Bytes of all texts that are kept once.
    pub(crate) text_bytes: u64,
    /// Features, after categories have been told apart, and the bins of all of them.
    pub(crate) features: u64,
    pub(crate) bins: u64,
    /// Rows that differ in their features, at most.
    pub(crate) different: u64,
    /// Classes; 0 where numbers are estimated.
    pub(crate) classes: u64,
    /// The values of a column that the first reading remembers.
    pub(crate) remembered: u64,
}

impl Shape {
    /// Of so many rows of these columns.
    pub(crate) fn of(rows: u64, columns: &[Column]) -> Self {
        let learnt = || columns.iter().filter(|column| column.used == Use::Feature && column.kind != Kind::Skipped);
        let sum = |of: fn(&Column) -> u64| columns.iter().map(of).fold(0, u64::saturating_add);
        let target = columns.iter().find(|column| column.used == Use::Target);
        let classes = target.filter(|target| matches!(target.kind, Kind::Text(_)));
        Self {
            rows,
            training: rows - rows / 5,
            columns: columns.len() as u64,
            learnt: learnt().count() as u64,
            row_bytes: sum(Column::bytes),
            text_bytes: sum(Column::text_bytes),
            features: learnt().map(Column::features).sum(),
            bins: learnt().map(Column::bins).sum(),
            different: learnt().map(Column::variants).fold(1, u64::saturating_mul),
            classes: classes.map_or(0, |target| target.distinct.clamp(2, MAX_LABELS as u64)),
            remembered: sum(|column| column.distinct.min(2 * MAX_DISTINCT as u64)) / (columns.len() as u64).max(1),
        }
    }

    /// Of a table that was read, of which so many rows are learnt from and make so many features.
    pub(crate) fn learning(table: &Table, training: usize, features: usize) -> Self {
        let columns: Vec<Column> = learnt(table).chain(others(table.profile(), table)).collect();
        let shape = Self::of(table.rows() as u64, &columns);
        Self { training: training as u64, features: features as u64, ..shape }
    }

    /// Rows that are held out.
    pub(crate) fn holdout(&self) -> u64 {
        self.rows.saturating_sub(self.training)
    }

    /// Bytes of the truth of a row.
    pub(crate) fn truth_bytes(&self) -> u64 {
        if self.classes == 0 { 8 } else { 4 }
    }

    /// Numbers that a model answers to a row.
    pub(crate) fn answers(&self) -> u64 {
        self.classes.max(1)
    }
}

impl Column {
    /// Bytes of a value.
    fn bytes(&self) -> u64 {
        match self.kind {
            Kind::Number | Kind::Text(_) => 4,
            Kind::Wide => 8,
            Kind::Skipped => 0,
        }
    }

    fn text_bytes(&self) -> u64 {
        match self.kind {
            Kind::Text(bytes) => self.distinct.saturating_mul(TEXT_BYTES + 2 * bytes),
            _ => 0,
        }
    }

    fn features(&self) -> u64 {
        let values = match self.kind {
            Kind::Text(_) => self.distinct.min(MAX_CATEGORIES as u64),
            _ => 1,
        };
        values + u64::from(self.has_missing)
    }

    fn bins(&self) -> u64 {
        match self.kind {
            Kind::Text(_) => 2 * self.features(),
            _ => self.distinct.min(MAX_BINS) + 2 * u64::from(self.has_missing),
        }
    }

    /// In how many ways its features differ.
    fn variants(&self) -> u64 {
        let most = if matches!(self.kind, Kind::Text(_)) { MAX_CATEGORIES as u64 + 1 } else { MAX_BINS };
        self.distinct.min(most) + u64::from(self.has_missing)
    }
}

/// The columns that are learnt from.
fn learnt(table: &Table) -> impl Iterator<Item = Column> {
    let distinct = |name: &str| {
        let profile = table.profile().columns.iter().find(|profile| profile.name == name);
        profile.map_or(u64::MAX, |profile| profile.distinct as u64)
    };
    table.frame().columns().iter().map(move |column| {
        let (kind, distinct) = match &column.values {
            Values::Timestamp(_) => (Kind::Wide, distinct(&column.name)),
            Values::Category { names, .. } | Values::Text { names, .. } => {
                let bytes: usize = names.iter().map(String::len).sum();
                (Kind::Text((bytes / names.len().max(1)) as u64), names.len() as u64)
            }
            _ => (Kind::Number, distinct(&column.name)),
        };
        Column { kind, used: Use::Feature, distinct, has_missing: column.values.has_missing() }
    })
}

/// Target, order, weights, and what is left out.
fn others(profile: &DatasetProfile, table: &Table) -> impl Iterator<Item = Column> {
    let classes = table.target().labels().len() as u64;
    profile.columns.iter().filter_map(move |column| {
        let (kind, used) = match column.role {
            ColumnRole::Feature => return None,
            ColumnRole::Target if classes > 0 => (Kind::Text(0), Use::Target),
            ColumnRole::Target => (Kind::Wide, Use::Target),
            ColumnRole::Order => (Kind::Wide, Use::Other),
            ColumnRole::Weights => (Kind::Number, Use::Other),
            ColumnRole::Dropped => (Kind::Skipped, Use::Feature),
        };
        let distinct = if used == Use::Target && classes > 0 { classes } else { column.distinct as u64 };
        Some(Column { kind, used, distinct, has_missing: column.missing > 0 })
    })
}
