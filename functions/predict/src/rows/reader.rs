//! The pass over the JSON.

use std::fmt;

use evergreen_lifecycle::Column;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::cell::Cell;
use super::kinds::{Take, Value};
use super::{Columns, Fault, Ignored, Kind, Unseen};

/// Maximum number of rows of one call.
pub const MAX_ROWS: usize = 1000;

/// Maximum number of probabilities that one call is answered with: Lambda takes answers of 6 MB.
pub(super) const MAX_PROBABILITIES: usize = 100_000;

/// What stands where nothing has been read yet: a NaN other than the one that is a missing value.
const UNREAD: u32 = f32::NAN.to_bits() ^ 1;

/// Rows in the order of the body, values in the order of the model's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The values, row after row, as the kinds of the columns say; finite, or NaN where a value is missing and may be.
    pub values: Vec<f32>,
    /// How many rows there are, from 1 to [`Columns::max_rows`].
    pub count: usize,
    /// Texts that the model did not learn from.
    pub unseen: Unseen,
    /// Columns that the model does not take.
    pub ignored: Ignored,
}

/// Reads one object, or a list of 1 to [`Columns::max_rows`] objects, each with a value for every one of `columns`. What else they have
/// is passed over.
///
/// # Errors
/// The first [`Fault`] on the way through the text.
pub fn parse(text: &str, columns: &Columns) -> Result<Rows, Fault> {
    let mut reader = Reader::new(columns);
    let mut json = serde_json::Deserializer::from_str(text);
    match Value(Body(&mut reader)).deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => {
            let Reader { values, row: count, unseen, ignored, .. } = reader;
            Ok(Rows { values, count, unseen, ignored })
        }
        Err(error) => Err(reader.fault_of(&error)),
    }
}

/// Where the pass is, and what it has read.
pub(super) struct Reader<'c> {
    columns: &'c Columns,
    values: Vec<f32>,
    unseen: Unseen,
    ignored: Ignored,
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

impl<'c> Reader<'c> {
    fn new(columns: &'c Columns) -> Self {
        Self {
            columns,
            values: Vec::with_capacity(columns.slots()),
            unseen: Unseen::default(),
            ignored: Ignored::default(),
            row: 0,
            in_list: false,
            field: None,
            last: None,
            expected: 0,
            fault: None,
        }
    }

    /// The row that is being read, in a list.
    pub(super) fn row(&self) -> Option<usize> {
        self.in_list.then_some(self.row)
    }

    /// Gives the pass up. The error itself says nothing: the fault is kept here, where no value can slip into it.
    pub(super) fn refuse<E: Error>(&mut self, fault: Fault) -> E {
        self.fault = Some(fault);
        E::custom("refused")
    }

    /// Sets the value at `slot`, which is one that the row that is being read has room for.
    #[inline(always)]
    pub(super) fn set(&mut self, slot: usize, value: f32) {
        self.values[slot] = value;
    }

    /// The `count` values from `slot` on.
    pub(super) fn slots(&mut self, slot: usize, count: usize) -> &mut [f32] {
        &mut self.values[slot..slot + count]
    }

    /// Notes that the text of the column at `field` is none that the model learnt from.
    pub(super) fn note_unseen(&mut self, field: usize) {
        self.unseen.note(self.row, field);
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
        let is_unread = |value: &f32| value.to_bits() == UNREAD;
        let start = self.values.len();
        self.values.resize(start + self.columns.slots(), f32::from_bits(UNREAD));
        self.expected = 0;
        // The first name of the row that is none of the model's.
        let mut unknown = None;
        while let Some(name) = object.next_key_seed(Name(&*self))? {
            let (field, column) = match name {
                Named::Column(field, column) => (field, column),
                Named::Other(name) => {
                    object.next_value::<IgnoredAny>()?;
                    self.ignored.note(&name);
                    unknown.get_or_insert(name);
                    continue;
                }
            };
            // In range: a name is found among as many columns as there is room for.
            let slot = start + self.columns.place(field);
            if !is_unread(&self.values[slot]) {
                return Err(self.refuse(Fault::DuplicateColumn { row: self.row(), field }));
            }
            self.field = Some(field);
            object.next_value_seed(Value(Cell { reader: self, column, field, slot }))?;
            (self.field, self.last) = (None, Some(field));
            self.expected = field + 1;
        }
        if let Some(place) = self.values[start..].iter().position(is_unread) {
            let (row, field) = (self.row(), self.columns.at(place).unwrap_or_default());
            return Err(self.refuse(match unknown {
                Some(name) => Fault::UnknownColumn { row, name },
                None => Fault::MissingColumn { row, field },
            }));
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
        if self.0.row == self.0.columns.max_rows() {
            return Err(self.0.refuse(Fault::TooManyRows));
        }
        self.0.read_row(object)
    }
}

/// The name of a column.
struct Name<'a, 'c>(&'a Reader<'c>);

/// What a name names.
enum Named<'c> {
    /// A column of the model, after its index.
    Column(usize, &'c Column),
    /// None.
    Other(String),
}

impl<'de, 'c> DeserializeSeed<'de> for Name<'_, 'c> {
    type Value = Named<'c>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'c> Visitor<'_> for Name<'_, 'c> {
    type Value = Named<'c>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a column")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let found = self.0.columns.find(name, self.0.expected);
        Ok(found.map_or_else(|| Named::Other(name.to_owned()), |(field, column)| Named::Column(field, column)))
    }
}
