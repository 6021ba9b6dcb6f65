//! Surveys the values of all columns. It is the first of two readings, from which the types are inferred.

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

/// Maximum number of different values that are counted in a column. There may be more.
pub(crate) const MAX_DISTINCT: usize = 10_000;

/// Classes of values, in the order of the lists in [`ColumnTally`].
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

/// Number of [`ValueClass`] variants, which is the length of each list in [`ColumnTally`].
const VALUE_CLASSES: usize = 10;

/// Maximum number of different numbers that are compared in single precision.
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

/// Counts and other statistics of a column's values.
#[derive(Debug, Clone)]
pub(crate) struct ColumnTally {
    counts: [u64; VALUE_CLASSES],
    first: [Option<RowPosition>; VALUE_CLASSES],
    signs: [u64; Signs::COUNT],
    /// Position of the first number that is not whole, of the first one below 0, and of the first one other than 0 and
    /// 1.
    pub(super) first_fraction: Option<RowPosition>,
    pub(super) first_negative: Option<RowPosition>,
    pub(super) first_beyond_one: Option<RowPosition>,
    /// Whether some number is not 0.
    pub(super) has_weight: bool,
    ascent: Ascent,
    distinct: HashSet<u64, FixedState>,
    /// The different numbers in single precision, while there are few of them.
    singles: HashSet<u32, FixedState>,
    pub(super) sentinels: Sentinels,
    /// Number of words of all texts.
    words: u64,
    /// Whether some value occurs twice among the values that were remembered.
    repeats: bool,
    /// Whether different values need not be remembered, because earlier rows have decided everything.
    is_settled: bool,
}

/// Whether the numbers are strictly increasing.
#[derive(Debug, Clone, Copy)]
struct Ascent {
    ends: Option<(f64, f64)>,
    holds: bool,
    /// Whether each number is the previous one plus 1.
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

    /// Adds a number without signs.
    #[inline]
    fn add_number(&mut self, at: RowPosition, cell: &FileCell<'_>, number: f64) {
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

    /// Creates a tally for later rows. It remembers no different values if the earlier rows have decided everything.
    fn sibling(&self) -> Self {
        Self { is_settled: self.is_settled(), ..Self::default() }
    }

    /// Checks whether more different values would change nothing. There are too many to count, it is known whether they
    /// repeat where that matters, and single precision distinguishes them.
    fn is_settled(&self) -> bool {
        let are_numbers = self.of(ValueClass::Number) == self.valued();
        let is_apart = self.singles.len() > MAX_SINGLES && (self.repeats || self.first_fraction.is_some());
        self.has_many() && (!are_numbers || is_apart)
    }

    /// Adds the tally of later rows.
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
        // There may be thousands of pieces, and no more values are counted.
        if !self.has_many() {
            self.distinct.extend(&later.distinct);
        }
    }

    /// Returns the number of values of a class.
    pub(super) fn of(&self, class: ValueClass) -> u64 {
        self.counts.get(class as usize).copied().unwrap_or_default()
    }

    /// Returns the number of texts with this sign.
    pub(super) fn written(&self, sign: Signs) -> u64 {
        self.signs.get(sign.index()).copied().unwrap_or_default()
    }

    /// Returns the number of values, without missing values, usual marks and infinities.
    pub(super) fn valued(&self) -> u64 {
        self.present() - self.of(ValueClass::Mark) - self.of(ValueClass::Infinite)
    }

    /// Returns how many different numbers become equal in single precision. Returns 0 if there are too many numbers to
    /// compare.
    pub(super) fn collapsed(&self) -> usize {
        let are_all = self.of(ValueClass::Number) == self.valued() && self.singles.len() <= MAX_SINGLES;
        if are_all { self.distinct().saturating_sub(self.singles.len()) } else { 0 }
    }

    /// Checks whether all values are numbers.
    pub(super) fn are_numbers(&self) -> bool {
        self.of(ValueClass::Number) > 0 && self.of(ValueClass::Number) == self.valued()
    }

    /// Checks whether all values are dates, or all are times of day.
    pub(crate) fn are_moments(&self) -> bool {
        let valued = self.valued();
        valued > 0 && [ValueClass::Moment, ValueClass::Clock].iter().any(|class| self.of(*class) == valued)
    }

