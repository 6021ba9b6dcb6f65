//! Reads an artifact (a model's ONNX file) into a pipeline.
//!
//! Reading is strict: files that our own writer would not write are errors, and nothing is guessed.

mod ensemble;
mod format_1;
mod format_2;

use evergreen_lifecycle::Signature;
use evergreen_lifecycle::feedback::WrittenLosses;
use prost::Message;

use super::names::{
    ANSWER_KEY, BACKGROUND_KEY, BASELINE_KEY, CORE_DOMAIN, CORE_OPSET, FORMAT_KEY, HOLD_OUT_KEY, LINEAGE_KEY,
    ML_DOMAIN, ML_OPSET, MODEL_KEY, SIGNATURE_KEY, SIZE_KEY,
};
use super::onnx::{GraphProto, ModelProto};
use super::{ArtifactError, ArtifactMetadata, GRAPH_FORMAT_VERSION, limits};
use crate::contributions::WrittenBackground;
use crate::graph::Graph;
use crate::pipeline::Pipeline;

/// Function that builds a pipeline from the ONNX graph of one artifact format.
type Reader = fn(Signature, GraphProto) -> Result<Pipeline, ArtifactError>;

/// Reads and checks an artifact that [`encode`](super::encode) wrote. Untrusted bytes are safe.
///
/// # Errors
/// [`ArtifactError`] if the bytes are not a valid artifact.
pub fn decode(bytes: &[u8]) -> Result<(Pipeline, ArtifactMetadata), ArtifactError> {
    // `Model::load` is as safe, and also compiles the pipeline.
    limits::check(bytes)?;
    let model = ModelProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
    if property(&model, FORMAT_KEY) == Some(GRAPH_FORMAT_VERSION) {
        return imported(bytes, model);
    }
    let read = reader(property(&model, FORMAT_KEY))?;
    check_opset(&model, ML_DOMAIN, ML_OPSET)?;
    check_opset(&model, CORE_DOMAIN, CORE_OPSET)?;
    let metadata = metadata(&model)?;
    let signature = signature(&model)?;
    let graph = model.graph.ok_or(ArtifactError::Missing("graph"))?;
    Ok((read(signature, graph)?, metadata))
}

/// Reads the artifact of an imported graph. The author's file stands before the metadata.
fn imported(bytes: &[u8], model: ModelProto) -> Result<(Pipeline, ArtifactMetadata), ArtifactError> {
    let (metadata, signature) = (metadata(&model)?, signature(&model)?);
    let size: Option<usize> = required(&model, SIZE_KEY)?.parse().ok();
    let parts = size.and_then(|size| bytes.split_at_checked(size));
    let (own, behind) = parts.ok_or(ArtifactError::Truncated)?;
    // Behind the file of the author is only metadata. So the graph is that of the author.
    let mut behind = ModelProto::decode(behind).map_err(ArtifactError::NotOnnx)?;
    behind.metadata_props.clear();
    if behind != ModelProto::default() {
        return Err(ArtifactError::BehindImported);
    }
    let answer = required(&model, ANSWER_KEY)?.to_owned();
    let graph =
        Graph::load(own, model, &signature, &answer).map_err(|error| ArtifactError::Imported(Box::new(error)))?;
    Ok((Pipeline::of_graph(signature, graph)?, metadata))
}

fn signature(model: &ModelProto) -> Result<Signature, ArtifactError> {
    serde_json::from_str(required(model, SIGNATURE_KEY)?).map_err(ArtifactError::Signature)
}

fn metadata(model: &ModelProto) -> Result<ArtifactMetadata, ArtifactError> {
    let lineage = property(model, LINEAGE_KEY).map(serde_json::from_str).transpose().map_err(ArtifactError::Lineage)?;
    let baseline = property(model, BASELINE_KEY).and_then(|text| serde_json::from_str(text).ok());
    let hold_out = property(model, HOLD_OUT_KEY).map(WrittenLosses::from_text);
    let background = property(model, BACKGROUND_KEY).map(WrittenBackground::from_text);
    let name = required(model, MODEL_KEY)?.to_owned();
    Ok(ArtifactMetadata { model: name, lineage, baseline, hold_out, background })
}

fn reader(format: Option<&str>) -> Result<Reader, ArtifactError> {
    match format {
        Some("1") => Ok(format_1::read),
        Some("2") => Ok(format_2::read),
        found => Err(ArtifactError::Format { found: found.map(str::to_owned) }),
    }
}

fn property<'a>(model: &'a ModelProto, key: &str) -> Option<&'a str> {
    // An imported file may have own entries, which stand before those of this project.
    model.metadata_props.iter().rev().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
}

fn required<'a>(model: &'a ModelProto, key: &'static str) -> Result<&'a str, ArtifactError> {
    property(model, key).ok_or(ArtifactError::Missing(key))
}

fn check_opset(model: &ModelProto, domain: &'static str, expected: i64) -> Result<(), ArtifactError> {
    let found = model.opset_import.iter().find(|set| set.domain == domain).map(|set| set.version);
    if found == Some(expected) { Ok(()) } else { Err(ArtifactError::OperatorSet { domain, found, expected }) }
}
