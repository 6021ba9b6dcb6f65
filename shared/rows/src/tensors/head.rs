//! What a request of the Open Inference Protocol says about its tensors.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::RowFault;

const EXPECTED: &str = "an object with \"inputs\", a list of tensors with name, shape, datatype and data";

/// The JSON part of an inference request, without the values of its tensors.
#[derive(Debug, Clone, Deserialize)]
pub struct InferenceHead {
    /// The caller's id of the request, which the answer repeats.
    #[serde(default)]
    pub id: Option<String>,
    pub(super) inputs: Vec<InputTensor>,
    /// The tensors that the answer shall have. `None` if it shall have all.
    #[serde(default)]
    pub outputs: Option<Vec<RequestedOutput>>,
}

/// A tensor that the caller wants in the answer.
#[derive(Debug, Clone, Deserialize)]
pub struct RequestedOutput {
    /// Name of the tensor, such as `label`.
    pub name: String,
}

/// A tensor of a request, without its values.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct InputTensor {
    pub(super) name: String,
    pub(super) shape: Vec<u64>,
    pub(super) datatype: String,
    #[serde(default)]
    pub(super) parameters: Option<InputParameters>,
    #[serde(default)]
    pub(super) data: Option<IgnoredAny>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct InputParameters {
    /// Length in bytes of the tensor behind the JSON part. `None` if its values are in the JSON part.
    #[serde(default)]
    pub(super) binary_data_size: Option<usize>,
}

impl InferenceHead {
    /// Reads the JSON part of an inference request.
    ///
    /// # Errors
    /// A [`RowFault`] with line and column if the text is not JSON or not an inference request.
    pub fn parse(text: &str) -> Result<Self, RowFault> {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            // The error's own text may repeat a value of the caller.
            if error.is_data() {
                let what = format!("is not an inference request, at line {line}, column {column}");
                return RowFault::Layout { part: None, what: what.into(), expected: EXPECTED.into() };
            }
            RowFault::NotJson { row: None, field: None, line, column }
        })
    }
}
