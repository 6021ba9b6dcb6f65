//! What is in the columns: the first of two readings, from which types are inferred.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use super::cell::{Cell, Value};
use super::parts::{At, Gatherer, Reader};

/// Different values of a column that are counted; there may be more.
pub(crate) const MAX_DISTINCT: usize = 10_000;

/// Kinds of values, in the order of [`Tally`]'s lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Missing,
    Number,
    Padded,
    Infinite,
    Boolean,
    Moment,
    Text,
}

impl Class {
    pub(super) const PRESENT: [Self; 6] =
        [Self::Number, Self::Padded, Self::Infinite, Self::Boolean, Self::Moment, Self::Text];
}

/// What is in a column.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    counts: [u64; 7],
    first: [Option<At>; 7],
    /// The first number that is not whole, that is below 0, and that is neither 0 nor 1.
    pub(super) first_broken: Option<At>,
    pub(super) first_negative: Option<At>,
    pub(super) first_beyond_one: Option<At>,
    /// Whether some number is not 0.
    pub(super) has_weight: bool,
    /// Whether the values are typed by their file as texts.
    pub(super) is_typed_text: bool,
    ascent: Ascent,
    /// Words of all texts, with blanks between them.
    words: u64,
    distinct: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    /// Whether a value was seen a second time before there were too many to tell.
    repeats: bool,
}

/// Whether numbers only grow.
#[derive(Debug, Clone, Copy)]
struct Ascent {
    ends: Option<(f64, f64)>,
    holds: bool,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            counts: [0; 7],
            first: [None; 7],
            first_broken: None,
            first_negative: None,
            first_beyond_one: None,
            has_weight: false,
            is_typed_text: false,
            ascent: Ascent { ends: None, holds: true },
            words: 0,
            distinct: HashSet::default(),
            repeats: false,
        }
    }
}

impl Tally {
    fn add(&mut self, at: At, cell: &Cell<'_>) {
        self.is_typed_text |= matches!(cell, Cell::Text(_));
        let (class, hash) = match cell.value() {
            Value::Missing => return self.count(Class::Missing, at),
            Value::Number(number) => {
                self.number(at, number);
                (Class::Number, hash((0_u8, (number + 0.0).to_bits())))
            }
            Value::Padded(_) => (Class::Padded, hash(&*cell.text())),
            Value::Infinite => (Class::Infinite, hash(&*cell.text())),
            Value::Boolean(value) => (Class::Boolean, hash((1_u8, value))),
            Value::Moment(seconds) => (Class::Moment, hash((2_u8, seconds.to_bits()))),
            Value::Text => {
                let text = cell.text();
                self.words += text.split_whitespace().count() as u64;
                (Class::Text, hash(&*text))
            }
        };
        self.count(class, at);
        if self.distinct.len() < MAX_DISTINCT {
            self.repeats |= !self.distinct.insert(hash);
        }
    }

    fn count(&mut self, class: Class, at: At) {
        let index = class as usize;
        if let (Some(count), Some(first)) = (self.counts.get_mut(index), self.first.get_mut(index)) {
            *count += 1;
            first.get_or_insert(at);
        }
    }

