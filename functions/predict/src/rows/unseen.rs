//! Categories in a request that are not in the training data.

/// Maximum number of places that are kept. Further ones are only counted.
const MAX_KEPT: usize = 20;

/// The places of unknown categories, in the order in which they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnseenCategories {
    first: Vec<CellPosition>,
    count: usize,
}

/// The position of a value in the request.
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

    /// Returns the first places, at most 20.
    pub fn first(&self) -> &[CellPosition] {
        &self.first
    }

    /// Returns the number of places beyond the first.
    pub fn more(&self) -> usize {
        self.count - self.first.len()
    }
}
