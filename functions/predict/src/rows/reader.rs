//! The pass over the JSON.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::kinds::{Take, Value};
use super::{Columns, Fault, Kind};

/// The most rows of one call.
pub const MAX_ROWS: usize = 1000;

/// Rows in the order of the body, values in the order of the model's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The values, row after row; all finite.
    pub values: Vec<f32>,
    /// How many rows there are, from 1 to [`MAX_ROWS`].
    pub count: usize,
}

/// Reads one object, or a list of 1 to [`MAX_ROWS`] objects, each with one number for every one of `columns`.
///
/// # Errors
/// The first [`Fault`] on the way through the text.
pub fn parse(text: &str, columns: &Columns) -> Result<Rows, Fault> {
    let values = Vec::with_capacity(columns.names().len());
    let mut reader =
        Reader { columns, values, row: 0, in_list: false, field: None, last: None, expected: 0, fault: None };
    let mut json = serde_json::Deserializer::from_str(text);
    match Value(Body(&mut reader)).deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => Ok(Rows { values: reader.values, count: reader.row }),
        Err(error) => Err(reader.fault_of(&error)),
    }
}

/// Where the pass is, and what it has read.
struct Reader<'c> {
    columns: &'c Columns,
    values: Vec<f32>,
    /// The row that is being read, which is also how many were read.
    row: usize,
    in_list: bool,
    /// The column whose value is being read.
    field: Option<usize>,
    /// The column whose value was read last.
    last: Option<usize>,
    /// The column that comes next if the caller keeps the model's order.
    expected: usize,
    /// Why the pass was given up, if it was not for the JSON's own sake.
    fault: Option<Fault>,
}

impl Reader<'_> {
    fn row(&self) -> Option<usize> {
        self.in_list.then_some(self.row)
    }

    /// Gives the pass up. The error itself says nothing: the fault is kept here, where no value can slip into it.
    fn refuse<E: Error>(&mut self, fault: Fault) -> E {
        self.fault = Some(fault);
        E::custom("refused")
    }

    /// Why the pass failed: for the fault that was met, else because the text is no JSON.
    fn fault_of(&mut self, error: &serde_json::Error) -> Fault {
        if let Some(fault) = self.fault.take() {
            return fault;
        }
        let (row, message) = (self.row(), error.to_string());
        let field = match self.field {
            // 1e999 is sound JSON that serde_json gives up on by itself; only its message tells.
            Some(field) if message.starts_with("number out of range") => return Fault::OutOfRange { row, field },
            Some(field) => Some(field),
            // What goes on where a value should have ended, such as 0x3 or 1_000, is that value's fault.
            None => self.last.filter(|_| message.starts_with("expected `,` or `}`")),
        };
        Fault::NotJson { row, field, line: error.line(), column: error.column() }
    }

    /// Reads the rest of an object as the next row.
    fn read_row<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let start = self.values.len();
        // NaN marks what has not been read: no JSON number is one.
        self.values.resize(start + self.columns.names().len(), f32::NAN);
        self.expected = 0;
        while let Some(field) = object.next_key_seed(Name(self))? {
            // In range: a name is found among as many columns as there is room for.
            if !self.values[start + field].is_nan() {
                return Err(self.refuse(Fault::DuplicateColumn { row: self.row(), field }));
            }
            self.field = Some(field);
            object.next_value_seed(Value(Cell { reader: self, field, slot: start + field }))?;
            (self.field, self.last) = (None, Some(field));
            self.expected = field + 1;
        }
        if let Some(field) = self.values[start..].iter().position(|value| value.is_nan()) {
            return Err(self.refuse(Fault::MissingColumn { row: self.row(), field }));
        }
        (self.row, self.last) = (self.row + 1, None);
        Ok(())
    }
}

/// The whole body.
struct Body<'a, 'c>(&'a mut Reader<'c>);

impl<'de> Take<'de> for Body<'_, '_> {
    fn unfit<E: Error>(self, found: Kind) -> Result<(), E> {
        Err(self.0.refuse(Fault::WrongShape(found)))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.0.read_row(object)
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.in_list = true;
        while list.next_element_seed(Value(Element(self.0)))?.is_some() {}
        self.0.in_list = false;
        if self.0.row == 0 { Err(self.0.refuse(Fault::NoRows)) } else { Ok(()) }
    }
}

/// An element of the list.
struct Element<'a, 'c>(&'a mut Reader<'c>);

impl<'de> Take<'de> for Element<'_, '_> {
    fn unfit<E: Error>(self, found: Kind) -> Result<(), E> {
        let row = self.0.row;
        Err(self.0.refuse(Fault::NotAnObject { row, found }))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        if self.0.row == MAX_ROWS {
            return Err(self.0.refuse(Fault::TooManyRows));
        }
        self.0.read_row(object)
    }
}

/// The value of a column.
struct Cell<'a, 'c> {
    reader: &'a mut Reader<'c>,
    field: usize,
    slot: usize,
}

impl<'de> Take<'de> for Cell<'_, '_> {
    fn unfit<E: Error>(self, found: Kind) -> Result<(), E> {
        let row = self.reader.row();
        Err(self.reader.refuse(Fault::NotANumber { row, field: self.field, found }))
    }

    fn number<E: Error>(self, number: f64) -> Result<(), E> {
        let value = number as f32;
        if !value.is_finite() {
            let row = self.reader.row();
            return Err(self.reader.refuse(Fault::OutOfRange { row, field: self.field }));
        }
        self.reader.values[self.slot] = value;
        Ok(())
    }
}

/// The name of a column; its value is the column's index.
struct Name<'a, 'c>(&'a mut Reader<'c>);

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_, '_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a column")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        match self.0.columns.find(name, self.0.expected) {
            Some(field) => Ok(field),
            None => {
                let row = self.0.row();
                Err(self.0.refuse(Fault::UnknownColumn { row, name: name.to_owned() }))
            }
        }
    }
}
