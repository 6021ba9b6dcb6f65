//! From pipeline to file.

use prost::Message;

use super::attributes::{floats, int, ints, string, strings};
use super::names::{
    ARG_MAX, BRANCH, CORE_DOMAIN, CORE_OPSET, ENSEMBLE, FEATURES, FORMAT_KEY, LABEL, LEAF, ML_DOMAIN, ML_OPSET,
    MODEL_KEY, PROBABILITIES, SCALED, SCALER, SIGNATURE_KEY,
};
use super::onnx::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, element,
};
use super::{ArtifactMetadata, FORMAT_VERSION};
use crate::pipeline::{Forest, Node, Pipeline, Scaler};

/// The ONNX release that brought operator set 13 (1.8) has this version of the file format.
const IR_VERSION: i64 = 7;

/// Writes the artifact. The same pipeline and metadata always give the same bytes.
pub fn encode(pipeline: &Pipeline, metadata: &ArtifactMetadata) -> Vec<u8> {
    let (columns, classes) = (pipeline.signature().columns().len(), pipeline.signature().labels().len());
    let graph = GraphProto {
        node: vec![scaler(pipeline.scaler()), ensemble(pipeline.forest(), classes), arg_max()],
        name: "pipeline".to_owned(),
        input: vec![tensor(FEATURES, element::FLOAT, Some(columns))],
        output: vec![tensor(LABEL, element::INT64, None), tensor(PROBABILITIES, element::FLOAT, Some(classes))],
    };
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "evergreen".to_owned(),
        graph: Some(graph),
        opset_import: vec![opset(ML_DOMAIN, ML_OPSET), opset(CORE_DOMAIN, CORE_OPSET)],
        metadata_props: vec![
            property(FORMAT_KEY, FORMAT_VERSION.to_owned()),
            property(MODEL_KEY, metadata.model.clone()),
            property(SIGNATURE_KEY, signature_json(pipeline)),
        ],
    };
    model.encode_to_vec()
}

fn signature_json(pipeline: &Pipeline) -> String {
    let signature = pipeline.signature();
    serde_json::json!({ "columns": signature.columns(), "labels": signature.labels() }).to_string()
}

fn scaler(scaler: &Scaler) -> NodeProto {
    let attributes = vec![floats("offset", scaler.offset.clone()), floats("scale", scaler.scale.clone())];
    operator(ML_DOMAIN, SCALER, FEATURES, SCALED, attributes)
}

fn arg_max() -> NodeProto {
    operator(CORE_DOMAIN, ARG_MAX, PROBABILITIES, LABEL, vec![int("axis", 1), int("keepdims", 0)])
}

fn ensemble(forest: &Forest, classes: usize) -> NodeProto {
    let mut columns = Columns::default();
    for (tree, content) in (0..).zip(&forest.trees) {
        for (node, content) in (0..).zip(&content.nodes) {
            columns.push(tree, node, content);
        }
    }
    operator(ML_DOMAIN, ENSEMBLE, SCALED, PROBABILITIES, columns.into_attributes(classes))
}

/// The ensemble's attributes: one entry of each `nodes` list per node, of each `target` list per class of a leaf.
#[derive(Default)]
struct Columns {
    nodes_treeids: Vec<i64>,
    nodes_nodeids: Vec<i64>,
    nodes_featureids: Vec<i64>,
    nodes_values: Vec<f32>,
    nodes_modes: Vec<&'static str>,
    nodes_truenodeids: Vec<i64>,
    nodes_falsenodeids: Vec<i64>,
    target_treeids: Vec<i64>,
    target_nodeids: Vec<i64>,
    target_ids: Vec<i64>,
    target_weights: Vec<f32>,
}

impl Columns {
    fn push(&mut self, tree: i64, node: i64, content: &Node) {
        let (mode, column, threshold, left, right) = match *content {
            Node::Split { column, threshold, left, right } => (BRANCH, column, threshold, left, right),
            Node::Leaf(_) => (LEAF, 0, 0.0, 0, 0),
        };
        self.nodes_treeids.push(tree);
        self.nodes_nodeids.push(node);
        self.nodes_modes.push(mode);
        self.nodes_featureids.push(column.into());
        self.nodes_values.push(threshold);
        self.nodes_truenodeids.push(left.into());
        self.nodes_falsenodeids.push(right.into());
        let Node::Leaf(weights) = content else { return };
        for entry in weights {
            self.target_treeids.push(tree);
            self.target_nodeids.push(node);
            self.target_ids.push(entry.class.into());
            self.target_weights.push(entry.weight);
        }
    }

    fn into_attributes(self, classes: usize) -> Vec<AttributeProto> {
        vec![
            string("aggregate_function", "AVERAGE"),
            string("post_transform", "NONE"),
            int("n_targets", classes as i64),
            ints("nodes_treeids", self.nodes_treeids),
            ints("nodes_nodeids", self.nodes_nodeids),
            ints("nodes_featureids", self.nodes_featureids),
            floats("nodes_values", self.nodes_values),
            strings("nodes_modes", &self.nodes_modes),
            ints("nodes_truenodeids", self.nodes_truenodeids),
            ints("nodes_falsenodeids", self.nodes_falsenodeids),
            ints("target_treeids", self.target_treeids),
            ints("target_nodeids", self.target_nodeids),
            ints("target_ids", self.target_ids),
            floats("target_weights", self.target_weights),
        ]
    }
}

fn operator(domain: &str, op_type: &str, input: &str, output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: vec![input.to_owned()],
        output: vec![output.to_owned()],
        name: op_type.to_lowercase(),
        op_type: op_type.to_owned(),
        attribute,
        domain: domain.to_owned(),
    }
}

fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto { domain: domain.to_owned(), version }
}

fn property(key: &str, value: String) -> StringStringEntryProto {
    StringStringEntryProto { key: key.to_owned(), value }
}

/// A tensor of `N` rows, with a second dimension if `width` is given.
fn tensor(name: &str, elem_type: i32, width: Option<usize>) -> ValueInfoProto {
    let rows = DimensionProto { dim_value: None, dim_param: Some("N".to_owned()) };
    let width = width.map(|width| DimensionProto { dim_value: i64::try_from(width).ok(), dim_param: None });
    let shape = TensorShapeProto { dim: std::iter::once(rows).chain(width).collect() };
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(shape) });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}
