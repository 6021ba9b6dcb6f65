//! Reads rows that a request sends column after column: an object with a list of values for each column.

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess};

use super::kinds::{JsonHandler, JsonVisitor};
use super::reader::RowReader;
use super::{ColumnIndex, JsonKind, RequestRows, RowFault};

/// Which columns of the model were read so far, and how many values each has.
pub(super) struct Columns {
    is_read: Vec<bool>,
    rows: Option<usize>,
    unknown: Option<String>,
}

impl Columns {
    /// Creates the state before the first column.
    pub(super) fn new(columns: &ColumnIndex) -> Self {
        Self { is_read: vec![false; columns.all().len()], rows: None, unknown: None }
    }

    /// Reads an object whose members are columns.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        reader: &mut RowReader<'_>,
        mut object: A,
    ) -> Result<(), A::Error> {
        let mut hint = 0;
        while let Some(name) = object.next_key::<String>()? {
            match self.begin(reader, &name, hint)? {
                Some(field) => {
                    hint = field + 1;
                    object.next_value_seed(JsonVisitor(Values { reader: &mut *reader, columns: self, field }))?;
                }
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        self.close();
        Ok(())
    }

    /// Ends the columns of a request, which may have none.
    pub(super) fn close(&mut self) {
        self.rows.get_or_insert(0);
    }

    /// Returns the model's column with this name, which is read next. `None` if the model does not use the column.
    pub(super) fn begin<E: Error>(
        &mut self,
        reader: &mut RowReader<'_>,
        name: &str,
        hint: usize,
    ) -> Result<Option<usize>, E> {
        let Some((field, _)) = reader.columns().find(name, hint) else {
            reader.ignored.note(name);
            self.unknown.get_or_insert_with(|| name.to_owned());
            return Ok(None);
        };
        match self.is_read.get_mut(field) {
            Some(is_read) if !*is_read => *is_read = true,
            _ => return Err(reader.refuse(RowFault::DuplicateColumn { row: None, field })),
        }
        Ok(Some(field))
    }

    /// Records that every column is read.
    pub(super) fn begin_all(&mut self) {
        self.is_read.fill(true);
    }

    /// Checks that a column has as many values as those before it.
    pub(super) fn end<E: Error>(&mut self, reader: &mut RowReader<'_>, field: usize, values: usize) -> Result<(), E> {
        let expected = *self.rows.get_or_insert(values);
        if expected == values { Ok(()) } else { Err(reader.refuse(RowFault::WrongLength { field, expected })) }
    }

    fn check(self) -> Result<usize, RowFault> {
        match (self.is_read.iter().position(|is_read| !is_read), self.unknown) {
            (None, _) => Ok(self.rows.unwrap_or_default()),
            (Some(_), Some(name)) => Err(RowFault::UnknownColumn { row: None, name }),
            (Some(field), None) => Err(RowFault::MissingColumn { row: None, field }),
        }
    }
}

/// Returns the rows that `reader` has read, by rows or as `columns`.
pub(super) fn finish(mut reader: RowReader<'_>, columns: Columns) -> Result<RequestRows, RowFault> {
    if columns.rows.is_some() {
        reader.end_columns(columns.check()?);
    }
    reader.finish()
}

/// Reads the values of a column.
struct Values<'a, 'c> {
    reader: &'a mut RowReader<'c>,
    columns: &'a mut Columns,
    field: usize,
}

impl<'de> JsonHandler<'de> for Values<'_, '_> {
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E> {
        Err(self.reader.refuse(RowFault::NotAColumn { field: self.field, found }))
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { reader, columns, field } = self;
        let most = columns.rows.unwrap_or_else(|| reader.columns().max_rows());
        for row in 0..=most {
            if row == most {
                match list.next_element::<IgnoredAny>()? {
                    None => return columns.end(reader, field, row),
                    Some(_) if columns.rows.is_none() => return Err(reader.refuse(RowFault::TooManyRows)),
                    Some(_) => return columns.end(reader, field, row + 1),
                }
            }
            reader.begin_columns(row + 1)?;
            reader.row = row;
            let mut cell = reader.cell(field, row * reader.columns().slots())?;
            cell.may_be_list = true;
            if list.next_element_seed(JsonVisitor(cell))?.is_none() {
                reader.leave_column();
                return columns.end(reader, field, row);
            }
            reader.leave_column();
        }
        Ok(())
    }
}