    /// Returns the minimum and the maximum number.
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        self.sentinels.bounds()
    }

    /// Checks whether the numbers count the rows, beginning with 0 or 1.
    pub(super) fn counts_rows(&self) -> bool {
        let starts = self.ascent.ends.is_some_and(|(first, last)| (first == 0.0 || first == 1.0) && first < last);
        starts && self.ascent.by_one && self.of(ValueClass::Number) == self.rows()
    }

    /// Returns the number of values that are not missing.
    pub(crate) fn present(&self) -> u64 {
        ValueClass::PRESENT.iter().map(|class| self.of(*class)).sum()
    }

    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> u64 {
        self.present() + self.of(ValueClass::Missing)
    }

    /// Returns the position of the first value of a class.
    pub(super) fn first(&self, class: ValueClass) -> Option<RowPosition> {
        self.first.get(class as usize).copied().flatten()
    }

    /// Returns the position of the first value outside `classes`, except missing values.
    pub(super) fn first_outside(&self, classes: &[ValueClass]) -> Option<RowPosition> {
        let others = ValueClass::PRESENT.into_iter().filter(|class| !classes.contains(class));
        others.filter_map(|class| self.first(class)).min()
    }

    /// Returns the number of words of all texts.
    pub(super) fn words(&self) -> u64 {
        self.words
    }

    /// Returns the number of different values, up to [`MAX_DISTINCT`].
    pub(crate) fn distinct(&self) -> usize {
        self.distinct.len().min(MAX_DISTINCT)
    }

    /// Checks whether all values are numbers, all truth values, all dates or all times of day.
    pub(crate) fn is_typed(&self) -> bool {
        [ValueClass::Number, ValueClass::Boolean, ValueClass::Moment, ValueClass::Clock]
            .iter()
            .any(|class| self.of(*class) == self.valued())
    }

    /// Checks whether some number is not whole.
    pub(crate) fn has_fraction(&self) -> bool {
        self.first_fraction.is_some()
    }

    /// Checks whether there are more different values than are counted.
    pub(super) fn has_many(&self) -> bool {
        self.distinct.len() >= MAX_DISTINCT
    }

    /// Checks whether no value occurs twice, as far as the values were remembered.
    pub(super) fn is_unique(&self) -> bool {
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
    /// Whether plain numbers report their signs, too.
    pub(super) all_signs: bool,
}

/// Counts the values of some rows, and keeps the values of columns whose storage was predicted.
pub(super) struct Survey<'a> {
    options: ParseOptions<'a>,
    /// The predicted reading of each column. Empty if no values are kept.
    predicted: &'a [ColumnReading],
    columns: Vec<SurveyedColumn>,
    /// Approximate number of rows of each column.
    room: usize,
    odd: OddRows,
    /// Number of rows in the appended pieces, by the index of their file.
    appended: BTreeMap<u32, u64>,
}

/// A column during the survey.
struct SurveyedColumn {
    form: TextForm,
    tally: ColumnTally,
    loaded: LoadedColumn,
    memo: Memo,
}

/// The result of a survey.
pub(super) struct SurveyResult {
    pub(super) tallies: Vec<ColumnTally>,
    /// The values of columns whose storage was predicted.
    pub(super) loaded: Vec<LoadedColumn>,
    /// Number of rows of each file, by the index of the file.
    pub(super) rows: BTreeMap<u32, u64>,
    pub(super) odd: OddRows,
}

impl<'a> Survey<'a> {
    /// Creates a survey with a column for each form. Columns whose storage was predicted get capacity for `rows`
    /// values.
    pub(super) fn new(options: ParseOptions<'a>, predicted: &'a [ColumnReading], rows: usize) -> Self {
        let column = |(index, form): (usize, &TextForm)| SurveyedColumn {
            form: *form,
            tally: ColumnTally::default(),
            loaded: LoadedColumn::predicted(predicted.get(index), rows),
            memo: Memo::default(),
        };
        let columns = options.forms.iter().enumerate().map(column).collect();
        Self { options, predicted, columns, room: rows, odd: OddRows::default(), appended: BTreeMap::new() }
    }

    /// Returns the result.
    pub(super) fn finish(self) -> SurveyResult {
        let rows = if self.appended.is_empty() { self.rows().into_iter().collect() } else { self.appended };
        let (tallies, loaded) = self.columns.into_iter().map(|column| (column.tally, column.loaded)).unzip();
        SurveyResult { tallies, loaded, rows, odd: self.odd }
    }

    /// Returns the file of a piece and its number of rows. It uses the column with the most rows, because columns that
    /// are left out may not be read.
    fn rows(&self) -> Option<(u32, u64)> {
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
