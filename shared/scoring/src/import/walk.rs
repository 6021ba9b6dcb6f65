//! Walks through an imported ONNX graph from its inputs to its outputs, operator by operator, to find the model in it.

use std::collections::HashMap;
use std::rc::Rc;

use evergreen_lifecycle::{Label, Signature};

use super::constant::ConstantTensor;
use super::error::{ImportError, short};
use super::inputs;
use super::operators::{self, OperatorCall};
use super::value::{FoundModel, GraphValue, PostTransform};
use crate::artifact::onnx::{GraphProto, NodeProto};
use crate::pipeline::{MAX_FEATURES, Predictor};

// Protects against malicious files. A hundred times the maximum of a pipeline.
/// Limit of the ONNX import: maximum number of input features, summed over all operators of a graph.
const MAX_INPUT_FEATURES: usize = 1_000_000;

// Protects against malicious files. All features are kept in memory until the import ends.
/// Limit of the ONNX import: maximum number of output features, summed over all operators of a graph.
const MAX_OUTPUT_FEATURES: usize = 250_000;

/// Domains (namespaces) of the ONNX operators that the import supports. The empty text is the core domain.
const DOMAINS: [&str; 3] = ["", "ai.onnx", "ai.onnx.ml"];

/// State of the import while it walks through an ONNX graph.
pub(super) struct GraphWalk {
    values: HashMap<String, GraphValue>,
    model: Option<FoundModel>,
    // Only the outputs after the last change are the model's prediction.
    /// Number of operators so far that changed the model's outputs.
    changes: u32,
    /// How many input features the remaining operators of the graph may still have in total.
    input_features_left: usize,
    /// How many output features the remaining operators of the graph may still have in total.
    output_features_left: usize,
}

/// Main step of the ONNX import: walks through the graph and returns the model that it contains.
pub(super) fn walk(graph: GraphProto, table: &Signature) -> Result<FoundModel, ImportError> {
    if let Some(node) = graph.node.iter().find(|node| operators::find(&node.op_type).is_none()) {
        return Err(unknown(node));
    }
    if let Some(node) = graph.node.iter().find(|node| !DOMAINS.contains(&node.domain.as_str())) {
        let domain = short(&node.domain);
        let problem =
            format!("its domain is {domain:?}; expected ai.onnx or ai.onnx.ml; export it with standard operators");
        return Err(ImportError::usage(&node.op_type, problem));
    }
    let mut values = HashMap::new();
    let mut constants = Vec::new();
    for bytes in &graph.initializer {
        let (name, constant) = ConstantTensor::read(bytes)?;
        let value = match constant {
            Ok(constant) => GraphValue::Constant(Rc::new(constant)),
            Err(problem) => GraphValue::Unread(problem),
        };
        values.insert(name.clone(), value);
        constants.push(name);
    }
    constants.sort_unstable();
    let is_constant = |name: &str| constants.binary_search_by(|constant: &String| constant.as_str().cmp(name)).is_ok();
    values.extend(inputs::bind(&graph.input, table, is_constant)?);
    let mut walk = GraphWalk {
        values,
        model: None,
        changes: 0,
        input_features_left: MAX_INPUT_FEATURES,
        output_features_left: MAX_OUTPUT_FEATURES,
    };
    for node in graph.node {
        walk.step(node)?;
    }
    let outputs: Vec<_> = graph.output.into_iter().map(|output| output.name).collect();
    walk.finish(&outputs)
}

fn unknown(node: &NodeProto) -> ImportError {
    ImportError::Operator { operator: short(&node.op_type) }
}

impl GraphWalk {
    fn finish(mut self, outputs: &[String]) -> Result<FoundModel, ImportError> {
        let model = self.model.take().ok_or(ImportError::NoPrediction)?;
        let mut transform = None;
        for name in outputs {
            match self.values.get(name) {
                Some(GraphValue::Outputs(found, change)) if *change == self.changes => transform = Some(*found),
                Some(GraphValue::Outputs(..)) => return Err(ImportError::Early(short(name))),
                Some(GraphValue::Label) => {}
                _ => return Err(ImportError::Output(short(name))),
            }
        }
        Ok(FoundModel { transform: transform.ok_or(ImportError::NoPrediction)?, ..model })
    }

