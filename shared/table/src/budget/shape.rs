//! What a table takes by its rows and columns.

use crate::survey::MAX_DISTINCT;

/// Bytes of a text that is kept once, beside its own, which are kept twice: two entries in lists, an entry in a map.
const TEXT_BYTES: u64 = 176;

/// What a column holds, as far as memory goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers or truth values, in single precision: 4 bytes a value.
    Number,
    /// Texts, kept once each, of so many bytes on average.
    Text(u64),
    /// Numbers, or moments in seconds, in double precision: 8 bytes a value.
    Wide,
    /// Nothing that is kept.
    Skipped,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// To learn from.
    Feature,
    /// To be predicted.
    Target,
    /// The column of the order, of the groups or of the weights.
    Other,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub kind: Kind,
    /// What it is for.
    pub used: Use,
    /// Different values, at least.
    pub distinct: u64,
    /// Whether some are missing.
    pub has_missing: bool,
}

/// Rows and columns of a table; those that are left out included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Number of rows.
    pub rows: u64,
    /// The columns.
    pub columns: Vec<Column>,
}

impl Shape {
    /// Bytes of the values that are kept.
    pub fn bytes(&self) -> u64 {
        self.rows.saturating_mul(self.row_bytes()).saturating_add(self.text_bytes())
    }

    /// Bytes of a row's values in memory.
    pub fn row_bytes(&self) -> u64 {
        self.sum(Column::bytes)
    }

    /// Bytes of all texts that are kept once.
    pub fn text_bytes(&self) -> u64 {
        self.sum(Column::text_bytes)
    }

    /// Columns that are learnt from.
    pub fn learnt(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.used == Use::Feature && column.kind != Kind::Skipped)
    }

    /// The target, if its values are labels.
    pub fn labels(&self) -> Option<&Column> {
        let target = self.columns.iter().find(|column| column.used == Use::Target);
        target.filter(|target| matches!(target.kind, Kind::Text(_)))
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels().is_some()
    }

    /// The values of a column that the first reading remembers, on average.
    pub(super) fn remembered(&self) -> u64 {
        self.sum(|column| column.distinct.min(2 * MAX_DISTINCT as u64)) / (self.columns.len() as u64).max(1)
    }

    fn sum(&self, of: fn(&Column) -> u64) -> u64 {
        self.columns.iter().map(of).fold(0, u64::saturating_add)
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
}
