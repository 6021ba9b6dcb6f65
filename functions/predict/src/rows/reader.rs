//! Reads the rows of a request in a single pass over the JSON text.

use std::fmt;

use evergreen_lifecycle::Column;
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::cell::JsonCellReader;
use super::kinds::{JsonHandler, JsonVisitor};
use super::{ColumnIndex, IgnoredColumns, JsonKind, RowFault, UnseenCategories};

/// Maximum number of rows in one prediction request.
pub const MAX_ROWS: usize = 1000;

// Lambda limits an answer to 6 MB.
/// Maximum number of class probabilities in one answer (rows × labels).
pub(super) const MAX_PROBABILITIES: usize = 100_000;

// It is the bit pattern of a NaN, but not of the NaN that represents a missing value.
/// Placeholder for a value of a request row that has not been read yet: the bits of a special NaN number.
const UNREAD: u32 = f32::NAN.to_bits() ^ 1;

/// The parsed rows of a prediction request, in the order of the body.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestRows {
    // A number is finite, or NaN if its value is missing and the column accepts missing values. Each column's kind
    // defines how its values are encoded as numbers.
    /// The input numbers for the model: the values of all rows, row after row, in the model's column order.
    pub values: Vec<f32>,
    /// Number of rows, from 1 to [`ColumnIndex::max_rows`].
    pub count: usize,
    /// Rows and columns in which the request has a category that is not in the training data.
    pub unseen: UnseenCategories,
    /// Names of the request's columns that the model does not use.
    pub ignored: IgnoredColumns,
}

/// Parses the body of a prediction request: one object (a row), or a list of objects.
///
/// # Errors
/// Returns the first [`RowFault`] in the text.
pub fn parse(text: &str, columns: &ColumnIndex) -> Result<RequestRows, RowFault> {
    // Each object must have a value for every column of the model. Other columns are ignored. A list has 1 to
    // `max_rows` objects.
    let mut reader = RowReader::new(columns);
    let mut json = serde_json::Deserializer::from_str(text);
    match JsonVisitor(Body(&mut reader)).deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => {
            let RowReader { values, row: count, unseen, ignored, .. } = reader;
            Ok(RequestRows { values, count, unseen, ignored })
        }
        Err(error) => Err(reader.fault_of(&error)),
    }
}

/// Reader of the rows of one request body.
pub(super) struct RowReader<'c> {
    columns: &'c ColumnIndex,
    values: Vec<f32>,
    unseen: UnseenCategories,
    ignored: IgnoredColumns,
    /// Index of the request row that is being read, which is also the number of completed rows.
    row: usize,
    in_list: bool,
    /// Index of the column whose value is being read. `None` if no value is being read.
    field: Option<usize>,
    /// Index of the column whose value was read last in the current request row. `None` at the start of a row.
    last: Option<usize>,
    // Most callers send the columns in the model's order.
    /// Index of the column that probably comes next in the request row.
    expected: usize,
    /// The error that stopped the reading. `None` if there is no error or the JSON itself is invalid.
    fault: Option<RowFault>,
}

impl<'c> RowReader<'c> {
    fn new(columns: &'c ColumnIndex) -> Self {
        Self {
            columns,
            values: Vec::with_capacity(columns.slots()),
            unseen: UnseenCategories::default(),
            ignored: IgnoredColumns::default(),
            row: 0,
            in_list: false,
            field: None,
            last: None,
            expected: 0,
            fault: None,
        }
    }

    /// Returns the index of the row that is being read. `None` if the body is a single object.
    pub(super) fn row(&self) -> Option<usize> {
        self.in_list.then_some(self.row)
    }

    /// Stores the error `fault` of the request body. Returns an error that makes the JSON parser stop.
    pub(super) fn refuse<E: Error>(&mut self, fault: RowFault) -> E {
        self.fault = Some(fault);
        // Without details, so that no value of the caller can get into an error text.
        E::custom("refused")
    }

