//! Counts of rows in the cells of a shape.

use super::{CountShape, ShapeDigest};

// All additions saturate, so a sum is the same in any order and never fails.
/// How many rows lie in each cell of each counted column. The counts contain no value of any row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedCounts {
    shape: ShapeDigest,
    rows: u64,
    refused: u64,
    cells: Vec<Vec<u64>>,
}

/// Error: the counts belong to cells other than the expected ones, so they cannot be added or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the counts belong to the cells of another model version; expected counts of the same version; leave these counts \
     out"
)]
pub struct OtherShape;

impl ServedCounts {
    /// Creates counts of no rows, for the cells of `shape`.
    pub fn new(shape: &CountShape) -> Self {
        Self::with_cells(shape.digest(), 0, 0, shape.all().map(|column| vec![0; column.bins.cells()]).collect())
    }

    pub(super) fn with_cells(shape: ShapeDigest, rows: u64, refused: u64, cells: Vec<Vec<u64>>) -> Self {
        Self { shape, rows, refused, cells }
    }

    /// Returns the digest of the shape that these counts belong to.
    pub fn shape(&self) -> ShapeDigest {
        self.shape
    }

    /// Returns the number of counted rows. Refused rows are not counted here.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the number of rows that got an error and no prediction.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Returns the counts of each counted column: the input columns, then the predictions.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &[u64]> {
        self.cells.iter().map(Vec::as_slice)
    }

    /// Returns whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.refused == 0
    }

    /// Counts rows that got an error and no prediction.
    pub fn refuse(&mut self, rows: u64) {
        self.refused = self.refused.saturating_add(rows);
    }

    pub(super) fn count_row(&mut self) {
        self.rows = self.rows.saturating_add(1);
    }

    pub(super) fn count_cell(&mut self, column: usize, cell: usize) {
        if let Some(count) = self.cells.get_mut(column).and_then(|cells| cells.get_mut(cell)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds the counts of `other`.
    ///
    /// # Errors
    /// [`OtherShape`] if `other` belongs to other cells. Then nothing is added.
    pub fn add(&mut self, other: &Self) -> Result<(), OtherShape> {
        if self.shape != other.shape || !have_same_cells(&self.cells, &other.cells) {
            return Err(OtherShape);
        }
        self.rows = self.rows.saturating_add(other.rows);
        self.refused = self.refused.saturating_add(other.refused);
        for (count, more) in self.cells.iter_mut().flatten().zip(other.cells.iter().flatten()) {
            *count = count.saturating_add(*more);
        }
        Ok(())
    }
}

/// Returns the sum of counts.
pub(super) fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

fn have_same_cells(a: &[Vec<u64>], b: &[Vec<u64>]) -> bool {
    a.iter().map(Vec::len).eq(b.iter().map(Vec::len))
}
