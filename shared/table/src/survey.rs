//! Counts the values of each column in a first pass over all files, such as numbers, dates and texts.
//!
//! The type of each column is inferred from these counts.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::cell::{CellValue, FileCell, ParsedCell, TextForm};
use super::infer::ColumnReading;
use super::load::LoadedColumn;
use super::marks::MissingMarks;
use super::memo::Memo;
use super::odd_rows::{OddRow, OddRows};
use super::parts::{CellCollector, CellReader, RowPosition};
use super::sentinel::Sentinels;
use super::signs::Signs;

// The limit saves memory. The count of different values stays at this number.
/// Maximum number of different values that are counted per column. A column may hold more.
pub(crate) const MAX_DISTINCT: usize = 10_000;

// `ColumnTally` counts the values of each kind in lists that have this order.
/// Kind of a cell's value, such as number, date or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueClass {
    Missing,
    Number,
    Padded,
    Infinite,
    Boolean,
    Moment,
    Clock,
    Span,
    Mark,
    Text,
}

/// Number of variants of [`ValueClass`].
const VALUE_CLASSES: usize = 10;

// The check finds different `f64` numbers that become the same `f32`. It is left out for a column with more different
// numbers.
/// The check that `f32` is precise enough is made only for columns with at most this many different numbers.
const MAX_SINGLES: usize = 2_000;

impl ValueClass {
    pub(super) const PRESENT: [Self; VALUE_CLASSES - 1] = [
        Self::Number,
        Self::Padded,
        Self::Infinite,
        Self::Boolean,
        Self::Moment,
        Self::Clock,
        Self::Span,
        Self::Mark,
        Self::Text,
    ];
}

// The type of the column is inferred from them.
/// Statistics of a column's values, such as how many are numbers or dates.
#[derive(Debug, Clone)]
pub(crate) struct ColumnTally {
    counts: [u64; VALUE_CLASSES],
    first: [Option<RowPosition>; VALUE_CLASSES],
    signs: [u64; Signs::COUNT],
    /// Position of the column's first number with a fractional part, such as 2.5. `None` if all numbers are whole.
    pub(super) first_fraction: Option<RowPosition>,
    /// Position of the column's first negative number. `None` without negative numbers.
    pub(super) first_negative: Option<RowPosition>,
    /// Position of the column's first number that is neither 0 nor 1. `None` without such a number.
    pub(super) first_beyond_one: Option<RowPosition>,
    /// Whether the column holds a number other than 0. A column of row weights needs at least one.
    pub(super) has_weight: bool,
    ascent: Ascent,
    distinct: HashSet<u64, FixedState>,
    // No more are added once there are more than `MAX_SINGLES`.
    /// The different numbers of the column after conversion to `f32`. Each is stored as its bits (`f32::to_bits`).
    singles: HashSet<u32, FixedState>,
    pub(super) sentinels: Sentinels,
    words: u64,
    // Only the first `MAX_DISTINCT` different values are compared.
    /// Whether at least one value of the column occurs twice.
    repeats: bool,
    // The statistics of earlier rows already contain enough of them.
    /// Whether the collecting of the column's different values has ended.
    is_settled: bool,
}

/// Statistic of a column: whether the numbers increase from row to row.
#[derive(Debug, Clone, Copy)]
struct Ascent {
    ends: Option<(f64, f64)>,
    holds: bool,
    /// Whether each number is the number of the previous row plus 1, as in row numbers.
    by_one: bool,
}

impl Default for ColumnTally {
    fn default() -> Self {
        Self {
            counts: [0; VALUE_CLASSES],
            first: [None; VALUE_CLASSES],
            signs: [0; Signs::COUNT],
            first_fraction: None,
            first_negative: None,
            first_beyond_one: None,
            has_weight: false,
            ascent: Ascent { ends: None, holds: true, by_one: true },
            distinct: HashSet::with_hasher(FixedState::with_seed(0)),
            singles: HashSet::with_hasher(FixedState::with_seed(0)),
            sentinels: Sentinels::default(),
            words: 0,
            repeats: false,
            is_settled: false,
        }
    }
}

