//! A model's columns, indexed by name, and their places in a raw row.

use evergreen_lifecycle::Column;

use super::reader::{MAX_PROBABILITIES, MAX_ROWS};

/// A model's columns in the model's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    columns: Vec<Column>,
    /// The offset of each column in a raw row. The last element is the length of the row.
    places: Vec<usize>,
    /// Indices of the columns, sorted by column name.
    sorted: Vec<usize>,
    max_rows: usize,
}

impl Columns {
    /// Indexes the columns of a signature. Their names must be unique, and categories and words must be sorted. A text
    /// column must have at least one word.
    pub fn new(columns: &[Column]) -> Self {
        let mut sorted: Vec<usize> = (0..columns.len()).collect();
        sorted.sort_by_key(|&index| columns.get(index).map(|column| &column.name));
        let mut places = vec![0];
        places.extend(columns.iter().scan(0, |end, column| {
            *end += column.kind.slots();
            Some(*end)
        }));
        Self { columns: columns.to_vec(), places, sorted, max_rows: MAX_ROWS }
    }

    /// Limits the rows for a model with this many labels. An answer has a probability for each label and row, and must
    /// not get too large.
    pub fn with_labels(self, labels: usize) -> Self {
        Self { max_rows: (MAX_PROBABILITIES / labels.max(1)).clamp(1, MAX_ROWS), ..self }
    }

    /// Maximum number of rows in one request.
    pub fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// Returns the number of values in a raw row.
    pub fn slots(&self) -> usize {
        self.places.last().copied().unwrap_or_default()
    }

    /// Returns the offset of the column at `index` in a raw row.
    pub(super) fn place(&self, index: usize) -> usize {
        self.places.get(index).copied().unwrap_or_default()
    }

    /// Returns the index of the column that begins at the offset `place`.
    pub(super) fn at(&self, place: usize) -> Option<usize> {
        self.places.binary_search(&place).ok()
    }

    /// Returns the columns in the model's order.
    pub fn all(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the column at `index`, or `None` if the index is out of range.
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// Finds a column by name. Tries the one at `hint` first, because most callers keep the model's order.
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
        let columns = Columns::new(&["width", "length", "area", ""].map(Column::number));
        for hint in 0..5 {
            for (index, column) in columns.all().iter().enumerate() {
                assert_eq!(columns.find(&column.name, hint), Some((index, column)));
            }
            assert_eq!(columns.find("Width", hint), None);
        }
    }

    #[test]
    fn a_column_begins_behind_all_values_of_those_before_it() {
        let kind = ColumnKind::Timestamp { parts: DatePart::ALL.to_vec() };
        let moment = Column { name: "at".into(), kind, nullable: false };
        let columns = Columns::new(&[Column::number("a"), moment, Column::number("b")]);
        assert_eq!(([0, 1, 2].map(|index| columns.place(index)), columns.slots()), ([0, 1, 7], 8));
        assert_eq!((columns.at(7), columns.at(3)), (Some(2), None));
    }
}