    fn step(&mut self, node: NodeProto) -> Result<(), ImportError> {
        let operator = operators::find(&node.op_type).ok_or_else(|| unknown(&node))?;
        let inputs = node.input.iter().map(|name| self.input(operator.name, name)).collect::<Result<Vec<_>, _>>()?;
        // The sum is checked before the inputs are processed, because a short name in a file may mean many features.
        let width: usize = inputs.iter().map(GraphValue::width).sum();
        let too_many = || {
            let problem = format!(
                "it and the operators before it have too many features; at most {MAX_INPUT_FEATURES} in all inputs and \
                 {MAX_OUTPUT_FEATURES} in all outputs are supported"
            );
            ImportError::usage(operator.name, problem)
        };
        self.input_features_left = self.input_features_left.checked_sub(width).ok_or_else(too_many)?;
        if width > MAX_FEATURES {
            let problem = format!("its inputs have {width} features; at most {MAX_FEATURES} are supported");
            return Err(ImportError::usage(operator.name, problem));
        }
        let call = OperatorCall { operator, attributes: node.attribute, inputs: &inputs, outputs: node.output.len() };
        let results = (operator.apply)(self, call)?;
        let width: usize = results.iter().map(GraphValue::width).sum();
        self.output_features_left = self.output_features_left.checked_sub(width).ok_or_else(too_many)?;
        self.values.extend(node.output.into_iter().zip(results));
        Ok(())
    }

    /// Returns the value `name`, which is an input of the ONNX operator `operator`. Returns an error if the value is
    /// unknown or unsupported, or if a later operator has changed it.
    fn input(&self, operator: &str, name: &str) -> Result<GraphValue, ImportError> {
        let problem = match self.values.get(name) {
            Some(GraphValue::Outputs(_, change)) if *change != self.changes => {
                // Only the latest outputs may be used.
                "has the model's outputs before another operator changed them; expected the changed outputs"
            }
            Some(GraphValue::Unread(problem)) => problem,
            Some(value) => return Ok(value.clone()),
            None => "is not an input of the file or an output of an earlier operator",
        };
        Err(ImportError::usage(operator, format!("its input {:?} {problem}", short(name))))
    }

    /// Stores the model that an operator of the ONNX file contains, and returns the model's outputs. A second model is
    /// an error.
    pub(super) fn found(&mut self, model: FoundModel) -> Result<GraphValue, ImportError> {
        let transform = model.transform;
        match self.model.replace(model) {
            None => Ok(self.changed(transform)),
            Some(first) => {
                let problem = "it is the first of several models; expected one model; export a single estimator";
                Err(ImportError::usage(first.operator, problem))
            }
        }
    }

    /// Stores a classifier that an operator of the ONNX file contains, and returns its label and its outputs.
    pub(super) fn found_classifier(&mut self, model: FoundModel) -> Result<Vec<GraphValue>, ImportError> {
        Ok(vec![GraphValue::Label, self.found(model)?])
    }

    /// Records that an operator of the ONNX file changes the imported model's outputs, and returns the changed outputs.
    pub(super) fn changed(&mut self, transform: PostTransform) -> GraphValue {
        // Earlier outputs are then no longer the model's prediction.
        self.changes += 1;
        GraphValue::Outputs(transform, self.changes)
    }

    /// Returns whether the import has found a classifier. `false` for a regression model, or before a model was found.
    pub(super) fn has_labels(&self) -> bool {
        self.labels().is_some_and(|labels| !labels.is_empty())
    }

    /// Returns the labels of the model that the import has found (empty for regression). `None` before a model was
    /// found.
    pub(super) fn labels(&self) -> Option<&[Label]> {
        self.model.as_ref().map(|model| model.labels.as_slice())
    }

    /// Returns the predictor of the model that the import has found. `None` before a model was found.
    pub(super) fn predictor(&mut self) -> Option<&mut Predictor> {
        self.model.as_mut().map(|model| &mut model.predictor)
    }

    /// Returns the number of outputs of the model that the import has found. 0 before a model was found.
    pub(super) fn outputs(&self) -> usize {
        match self.model.as_ref().map(|model| &model.predictor) {
            Some(Predictor::Trees(ensemble)) => ensemble.base.len(),
            Some(Predictor::Linear(linear)) => linear.bias.len(),
            Some(Predictor::Blend(_) | Predictor::Graph(_)) | None => 0,
        }
    }
}