impl ColumnTally {
    #[inline]
    fn add(&mut self, at: RowPosition, cell: &FileCell<'_>, parsed: &ParsedCell) {
        let ParsedCell { value, signs, words } = *parsed;
        if !signs.is_empty() {
            signs.indices().for_each(|index| {
                if let Some(count) = self.signs.get_mut(index) {
                    *count += 1
                }
            });
        }
        let class = match value {
            CellValue::Missing => return self.count(ValueClass::Missing, at),
            CellValue::Mark => return self.count(ValueClass::Mark, at),
            CellValue::Infinite => return self.count(ValueClass::Infinite, at),
            CellValue::Number(number) => {
                self.number(at, number);
                ValueClass::Number
            }
            CellValue::Padded(_) => ValueClass::Padded,
            CellValue::Boolean(_) => ValueClass::Boolean,
            CellValue::Moment(_) => ValueClass::Moment,
            CellValue::Clock(_) => ValueClass::Clock,
            CellValue::Span(_) => ValueClass::Span,
            CellValue::Text => ValueClass::Text,
        };
        self.words += words;
        self.count(class, at);
        if !self.is_settled && self.distinct.len() < MAX_DISTINCT {
            self.remember(cell, value);
        }
    }

    /// Adds a plain number to the statistics of the column.
    #[inline]
    fn add_number(&mut self, at: RowPosition, cell: &FileCell<'_>, number: f64) {
        // The number is written without extra signs, such as a percent sign or a currency.
        self.number(at, number);
        self.count(ValueClass::Number, at);
        if !self.is_settled && self.distinct.len() < MAX_DISTINCT {
            self.remember(cell, CellValue::Number(number));
        }
    }

    fn remember(&mut self, cell: &FileCell<'_>, value: CellValue) {
        let state = self.distinct.hasher();
        let hash = match value {
            CellValue::Number(number) => hash(state, (0_u8, (number + 0.0).to_bits())),
            CellValue::Boolean(value) => hash(state, (1_u8, value)),
            CellValue::Moment(seconds) | CellValue::Clock(seconds) | CellValue::Span(seconds) => {
                hash(state, (2_u8, seconds.to_bits()))
            }
            _ => hash(state, &*cell.text()),
        };
        if !self.distinct.insert(hash) {
            self.repeats = true;
        } else if let CellValue::Number(number) = value
            && self.singles.len() <= MAX_SINGLES
        {
            self.singles.insert((number as f32 + 0.0).to_bits());
        }
    }

    fn count(&mut self, class: ValueClass, at: RowPosition) {
        let index = class as usize;
        if let (Some(count), Some(first)) = (self.counts.get_mut(index), self.first.get_mut(index)) {
            *count += 1;
            first.get_or_insert(at);
        }
    }

    #[inline]
    fn number(&mut self, at: RowPosition, number: f64) {
        if self.first_fraction.is_none() && number.fract() != 0.0 {
            self.first_fraction = Some(at);
        }
        if number < 0.0 {
            self.first_negative.get_or_insert(at);
        }
        if number != 0.0 {
            self.has_weight = true;
            if number != 1.0 {
                self.first_beyond_one.get_or_insert(at);
            }
        }
        self.sentinels.add(number);
        if self.ascent.holds {
            self.ascent = self.ascent.then(Ascent { ends: Some((number, number)), holds: true, by_one: true });
        }
    }

    /// Creates empty statistics of the same column for later rows.
    fn sibling(&self) -> Self {
        // The new statistics collect no different values if `self` already has enough of them.
        Self { is_settled: self.is_settled(), ..Self::default() }
    }

    /// Returns whether enough different values of the column were collected to infer its type.
    fn is_settled(&self) -> bool {
        // More different values would not change the inferred type or a warning. At least `MAX_DISTINCT` are needed. A
        // column of numbers also needs more than `MAX_SINGLES` different `f32` numbers, and a number that repeats or is
        // not whole.
        let are_numbers = self.of(ValueClass::Number) == self.valued();
        let is_apart = self.singles.len() > MAX_SINGLES && (self.repeats || self.first_fraction.is_some());
        self.has_many() && (!are_numbers || is_apart)
    }

