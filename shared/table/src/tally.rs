//! Counts the values of one column by kind, such as numbers, dates and texts. The type of the column is inferred from
//! these counts.

mod queries;

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::cell::{CellValue, FileCell, ParsedCell};
use super::parts::RowPosition;
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
    pub(super) fn add(&mut self, at: RowPosition, cell: &FileCell<'_>, parsed: &ParsedCell) {
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
    pub(super) fn add_number(&mut self, at: RowPosition, cell: &FileCell<'_>, number: f64) {
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
    pub(super) fn sibling(&self) -> Self {
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
    pub(super) fn append(&mut self, later: &Self) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::TextForm;
    use crate::marks::MissingMarks;
    use crate::memo::Memo;

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
