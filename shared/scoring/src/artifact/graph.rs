//! Builds the ONNX graph of an artifact: the operators that compute a pipeline.
//!
//! Every operator has the name of its only output. Every number is an attribute of an operator or of a `Constant`, so
//! that a reader finds it by name.

mod answer;
mod blend;
mod features;
mod interval;
pub(super) mod names;
mod predictor;

use evergreen_lifecycle::{Column, ColumnKind, Task};

use super::attributes::{float, floats, int, ints};
use super::names::{CONSTANT, CORE_DOMAIN};
use super::onnx::{
    AttributeProto, DimensionProto, GraphProto, NodeProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto, element,
};
use crate::pipeline::Pipeline;
use names::{CATEGORIES, LABEL, LOWER, NUMBERS, PREDICTION, PROBABILITIES, UPPER};

pub(super) use predictor::{ensemble, linear};

/// Builds the ONNX graph of a pipeline (a trained model).
pub(super) fn around(pipeline: &Pipeline, predictors: Vec<Vec<AttributeProto>>) -> GraphProto {
    // `predictors` contains the attributes of each operator that has trees or a linear model.
    let parts = pipeline.parts();
    let mut operators = Operators::default();
    let features = features::add(&mut operators, pipeline.signature(), &parts.preprocessing);
    let task = pipeline.signature().task();
    let outputs = predictor::add(&mut operators, task, parts, &features, predictors);
    answer::add(&mut operators, pipeline.signature(), parts, &features, outputs);
    GraphProto {
        node: operators.nodes,
        name: "pipeline".to_owned(),
        initializer: Vec::new(),
        input: inputs(pipeline),
        output: results(pipeline),
    }
}

/// The ONNX operators of a graph, in the order in which they are computed.
#[derive(Default)]
struct Operators {
    nodes: Vec<NodeProto>,
}

impl Operators {
    /// Appends an ONNX operator that computes the value `output` from the values `inputs`.
    fn add(&mut self, operator: (&str, &str), inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        // `operator` is the domain and the type of the ONNX operator.
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: operator.1.to_owned(),
            attribute,
            domain: operator.0.to_owned(),
        });
    }

    /// Appends an operator of ONNX's core domain (the standard operators).
    fn core(&mut self, operator: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.add((CORE_DOMAIN, operator), inputs, output, attribute);
    }

    /// Appends an ONNX `Constant` with the given name, whose value is a list of numbers.
    fn numbers(&mut self, name: &str, values: Vec<f32>) {
        self.core(CONSTANT, &[], name, vec![floats("value_floats", values)]);
    }

    fn number(&mut self, name: &str, value: f32) {
        self.core(CONSTANT, &[], name, vec![float("value_float", value)]);
    }

    /// Appends an ONNX `Constant` with the given name, whose value is a list of indices.
    fn indices(&mut self, name: &str, values: Vec<i64>) {
        self.core(CONSTANT, &[], name, vec![ints("value_ints", values)]);
    }

    fn index(&mut self, name: &str, value: i64) {
        self.core(CONSTANT, &[], name, vec![int("value_int", value)]);
    }
}

fn is_category(column: &&Column) -> bool {
    matches!(column.kind, ColumnKind::Category { .. })
}

fn inputs(pipeline: &Pipeline) -> Vec<ValueInfoProto> {
    let signature = pipeline.signature();
    let categories = signature.columns().iter().filter(is_category).count();
    let numbers = signature.slots() - categories;
    let input = |name, element, width| (width > 0).then(|| tensor(name, element, Some(width)));
    let inputs = [input(NUMBERS, element::FLOAT, numbers), input(CATEGORIES, element::STRING, categories)];
    inputs.into_iter().flatten().collect()
}

fn results(pipeline: &Pipeline) -> Vec<ValueInfoProto> {
    let column = |name| tensor(name, element::FLOAT, None);
    match pipeline.signature().task() {
        Task::Classification => {
            let classes = pipeline.signature().labels().len();
            vec![tensor(LABEL, element::INT64, None), tensor(PROBABILITIES, element::FLOAT, Some(classes))]
        }
        Task::Regression if pipeline.parts().interval.is_some() => [PREDICTION, LOWER, UPPER].map(column).into(),
        Task::Regression => vec![column(PREDICTION)],
    }
}

/// Describes an input or output of the ONNX graph: a tensor with one line per table row, and `width` columns. If
/// `width` is `None`, the tensor has only one dimension.
fn tensor(name: &str, elem_type: i32, width: Option<usize>) -> ValueInfoProto {
    let rows = DimensionProto { dim_value: None, dim_param: Some("N".to_owned()) };
    let width = width.map(|width| DimensionProto { dim_value: i64::try_from(width).ok(), dim_param: None });
    let shape = TensorShapeProto { dim: std::iter::once(rows).chain(width).collect() };
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(shape) });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}
