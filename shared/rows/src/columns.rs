//! The columns that a model expects, indexed by name, and the offsets of their `f32` values in a request row.

use evergreen_lifecycle::Column;

use super::reader::{MAX_PROBABILITIES, MAX_ROWS};

/// The columns that a model expects in each request row, in the model's order. Columns can be found by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnIndex {
    columns: Vec<Column>,
    // A column may need several values.
    /// For each column of the model, the offset of its first `f32` value in a row.
    offsets: Vec<usize>,
    /// Number of `f32` values that represent one request row.
    slots: usize,
    /// Indices of the model's columns, sorted by column name for a binary search.
    sorted: Vec<usize>,
    max_rows: usize,
}

impl ColumnIndex {
    /// Creates the list of a model's columns, in which a column can be found by name. Column names must be unique.
    pub fn new(columns: &[Column]) -> Self {
        // The categories and the words of each column must be sorted. A text column must have at least one word.
        let mut sorted: Vec<usize> = (0..columns.len()).collect();
        sorted.sort_by_key(|&index| columns.get(index).map(|column| &column.name));
        let mut slots = 0;
        let offsets = columns.iter().map(|column| {
            let offset = slots;
            slots += column.kind.slots();
            offset
        });
        let offsets = offsets.collect();
        Self { columns: columns.to_vec(), offsets, slots, sorted, max_rows: MAX_ROWS }
    }

    /// Sets the maximum number of rows in one request for a classifier. The more `labels` the model has, the fewer rows
    /// are allowed.
    pub fn with_labels(self, labels: usize) -> Self {
        // An answer has a probability for each label and row, and must not get too large.
        Self { max_rows: (MAX_PROBABILITIES / labels.max(1)).clamp(1, MAX_ROWS), ..self }
    }

    /// Returns the maximum number of rows in one prediction request.
    pub fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Returns the number of `f32` values that represent one request row.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Returns where the values of a column begin in a request row: the offset of the column's first `f32` value.
    /// `index` is the index of the column.
    #[expect(clippy::indexing_slicing, reason = "the index comes from `find`, and every column has an offset")]
    pub(super) fn offset(&self, index: usize) -> usize {
        self.offsets[index]
    }

    /// Returns the index of the column to which the `f32` value at `offset` in a row belongs.
    pub(super) fn containing(&self, offset: usize) -> usize {
        self.offsets.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Returns all columns that the model expects, in the model's order.
    pub fn all(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the column at `index` in the model's order, or `None` if the index is out of range.
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// Returns the column with this name and its index. `None` if the model has no such column. `hint` is the index
    /// that is tried first.
    pub(super) fn find(&self, name: &str, hint: usize) -> Option<(usize, &Column)> {
        // Most callers send the columns in the model's order.
        if let Some(hinted) = self.columns.get(hint)
            && hinted.name.as_bytes() == name.as_bytes()
        {
            return Some((hint, hinted));
        }
        let name_at = |index: &usize| self.get(*index).map(|column| column.name.as_str());
        let position = self.sorted.binary_search_by(|index| name_at(index).cmp(&Some(name))).ok()?;
        let index = *self.sorted.get(position)?;
        Some((index, self.get(index)?))
    }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::{ColumnKind, DatePart};

    use super::*;

    #[test]
    fn a_column_is_found_wherever_it_is_expected() {
        let columns = ColumnIndex::new(&["width", "length", "area", ""].map(Column::number));
        for hint in 0..5 {
            for (index, column) in columns.all().iter().enumerate() {
                assert_eq!(columns.find(&column.name, hint), Some((index, column)));
            }
            assert_eq!(columns.find("Width", hint), None);
        }
    }

    #[test]
    fn a_column_begins_after_the_values_of_the_columns_before_it() {
        let kind = ColumnKind::Timestamp { parts: DatePart::ALL.to_vec() };
        let moment = Column { name: "at".into(), kind, nullable: false };
        let columns = ColumnIndex::new(&[Column::number("a"), moment, Column::number("b")]);
        assert_eq!(([0, 1, 2].map(|index| columns.offset(index)), columns.slots()), ([0, 1, 7], 8));
        assert_eq!((columns.containing(7), columns.containing(3)), (2, 1));
    }
}
