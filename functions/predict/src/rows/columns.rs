//! The columns that a model expects, indexed by name, and the places of their values in a raw row.

use evergreen_lifecycle::Column;

use super::reader::{MAX_PROBABILITIES, MAX_ROWS};

/// The columns that a model expects in a request's rows, in the model's order. Finds a column by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnIndex {
    columns: Vec<Column>,
    /// For each column, the offset of its first value in a raw row. A raw row is one row of a request as `f32` values.
    offsets: Vec<usize>,
    /// Number of `f32` values in a raw row. A raw row is one row of a request as numbers.
    slots: usize,
    /// The indices of all columns, sorted by column name, for a binary search.
    sorted: Vec<usize>,
    max_rows: usize,
}

impl ColumnIndex {
    /// Creates the index of a model's columns. The names must be unique. Categories and words must be sorted. A text
    /// column must have at least one word.
    pub fn new(columns: &[Column]) -> Self {
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

    /// Limits the number of rows in one request for a model with this number of labels. An answer has a probability for
    /// each label and row, and must not get too large.
    pub fn with_labels(self, labels: usize) -> Self {
        Self { max_rows: (MAX_PROBABILITIES / labels.max(1)).clamp(1, MAX_ROWS), ..self }
    }

    /// Returns the maximum number of rows in one request.
    pub fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Returns the number of `f32` values in a raw row (one row of a request as numbers).
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Returns the offset in a raw row of the first value of the column `index`. A raw row is one row of a request as
    /// `f32` values.
    #[expect(clippy::indexing_slicing, reason = "the index comes from `find`, and every column has an offset")]
    pub(super) fn offset(&self, index: usize) -> usize {
        self.offsets[index]
    }

    /// Returns the index of the column to which the value at `offset` in a raw row belongs. A raw row is one row of a
    /// request as `f32` values.
    pub(super) fn containing(&self, offset: usize) -> usize {
        self.offsets.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Returns all columns in the model's order.
    pub fn all(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the column at `index` in the model's order, or `None` if the index is out of range.
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// Returns the column with this name and its index, or `None` if the model has no such column. Tries the index
    /// `hint` first, because most callers send the columns in the model's order.
    pub(super) fn find(&self, name: &str, hint: usize) -> Option<(usize, &Column)> {
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
