//! Writes answers as JSON lines.

use std::fmt;

use evergreen_lifecycle::Label;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::answers::{AnswerShape, PartAnswers, Predicted, RowAnswer};
use crate::rows::PartRows;
use crate::score::PartError;

/// The answers to the rows of a file of JSON lines.
#[derive(Debug)]
pub(crate) struct LineAnswers<'a> {
    content: Vec<u8>,
    shape: &'a AnswerShape,
    keep: &'a [String],
}

impl<'a> LineAnswers<'a> {
    /// Begins a file. `keep` names the fields to repeat.
    pub(crate) fn begin(shape: &'a AnswerShape, keep: &'a [String]) -> Self {
        Self { content: Vec::new(), shape, keep }
    }

    /// Writes the answers to the rows of `input` from the row with the index `at` on.
    pub(crate) fn write(&mut self, answers: &PartAnswers, input: &PartRows<'_>, at: usize) -> Result<(), PartError> {
        for (index, (row, answer)) in (at..).zip(answers.iter()) {
            let kept = kept_values(self.keep, input.bytes_of(&(index..index + 1)));
            let line = Line { row, answer, kept: &kept, keep: self.keep, shape: self.shape };
            serde_json::to_writer(&mut self.content, &line).map_err(|error| PartError::Written(error.into()))?;
            self.content.push(b'\n');
        }
        Ok(())
    }

    /// Returns the bytes of the file.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.content
    }
}

/// Returns the values of some fields of a row, as they are written there. Each is `None` if the row is no object.
fn kept_values<'a>(keep: &[String], line: &'a [u8]) -> Vec<Option<&'a RawValue>> {
    let nothing = || vec![None; keep.len()];
    if keep.is_empty() {
        return nothing();
    }
    let mut reader = serde_json::Deserializer::from_slice(line);
    let read = KeptFields(keep).deserialize(&mut reader);
    read.and_then(|values| reader.end().map(|()| values)).unwrap_or_else(|_| nothing())
}

/// Reads the fields with these names, and passes over all others.
struct KeptFields<'k>(&'k [String]);

impl<'de> DeserializeSeed<'de> for KeptFields<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, row: D) -> Result<Self::Value, D::Error> {
        row.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for KeptFields<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut row: M) -> Result<Self::Value, M::Error> {
        let mut values = vec![None; self.0.len()];
        while let Some(place) = row.next_key_seed(FieldPlace(self.0))? {
            match place.and_then(|place| values.get_mut(place)) {
                Some(value) => *value = Some(row.next_value()?),
                None => {
                    row.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(values)
    }
}

/// Reads the name of a field as its place among the names that are kept.
struct FieldPlace<'k>(&'k [String]);

impl<'de> DeserializeSeed<'de> for FieldPlace<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldPlace<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|kept| kept == name))
    }
}

struct Line<'a> {
    row: u64,
    answer: Result<RowAnswer<'a>, &'a str>,
    kept: &'a [Option<&'a RawValue>],
    keep: &'a [String],
    shape: &'a AnswerShape,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("row", &self.row)?;
        for (name, value) in self.keep.iter().zip(self.kept) {
            line.serialize_entry(name, value)?;
        }
        match self.answer {
            Ok(answer) => self.write_answer(answer, &mut line)?,
            Err(fault) => {
                line.serialize_entry("prediction", &())?;
                line.serialize_entry("version", &self.shape.version)?;
                line.serialize_entry("error", fault)?;
            }
        }
        line.end()
    }
}

impl Line<'_> {
    fn write_answer<M: SerializeMap>(&self, answer: RowAnswer<'_>, line: &mut M) -> Result<(), M::Error> {
        let labels = &self.shape.labels;
        match answer.prediction {
            Predicted::Class(class, probabilities) => {
                line.serialize_entry("prediction", &labels.get(class))?;
                line.serialize_entry("probabilities", &Named { names: labels, values: probabilities })?;
            }
            Predicted::Number(number, interval) => {
                line.serialize_entry("prediction", &number)?;
                interval.map_or(Ok(()), |interval| line.serialize_entry("interval", &interval))?;
            }
        }
        line.serialize_entry("version", &self.shape.version)?;
        let Some(found) = answer.explanation else { return Ok(()) };
        let contributions = Named { names: &self.shape.contributions, values: &found.contributions };
        let label = found.label.and_then(|label| labels.get(label));
        line.serialize_entry("explanation", &LineExplanation { label, base: found.base, contributions })
    }
}

#[derive(Serialize)]
struct LineExplanation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a Label>,
    base: f64,
    contributions: Named<'a, String, f64>,
}

/// Values by name, as an object.
struct Named<'a, N, V> {
    names: &'a [N],
    values: &'a [V],
}

impl<N: ToString, V: Serialize> Serialize for Named<'_, N, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.names.iter().map(ToString::to_string).zip(self.values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_values_are_those_of_the_row_digit_by_digit() {
        let keep = ["id".to_owned(), "na\"me".to_owned()];
        let values = |line: &'static str| {
            let found = kept_values(&keep, line.as_bytes());
            found.into_iter().map(|value| value.map(RawValue::get)).collect::<Vec<_>>()
        };
        assert_eq!(
            values(r#"{"x":[1,{"id":7}],"id": 1.50 ,"n\u0061\"me":{"a": 1}}"#),
            [Some("1.50"), Some(r#"{"a": 1}"#)]
        );
        assert_eq!(values(r#"{"id":1,"id":2}"#), [Some("2"), None]);
        for no_object in ["[1]", "{\"id\":1", "{\"id\":1} 2", ""] {
            assert_eq!(values(no_object), [None, None], "{no_object}");
        }
    }
}
