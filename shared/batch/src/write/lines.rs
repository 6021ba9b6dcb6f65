//! Writes answers as JSON lines.

use std::borrow::Cow;
use std::collections::BTreeMap;

use evergreen_lifecycle::Label;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
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
            let kept = if self.keep.is_empty() { BTreeMap::new() } else { fields(input.bytes_of(&(index..index + 1))) };
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

/// Returns the fields of a row. Empty if the row is no object.
fn fields(line: &[u8]) -> BTreeMap<Cow<'_, str>, &RawValue> {
    serde_json::from_slice(line).unwrap_or_default()
}

struct Line<'a> {
    row: u64,
    answer: Result<RowAnswer<'a>, &'a str>,
    kept: &'a BTreeMap<Cow<'a, str>, &'a RawValue>,
    keep: &'a [String],
    shape: &'a AnswerShape,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("row", &self.row)?;
        for name in self.keep {
            line.serialize_entry(name, &self.kept.get(name.as_str()))?;
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
