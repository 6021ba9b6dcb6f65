//! Describes rows and columns of a table, as far as they decide its memory.

use crate::survey::MAX_DISTINCT;

/// Bytes of a distinct text in addition to its characters: two entries in lists and an entry in a map. The characters
/// are stored twice.
const TEXT_BYTES: u64 = 176;

/// The kind of values in a column, as far as it decides their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
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
pub enum Use {
    /// The model is trained on the column.
    Feature,
    /// The model predicts the column.
    Target,
    /// The column of the order, of the groups or of the weights.
    Other,
}

/// A column of a table, as far as it decides the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The kind of its values.
    pub kind: Kind,
    /// The purpose of the column.
    pub used: Use,
    /// Minimum number of different values.
    pub distinct: u64,
    /// Whether some values are missing.
    pub has_missing: bool,
}

/// Rows and columns of a table, including columns that are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Number of rows.
    pub rows: u64,
    /// The columns in the order of the files.
    pub columns: Vec<Column>,
}

impl Shape {
    /// Returns the bytes of all values in memory.
    pub fn bytes(&self) -> u64 {
        self.rows.saturating_mul(self.row_bytes()).saturating_add(self.text_bytes())
    }

    /// Returns the bytes of the values of a row, without the texts that are stored once.
    pub fn row_bytes(&self) -> u64 {
        self.sum(Column::bytes)
    }

    /// Returns the bytes of all texts that are stored once.
    pub fn text_bytes(&self) -> u64 {
        self.sum(Column::text_bytes)
    }

    /// Returns the columns that the model is trained on.
    pub fn learnt(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.used == Use::Feature && column.kind != Kind::Skipped)
    }

    /// Returns the target if its values are labels.
    pub fn labels(&self) -> Option<&Column> {
        let target = self.columns.iter().find(|column| column.used == Use::Target);
        target.filter(|target| matches!(target.kind, Kind::Text(_)))
    }

    pub(super) fn has_labels(&self) -> bool {
        self.labels().is_some()
    }

    /// Returns how many values of a column the survey remembers, on average.
    pub(super) fn remembered(&self) -> u64 {
        self.sum(|column| column.distinct.min(2 * MAX_DISTINCT as u64)) / (self.columns.len() as u64).max(1)
    }

    fn sum(&self, of: fn(&Column) -> u64) -> u64 {
        self.columns.iter().map(of).fold(0, u64::saturating_add)
    }
}

impl Column {
    /// Returns the bytes of a value.
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
