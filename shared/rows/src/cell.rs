//! Turns the JSON value of one column into the `f32` values with which the model represents the value.

use std::io::Write;

use evergreen_lifecycle::{Column, ColumnKind, is_missing, time, write_moment, write_words};
use serde::de::{Error, IgnoredAny, SeqAccess};

use super::kinds::{JsonHandler, JsonInteger, JsonVisitor};
use super::reader::RowReader;
use super::{JsonKind, RowFault};

/// Maximum number of characters of a 64-bit integer, including its sign.
const DIGITS: usize = 20;

/// Reader of one JSON value in a request row. Writes the value as one or more `f32` numbers for the model.
pub(super) struct JsonCellReader<'a, 'c> {
    pub(super) reader: &'a mut RowReader<'c>,
    pub(super) column: &'c Column,
    pub(super) field: usize,
    /// Index at which the first `f32` number for this JSON value is written, in the array with the numbers of all rows.
    pub(super) slot: usize,
    /// Whether a list that has only this value is accepted in its place, as in a column of lists of one value.
    pub(super) may_be_list: bool,
}

impl JsonCellReader<'_, '_> {
    // The release is built for size. Without the attribute the compiler would not inline this function, which runs for
    // every value.
    #[inline(always)]
    fn set<E: Error>(self, value: f32) -> Result<(), E> {
        self.reader.set(self.slot, value);
        Ok(())
    }

    /// Handles a missing value in a request row: writes NaN, or returns an error if the column must have a value.
    fn missing<E: Error>(self, found: JsonKind) -> Result<(), E> {
        if self.column.nullable {
            self.reader.slots(self.slot, self.column.kind.slots()).fill(f32::NAN);
            return Ok(());
        }
        let (row, field) = (self.reader.row(), self.field);
        Err(self.reader.refuse(RowFault::Missing { row, field, found }))
    }

    /// Handles a JSON number in a column of another kind, such as a category column.
    fn number_elsewhere<E: Error>(self, number: f64, whole: Option<JsonInteger>) -> Result<(), E> {
        match self.column.kind {
            // In a boolean column, only 1 and 0 are valid. In a category or text column, a whole number is read as its
            // text.
            ColumnKind::Boolean if number == 0.0 || number == 1.0 => return self.set(number as f32),
            ColumnKind::Double => return self.finite(number),
            ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => {}
            ColumnKind::Number | ColumnKind::Boolean | ColumnKind::Timestamp { .. } => {
                return self.unfit(JsonKind::Number);
            }
        }
        let Some(whole) = whole else { return self.unfit(JsonKind::Fraction) };
        let mut text = [0; DIGITS];
        let mut rest = &mut text[..];
        let written = write!(rest, "{whole}");
        debug_assert!(written.is_ok(), "the buffer has space for every 64-bit integer");
        let length = DIGITS - rest.len();
        match text.get(..length).and_then(|text| std::str::from_utf8(text).ok()) {
            Some(text) => self.words(text, JsonKind::Number),
            None => self.unfit(JsonKind::Number),
        }
    }

    /// Handles a JSON string in a request row. Its text is parsed as a cell of a CSV file would be.
    pub(super) fn text<E: Error>(self, text: &str) -> Result<(), E> {
        // A text that is one of the column's known categories is used unchanged. Other texts are trimmed, and may be
        // words for a missing value.
        if let Some(known) = self.column.kind.code(text).filter(|code| code.is_known) {
            return self.set(known.index as f32);
        }
        let text = text.trim();
        if is_missing(text) {
            return self.missing(JsonKind::Empty);
        }
        match &self.column.kind {
            ColumnKind::Number | ColumnKind::Double => self.digits(text),
            ColumnKind::Boolean => self.truth(text),
            ColumnKind::Timestamp { .. } => self.moment(text),
            ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText => {
                self.words(text, JsonKind::String)
            }
        }
    }

