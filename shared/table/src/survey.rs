//! Reads all cells of all files for the first time: counts the values of each column ([`ColumnTally`]), and stores the
//! values of columns whose type was predicted from a sample.

use std::collections::BTreeMap;

use super::cell::{CellValue, FileCell, TextForm};
use super::infer::ColumnReading;
use super::load::LoadedColumn;
use super::marks::MissingMarks;
use super::memo::Memo;
use super::odd_rows::{OddRow, OddRows};
use super::parts::{CellCollector, CellReader, RowPosition};
use super::tally::ColumnTally;

/// Options for parsing the cells of all columns.
#[derive(Clone, Copy)]
pub(super) struct ParseOptions<'a> {
    pub(super) forms: &'a [TextForm],
    pub(super) marks: &'a MissingMarks,
    // For other numbers, the notation is always reported.
    /// Whether the parser also reports the notation of plain numbers such as `12.5`, which is slower.
    pub(super) all_signs: bool,
}

// In the same pass it can already store the values of columns whose type was predicted from a sample.
/// Receiver of cells that counts the values of each column.
pub(super) struct Survey<'a> {
    options: ParseOptions<'a>,
    /// For each column, its type and storage as predicted from a sample. Empty if no values are stored.
    predicted: &'a [ColumnReading],
    columns: Vec<SurveyedColumn>,
    /// Estimated number of rows. Each column reserves memory for this many values.
    room: usize,
    odd: OddRows,
    /// Number of rows in the file pieces that were appended so far. The key is the index of the file.
    appended: BTreeMap<u32, u64>,
}

struct SurveyedColumn {
    form: TextForm,
    tally: ColumnTally,
    loaded: LoadedColumn,
    memo: Memo,
}

/// Result of counting the values: the statistics and stored values of each column, and the number of rows.
pub(super) struct SurveyResult {
    pub(super) tallies: Vec<ColumnTally>,
    // Only columns whose type was predicted from a sample have stored values.
    /// For each column, the values that were stored already while the values were counted.
    pub(super) loaded: Vec<LoadedColumn>,
    /// Number of rows in each data file. The key is the index of the file.
    pub(super) rows: BTreeMap<u32, u64>,
    pub(super) odd: OddRows,
}

impl<'a> Survey<'a> {
    /// Creates a counter of the values, with one column for each entry of `options.forms`.
    pub(super) fn new(options: ParseOptions<'a>, predicted: &'a [ColumnReading], rows: usize) -> Self {
        // Each column whose values are stored reserves memory for `rows` values.
        let column = |(index, form): (usize, &TextForm)| SurveyedColumn {
            form: *form,
            tally: ColumnTally::default(),
            loaded: LoadedColumn::predicted(predicted.get(index), rows),
            memo: Memo::default(),
        };
        let columns = options.forms.iter().enumerate().map(column).collect();
        Self { options, predicted, columns, room: rows, odd: OddRows::default(), appended: BTreeMap::new() }
    }

    /// Ends the counting of values and returns the statistics and the stored values of all columns.
    pub(super) fn finish(self) -> SurveyResult {
        let rows = if self.appended.is_empty() { self.rows().into_iter().collect() } else { self.appended };
        let (tallies, loaded) = self.columns.into_iter().map(|column| (column.tally, column.loaded)).unzip();
        SurveyResult { tallies, loaded, rows, odd: self.odd }
    }

    /// Returns the index of the data file whose rows were counted, and the number of its rows.
    fn rows(&self) -> Option<(u32, u64)> {
        // The column with the most counted rows decides, because columns that are left out may not be read.
        let tallies = || self.columns.iter().map(|column| &column.tally);
        let file = tallies().find_map(ColumnTally::file)?;
        Some((file, tallies().map(ColumnTally::rows).max().unwrap_or_default()))
    }
}

impl SurveyedColumn {
    #[inline]
    fn add(&mut self, at: RowPosition, cell: &FileCell<'_>, options: ParseOptions<'_>) {
        if let (Some(CellValue::Number(number)), false) =
            (cell.parse_plain(self.form, options.marks), options.all_signs)
        {
            self.tally.add_number(at, cell, number);
            return self.loaded.push(cell, CellValue::Number(number));
        }
        let parsed = self.memo.parse(cell, self.form, options.marks, options.all_signs);
        self.tally.add(at, cell, &parsed);
        self.loaded.push(cell, parsed.value);
    }
}

impl CellReader for Survey<'_> {
    #[inline]
    fn cell(&mut self, column: usize, at: RowPosition, cell: FileCell<'_>) {
        if let Some(column) = self.columns.get_mut(column) {
            column.add(at, &cell, self.options);
        }
    }

    fn cells<'c>(&mut self, column: usize, mut at: RowPosition, cells: impl Iterator<Item = FileCell<'c>>) {
        let Some(column) = self.columns.get_mut(column) else { return };
        column.loaded.reserve(self.room);
        for cell in cells {
            column.add(at, &cell, self.options);
            at.line += 1;
        }
    }

    fn left_out(&mut self, at: RowPosition, why: OddRow) {
        self.odd.add(at, why);
    }
}

impl CellCollector for Survey<'_> {
    fn sibling(&self, rows: usize) -> Self {
        let mut sibling = Self { room: rows, ..Self::new(self.options, self.predicted, 0) };
        for (own, column) in sibling.columns.iter_mut().zip(&self.columns) {
            own.tally = column.tally.sibling();
            if column.tally.has_many() {
                own.memo = Memo::off();
            }
            if matches!(column.loaded, LoadedColumn::Skipped) {
                own.loaded = LoadedColumn::Skipped;
            }
        }
        sibling
    }

    fn append(&mut self, later: Self) {
        self.odd.append(&later.odd);
        if let Some((file, rows)) = later.rows() {
            *self.appended.entry(file).or_default() += rows;
        }
        for (column, later) in self.columns.iter_mut().zip(later.columns) {
            column.tally.append(&later.tally);
            column.loaded.append(later.loaded);
        }
    }
}
