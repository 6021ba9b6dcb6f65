//! Describes rows and columns of a table, as far as they decide its memory.

use crate::survey::MAX_DISTINCT;

/// Bytes of a distinct text in addition to its characters: two entries in lists and an entry in a map. The characters
/// are stored twice.
const TEXT_BYTES: u64 = 176;

/// The kind of values in a column, as far as it decides their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryKind {
    /// Numbers or truth values, in single precision: 4 bytes per value.
    Number,
    /// Texts. Each different text is stored once. The field is their average length in bytes.
    Text(u64),
    /// Numbers, or moments in seconds, in double precision: 8 bytes per value.
    Wide,
    /// Values that are not kept in memory.
    Skipped,
}

/// The purpose of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnUse {
    /// The model is trained on the column.
    Feature,
    /// The model predicts the column.
    Target,
    /// The column of the order, of the groups or of the weights.
    Other,
}

/// A column of a table, as far as it decides the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnShape {
    /// The kind of its values.
    pub kind: MemoryKind,
    /// The purpose of the column.
    pub used: ColumnUse,
    /// Minimum number of different values.
    pub distinct: u64,
    /// Whether some values are missing.
    pub has_missing: bool,
}

/// Rows and columns of a table, including columns that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Number of rows.
    pub rows: u64,
    /// The columns in the order of the files.
    pub columns: Vec<ColumnShape>,
}

impl TableShape {
    /// Returns the bytes of all values in memory.
    pub fn bytes(&self) -> u64 {
        self.rows.saturating_mul(self.row_bytes()).saturating_add(self.text_bytes())
    }

    /// Returns the bytes of the values of a row, without the texts that are stored once.
    pub fn row_bytes(&self) -> u64 {
        self.sum(ColumnShape::bytes)
    }

    /// Returns the bytes of all texts that are stored once.
    pub fn text_bytes(&self) -> u64 {
        self.sum(ColumnShape::text_bytes)
    }

    /// Returns the columns that the model is trained on.
    pub fn feature_columns(&self) -> impl Iterator<Item = &ColumnShape> {
        self.columns.iter().filter(|column| column.used == ColumnUse::Feature && column.kind != MemoryKind::Skipped)
    }

    /// Returns the target if its values are labels.
    pub fn labels(&self) -> Option<&ColumnShape> {
        let target = self.columns.iter().find(|column| column.used == ColumnUse::Target);
        target.filter(|target| matches!(target.kind, MemoryKind::Text(_)))
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels().is_some()
    }

    /// Returns how many values of a column the survey remembers, on average.
    pub(super) fn remembered(&self) -> u64 {
        self.sum(|column| column.distinct.min(2 * MAX_DISTINCT as u64)) / (self.columns.len() as u64).max(1)
    }

    fn sum(&self, of: fn(&ColumnShape) -> u64) -> u64 {
        self.columns.iter().map(of).fold(0, u64::saturating_add)
    }
}

impl ColumnShape {
    /// Returns the bytes of a value.
    fn bytes(&self) -> u64 {
        match self.kind {
            MemoryKind::Number | MemoryKind::Text(_) => 4,
            MemoryKind::Wide => 8,
            MemoryKind::Skipped => 0,
        }
    }

    fn text_bytes(&self) -> u64 {
        match self.kind {
            MemoryKind::Text(bytes) => self.distinct.saturating_mul(TEXT_BYTES + 2 * bytes),
            _ => 0,
        }
    }
}
