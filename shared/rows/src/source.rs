//! The forms in which a request can send its rows.

use std::borrow::Cow;

use super::{ColumnIndex, CsvHeader, InferenceHead, RequestRows, RowFault, delimited, envelope, lines, parse, tensors};

/// The rows of a request, in the form of its protocol. They are read for each version that scores them.
#[derive(Debug, Clone)]
pub enum RowSource<'a> {
    /// An object, or a list of objects, as JSON.
    Json(Cow<'a, str>),
    /// One row of JSON on each line.
    Lines(Cow<'a, str>),
    /// Comma-separated values.
    Csv(Cow<'a, str>, CsvHeader),
    /// JSON as MLflow's scoring server takes it.
    Envelope(Cow<'a, str>),
    /// Tensors of the Open Inference Protocol.
    Tensors {
        /// What the request says about its tensors.
        head: InferenceHead,
        /// The JSON part of the body.
        text: Cow<'a, str>,
        /// The binary tensors, one after the other. Empty if all tensors are in the JSON part.
        binary: &'a [u8],
    },
}

impl RowSource<'_> {
    /// Reads the rows for a model with these columns.
    ///
    /// # Errors
    /// Returns the first [`RowFault`] in the body.
    pub fn read(&self, columns: &ColumnIndex) -> Result<RequestRows, RowFault> {
        match self {
            Self::Json(text) => parse(text, columns),
            Self::Lines(text) => lines::parse(text, columns),
            Self::Csv(text, header) => delimited::parse(text, *header, columns),
            Self::Envelope(text) => envelope::parse(text, columns),
            Self::Tensors { head, text, binary } => tensors::parse(head, text, binary, columns),
        }
    }

    /// Returns the bytes of the rows, as they were sent or decoded.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Json(text) | Self::Lines(text) | Self::Csv(text, _) | Self::Envelope(text) => text.as_bytes(),
            Self::Tensors { text, binary: [], .. } => text.as_bytes(),
            Self::Tensors { binary, .. } => binary,
        }
    }
}
