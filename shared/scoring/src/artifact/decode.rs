//! From file to pipeline. Strict: format 1 is what [`encode`](super::encode) writes, and nothing is guessed.

mod ensemble;

use evergreen_lifecycle::Signature;
use prost::Message;

use super::attributes::Attributes;
use super::names::{
    ARG_MAX, CORE_DOMAIN, CORE_OPSET, ENSEMBLE, FEATURES, FORMAT_KEY, LABEL, ML_DOMAIN, ML_OPSET, MODEL_KEY,
    PROBABILITIES, SCALED, SCALER, SIGNATURE_KEY,
};
use super::onnx::{GraphProto, ModelProto, NodeProto};
use super::{ArtifactError, ArtifactMetadata, FORMAT_VERSION, limits};
use crate::pipeline::{Pipeline, Scaler};

const OPERATORS: [&str; 3] = [SCALER, ENSEMBLE, ARG_MAX];

/// Reads and checks an artifact.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Pipeline, ArtifactMetadata), ArtifactError> {
    limits::check(bytes)?;
    let model = ModelProto::decode(bytes).map_err(ArtifactError::NotOnnx)?;
    let found = property(&model, FORMAT_KEY);
    if found != Some(FORMAT_VERSION) {
        return Err(ArtifactError::Format { found: found.map(str::to_owned) });
    }
    check_opset(&model, ML_DOMAIN, ML_OPSET)?;
    check_opset(&model, CORE_DOMAIN, CORE_OPSET)?;
    let metadata = ArtifactMetadata { model: required(&model, MODEL_KEY)?.to_owned() };
    let signature: Signature =
        serde_json::from_str(required(&model, SIGNATURE_KEY)?).map_err(ArtifactError::Signature)?;
    let graph = model.graph.ok_or(ArtifactError::Missing("graph"))?;
    Ok((pipeline(signature, graph)?, metadata))
}

fn property<'a>(model: &'a ModelProto, key: &str) -> Option<&'a str> {
    model.metadata_props.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
}

fn required<'a>(model: &'a ModelProto, key: &'static str) -> Result<&'a str, ArtifactError> {
    property(model, key).ok_or(ArtifactError::Missing(key))
}

fn check_opset(model: &ModelProto, domain: &'static str, expected: i64) -> Result<(), ArtifactError> {
    let found = model.opset_import.iter().find(|set| set.domain == domain).map(|set| set.version);
    if found == Some(expected) { Ok(()) } else { Err(ArtifactError::OperatorSet { domain, found, expected }) }
}

fn pipeline(signature: Signature, graph: GraphProto) -> Result<Pipeline, ArtifactError> {
    let [first, second, third] = <[NodeProto; 3]>::try_from(graph.node).map_err(|nodes| operators(&nodes))?;
    if [&first, &second, &third].map(|node| node.op_type.as_str()) != OPERATORS {
        return Err(operators(&[first, second, third]));
    }
    check_connection(&first, SCALER, ML_DOMAIN, FEATURES, SCALED)?;
    check_connection(&second, ENSEMBLE, ML_DOMAIN, SCALED, PROBABILITIES)?;
    check_connection(&third, ARG_MAX, CORE_DOMAIN, PROBABILITIES, LABEL)?;
    let scaler = scaler(first)?;
    let forest = ensemble::read(second, signature.labels().len())?;
    check_arg_max(third)?;
    Ok(Pipeline::new(signature, scaler, forest)?)
}

fn operators(nodes: &[NodeProto]) -> ArtifactError {
    ArtifactError::Operators { found: nodes.iter().map(|node| node.op_type.clone()).collect(), expected: OPERATORS }
}

fn check_connection(
    node: &NodeProto,
    operator: &'static str,
    domain: &str,
    input: &str,
    output: &str,
) -> Result<(), ArtifactError> {
    if node.domain == domain && node.input == [input] && node.output == [output] {
        Ok(())
    } else {
        Err(ArtifactError::Connection(operator))
    }
}

fn scaler(node: NodeProto) -> Result<Scaler, ArtifactError> {
    let mut attributes = Attributes::new(SCALER, node)?;
    let scaler = Scaler { offset: attributes.floats("offset")?, scale: attributes.floats("scale")? };
    attributes.finish()?;
    Ok(scaler)
}

fn check_arg_max(node: NodeProto) -> Result<(), ArtifactError> {
    let mut attributes = Attributes::new(ARG_MAX, node)?;
    attributes.expect_int("axis", 1)?;
    attributes.expect_int("keepdims", 0)?;
    attributes.finish()
}