    /// Adds the statistics of later rows of the same column.
    fn append(&mut self, later: &Self) {
        for (count, more) in self.counts.iter_mut().zip(later.counts) {
            *count += more;
        }
        for (count, more) in self.signs.iter_mut().zip(later.signs) {
            *count += more;
        }
        self.sentinels.append(&later.sentinels);
        if self.singles.len() <= MAX_SINGLES {
            self.singles.extend(&later.singles);
        }
        for (first, other) in self.first.iter_mut().zip(later.first) {
            *first = first.or(other);
        }
        self.first_fraction = self.first_fraction.or(later.first_fraction);
        self.first_negative = self.first_negative.or(later.first_negative);
        self.first_beyond_one = self.first_beyond_one.or(later.first_beyond_one);
        self.has_weight |= later.has_weight;
        self.ascent = self.ascent.then(later.ascent);
        self.words += later.words;
        self.repeats = self.repeats || later.repeats || !self.distinct.is_disjoint(&later.distinct);
        // A table may be read in thousands of pieces. No values are added once [`MAX_DISTINCT`] are counted.
        if !self.has_many() {
            self.distinct.extend(&later.distinct);
        }
    }

    /// Returns how many values of the column are of the kind `class`, such as numbers.
    pub(super) fn of(&self, class: ValueClass) -> u64 {
        self.counts.get(class as usize).copied().unwrap_or_default()
    }

    /// Returns how many values of the column have the notation `sign`, such as a percent sign.
    pub(super) fn written(&self, sign: Signs) -> u64 {
        self.signs.get(sign.index()).copied().unwrap_or_default()
    }

    /// Returns how many values the column has. Missing values, placeholders such as `?` and infinities do not count.
    pub(super) fn valued(&self) -> u64 {
        self.present() - self.of(ValueClass::Mark) - self.of(ValueClass::Infinite)
    }

    /// Returns how many different numbers of the column would become equal to another one if stored as `f32`. 0 if not
    /// counted.
    pub(super) fn collapsed(&self) -> usize {
        // Several `f64` numbers may become the same `f32`. They are not counted if the column has other values than
        // numbers, or too many different numbers to compare.
        let are_all = self.of(ValueClass::Number) == self.valued() && self.singles.len() <= MAX_SINGLES;
        if are_all { self.distinct().saturating_sub(self.singles.len()) } else { 0 }
    }

    /// Returns whether all values of the column are numbers. `false` if the column has no values.
    pub(super) fn are_numbers(&self) -> bool {
        // Missing values, placeholders such as `?`, and infinities are ignored.
        self.of(ValueClass::Number) > 0 && self.of(ValueClass::Number) == self.valued()
    }

    /// Returns whether all values of the column are dates, or all are times of day. `false` if the column has no
    /// values.
    pub(crate) fn are_moments(&self) -> bool {
        // Missing values, placeholders such as `?`, and infinities are ignored.
        let valued = self.valued();
        valued > 0 && [ValueClass::Moment, ValueClass::Clock].iter().any(|class| self.of(*class) == valued)
    }

