//! Taking one JSON value apart by its kind.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

use super::Kind;

/// Takes a value of the kinds that it knows; every other is [`unfit`](Take::unfit).
pub(super) trait Take<'de>: Sized {
    /// The value is of a kind that does not fit here.
    fn unfit<E: Error>(self, found: Kind) -> Result<(), E>;

    /// The value is a number.
    fn number<E: Error>(self, _number: f64) -> Result<(), E> {
        self.unfit(Kind::Number)
    }

    /// The value is a list.
    fn list<A: SeqAccess<'de>>(self, _list: A) -> Result<(), A::Error> {
        self.unfit(Kind::List)
    }

    /// The value is an object.
    fn object<A: MapAccess<'de>>(self, _object: A) -> Result<(), A::Error> {
        self.unfit(Kind::Object)
    }
}

/// A value to be taken by `T`.
pub(super) struct Value<T>(pub(super) T);

impl<'de, T: Take<'de>> DeserializeSeed<'de> for Value<T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Value<T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.unfit(Kind::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.0.unfit(Kind::Boolean)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.0.unfit(Kind::String)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.0.number(number as f64)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.0.number(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.0.number(number)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        self.0.object(object)
    }
}
