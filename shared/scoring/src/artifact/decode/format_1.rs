//! Reads artifacts of format 1: numeric columns without missing values, and a forest that classifies.
//!
//! The input `features` is the raw row. The graph is `Scaler` → `TreeEnsembleRegressor` (AVERAGE, one target per class,
//! output `probabilities`) → `ArgMax` (output `label`).

use evergreen_lifecycle::{ColumnKind, Signature};

use super::super::attributes::Attributes;
use super::super::names::{ARG_MAX, CORE_DOMAIN, ENSEMBLE, ML_DOMAIN, SCALER};
use super::super::onnx::{GraphProto, NodeProto};
use super::{ArtifactError, ensemble};
use crate::pipeline::{Encoding, Ensemble, LabelRule, Link, Pipeline, PipelineParts, Predictor, Preprocessing, Scaler};

const OPERATORS: [&str; 3] = [SCALER, ENSEMBLE, ARG_MAX];

const FEATURES: &str = "features";
const SCALED: &str = "scaled";
const PROBABILITIES: &str = "probabilities";
const LABEL: &str = "label";

pub(super) fn read(signature: Signature, graph: GraphProto) -> Result<Pipeline, ArtifactError> {
    let [first, second, third] = <[NodeProto; 3]>::try_from(graph.node).map_err(|nodes| operators(&nodes))?;
    if [&first, &second, &third].map(|node| node.op_type.as_str()) != OPERATORS {
        return Err(operators(&[first, second, third]));
    }
    check_connection(&first, SCALER, ML_DOMAIN, FEATURES, SCALED)?;
    check_connection(&second, ENSEMBLE, ML_DOMAIN, SCALED, PROBABILITIES)?;
    check_connection(&third, ARG_MAX, CORE_DOMAIN, PROBABILITIES, LABEL)?;
    let scaler = scaler(first)?;
    let (trees, aggregate, outputs) = ensemble::read(second.attribute)?;
    check_arg_max(third)?;
    let parts = PipelineParts {
        preprocessing: Preprocessing {
            encodings: encodings(&signature)?,
            statistics: Vec::new(),
            scaler: Some(scaler),
        },
        predictor: Predictor::Trees(Ensemble { trees, aggregate, base: vec![0.0; outputs] }),
        link: Link::Identity,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    Ok(Pipeline::new(signature, parts)?)
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

/// Returns encodings that copy the value of every column unchanged. A column that is not a number, or may be missing,
/// is an error.
fn encodings(signature: &Signature) -> Result<Vec<Encoding>, ArtifactError> {
    if signature.columns().iter().any(|column| column.kind != ColumnKind::Number || column.nullable) {
        return Err(ArtifactError::Columns);
    }
    Ok(vec![Encoding::Value { fill: 0.0, indicator: false }; signature.columns().len()])
}

fn scaler(node: NodeProto) -> Result<Scaler, ArtifactError> {
    let mut attributes = Attributes::new(SCALER, node.attribute)?;
    let scaler = Scaler { offset: attributes.floats("offset")?, scale: attributes.floats("scale")? };
    attributes.finish()?;
    Ok(scaler)
}

fn check_arg_max(node: NodeProto) -> Result<(), ArtifactError> {
    let mut attributes = Attributes::new(ARG_MAX, node.attribute)?;
    attributes.expect_int("axis", 1)?;
    attributes.expect_int("keepdims", 0)?;
    attributes.finish()
}
