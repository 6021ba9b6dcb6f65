//! A table in memory, stored column by column, for training and prediction.

// Every other code is the index of a text in the column's list of texts.
/// Code of a missing value in a column of texts.
pub const MISSING: u32 = u32::MAX;

// The names of the columns are unique.
/// Table in memory, stored column by column. All columns have the same number of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    columns: Vec<FrameColumn>,
    rows: usize,
}

/// A column of a table in memory, with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameColumn {
    /// The name of the column.
    pub name: String,
    /// The values of the column, one for each row.
    pub values: Values,
}

// All numbers except NaN are finite.
/// Values of a column, all of one type. A missing number, truth value or date is NaN.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// The values are numbers.
    Number(Vec<f32>),
    /// The values are truth values: 0 for false, 1 for true.
    Boolean(Vec<f32>),
    /// The values are dates or times, in seconds since 1970-01-01T00:00:00Z.
    Timestamp(Vec<f64>),
    /// The values are categories: texts with few different values, such as countries.
    Category {
        /// For each row, the index of its text in `names`, or [`MISSING`] for a missing text.
        codes: Vec<u32>,
        /// The different texts of the column, sorted by code point.
        names: Vec<String>,
    },
    /// The values are free text: several words each, and few values occur twice.
    Text {
        /// For each row, the index of its text in `names`, or [`MISSING`] for a missing text.
        codes: Vec<u32>,
        /// The different texts of the column, sorted by code point.
        names: Vec<String>,
    },
}

impl Values {
    /// Returns the number of values in the column, including missing values.
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) | Self::Boolean(values) => values.len(),
            Self::Timestamp(values) => values.len(),
            Self::Category { codes, .. } | Self::Text { codes, .. } => codes.len(),
        }
    }

    /// Returns whether the column has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the name of the column's type: `number`, `boolean`, `timestamp`, `category` or `text`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Boolean(_) => "boolean",
            Self::Timestamp(_) => "timestamp",
            Self::Category { .. } => "category",
            Self::Text { .. } => "text",
        }
    }

    /// Returns whether at least one value of the column is missing.
    pub fn has_missing(&self) -> bool {
        match self {
            Self::Number(values) | Self::Boolean(values) => values.iter().any(|value| value.is_nan()),
            Self::Timestamp(values) => values.iter().any(|value| value.is_nan()),
            Self::Category { codes, .. } | Self::Text { codes, .. } => codes.contains(&MISSING),
        }
    }

    /// Returns a column with only the rows whose indices are in `rows`, in this order.
    fn take(&self, rows: &[u32]) -> Self {
        // The list of different texts stays complete.
        match self {
            Self::Number(values) => Self::Number(at(values, rows)),
            Self::Boolean(values) => Self::Boolean(at(values, rows)),
            Self::Timestamp(values) => Self::Timestamp(at(values, rows)),
            Self::Category { codes, names } => Self::Category { codes: at(codes, rows), names: names.clone() },
            Self::Text { codes, names } => Self::Text { codes: at(codes, rows), names: names.clone() },
        }
    }
}

impl Frame {
    /// Creates a table in memory. Each column must have `rows` values.
    pub fn new(columns: Vec<FrameColumn>, rows: usize) -> Self {
        debug_assert!(columns.iter().all(|column| column.values.len() == rows));
        Self { columns, rows }
    }

    /// Returns the columns of the table, in the order of the files.
    pub fn columns(&self) -> &[FrameColumn] {
        &self.columns
    }

    /// Returns the columns of the table, and drops the rest.
    pub(crate) fn into_columns(self) -> Vec<FrameColumn> {
        self.columns
    }

    /// Returns the column with this name, or `None` if the table has no such column.
    pub fn column(&self, name: &str) -> Option<&FrameColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the number of rows in the table.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns a table with only the rows whose indices are in `rows`, in this order. Indices beyond the last row are
    /// ignored.
    pub fn take(&self, rows: &[u32]) -> Self {
        let within = rows.iter().filter(|row| (**row as usize) < self.rows).count();
        let column = |column: &FrameColumn| FrameColumn { name: column.name.clone(), values: column.values.take(rows) };
        Self { columns: self.columns.iter().map(column).collect(), rows: within }
    }
}

/// Returns those elements of `values` whose indices are in `rows`, in this order. Indices beyond the end are ignored.
pub fn at<T: Clone>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().filter_map(|row| values.get(*row as usize).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_returned_in_the_requested_order() {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let columns = vec![
            FrameColumn { name: "x".into(), values: Values::Number(vec![1.0, 2.0, 3.0]) },
            FrameColumn {
                name: "c".into(),
                values: Values::Category { codes: vec![0, MISSING, 1], names: names.clone() },
            },
        ];
        let taken = Frame::new(columns, 3).take(&[2, 0, 9]);
        assert_eq!(taken.rows(), 2);
        assert_eq!(taken.column("x").map(|c| &c.values), Some(&Values::Number(vec![3.0, 1.0])));
        assert_eq!(taken.column("c").map(|c| &c.values), Some(&Values::Category { codes: vec![1, 0], names }));
    }
}
