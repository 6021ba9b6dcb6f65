//! Rows and columns of a request in which a category is not in the training data.

/// Maximum number of unknown categories whose row and column are kept for warnings. Further unknown categories are only
/// counted.
const MAX_KEPT: usize = 20;

/// The values of a request that are categories unknown from training: the row and column of each, in reading order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnseenCategories {
    first: Vec<CellPosition>,
    count: usize,
}

/// Position of one value in a prediction request: its row and its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellPosition {
    /// Index of the value's row in the request, from 0.
    pub row: usize,
    /// Index of the value's column, in the model's column order.
    pub field: usize,
}

impl UnseenCategories {
    pub(super) fn note(&mut self, row: usize, field: usize) {
        if self.first.len() < MAX_KEPT {
            self.first.push(CellPosition { row, field });
        }
        self.count += 1;
    }

    /// Returns the rows and columns of the first unknown categories, at most 20.
    pub fn first(&self) -> &[CellPosition] {
        &self.first
    }

    /// Returns the number of unknown categories beyond those that [`first`](Self::first) returns.
    pub fn more(&self) -> usize {
        self.count - self.first.len()
    }
}
