//! JSON bodies of the answers of the Open Inference Protocol about server and model.

use evergreen_lifecycle::{Column, ColumnKind, ModelName};
use serde::Serialize;

use crate::answer::{OutputDescription, outputs};
use crate::loaded::LoadedVersion;

/// JSON answer to `GET /v2`: the server.
#[derive(Debug, Serialize)]
pub struct ServerView {
    name: &'static str,
    version: &'static str,
    extensions: [&'static str; 1],
}

impl ServerView {
    /// Creates the answer of this release.
    pub fn new() -> Self {
        Self { name: "evergreen", version: env!("CARGO_PKG_VERSION"), extensions: ["binary_tensor_data"] }
    }
}

impl Default for ServerView {
    fn default() -> Self {
        Self::new()
    }
}

/// JSON answer to `GET /v2/health/live`.
#[derive(Debug, Serialize)]
pub struct LiveView {
    /// Always true: who answers is alive.
    pub live: bool,
}

/// JSON answer to `GET /v2/health/ready`, and about a model that is ready.
#[derive(Debug, Serialize)]
pub struct ReadyView<'a> {
    /// Name of the model, if the request is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a ModelName>,
    /// Always true: a model that is not ready is an error.
    pub ready: bool,
}

/// JSON answer to `GET /v2/models/{model}`: the tensors of requests and answers.
#[derive(Debug, Serialize)]
pub struct TensorsView<'a> {
    name: &'a ModelName,
    versions: [String; 1],
    platform: &'static str,
    inputs: Vec<InputDescription<'a>>,
    outputs: Vec<OutputDescription>,
}

/// The tensor of a column.
#[derive(Debug, Serialize)]
struct InputDescription<'a> {
    name: &'a str,
    datatype: &'static str,
    shape: [i64; 2],
}

impl<'a> TensorsView<'a> {
    /// Creates the answer about a version of the model.
    pub fn new(name: &'a ModelName, version: &'a LoadedVersion) -> Self {
        let signature = version.model().signature();
        Self {
            name,
            versions: [version.number().to_string()],
            platform: "evergreen",
            inputs: signature.columns().iter().map(InputDescription::of).collect(),
            outputs: outputs(signature),
        }
    }
}

impl<'a> InputDescription<'a> {
    fn of(column: &'a Column) -> Self {
        let datatype = match column.kind {
            ColumnKind::Number | ColumnKind::Double => "FP64",
            ColumnKind::Boolean => "BOOL",
            ColumnKind::Timestamp { .. }
            | ColumnKind::Category { .. }
            | ColumnKind::Text { .. }
            | ColumnKind::WholeText => "BYTES",
        };
        Self { name: &column.name, datatype, shape: [-1, 1] }
    }
}
