//! The ONNX operators that the fast scorer can represent. Each has one line in [`OPERATORS`].
//!
//! CONTRIBUTING.md ("To import an ONNX operator") has the steps.

mod gemm;

use std::rc::Rc;

use super::error::{ImportError, list};
use super::value::{FeatureList, GraphValue};
use super::walk::GraphWalk;
use super::{features, forms, linear, outputs, trees};
use crate::artifact::ArtifactError;
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::AttributeProto;

/// All ONNX operators that the fast scorer can represent, sorted by name.
pub(super) const OPERATORS: &[Operator] = &[
    features::ADD,
    features::ARRAY_FEATURE_EXTRACTOR,
    forms::CAST,
    features::CONCAT,
    forms::CONSTANT,
    features::DIV,
    features::FEATURE_VECTORIZER,
    forms::FLATTEN,
    features::GATHER,
    gemm::GEMM,
    forms::IDENTITY,
    features::IMPUTER,
    linear::LINEAR_CLASSIFIER,
    linear::LINEAR_REGRESSOR,
    linear::MAT_MUL,
    features::MUL,
    outputs::NORMALIZER,
    features::ONE_HOT_ENCODER,
    forms::RESHAPE,
    features::SCALER,
    outputs::SOFTMAX,
    forms::SPLIT,
    features::SUB,
    trees::TREE_ENSEMBLE_CLASSIFIER,
    trees::TREE_ENSEMBLE_REGRESSOR,
    outputs::ZIP_MAP,
];

/// An ONNX operator that the import supports, for example `Scaler`.
pub(super) struct Operator {
    /// Name of the operator in ONNX.
    pub(super) name: &'static str,
    /// Supported inputs and attributes of the operator, as text for error messages.
    pub(super) supported: &'static str,
    /// Function that imports one use of the ONNX operator, and returns a value for each output.
    pub(super) apply: fn(&mut GraphWalk, OperatorCall) -> Result<Vec<GraphValue>, ImportError>,
}

/// One use of an ONNX operator in an imported graph, with its inputs and attributes.
pub(super) struct OperatorCall<'a> {
    pub(super) operator: &'static Operator,
    pub(super) attributes: Vec<AttributeProto>,
    pub(super) inputs: &'a [GraphValue],
    /// Number of outputs of the operator that have a name in the graph.
    pub(super) outputs: usize,
}

/// Returns the supported ONNX operator with this name, or `None` if the import does not support it.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

impl<'a> OperatorCall<'a> {
    /// Returns the name of the operator in ONNX.
    pub(super) fn name(&self) -> &'static str {
        self.operator.name
    }

    /// Returns the operator's only input, which must be features, and the operator's attributes.
    pub(super) fn features(self) -> Result<(Rc<FeatureList>, Attributes), ImportError> {
        // The caller must read every attribute: an unread one is an error.
        match self.inputs {
            [GraphValue::Features(features)] => Ok((Rc::clone(features), self.attributes()?)),
            _ => Err(self.unsupported()),
        }
    }

    /// Returns the operator's only input, which must be features in two dimensions, and the operator's attributes.
    pub(super) fn rows(self) -> Result<(Rc<FeatureList>, Attributes), ImportError> {
        // The caller must read every attribute: an unread one is an error.
        let name = self.name();
        let (features, attributes) = self.features()?;
        Ok((forms::flat(name, &features)?, attributes))
    }

    /// Returns the attributes of the ONNX operator. The caller must read every attribute.
    pub(super) fn attributes(self) -> Result<Attributes, ArtifactError> {
        Attributes::new(self.name(), self.attributes)
    }

    /// Removes the operator's attribute `name` and returns it. Returns `None` if the operator has no such attribute.
    pub(super) fn take(&mut self, name: &str) -> Option<AttributeProto> {
        // Attributes that are never removed are ignored.
        let at = self.attributes.iter().position(|attribute| attribute.name == name)?;
        Some(self.attributes.remove(at))
    }

    /// Removes the operator's attribute `axis` and returns its value, or `default` if the attribute is missing.
    pub(super) fn take_axis(&mut self, default: Option<i64>) -> Result<i64, ImportError> {
        // A missing attribute without a default is an error.
        let axis = self.take("axis").and_then(|attribute| attribute.i).or(default);
        axis.ok_or_else(|| self.invalid("axis", "it is missing"))
    }

    /// Creates the error that the inputs of an ONNX operator are not supported.
    pub(super) fn unsupported(&self) -> ImportError {
        let inputs: Vec<_> = self.inputs.iter().map(GraphValue::kind).collect();
        let found = if inputs.is_empty() { "none".to_owned() } else { list(&inputs) };
        self.error(format!("its inputs ({found}) are not supported; supported: {}", self.operator.supported))
    }

    /// Creates an error about an ONNX operator in the file. `problem` is the end of the error message.
    pub(super) fn error(&self, problem: impl Into<String>) -> ImportError {
        ImportError::usage(self.name(), problem)
    }

    /// Creates an error about an attribute of an ONNX operator. `problem` is the end of the error message.
    pub(super) fn invalid(&self, attribute: &'static str, problem: impl Into<String>) -> ImportError {
        ImportError::attribute(self.name(), attribute, problem)
    }
}

#[cfg(test)]
mod tests;
