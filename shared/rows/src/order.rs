//! The order of the columns in a request that names them once for all rows, or never.

use super::reader::RowReader;
use super::{ColumnIndex, RowFault};

/// For each value of a row, the index of its column in the model's order. `None` for a column that the model does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnOrder(Vec<Option<usize>>);

impl ColumnOrder {
    /// Returns the order of the model's own columns, for requests that name no column.
    pub(super) fn of_model(columns: &ColumnIndex) -> Self {
        Self((0..columns.all().len()).map(Some).collect())
    }

    /// Returns the order that a request states by the names of its columns. Columns that the model does not use are noted
    /// for a warning.
    ///
    /// # Errors
    /// A [`RowFault`] that names a column that is missing or occurs twice.
    pub(super) fn of_names<'n>(
        names: impl IntoIterator<Item = &'n str>,
        reader: &mut RowReader<'_>,
    ) -> Result<Self, RowFault> {
        let columns = reader.columns();
        let mut is_named = vec![false; columns.all().len()];
        let (mut places, mut unknown) = (Vec::new(), None);
        for (index, name) in names.into_iter().enumerate() {
            let field = columns.find(name, index).map(|(field, _)| field);
            match field.and_then(|field| is_named.get_mut(field).map(|is_named| (field, is_named))) {
                Some((field, true)) => return Err(RowFault::DuplicateColumn { row: None, field }),
                Some((_, is_named)) => *is_named = true,
                None => {
                    reader.ignored.note(name);
                    unknown.get_or_insert_with(|| name.to_owned());
                }
            }
            places.push(field);
        }
        match (is_named.iter().position(|is_named| !is_named), unknown) {
            (None, _) => Ok(Self(places)),
            (Some(_), Some(name)) => Err(RowFault::UnknownColumn { row: None, name }),
            (Some(field), None) => Err(RowFault::MissingColumn { row: None, field }),
        }
    }

    /// Returns the column of each value, in the order of the request.
    pub(super) fn places(&self) -> &[Option<usize>] {
        &self.0
    }
}
