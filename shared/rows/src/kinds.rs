//! Reads a JSON value and calls the handler method for its kind, such as number or string.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::JsonKind;

// An implementation overrides the methods of the kinds that it accepts. All other kinds go to `unfit`.
/// Handler of one JSON value, with one method for each kind of value (null, number, string, …).
pub(super) trait JsonHandler<'de>: Sized {
    /// Returns the error for a value of a kind that is not accepted.
    fn unfit<E: Error>(self, found: JsonKind) -> Result<(), E>;

    /// Handles the value `null`.
    fn null<E: Error>(self) -> Result<(), E> {
        self.unfit(JsonKind::Null)
    }

    /// Handles the value `true` or `false`.
    fn boolean<E: Error>(self, _value: bool) -> Result<(), E> {
        self.unfit(JsonKind::Boolean)
    }

    /// Handles a number. `_whole` is the number as an integer, or `None` if the JSON text is not a 64-bit integer.
    fn number<E: Error>(self, _number: f64, _whole: Option<JsonInteger>) -> Result<(), E> {
        self.unfit(JsonKind::Number)
    }

    /// Handles a string.
    fn string<E: Error>(self, _text: &str) -> Result<(), E> {
        self.unfit(JsonKind::String)
    }

    /// Handles an array.
    fn list<A: SeqAccess<'de>>(self, _list: A) -> Result<(), A::Error> {
        self.unfit(JsonKind::List)
    }

    /// Handles an object.
    fn object<A: MapAccess<'de>>(self, _object: A) -> Result<(), A::Error> {
        self.unfit(JsonKind::Object)
    }
}

/// JSON number that is written as a 64-bit integer.
#[derive(Clone, Copy)]
pub(super) struct JsonInteger {
    bits: u64,
    is_negative: bool,
}

impl JsonInteger {
    pub(super) fn signed(number: i64) -> Self {
        Self { bits: number as u64, is_negative: number < 0 }
    }

    pub(super) fn unsigned(bits: u64) -> Self {
        Self { bits, is_negative: false }
    }
}

impl fmt::Display for JsonInteger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative { (self.bits as i64).fmt(formatter) } else { self.bits.fmt(formatter) }
    }
}

pub(super) struct JsonVisitor<T>(pub(super) T);

impl<'de, T: JsonHandler<'de>> DeserializeSeed<'de> for JsonVisitor<T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: JsonHandler<'de>> Visitor<'de> for JsonVisitor<T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.null()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.0.boolean(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.string(text)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.0.number(number as f64, Some(JsonInteger::unsigned(number)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.0.number(number as f64, Some(JsonInteger::signed(number)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.0.number(number, None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.0.object(object)
    }
}
