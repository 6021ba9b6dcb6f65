//! Writes answers in the form of their rows. The same answers are always the same bytes.

mod delimited;
mod lines;
mod parquet;

pub(crate) use delimited::CsvAnswers;
pub(crate) use lines::LineAnswers;
pub(crate) use parquet::ParquetAnswers;

use serde::Serialize;

use crate::score::PartError;

/// Returns a number or text as JSON. Numbers are written alike in all forms.
fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, PartError> {
    serde_json::to_vec(value).map_err(|error| PartError::Written(error.into()))
}
