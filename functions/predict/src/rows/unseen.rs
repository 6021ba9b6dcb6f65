//! Texts of a call that the model did not learn from.

/// The most places that are told; of any more only their number is.
const MAX_TOLD: usize = 20;

/// The places of such texts, in the order in which they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unseen {
    first: Vec<Place>,
    count: usize,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The row, from 0.
    pub row: usize,
    /// The index of the column.
    pub field: usize,
}

impl Unseen {
    pub(super) fn note(&mut self, row: usize, field: usize) {
        if self.first.len() < MAX_TOLD {
            self.first.push(Place { row, field });
        }
        self.count += 1;
    }

    /// The first places, 20 at most.
    pub fn first(&self) -> &[Place] {
        &self.first
    }

    /// How many places there are beyond the first.
    pub fn more(&self) -> usize {
        self.count - self.first.len()
    }
}
