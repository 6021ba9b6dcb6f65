//! What the statistics of a column say about its values.

use super::{ColumnTally, MAX_DISTINCT, MAX_SINGLES, ValueClass};
use crate::parts::RowPosition;
use crate::signs::Signs;

impl ColumnTally {
    /// Returns how many values of the column are of the kind `class`, such as numbers.
    pub(crate) fn of(&self, class: ValueClass) -> u64 {
        self.counts.get(class as usize).copied().unwrap_or_default()
    }

    /// Returns how many values of the column have the notation `sign`, such as a percent sign.
    pub(crate) fn written(&self, sign: Signs) -> u64 {
        self.signs.get(sign.index()).copied().unwrap_or_default()
    }

    /// Returns how many values the column has. Missing values, placeholders such as `?` and infinities do not count.
    pub(crate) fn valued(&self) -> u64 {
        self.present() - self.of(ValueClass::Mark) - self.of(ValueClass::Infinite)
    }

    /// Returns how many different numbers of the column would become equal to another one if stored as `f32`. 0 if not
    /// counted.
    pub(crate) fn collapsed(&self) -> usize {
        // Several `f64` numbers may become the same `f32`. They are not counted if the column has other values than
        // numbers, or too many different numbers to compare.
        let are_all = self.of(ValueClass::Number) == self.valued() && self.singles.len() <= MAX_SINGLES;
        if are_all { self.distinct().saturating_sub(self.singles.len()) } else { 0 }
    }

    /// Returns whether all values of the column are numbers. `false` if the column has no values.
    pub(crate) fn are_numbers(&self) -> bool {
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
    pub(crate) fn bounds(&self) -> Option<(f64, f64)> {
        // Numbers that often mean a missing value, such as -999, are ignored.
        self.sentinels.bounds()
    }

    /// Returns whether the column only holds the row number: 0, 1, 2, … or 1, 2, 3, …
    pub(crate) fn counts_rows(&self) -> bool {
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
    pub(crate) fn first(&self, class: ValueClass) -> Option<RowPosition> {
        self.first.get(class as usize).copied().flatten()
    }

    /// Returns the index of the data file of the first counted value, of any kind. `None` if no row was counted.
    pub(crate) fn file(&self) -> Option<u32> {
        self.first.iter().flatten().map(|at| at.file).next()
    }

    /// Returns the position of the column's first value of a kind that is not in `classes`. `None` without such a
    /// value.
    pub(crate) fn first_outside(&self, classes: &[ValueClass]) -> Option<RowPosition> {
        // Missing values are skipped.
        let others = ValueClass::PRESENT.into_iter().filter(|class| !classes.contains(class));
        others.filter_map(|class| self.first(class)).min()
    }

    pub(crate) fn words(&self) -> u64 {
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
    pub(crate) fn has_many(&self) -> bool {
        self.distinct.len() >= MAX_DISTINCT
    }

    /// Returns whether no value of the column occurs twice.
    pub(crate) fn is_unique(&self) -> bool {
        // Only the first `MAX_DISTINCT` different values are compared. If the numbers increase from row to row, all
        // differ.
        !self.repeats || self.ascent.holds && self.of(ValueClass::Number) == self.present()
    }
}
