//! Loads the rows of a row group, and notes the first value outside the sample that has another type than its column.

use super::groups::RowGroup;
use crate::cell::FileCell;
use crate::load::{LoadedColumn, Loader};
use crate::parts::{CellCollector, CellReader, RowPosition};

/// Receiver of cells that stores their values, as [`Loader`] does, and checks their types.
pub(super) struct CheckedLoader<'a> {
    loader: Loader<'a>,
    group: &'a RowGroup<'a>,
    is_outside: &'a (dyn Fn(usize) -> bool + Sync),
    wrong: Option<WrongValue>,
}

/// A value that has another type than its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WrongValue {
    /// Index of the row in its row group.
    pub(super) row: usize,
    pub(super) column: usize,
    /// Which values the column has, for the error message.
    pub(super) expected: &'static str,
}

impl<'a> CheckedLoader<'a> {
    /// `is_outside` says for each row of the group whether it is outside the sample. The types of all other rows are known
    /// to be right.
    pub(super) fn new(
        loader: Loader<'a>,
        group: &'a RowGroup<'a>,
        is_outside: &'a (dyn Fn(usize) -> bool + Sync),
    ) -> Self {
        Self { loader, group, is_outside, wrong: None }
    }

    /// Returns the loaded columns, and the first value of a wrong type.
    pub(super) fn finish(self) -> (Vec<LoadedColumn>, Option<WrongValue>) {
        (self.loader.finish(), self.wrong)
    }

    fn note(&mut self, wrong: WrongValue) {
        if (self.is_outside)(wrong.row) {
            self.wrong = Some(self.wrong.map_or(wrong, |first| first.min(wrong)));
        }
    }
}

impl CellReader for CheckedLoader<'_> {
    #[inline]
    fn cell(&mut self, column: usize, at: RowPosition, cell: FileCell<'_>) {
        if let Some(expected) = self.loader.add(column, &cell) {
            self.note(WrongValue { row: self.group.index_of(at), column, expected });
        }
    }

    fn needs(&self, column: usize) -> bool {
        self.loader.needs(column)
    }
}

impl CellCollector for CheckedLoader<'_> {
    fn sibling(&self, rows: usize) -> Self {
        Self::new(self.loader.sibling(rows), self.group, self.is_outside)
    }

    fn append(&mut self, later: Self) {
        self.loader.append(later.loader);
        if let Some(wrong) = later.wrong {
            self.note(wrong);
        }
    }
}