    /// Writes `value` at index `slot` of the array with the numbers of all rows.
    #[expect(
        clippy::indexing_slicing,
        reason = "the row has space for every column; a bug becomes a 500, not a prediction"
    )]
    #[inline(always)]
    pub(super) fn set(&mut self, slot: usize, value: f32) {
        self.values[slot] = value;
    }

    /// Returns `count` numbers from index `slot` on, from the array with the numbers of all rows.
    #[expect(
        clippy::indexing_slicing,
        reason = "the row has space for every column; a bug becomes a 500, not a prediction"
    )]
    pub(super) fn slots(&mut self, slot: usize, count: usize) -> &mut [f32] {
        &mut self.values[slot..slot + count]
    }

    /// Records that a category in the current row is not in the training data. `field` is the index of the category's
    /// column.
    pub(super) fn note_unseen(&mut self, field: usize) {
        self.unseen.note(self.row, field);
    }

    /// Returns why the reading of the request body stopped: the stored error, or else the JSON syntax error `error`.
    fn fault_of(&mut self, error: &serde_json::Error) -> RowFault {
        if let Some(fault) = self.fault.take() {
            return fault;
        }
        let (row, message) = (self.row(), error.to_string());
        let field = match self.field {
            // 1e999 is valid JSON, but serde_json rejects it. Only the error's message shows it.
            Some(field) if message.starts_with("number out of range") => return RowFault::OutOfRange { row, field },
            Some(field) => Some(field),
            // Characters after a value, such as in 0x3 or 1_000, count as an error in that value.
            None => self.last.filter(|_| message.starts_with("expected `,` or `}`")),
        };
        RowFault::NotJson { row, field, line: error.line(), column: error.column() }
    }

    /// Reads a JSON object as the next row of the request.
    fn read_row<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let is_unread = |value: &f32| value.to_bits() == UNREAD;
        let start = self.values.len();
        self.values.resize(start + self.columns.slots(), f32::from_bits(UNREAD));
        self.expected = 0;
        // Name of the first column in the row that the model does not know.
        let mut unknown = None;
        while let Some(name) = object.next_key_seed(Name(&*self))? {
            let (field, column) = match name {
                FoundName::Column(field, column) => (field, column),
                FoundName::Other(name) => {
                    object.next_value::<IgnoredAny>()?;
                    self.ignored.note(&name);
                    unknown.get_or_insert(name);
                    continue;
                }
            };
            let slot = start + self.columns.offset(field);
            if !self.values.get(slot).is_some_and(is_unread) {
                return Err(self.refuse(RowFault::DuplicateColumn { row: self.row(), field }));
            }
            self.field = Some(field);
            object.next_value_seed(JsonVisitor(JsonCellReader { reader: self, column, field, slot }))?;
            (self.field, self.last) = (None, Some(field));
            self.expected = field + 1;
        }
        if let Some(offset) = self.values.iter().skip(start).position(is_unread) {
            let (row, field) = (self.row(), self.columns.containing(offset));
            return Err(self.refuse(match unknown {
                Some(name) => RowFault::UnknownColumn { row, name },
                None => RowFault::MissingColumn { row, field },
            }));
        }
        (self.row, self.last) = (self.row + 1, None);
        Ok(())
    }
}

struct Body<'a, 'c>(&'a mut RowReader<'c>);

impl<'de> JsonHandler<'de> for Body<'_, '_> {
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E> {
        Err(self.0.refuse(RowFault::WrongShape(found)))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.0.read_row(object)
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.in_list = true;
        while list.next_element_seed(JsonVisitor(Element(self.0)))?.is_some() {}
        self.0.in_list = false;
        if self.0.row == 0 { Err(self.0.refuse(RowFault::NoRows)) } else { Ok(()) }
    }
}

struct Element<'a, 'c>(&'a mut RowReader<'c>);

impl<'de> JsonHandler<'de> for Element<'_, '_> {
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E> {
        let row = self.0.row;
        Err(self.0.refuse(RowFault::NotAnObject { row, found }))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        if self.0.row == self.0.columns.max_rows() {
            return Err(self.0.refuse(RowFault::TooManyRows));
        }
        self.0.read_row(object)
    }
}

struct Name<'a, 'c>(&'a RowReader<'c>);

/// Result of looking up a column name of the request among the model's columns.
enum FoundName<'c> {
    /// The name of a column of the model, with the column's index.
    Column(usize, &'c Column),
    /// The model has no column with this name.
    Other(String),
}

impl<'de, 'c> DeserializeSeed<'de> for Name<'_, 'c> {
    type Value = FoundName<'c>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'c> Visitor<'_> for Name<'_, 'c> {
    type Value = FoundName<'c>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a column")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let found = self.0.columns.find(name, self.0.expected);
        Ok(found.map_or_else(|| FoundName::Other(name.to_owned()), |(field, column)| FoundName::Column(field, column)))
    }
}