    fn number(&mut self, at: At, number: f64) {
        if number.fract() != 0.0 {
            self.first_broken.get_or_insert(at);
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
        self.ascent = self.ascent.then(Ascent { ends: Some((number, number)), holds: true });
    }

    /// Adds what is in rows that come later.
    fn append(&mut self, later: &Self) {
        for (count, more) in self.counts.iter_mut().zip(later.counts) {
            *count += more;
        }
        for (first, other) in self.first.iter_mut().zip(later.first) {
            *first = first.or(other);
        }
        self.first_broken = self.first_broken.or(later.first_broken);
        self.first_negative = self.first_negative.or(later.first_negative);
        self.first_beyond_one = self.first_beyond_one.or(later.first_beyond_one);
        self.has_weight |= later.has_weight;
        self.is_typed_text |= later.is_typed_text;
        self.ascent = self.ascent.then(later.ascent);
        self.words += later.words;
        self.repeats |= later.repeats || !self.distinct.is_disjoint(&later.distinct);
        // There are pieces by the thousand, and no more values are counted.
        if !self.has_many() {
            self.distinct.extend(&later.distinct);
        }
    }

    /// Values of a class.
    pub(super) fn of(&self, class: Class) -> u64 {
        self.counts.get(class as usize).copied().unwrap_or_default()
    }

    /// Values that are not missing.
    pub(crate) fn present(&self) -> u64 {
        Class::PRESENT.iter().map(|class| self.of(*class)).sum()
    }

    /// Rows.
    pub(crate) fn rows(&self) -> u64 {
        self.present() + self.of(Class::Missing)
    }

    /// The first value of a class.
    pub(super) fn first(&self, class: Class) -> Option<At> {
        self.first.get(class as usize).copied().flatten()
    }

    /// The first value that is of none of `classes`, missing ones aside.
    pub(super) fn first_outside(&self, classes: &[Class]) -> Option<At> {
        let others = Class::PRESENT.into_iter().filter(|class| !classes.contains(class));
        others.filter_map(|class| self.first(class)).min()
    }

    /// Words of all texts.
    pub(super) fn words(&self) -> u64 {
        self.words
    }

    /// Different values, up to [`MAX_DISTINCT`].
    pub(crate) fn distinct(&self) -> usize {
        self.distinct.len().min(MAX_DISTINCT)
    }

    /// Whether all values are numbers, all truth values or all moments.
    pub(crate) fn is_typed(&self) -> bool {
        [Class::Number, Class::Boolean, Class::Moment].iter().any(|class| self.of(*class) == self.present())
    }

    /// Whether a number is not whole.
    pub(crate) fn is_broken(&self) -> bool {
        self.first_broken.is_some()
    }

    /// Whether there are more different values than are counted.
    pub(super) fn has_many(&self) -> bool {
        self.distinct.len() >= MAX_DISTINCT
    }

    /// Whether no value was seen twice, as far as they were counted.
    pub(super) fn is_unique(&self) -> bool {
        !self.repeats || self.ascent.holds && self.of(Class::Number) == self.present()
    }
}

impl Ascent {
    fn then(self, later: Self) -> Self {
        let (ends, holds) = match (self.ends, later.ends) {
            (Some((first, last)), Some((next, end))) => (Some((first, end)), last < next),
            (ends, None) | (None, ends) => (ends, true),
        };
        Self { ends, holds: holds && self.holds && later.holds }
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Counts the columns of some rows.
pub(super) struct Survey {
    tallies: Vec<Tally>,
    /// The rows of the pieces that were appended, by the index of their file.
    appended: BTreeMap<u32, u64>,
}

impl Survey {
    pub(super) fn new(columns: usize) -> Self {
        Self { tallies: vec![Tally::default(); columns], appended: BTreeMap::new() }
    }

    /// The columns, and the rows of each file by its index.
    pub(super) fn finish(self) -> (Vec<Tally>, BTreeMap<u32, u64>) {
        let rows = if self.appended.is_empty() { self.rows().into_iter().collect() } else { self.appended };
        (self.tallies, rows)
    }

    /// The file of a piece and its rows: of the column that has most, since those left out may not be read.
    fn rows(&self) -> Option<(u32, u64)> {
        let file = self.tallies.iter().flat_map(|tally| tally.first).flatten().map(|at| at.file).next()?;
        Some((file, self.tallies.iter().map(Tally::rows).max().unwrap_or_default()))
    }
}

impl Reader for Survey {
    fn cell(&mut self, column: usize, at: At, cell: Cell<'_>) {
        if let Some(tally) = self.tallies.get_mut(column) {
            tally.add(at, &cell);
        }
    }
}

impl Gatherer for Survey {
    fn append(&mut self, later: Self) {
        if let Some((file, rows)) = later.rows() {
            *self.appended.entry(file).or_default() += rows;
        }
        self.tallies.iter_mut().zip(&later.tallies).for_each(|(tally, later)| tally.append(later));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(cells: &[&str], from: u64) -> Tally {
        let mut tally = Tally::default();
        for (row, cell) in cells.iter().enumerate() {
            tally.add(At { file: 0, line: from + row as u64 }, &Cell::Untyped(cell));
        }
        tally
    }

    #[test]
    fn values_are_counted_by_class_with_the_first_of_each() {
        let tally = tally(&["1", "", "x", "1.0", "true", "007", "x"], 2);
        assert_eq!((tally.rows(), tally.present(), tally.distinct()), (7, 6, 4));
        assert_eq!([Class::Missing, Class::Number, Class::Text].map(|class| tally.of(class)), [1, 2, 2]);
        assert_eq!(tally.first_outside(&[Class::Number]).map(|at| at.line), Some(4));
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
                (sum.first_broken, sum.first_negative.map(|at| at.line)),
                (Some(At { file: 0, line: 6 }), Some(7))
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
