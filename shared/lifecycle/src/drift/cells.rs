//! How many rows of a column lie in each cell, for people who look at a comparison.

use serde::{Deserialize, Serialize};

use super::Bins;
use super::verdict::ColumnDrift;

// A comparison is one DynamoDB item of at most 400 KB, with all columns. Sentences and numbers need the rest.
/// Maximum size of all cells of one comparison, in bytes.
const MAX_CELL_BYTES: usize = 100_000;

/// Bytes of the two counts of a cell, at most.
const COUNT_BYTES: usize = 20;

/// The rows in each cell of one column, as three lists of one length, in the order of the cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRows {
    /// The cells, such as `30 to 50`, `pro`, `unseen` or `missing`.
    pub names: Vec<String>,
    /// Rows of the baseline.
    pub baseline: Vec<u64>,
    /// Served rows.
    pub served: Vec<u64>,
}

impl CellRows {
    pub(super) fn new(bins: &Bins, baseline: &[u64], served: &[u64]) -> Self {
        let names = (0..bins.cells()).map(|cell| bins.label(cell)).collect();
        Self { names, baseline: baseline.to_vec(), served: served.to_vec() }
    }

    fn bytes(&self) -> usize {
        self.names.iter().map(|name| name.len() + COUNT_BYTES).sum()
    }
}

/// Removes the cells of the columns that changed least, until the others fit into the registry.
pub(super) fn keep_the_most_changed(columns: &mut [ColumnDrift]) {
    let mut order: Vec<&mut ColumnDrift> = columns.iter_mut().collect();
    order.sort_by(|a, b| b.is_drifted.cmp(&a.is_drifted).then(b.psi.total_cmp(&a.psi)));
    let mut bytes = 0_usize;
    for column in order {
        bytes = bytes.saturating_add(column.cells.as_ref().map_or(0, CellRows::bytes));
        if bytes > MAX_CELL_BYTES {
            column.cells = None;
        }
    }
}
