//! Places of the categories in a request that are not in the training data.

/// Number of places of unknown categories that are kept for warnings. Further places are only counted.
const MAX_KEPT: usize = 20;

/// Places in a request (row and column) of categories that are not in the training data, in reading order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnseenCategories {
    first: Vec<CellPosition>,
    count: usize,
}

/// Position of one value in a prediction request: its row and its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellPosition {
    /// Index of the row, from 0.
    pub row: usize,
    /// Index of the column in the model's order.
    pub field: usize,
}

impl UnseenCategories {
    pub(super) fn note(&mut self, row: usize, field: usize) {
        if self.first.len() < MAX_KEPT {
            self.first.push(CellPosition { row, field });
        }
        self.count += 1;
    }

    /// Returns the first places of unknown categories, at most 20.
    pub fn first(&self) -> &[CellPosition] {
        &self.first
    }

    /// Returns how many more unknown categories there are than [`first`](Self::first) returns.
    pub fn more(&self) -> usize {
        self.count - self.first.len()
    }
}
