//! Rows and columns of a request in which a category is not in the training data.

// Further unknown categories are only counted.
/// Maximum number of unknown categories whose row and column are kept for warnings.
const MAX_KEPT: usize = 20;

/// Rows and columns in which a request has a category that is not in the training data, in the order of the request.
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

    /// Returns the positions (row and column) of the first unknown categories, at most 20.
    pub fn first(&self) -> &[CellPosition] {
        &self.first
    }

    /// Returns how many more unknown categories there are than [`first`](Self::first) returns.
    pub fn more(&self) -> usize {
        self.count - self.first.len()
    }
}
