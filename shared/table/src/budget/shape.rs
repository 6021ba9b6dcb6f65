//! Describes the rows and columns of a table as far as they decide how much memory it needs.

use crate::survey::MAX_DISTINCT;

/// Bytes that each different text of a column needs in addition to its characters. They are two entries in lists and an
/// entry in a map. The characters are stored twice.
const TEXT_BYTES: u64 = 176;

/// How the values of a column are stored, which decides how many bytes they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryKind {
    /// Numbers or truth values, in single precision: 4 bytes per value.
    Number,
    /// Texts. Each different text is stored once, and each row has a code of 4 bytes. The field is the average length
    /// of the texts in bytes.
    Text(u64),
    /// Numbers, or dates in seconds, in double precision: 8 bytes per value.
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
    /// The column orders, groups or weights the rows.
    Other,
}

/// The properties of a column that decide how much memory it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnShape {
    /// How the values of the column are stored.
    pub kind: MemoryKind,
    /// The purpose of the column in training.
    pub used: ColumnUse,
    /// Minimum number of different values in the column. It may have more.
    pub distinct: u64,
    /// Whether some value of the column is missing.
    pub has_missing: bool,
}

/// The number of rows and the columns of a table. Columns that are left out are included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableShape {
    /// Number of rows in the table.
    pub rows: u64,
    /// The columns of the table, in the order of the files.
    pub columns: Vec<ColumnShape>,
}

impl TableShape {
    /// Returns the bytes that all values of the table need in memory.
    pub fn bytes(&self) -> u64 {
        self.rows.saturating_mul(self.row_bytes()).saturating_add(self.text_bytes())
    }

    /// Returns the bytes that the values of one row need in memory. Different texts are stored once for the table and
    /// are not included.
    pub fn row_bytes(&self) -> u64 {
        self.sum(ColumnShape::bytes)
    }

    /// Returns the bytes that the different texts of all columns need in memory. Each one is stored once.
    pub fn text_bytes(&self) -> u64 {
        self.sum(ColumnShape::text_bytes)
    }

    /// Returns the columns that the model is trained on. Columns whose values are not kept are left out.
    pub fn feature_columns(&self) -> impl Iterator<Item = &ColumnShape> {
        self.columns.iter().filter(|column| column.used == ColumnUse::Feature && column.kind != MemoryKind::Skipped)
    }

    /// Returns the target column if its values are labels. `None` if they are numbers.
    pub fn labels(&self) -> Option<&ColumnShape> {
        let target = self.columns.iter().find(|column| column.used == ColumnUse::Target);
        target.filter(|target| matches!(target.kind, MemoryKind::Text(_)))
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels().is_some()
    }

    /// Returns how many different values the first pass over the files remembers for each column, on average.
    pub(super) fn remembered(&self) -> u64 {
        self.sum(|column| column.distinct.min(2 * MAX_DISTINCT as u64)) / (self.columns.len() as u64).max(1)
    }

    fn sum(&self, of: fn(&ColumnShape) -> u64) -> u64 {
        self.columns.iter().map(of).fold(0, u64::saturating_add)
    }
}

impl ColumnShape {
    /// Returns the bytes that one value of the column needs in memory.
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
