//! What gets the cells of a table while its files are read.

use crate::cell::FileCell;
use crate::odd_rows::OddRow;

// In a Parquet file, `line` is the number of the row.
/// Position of a row: the index of the data file, and the line in the file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowPosition {
    pub file: u32,
    pub line: u64,
}

// The cells arrive row by row or column by column. Within a column, they arrive in the order of the rows.
/// Receiver of cells: gets the cells of a data file while the file is read.
pub(crate) trait CellReader: Send {
    /// Receives one cell of the table: `column` is the column's index, and `at` the row's position in the files.
    fn cell(&mut self, column: usize, at: RowPosition, cell: FileCell<'_>);

    /// Receives the next cells of a column. `at` is the position of the first cell's row.
    fn cells<'c>(&mut self, column: usize, mut at: RowPosition, cells: impl Iterator<Item = FileCell<'c>>) {
        // Each further cell is one row below.
        for cell in cells {
            self.cell(column, at, cell);
            at.line += 1;
        }
    }

    /// Returns whether this receiver needs the cells of the column with this index.
    fn needs(&self, _column: usize) -> bool {
        // If not, the file reader may skip the column.
        true
    }

    /// Receives the position of a row that is left out of the table, and the reason (for example, an empty row).
    fn left_out(&mut self, _at: RowPosition, _why: OddRow) {}
}

// The results of the receivers are combined afterwards.
/// Receiver of cells for parallel reading: each piece of a file gets a separate receiver.
pub(crate) trait CellCollector: CellReader + Sync {
    /// Creates a receiver of cells for a later piece of the files, which has at most `rows` rows.
    fn sibling(&self, rows: usize) -> Self;

    /// Appends the results of the receiver `later`, which got the cells of the following rows.
    fn append(&mut self, later: Self);
}
