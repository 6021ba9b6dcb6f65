//! Describes a table for the estimate of its memory: the number of rows, and the properties of its columns.

use crate::tally::MAX_DISTINCT;

// Each text needs two list entries and a map entry. The characters are stored twice.
/// Memory estimate: bytes for each different text of a column, without its characters.
const TEXT_BYTES: u64 = 176;

/// Storage type of a column's values in memory, which decides how many bytes a value needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryKind {
    /// Numbers or truth values in single precision: 4 bytes per value.
    Number,
    /// Texts: a code of 4 bytes per row, and each different text once. The field is the average text length in bytes.
    Text(u64),
    /// Numbers or dates in double precision: 8 bytes per value.
    Wide,
    /// The values of the column are not kept in memory: 0 bytes per value.
    Skipped,
}

/// The purpose of a column in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnUse {
    /// The model is trained on the values of the column.
    Feature,
    /// The model predicts the values of the column.
    Target,
    /// The column gives the order, the groups or the weights of the rows.
    Other,
}

/// The properties of a column that decide how much memory it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnShape {
    /// How the values of the column are stored.
    pub kind: MemoryKind,
    /// The purpose of the column in training.
    pub used: ColumnUse,
    /// Minimum number of different values in the column. The true number may be larger.
    pub distinct: u64,
    /// Whether some value of the column is missing.
    pub has_missing: bool,
}

/// Shape of a table for the memory estimate: its number of rows and all its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Number of rows in the table.
    pub rows: u64,
    /// The columns of the table in the order of the files, including the columns that are left out of training.
    pub columns: Vec<ColumnShape>,
}

impl TableShape {
    /// Returns how many bytes of memory all values of the table need.
    pub fn bytes(&self) -> u64 {
        self.rows.saturating_mul(self.row_bytes()).saturating_add(self.text_bytes())
    }

    /// Returns how many bytes of memory one row of the table needs.
    pub fn row_bytes(&self) -> u64 {
        // Each different text is stored once for the whole table, so texts are not included.
        self.sum(ColumnShape::bytes)
    }

    /// Returns how many bytes of memory the different texts of all columns need.
    pub fn text_bytes(&self) -> u64 {
        self.sum(ColumnShape::text_bytes)
    }

    /// Returns the feature columns, on which the model is trained, without columns whose values are not stored.
    pub fn feature_columns(&self) -> impl Iterator<Item = &ColumnShape> {
        self.columns.iter().filter(|column| column.used == ColumnUse::Feature && column.kind != MemoryKind::Skipped)
    }

    /// Returns the target column of a classification. `None` for a regression.
    pub fn labels(&self) -> Option<&ColumnShape> {
        let target = self.columns.iter().find(|column| column.used == ColumnUse::Target);
        target.filter(|target| matches!(target.kind, MemoryKind::Text(_)))
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels().is_some()
    }

    /// Memory estimate: returns how many different values per column are kept in memory for counting, on average.
    pub(super) fn remembered(&self) -> u64 {
        self.sum(|column| column.distinct.min(2 * MAX_DISTINCT as u64)) / (self.columns.len() as u64).max(1)
    }

    fn sum(&self, of: fn(&ColumnShape) -> u64) -> u64 {
        self.columns.iter().map(of).fold(0, u64::saturating_add)
    }
}

impl ColumnShape {
    /// Returns the bytes of memory that one value of the column needs.
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
