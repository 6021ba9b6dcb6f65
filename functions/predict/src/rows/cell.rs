//! The value of a column: from JSON to the `f32` that stands for it in a raw row.

use std::io::Write;

use evergreen_lifecycle::{Column, ColumnKind, is_missing, time};
use serde::de::Error;

use super::columns::code;
use super::kinds::{Take, Whole};
use super::reader::Reader;
use super::{Fault, Kind};

/// Room for the digits of a whole number of 64 bits and its sign.
const DIGITS: usize = 20;

/// The value of a column that is being read.
pub(super) struct Cell<'a, 'c> {
    pub(super) reader: &'a mut Reader<'c>,
    pub(super) column: &'c Column,
    pub(super) field: usize,
    /// Where it goes.
    pub(super) slot: usize,
}

impl Cell<'_, '_> {
    // The release is built for size, in which the compiler would call what is run for every value.
    #[inline(always)]
    fn set<E: Error>(self, value: f32) -> Result<(), E> {
        self.reader.set(self.slot, value);
        Ok(())
    }

    /// Nothing: NaN where that may be.
    fn missing<E: Error>(self, found: Kind) -> Result<(), E> {
        if self.column.nullable {
            return self.set(f32::NAN);
        }
        let (row, field) = (self.reader.row(), self.field);
        Err(self.reader.refuse(Fault::Missing { row, field, found }))
    }

    /// A number in a column of something else.
    fn number_elsewhere<E: Error>(self, whole: Option<Whole>) -> Result<(), E> {
        let ColumnKind::Category { .. } = self.column.kind else { return self.unfit(Kind::Number) };
        let Some(whole) = whole else { return self.unfit(Kind::Fraction) };
        let mut text = [0; DIGITS];
        let mut rest = &mut text[..];
        // Enough room for any of them.
        let _ = write!(rest, "{whole}");
        let length = DIGITS - rest.len();
        let text = text.get(..length).and_then(|text| std::str::from_utf8(text).ok());
        self.category(text.unwrap_or_default(), Kind::Number)
    }

    /// A text in a column of texts. What a table's file has for a missing value, and blanks around any value, are read as
    /// they are there, unless the model learnt from the very text.
    fn text<E: Error>(self, text: &str) -> Result<(), E> {
        if let Some(known) = code(&self.column.kind, text).filter(|code| code.seen) {
            return self.set(known.value);
        }
        match text.trim() {
            text if is_missing(text) => self.missing(Kind::Empty),
            text if self.column.kind == ColumnKind::Timestamp => self.moment(text),
            text => self.category(text, Kind::String),
        }
    }

    fn moment<E: Error>(self, text: &str) -> Result<(), E> {
        match time::seconds_of(text) {
            Some(seconds) => self.set(time::raw_days(seconds)),
            None => self.unfit(Kind::NoMoment),
        }
    }

    /// The text of a category; `found` is what it was sent as.
    fn category<E: Error>(self, text: &str, found: Kind) -> Result<(), E> {
        let Some(code) = code(&self.column.kind, text) else { return self.unfit(found) };
        if !code.seen {
            self.reader.note_unseen(self.field);
        }
        self.set(code.value)
    }
}

impl<'de> Take<'de> for Cell<'_, '_> {
    fn unfit<E: Error>(self, found: Kind) -> Result<(), E> {
        let row = self.reader.row();
        Err(self.reader.refuse(Fault::Unfit { row, field: self.field, found }))
    }

    fn null<E: Error>(self) -> Result<(), E> {
        self.missing(Kind::Null)
    }

    /// A table's file does not tell whether a category is called `true` or is true; neither need its caller.
    fn boolean<E: Error>(self, value: bool) -> Result<(), E> {
        match self.column.kind {
            ColumnKind::Boolean => self.set(f32::from(u8::from(value))),
            _ => self.category(if value { "true" } else { "false" }, Kind::Boolean),
        }
    }

    #[inline(always)]
    fn number<E: Error>(self, number: f64, whole: Option<Whole>) -> Result<(), E> {
        if !matches!(self.column.kind, ColumnKind::Number) {
            return self.number_elsewhere(whole);
        }
        let value = number as f32;
        if !value.is_finite() {
            let row = self.reader.row();
            return Err(self.reader.refuse(Fault::OutOfRange { row, field: self.field }));
        }
        self.set(value)
    }

    fn string<E: Error>(self, text: &str) -> Result<(), E> {
        match self.column.kind {
            ColumnKind::Category { .. } | ColumnKind::Timestamp => self.text(text),
            ColumnKind::Number | ColumnKind::Boolean => self.unfit(Kind::String),
        }
    }
}
