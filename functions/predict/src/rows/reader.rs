//! The single pass over the JSON text.

use std::fmt;

use evergreen_lifecycle::Column;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::cell::Cell;
use super::kinds::{Take, Value};
use super::{Columns, Fault, Ignored, Kind, Unseen};

/// Maximum number of rows in one request.
pub const MAX_ROWS: usize = 1000;

/// Maximum number of probabilities in one answer. Lambda limits an answer to 6 MB.
pub(super) const MAX_PROBABILITIES: usize = 100_000;

/// Marks a value that has not been read yet: a NaN other than the NaN of a missing value.
const UNREAD: u32 = f32::NAN.to_bits() ^ 1;

/// The parsed rows in the order of the body. The values of a row are in the order of the model's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The values, row after row, as the columns' kinds define them. Each is finite, or NaN if it is missing in a
    /// nullable column.
    pub values: Vec<f32>,
    /// Number of rows, from 1 to [`Columns::max_rows`].
    pub count: usize,
    /// Places of the categories that are not in the training data.
    pub unseen: Unseen,
    /// Columns that the model does not use.
    pub ignored: Ignored,
}

/// Reads one object, or a list of 1 to [`Columns::max_rows`] objects. Each object must have a value for every column.
/// Other names are ignored.
///
/// # Errors
/// Returns the first [`Fault`] in the text.
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

/// The position of the pass, and the values read so far.
pub(super) struct Reader<'c> {
    columns: &'c Columns,
    values: Vec<f32>,
    unseen: Unseen,
    ignored: Ignored,
    /// Index of the row that is being read, which is also the number of completed rows.
    row: usize,
    in_list: bool,
    /// The column whose value is being read.
    field: Option<usize>,
    /// The column whose value was read last.
    last: Option<usize>,
    /// The next column, if the caller keeps the model's order.
    expected: usize,
    /// Why the pass stopped, unless the JSON itself is invalid.
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

    /// Returns the index of the row that is being read, or `None` outside a list.
    pub(super) fn row(&self) -> Option<usize> {
        self.in_list.then_some(self.row)
    }

    /// Stops the pass. The fault is stored here and not in the error, so that no value of the caller can get into it.
    pub(super) fn refuse<E: Error>(&mut self, fault: Fault) -> E {
        self.fault = Some(fault);
        E::custom("refused")
    }

    /// Writes the value at `slot`, which must be within the values allocated so far.
    #[inline(always)]
    pub(super) fn set(&mut self, slot: usize, value: f32) {
        self.values[slot] = value;
    }

    /// Returns the `count` values from `slot` on.
    pub(super) fn slots(&mut self, slot: usize, count: usize) -> &mut [f32] {
        &mut self.values[slot..slot + count]
    }

    /// Records that the category in the column at `field` is not in the training data.
    pub(super) fn note_unseen(&mut self, field: usize) {
        self.unseen.note(self.row, field);
    }

    /// Returns the stored fault, or else the place where the text stops being valid JSON.
    fn fault_of(&mut self, error: &serde_json::Error) -> Fault {
        if let Some(fault) = self.fault.take() {
            return fault;
        }
        let (row, message) = (self.row(), error.to_string());
        let field = match self.field {
            // 1e999 is valid JSON, but serde_json rejects it. Only the error's message shows it.
            Some(field) if message.starts_with("number out of range") => return Fault::OutOfRange { row, field },
            Some(field) => Some(field),
            // Characters after a value, such as in 0x3 or 1_000, count as an error in that value.
            None => self.last.filter(|_| message.starts_with("expected `,` or `}`")),
        };
        Fault::NotJson { row, field, line: error.line(), column: error.column() }
    }

    /// Reads an object as the next row.
    fn read_row<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let is_unread = |value: &f32| value.to_bits() == UNREAD;
        let start = self.values.len();
        self.values.resize(start + self.columns.slots(), f32::from_bits(UNREAD));
        self.expected = 0;
        // The first name in the row that the model does not know.
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
            // In range: the row has space for every column that can be found.
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

struct Name<'a, 'c>(&'a Reader<'c>);

/// Result of the look-up of a name.
enum Named<'c> {
    /// A column of the model, with its index.
    Column(usize, &'c Column),
    /// A name that the model does not know.
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