    /// Handles a JSON string in a column of numbers, such as "1.5".
    fn digits<E: Error>(self, text: &str) -> Result<(), E> {
        // Letters other than the exponent would spell an infinity or NaN.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        match text.parse::<f64>() {
            Ok(number) if is_number => self.finite(number),
            _ => self.unfit(JsonKind::NoNumber),
        }
    }

    fn truth<E: Error>(self, text: &str) -> Result<(), E> {
        match text {
            "1" => self.set(1.0),
            "0" => self.set(0.0),
            _ if text.eq_ignore_ascii_case("true") => self.set(1.0),
            _ if text.eq_ignore_ascii_case("false") => self.set(0.0),
            _ => self.unfit(JsonKind::String),
        }
    }

    fn moment<E: Error>(self, text: &str) -> Result<(), E> {
        let Some(seconds) = time::seconds_of(text) else { return self.unfit(JsonKind::NoMoment) };
        if let ColumnKind::Timestamp { parts } = &self.column.kind {
            write_moment(seconds, parts, self.reader.slots(self.slot, 1 + parts.len()));
        }
        Ok(())
    }

    /// Handles a text in a text or category column. `found` is the kind of JSON value in the request, for the error
    /// response.
    fn words<E: Error>(self, text: &str, found: JsonKind) -> Result<(), E> {
        match &self.column.kind {
            ColumnKind::Text { words } => write_words(text, words, self.reader.slots(self.slot, words.len())),
            ColumnKind::WholeText => self.reader.set_text(self.slot, text),
            _ => return self.category(text, found),
        }
        Ok(())
    }

    #[inline(always)]
    fn finite<E: Error>(self, number: f64) -> Result<(), E> {
        let value = number as f32;
        if !value.is_finite() {
            let row = self.reader.row();
            return Err(self.reader.refuse(RowFault::OutOfRange { row, field: self.field }));
        }
        if matches!(self.column.kind, ColumnKind::Double) {
            self.reader.slots(self.slot, 2).copy_from_slice(&ColumnKind::split_double(number));
            return Ok(());
        }
        self.set(value)
    }

    /// Handles a text in a category column. `found` is the kind of JSON value in the request, for the error response.
    fn category<E: Error>(self, text: &str, found: JsonKind) -> Result<(), E> {
        let Some(code) = self.column.kind.code(text) else { return self.unfit(found) };
        if !code.is_known {
            // The answer gets a warning about a category that is not in the training data.
            self.reader.note_unseen(self.field);
        }
        // The conversion is exact, because there are far fewer than 2^24 categories.
        self.set(code.index as f32)
    }
}

impl<'de> JsonHandler<'de> for JsonCellReader<'_, '_> {
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E> {
        let row = self.reader.row();
        Err(self.reader.refuse(RowFault::Unfit { row, field: self.field, found }))
    }

    fn null<E: Error>(self) -> Result<(), E> {
        self.missing(JsonKind::Null)
    }

    /// Handles the JSON value `true` or `false` in a request row.
    fn boolean<E: Error>(self, value: bool) -> Result<(), E> {
        match self.column.kind {
            ColumnKind::Boolean => self.set(f32::from(u8::from(value))),
            // Also valid in a category or text column: a CSV file does not distinguish the text `true` from the
            // boolean.
            _ => self.words(if value { "true" } else { "false" }, JsonKind::Boolean),
        }
    }

    #[inline(always)]
    fn number<E: Error>(self, number: f64, whole: Option<JsonInteger>) -> Result<(), E> {
        if !matches!(self.column.kind, ColumnKind::Number) {
            return self.number_elsewhere(number, whole);
        }
        self.finite(number)
    }

    fn string<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.may_be_list {
            return self.unfit(JsonKind::List);
        }
        let (row, field) = (self.reader.row(), self.field);
        let Self { reader, column, slot, .. } = self;
        let cell = JsonCellReader { reader: &mut *reader, column, field, slot, may_be_list: false };
        let is_one = list.next_element_seed(JsonVisitor(cell))?.is_some();
        if is_one && list.next_element::<IgnoredAny>()?.is_none() {
            return Ok(());
        }
        Err(reader.refuse(RowFault::Unfit { row, field, found: JsonKind::List }))
    }
}
