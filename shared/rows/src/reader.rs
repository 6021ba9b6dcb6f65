//! Reads the rows of a request in a single pass over the JSON text.

use std::fmt;

use evergreen_lifecycle::{Column, RowTexts};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::asks::{AsksReader, EXPLAIN, ExplainedRows};
use super::cell::JsonCellReader;
use super::kinds::{JsonHandler, JsonVisitor};
use super::order::ColumnOrder;
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
    /// The whole texts of the rows, for a model that reads them itself. Empty for others.
    pub texts: RowTexts,
    /// Number of rows, from 1 to [`ColumnIndex::max_rows`].
    pub count: usize,
    /// Rows and columns in which the request has a category that is not in the training data.
    pub unseen: UnseenCategories,
    /// Names of the request's columns that the model does not use.
    pub ignored: IgnoredColumns,
    /// The rows that ask for an explanation.
    pub explain: ExplainedRows,
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
    let read = JsonVisitor(Body(&mut reader)).deserialize(&mut json).and_then(|()| json.end());
    reader.checked(read)?;
    reader.finish()
}

/// Reader of the rows of one request body.
pub(super) struct RowReader<'c> {
    columns: &'c ColumnIndex,
    values: Vec<f32>,
    texts: RowTexts,
    unseen: UnseenCategories,
    pub(super) ignored: IgnoredColumns,
    explain: ExplainedRows,
    /// Index of the request row that is being read, which is also the number of completed rows.
    pub(super) row: usize,
    in_list: bool,
    /// Whether an object may hold the values of a row as a list named `features`.
    takes_features: bool,
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
    /// Creates the reader of a body that may be a single row.
    fn new(columns: &'c ColumnIndex) -> Self {
        Self {
            columns,
            values: Vec::with_capacity(columns.slots()),
            texts: RowTexts::none(),
            unseen: UnseenCategories::default(),
            ignored: IgnoredColumns::default(),
            explain: ExplainedRows::default(),
            row: 0,
            in_list: false,
            takes_features: false,
            field: None,
            last: None,
            expected: 0,
            fault: None,
        }
    }

    /// Creates the reader of a body that has a list of rows, whatever its form. Errors name the row.
    pub(super) fn of_list(columns: &'c ColumnIndex) -> Self {
        Self { in_list: true, ..Self::new(columns) }
    }

    /// Lets an object be a row whose values are a list named `features`, in the model's order of columns.
    pub(super) fn taking_features(self) -> Self {
        Self { takes_features: true, ..self }
    }

    /// Returns the columns that the model expects.
    pub(super) fn columns(&self) -> &'c ColumnIndex {
        self.columns
    }

    /// Returns `outcome`, with what is wrong with the request body in place of an error of the JSON parser.
    pub(super) fn checked<T>(&mut self, outcome: serde_json::Result<T>) -> Result<T, RowFault> {
        outcome.map_err(|error| self.fault_of(&error))
    }

    /// Returns the rows, after the whole body was read.
    pub(super) fn finish(self) -> Result<RequestRows, RowFault> {
        let Self { values, texts, row: count, unseen, ignored, explain, .. } = self;
        let rows = RequestRows { values, texts, count, unseen, ignored, explain };
        if count == 0 { Err(RowFault::NoRows) } else { Ok(rows) }
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

    /// Keeps a whole text, and writes its number at index `slot` of the array with the numbers of all rows.
    pub(super) fn set_text(&mut self, slot: usize, text: &str) {
        let number = self.texts.push(text);
        self.set(slot, number);
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

    /// Makes room for the values of the next row. Returns the index of its first value.
    pub(super) fn begin_row<E: Error>(&mut self) -> Result<usize, E> {
        if self.row == self.columns.max_rows() {
            return Err(self.refuse(RowFault::TooManyRows));
        }
        let start = self.values.len();
        self.values.resize(start + self.columns.slots(), f32::from_bits(UNREAD));
        self.expected = 0;
        Ok(start)
    }

    /// Makes room for the values of `rows` rows, which are then read column after column.
    pub(super) fn begin_columns<E: Error>(&mut self, rows: usize) -> Result<(), E> {
        if rows > self.columns.max_rows() {
            return Err(self.refuse(RowFault::TooManyRows));
        }
        self.values.resize(self.values.len().max(rows * self.columns.slots()), f32::from_bits(UNREAD));
        Ok(())
    }

    /// Ends the reading of columns that have `rows` values each.
    pub(super) fn end_columns(&mut self, rows: usize) {
        self.values.truncate(rows * self.columns.slots());
        self.row = rows;
    }

    /// Records that no value is being read: an error that follows belongs to no column.
    pub(super) fn leave_column(&mut self) {
        self.field = None;
    }

    pub(super) fn end_row(&mut self) {
        (self.row, self.last) = (self.row + 1, None);
    }

    /// Returns the reader of the value of column `field` in the row whose values begin at `start`.
    pub(super) fn cell<'a, E: Error>(&'a mut self, field: usize, start: usize) -> Result<JsonCellReader<'a, 'c>, E> {
        let columns = self.columns;
        let column = columns.get(field).ok_or_else(|| E::custom("no such column"))?;
        (self.field, self.last) = (Some(field), Some(field));
        Ok(JsonCellReader { reader: self, column, field, slot: start + columns.offset(field), may_be_list: false })
    }

    /// Reads a list of values as the next row of the request, in the order of columns `order`.
    pub(super) fn read_list<'de, A: SeqAccess<'de>>(
        &mut self,
        mut list: A,
        order: &ColumnOrder,
    ) -> Result<(), A::Error> {
        let start = self.begin_row()?;
        let mut found = 0;
        for place in order.places() {
            let is_there = match place {
                Some(field) => list.next_element_seed(JsonVisitor(self.cell(*field, start)?))?.is_some(),
                None => list.next_element::<IgnoredAny>()?.is_some(),
            };
            self.field = None;
            if !is_there {
                return Err(self.refuse_width(found, order));
            }
            found += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        if found > order.places().len() {
            return Err(self.refuse_width(found, order));
        }
        self.end_row();
        Ok(())
    }

    /// Returns the error about a row that has `found` values instead of one for each column of `order`.
    pub(super) fn refuse_width<E: Error>(&mut self, found: usize, order: &ColumnOrder) -> E {
        let fault = RowFault::WrongWidth { row: self.row(), found, expected: order.places().len() };
        self.refuse(fault)
    }

    /// Reads a JSON object as the next row of the request.
    pub(super) fn read_row<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let is_unread = |value: &f32| value.to_bits() == UNREAD;
        let start = self.begin_row()?;
        // Name of the first column in the row that the model does not know.
        let mut unknown = None;
        while let Some(name) = object.next_key_seed(Name(&*self))? {
            let (field, column) = match name {
                FoundName::Column(field, column) => (field, column),
                FoundName::Other(name) if self.takes_features && name == "features" => {
                    self.values.truncate(start);
                    return self.read_features(object);
                }
                FoundName::Other(name) => {
                    let mut asks = None;
                    if name == EXPLAIN {
                        object.next_value_seed(JsonVisitor(AsksReader(&mut asks)))?;
                    } else {
                        object.next_value::<IgnoredAny>()?;
                    }
                    if let Some(asks) = asks {
                        self.explain.set(self.row, asks);
                        continue;
                    }
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
            let cell = JsonCellReader { reader: self, column, field, slot, may_be_list: false };
            object.next_value_seed(JsonVisitor(cell))?;
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
        self.end_row();
        Ok(())
    }

    /// Reads the value of `features`, a list, as the next row. Other members of the object are ignored.
    fn read_features<'de, A: MapAccess<'de>>(&mut self, mut object: A) -> Result<(), A::Error> {
        let order = ColumnOrder::of_model(self.columns);
        object.next_value_seed(JsonVisitor(ListedRow { reader: self, order: &order }))?;
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A row that is an object, or a list of values in a known order of columns.
pub(super) struct ListedRow<'a, 'c> {
    pub(super) reader: &'a mut RowReader<'c>,
    pub(super) order: &'a ColumnOrder,
}

impl<'de> JsonHandler<'de> for ListedRow<'_, '_> {
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E> {
        let row = self.reader.row;
        Err(self.reader.refuse(RowFault::NotAnObject { row, found }))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.reader.read_row(object)
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.reader.read_list(list, self.order)
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
