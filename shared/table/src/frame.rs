//! A table in memory, column by column, as it is learnt from and predicted for.

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// Columns of equal length. Names are unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    columns: Vec<FrameColumn>,
    rows: usize,
}

/// A column with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameColumn {
    /// Its name.
    pub name: String,
    /// Its values, one for each row.
    pub values: Values,
}

/// Values of one kind. NaN is a missing one, and nothing else is not finite.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Numbers.
    Number(Vec<f32>),
    /// False as 0, true as 1.
    Boolean(Vec<f32>),
    /// Moments, in seconds since 1970-01-01T00:00:00Z.
    Timestamp(Vec<f64>),
    /// Texts of few different ones.
    Category {
        /// For each row an index into `names`, or [`MISSING`].
        codes: Vec<u32>,
        /// The texts that occur in the table, sorted by code point.
        names: Vec<String>,
    },
    /// Texts of several words, almost all of them different.
    Text {
        /// For each row an index into `names`, or [`MISSING`].
        codes: Vec<u32>,
        /// The texts that occur in the table, sorted by code point.
        names: Vec<String>,
    },
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) | Self::Boolean(values) => values.len(),
            Self::Timestamp(values) => values.len(),
            Self::Category { codes, .. } | Self::Text { codes, .. } => codes.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind's name: `number`, `boolean`, `timestamp`, `category` or `text`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Boolean(_) => "boolean",
            Self::Timestamp(_) => "timestamp",
            Self::Category { .. } => "category",
            Self::Text { .. } => "text",
        }
    }

    /// Whether a value is missing.
    pub fn has_missing(&self) -> bool {
        match self {
            Self::Number(values) | Self::Boolean(values) => values.iter().any(|value| value.is_nan()),
            Self::Timestamp(values) => values.iter().any(|value| value.is_nan()),
            Self::Category { codes, .. } | Self::Text { codes, .. } => codes.contains(&MISSING),
        }
    }

    /// The values at `rows`, in that order. The names of a category stay all there.
    fn take(&self, rows: &[u32]) -> Self {
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
    /// A frame of `columns`, each of `rows` values.
    pub fn new(columns: Vec<FrameColumn>, rows: usize) -> Self {
        debug_assert!(columns.iter().all(|column| column.values.len() == rows));
        Self { columns, rows }
    }

    /// The columns, in the order of the files.
    pub fn columns(&self) -> &[FrameColumn] {
        &self.columns
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&FrameColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows at the indices `rows`, in that order; an index that is not below the number of rows is left out.
    pub fn take(&self, rows: &[u32]) -> Self {
        let within = rows.iter().filter(|row| (**row as usize) < self.rows).count();
        let column = |column: &FrameColumn| FrameColumn { name: column.name.clone(), values: column.values.take(rows) };
        Self { columns: self.columns.iter().map(column).collect(), rows: within }
    }
}

/// The elements of `values` at `rows`.
pub fn at<T: Clone>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().filter_map(|row| values.get(*row as usize).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_taken_in_the_order_asked_for() {
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
