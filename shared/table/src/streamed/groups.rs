//! Goes through the row groups of a streamed table. The bytes of the next group are read while one is worked on.

use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::{OpenedFile, StreamedTable};
use crate::TableError;
use crate::parts::{FileBytes, ParquetFile, RowPosition, TableParts};

/// A row group (a block of rows) whose bytes are in memory.
pub(super) struct RowGroup<'a> {
    pub(super) file: &'a OpenedFile,
    /// Index of the file in the table.
    pub(super) index: usize,
    /// The file, with the bytes of only this row group.
    pub(super) parquet: ParquetFile,
    /// The number of the group's first row in the file, counted from 0.
    pub(super) first: u64,
    pub(super) rows: usize,
}

impl RowGroup<'_> {
    /// Returns the group as parts of a table, to read its cells.
    pub(super) fn parts(&self, table: &StreamedTable) -> TableParts {
        table.parts.with_group(&self.parquet, &self.file.stored.name, table.parts.order_of(self.index))
    }

    /// Returns the number of a row among all rows of the table. `row` is its index in the group.
    pub(super) fn row(&self, row: usize) -> u64 {
        self.file.first + self.first + row as u64
    }

    /// Returns the position of a row for error messages. `row` is its index in the group.
    pub(super) fn position(&self, row: usize) -> RowPosition {
        RowPosition { file: self.index as u32, line: self.first + row as u64 + 1 }
    }

    /// Returns the index in the group of the row at a position in the file.
    pub(super) fn index_of(&self, at: RowPosition) -> usize {
        at.line.saturating_sub(self.first + 1) as usize
    }
}

/// Which bytes of a row group are read.
struct Wanted {
    file: usize,
    group: usize,
    first: u64,
    rows: u64,
    ranges: Vec<Range<u64>>,
}

impl StreamedTable {
    /// Calls `work` for each row group in the order of the rows. `ranges` returns for each group of a file which bytes are
    /// read, and `seen` gets them on another thread, in the same order.
    pub(super) fn each_group(
        &self,
        ranges: impl Fn(&OpenedFile, usize) -> Result<Vec<Vec<Range<u64>>>, TableError>,
        seen: impl FnMut(usize, &FileBytes) + Send,
        mut work: impl FnMut(RowGroup<'_>) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let mut wanted = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let mut first = 0;
            let groups = file.parquet.rows_of_groups().zip(ranges(file, index)?);
            for (group, (rows, ranges)) in groups.enumerate() {
                wanted.push(Wanted { file: index, group, first, rows, ranges });
                first += rows;
            }
        }
        // One group waits while another is worked on, so at most three groups are in memory.
        let (sender, receiver) = sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(move || self.read_groups(wanted, seen, &|read| sender.send(read).is_ok()));
            for read in receiver {
                let (Wanted { file: index, group, first, rows, .. }, bytes) = read?;
                let Some(file) = self.files.get(index) else { continue };
                let parquet = file.parquet.with_group(group, bytes);
                work(RowGroup { file, index, parquet, first, rows: rows as usize })?;
            }
            Ok(())
        })
    }

    /// Reads the bytes of row groups, and passes them on until `send` returns `false`.
    fn read_groups(
        &self,
        wanted: Vec<Wanted>,
        mut seen: impl FnMut(usize, &FileBytes),
        send: &dyn Fn(Result<(Wanted, FileBytes), TableError>) -> bool,
    ) {
        for mut group in wanted {
            let Some(file) = self.files.get(group.file) else { continue };
            let read = file.stored.bytes(std::mem::take(&mut group.ranges));
            if let Ok(bytes) = &read {
                seen(group.file, bytes);
            }
            let has_failed = read.is_err();
            if !send(read.map(|bytes| (group, bytes))) || has_failed {
                return;
            }
        }
    }
}
