//! The operators that the import supports. Each registers itself with one line in [`OPERATORS`].
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

/// The supported operators, sorted by name.
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

/// An operator that the import supports.
pub(super) struct Operator {
    /// Name of the operator in ONNX.
    pub(super) name: &'static str,
    /// Supported inputs and attributes, for errors and for docs/IMPORT.md.
    pub(super) supported: &'static str,
    /// Applies the operator and returns one value for each of its outputs.
    pub(super) apply: fn(&mut GraphWalk, OperatorCall) -> Result<Vec<GraphValue>, ImportError>,
}

/// One use of an operator in a graph.
pub(super) struct OperatorCall<'a> {
    pub(super) operator: &'static Operator,
    pub(super) attributes: Vec<AttributeProto>,
    pub(super) inputs: &'a [GraphValue],
    /// Number of outputs that the graph names.
    pub(super) outputs: usize,
}

/// Finds a supported operator by its name.
pub(super) fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|operator| operator.name == name)
}

/// Lists the names of the supported operators.
pub(super) fn names() -> String {
    OPERATORS.iter().map(|operator| operator.name).collect::<Vec<_>>().join(", ")
}

impl<'a> OperatorCall<'a> {
    /// Name of the operator in ONNX.
    pub(super) fn name(&self) -> &'static str {
        self.operator.name
    }

    /// Returns the only input, which must be features. Attributes that are not read afterwards are an error.
    pub(super) fn features(self) -> Result<(Rc<FeatureList>, Attributes), ImportError> {
        match self.inputs {
            [GraphValue::Features(features)] => Ok((Rc::clone(features), self.attributes()?)),
            _ => Err(self.unsupported()),
        }
    }

    /// Returns the features of the only input, like [`features`](Self::features), if they are rows of numbers.
    pub(super) fn rows(self) -> Result<(Rc<FeatureList>, Attributes), ImportError> {
        let name = self.name();
        let (features, attributes) = self.features()?;
        Ok((forms::flat(name, &features)?, attributes))
    }

    /// Returns the attributes, each of which must be read.
    pub(super) fn attributes(self) -> Result<Attributes, ArtifactError> {
        Attributes::new(self.name(), self.attributes)
    }

    /// Takes the attribute with this name. An attribute that is never taken has no effect.
    pub(super) fn take(&mut self, name: &str) -> Option<AttributeProto> {
        let at = self.attributes.iter().position(|attribute| attribute.name == name)?;
        Some(self.attributes.remove(at))
    }

    /// Takes the axis, or returns the default. It is an error if there is neither.
    pub(super) fn take_axis(&mut self, default: Option<i64>) -> Result<i64, ImportError> {
        let axis = self.take("axis").and_then(|attribute| attribute.i).or(default);
        axis.ok_or_else(|| self.invalid("axis", "it is missing"))
    }

    /// Returns the error for inputs that are not supported.
    pub(super) fn unsupported(&self) -> ImportError {
        let inputs: Vec<_> = self.inputs.iter().map(GraphValue::kind).collect();
        let found = if inputs.is_empty() { "none".to_owned() } else { list(&inputs) };
        self.error(format!("its inputs ({found}) are not supported; supported: {}", self.operator.supported))
    }

    /// Returns an error about the operator.
    pub(super) fn error(&self, problem: impl Into<String>) -> ImportError {
        ImportError::usage(self.name(), problem)
    }

    /// Returns an error about an attribute.
    pub(super) fn invalid(&self, attribute: &'static str, problem: impl Into<String>) -> ImportError {
        ImportError::attribute(self.name(), attribute, problem)
    }
}

#[cfg(test)]
mod tests;