    /// Returns the minimum and the maximum of the column's numbers. `None` without numbers.
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        // Numbers that often mean a missing value, such as -999, are ignored.
        self.sentinels.bounds()
    }

    /// Returns whether the column only holds the row number: 0, 1, 2, … or 1, 2, 3, …
    pub(super) fn counts_rows(&self) -> bool {
        let starts = self.ascent.ends.is_some_and(|(first, last)| (first == 0.0 || first == 1.0) && first < last);
        starts && self.ascent.by_one && self.of(ValueClass::Number) == self.rows()
    }

    /// Returns how many values of the column are not missing.
    pub(crate) fn present(&self) -> u64 {
        // Placeholders such as `?` and infinities count as values here.
        ValueClass::PRESENT.iter().map(|class| self.of(*class)).sum()
    }

    /// Returns the number of rows in the statistics of the column, including rows without a value.
    pub(crate) fn rows(&self) -> u64 {
        self.present() + self.of(ValueClass::Missing)
    }

    /// Returns the position of the column's first value of the kind `class`. `None` without such a value.
    pub(super) fn first(&self, class: ValueClass) -> Option<RowPosition> {
        self.first.get(class as usize).copied().flatten()
    }

    /// Returns the position of the column's first value of a kind that is not in `classes`. `None` without such a
    /// value.
    pub(super) fn first_outside(&self, classes: &[ValueClass]) -> Option<RowPosition> {
        // Missing values are skipped.
        let others = ValueClass::PRESENT.into_iter().filter(|class| !classes.contains(class));
        others.filter_map(|class| self.first(class)).min()
    }

    pub(super) fn words(&self) -> u64 {
        self.words
    }

    /// Returns the number of different values in the column, at most [`MAX_DISTINCT`].
    pub(crate) fn distinct(&self) -> usize {
        self.distinct.len().min(MAX_DISTINCT)
    }

    /// Returns whether all values of the column have one type: number, truth value, date or time of day.
    pub(crate) fn is_typed(&self) -> bool {
        // Missing values, placeholders such as `?`, and infinities are ignored.
        [ValueClass::Number, ValueClass::Boolean, ValueClass::Moment, ValueClass::Clock]
            .iter()
            .any(|class| self.of(*class) == self.valued())
    }

    /// Returns whether the column holds a number with a fractional part, such as 2.5.
    pub(crate) fn has_fraction(&self) -> bool {
        self.first_fraction.is_some()
    }

    /// Returns whether the column has the maximum number of different values that are counted.
    pub(super) fn has_many(&self) -> bool {
        self.distinct.len() >= MAX_DISTINCT
    }

    /// Returns whether no value of the column occurs twice.
    pub(super) fn is_unique(&self) -> bool {
        // Only the first `MAX_DISTINCT` different values are compared. If the numbers increase from row to row, all
        // differ.
        !self.repeats || self.ascent.holds && self.of(ValueClass::Number) == self.present()
    }
}

impl Ascent {
    fn then(self, later: Self) -> Self {
        let (ends, holds, by_one) = match (self.ends, later.ends) {
            (Some((first, last)), Some((next, end))) => (Some((first, end)), last < next, last + 1.0 == next),
            (ends, None) | (None, ends) => (ends, true, true),
        };
        Self { ends, holds: holds && self.holds && later.holds, by_one: by_one && self.by_one && later.by_one }
    }
}

fn hash(state: &FixedState, value: impl Hash) -> u64 {
    state.hash_one(value)
}

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
        let file = tallies().flat_map(|tally| tally.first).flatten().map(|at| at.file).next()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(cells: &[&str], from: u64) -> ColumnTally {
        let mut tally = ColumnTally::default();
        for (row, cell) in cells.iter().enumerate() {
            let cell = FileCell::Untyped(cell);
            let parsed = Memo::default().parse(&cell, TextForm::default(), &MissingMarks::default(), false);
            tally.add(RowPosition { file: 0, line: from + row as u64 }, &cell, &parsed);
        }
        tally
    }

    #[test]
    fn values_are_counted_by_class_with_the_first_of_each() {
        let tally = tally(&["1", "", "x", "1.0", "true", "007", "x"], 2);
        assert_eq!((tally.rows(), tally.present(), tally.distinct()), (7, 6, 4));
        assert_eq!([ValueClass::Missing, ValueClass::Number, ValueClass::Text].map(|class| tally.of(class)), [1, 2, 2]);
        assert_eq!(tally.first_outside(&[ValueClass::Number]).map(|at| at.line), Some(4));
        assert!(!tally.is_unique());
    }

    #[test]
    fn pieces_are_counted_like_the_whole() {
        let cells = ["3", "4", "", "7", "9.5", "-1", "x"];
        for cut in 0..cells.len() {
            let mut sum = tally(&cells[..cut], 2);
            sum.append(&tally(&cells[cut..], 2 + cut as u64));
            assert_eq!(format!("{:?}", sum.first), format!("{:?}", tally(&cells, 2).first));
            assert_eq!((sum.counts, sum.distinct()), (tally(&cells, 2).counts, 6));
            assert_eq!(
                (sum.first_fraction, sum.first_negative.map(|at| at.line)),
                (Some(RowPosition { file: 0, line: 6 }), Some(7))
            );
            assert!(sum.is_unique() && !sum.ascent.holds);
        }
    }

    #[test]
    fn growing_numbers_are_unique_however_many_there_are() {
        let mut sum = tally(&["1", "2"], 2);
        sum.append(&tally(&["", "5"], 4));
        assert!(sum.ascent.holds);
        sum.append(&tally(&["5"], 6));
        assert!(!sum.ascent.holds && !sum.is_unique());
    }
}
