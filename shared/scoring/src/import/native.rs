//! Reads model files that XGBoost and LightGBM save themselves, and writes the same model as an ONNX file. The import then
//! treats it like an exported one.

mod lightgbm;
#[cfg(test)]
mod tests;
mod ubjson;
mod xgboost;

use prost::Message;

use super::error::ImportError;
use crate::artifact::attributes::{floats, int, ints, string, strings};
use crate::artifact::onnx::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, element, kind,
};

// A text of numbers takes several times its size when it is read.
/// Maximum size in bytes of a file that XGBoost or LightGBM saved.
const MAX_BYTES: usize = 48 << 20;

/// Numbers from this size on have no fraction in single precision: 2^24.
const LARGE: f64 = 16_777_216.0;

const ML_DOMAIN: &str = "ai.onnx.ml";

/// Why a file of a library cannot be used, as the end of an error message.
type NativeFault = String;

/// What a model makes of the sums of its trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NativeLink {
    /// A number: the sum itself.
    Number,
    /// A number: the exponential function of the sum.
    Exponential,
    /// A number from 0 to 1: the logistic function of the sum.
    Share,
    /// Two labels: the sum is the log-odds of the second one.
    Binary,
    /// Several labels: softmax of the sums.
    Softmax,
}

/// A model of trees, in the form in which ONNX stores it.
#[derive(Debug, Default)]
struct NativeTrees {
    /// Names of the columns; empty if the file does not name them.
    columns: Vec<String>,
    /// Number of columns.
    width: usize,
    nodes: NodeLists,
    /// The constant of each output.
    base: Vec<f32>,
}

/// The nodes of all trees, with an entry in each list for each node. The first node of a tree is its root.
#[derive(Debug, Default)]
struct NodeLists {
    trees: Vec<i64>,
    ids: Vec<i64>,
    features: Vec<i64>,
    values: Vec<f64>,
    is_leaf: Vec<bool>,
    yes: Vec<i64>,
    no: Vec<i64>,
    missing_is_yes: Vec<i64>,
    /// For each leaf: tree, node, output and weight.
    leaves: Vec<(i64, i64, i64, f32)>,
}

impl NodeLists {
    fn branch(&mut self, (tree, id): (i64, i64), feature: i64, value: f64, children: [i64; 2], missing_is_yes: bool) {
        let [yes, no] = children;
        self.push(tree, id, false);
        self.features.push(feature);
        self.values.push(value);
        self.yes.push(yes);
        self.no.push(no);
        self.missing_is_yes.push(missing_is_yes.into());
    }

    fn leaf(&mut self, (tree, id): (i64, i64), output: i64, weight: f32) {
        self.push(tree, id, true);
        self.features.push(0);
        self.values.push(0.0);
        self.yes.push(0);
        self.no.push(0);
        self.missing_is_yes.push(0);
        self.leaves.push((tree, id, output, weight));
    }

    fn push(&mut self, tree: i64, id: i64, is_leaf: bool) {
        self.trees.push(tree);
        self.ids.push(id);
        self.is_leaf.push(is_leaf);
    }

    /// Returns whether a threshold is so large that single precision would move whole numbers to the other side.
    fn needs_doubles(&self) -> bool {
        let is_large = |value: &f64| value.abs() >= LARGE && f64::from(*value as f32) != *value;
        self.values.iter().any(is_large)
    }

    /// Returns the attributes of a tree operator. `branch` is the mode of all branches, and `prefix` begins the names of the
    /// leaves' attributes.
    fn attributes(self, branch: &'static str, prefix: &str) -> Vec<AttributeProto> {
        let values = if self.needs_doubles() {
            doubles("nodes_values_as_tensor", self.values)
        } else {
            floats("nodes_values", self.values.iter().map(|value| single(*value)).collect())
        };
        let modes = self.is_leaf.iter().map(|leaf| if *leaf { "LEAF" } else { branch });
        let of = |name: &str, list: fn(&(i64, i64, i64, f32)) -> i64| {
            ints(&format!("{prefix}_{name}"), self.leaves.iter().map(list).collect())
        };
        vec![
            strings("nodes_modes", modes),
            of("treeids", |leaf| leaf.0),
            of("nodeids", |leaf| leaf.1),
            of("ids", |leaf| leaf.2),
            floats(&format!("{prefix}_weights"), self.leaves.iter().map(|leaf| leaf.3).collect()),
            ints("nodes_treeids", self.trees),
            ints("nodes_nodeids", self.ids),
            ints("nodes_featureids", self.features),
            values,
            ints("nodes_truenodeids", self.yes),
            ints("nodes_falsenodeids", self.no),
            ints("nodes_missing_value_tracks_true", self.missing_is_yes),
        ]
    }
}

/// Converts a file that XGBoost (JSON or UBJSON) or LightGBM (text) saved to an ONNX file. `None`: the bytes are another file.
pub(super) fn to_onnx(bytes: &[u8]) -> Option<Result<Vec<u8>, ImportError>> {
    let is_json =
        bytes.trim_ascii_start().starts_with(b"{") && bytes.windows(9).take(4096).any(|it| it == b"\"learner\"");
    let library = if is_json || bytes.starts_with(b"{L") {
        "XGBoost"
    } else if bytes.starts_with(b"tree\n") || bytes.starts_with(b"tree\r\n") {
        "LightGBM"
    } else {
        return None;
    };
    let converted = if bytes.len() > MAX_BYTES {
        Err(format!("it has {} bytes; expected at most {MAX_BYTES}; export it as ONNX", bytes.len()))
    } else if library == "LightGBM" {
        lightgbm::read(bytes)
    } else {
        xgboost::read(bytes, is_json)
    };
    Some(converted.map_err(|problem| ImportError::Native { library, problem }))
}

/// Writes the trees of a library as an ONNX file. `branch` is the mode of all branches.
fn written(trees: NativeTrees, link: NativeLink, branch: &'static str, (name, version): (&str, String)) -> Vec<u8> {
    let NativeTrees { columns, width, nodes, base } = trees;
    let labels: Vec<i64> = (0..).take(if link == NativeLink::Binary { 2 } else { base.len() }).collect();
    let is_classifier = matches!(link, NativeLink::Binary | NativeLink::Softmax);
    let elements = if nodes.needs_doubles() { element::DOUBLE } else { element::FLOAT };
    let input = |name: &str, width: usize| tensor(name, width as i64, elements);
    let inputs = match columns.as_slice() {
        [] => vec![input("input", width)],
        names => names.iter().map(|name| input(name, 1)).collect(),
    };
    let mut operators = Vec::new();
    if !columns.is_empty() {
        operators.push(node("", "Concat", columns, vec!["input".to_owned()], vec![int("axis", 1)]));
    }
    let own = |name: &str| vec![name.to_owned()];
    if is_classifier {
        let mut attributes = nodes.attributes(branch, "class");
        attributes.push(ints("classlabels_int64s", labels));
        let transform = if link == NativeLink::Binary { "LOGISTIC" } else { "SOFTMAX" };
        attributes.extend([string("post_transform", transform), floats("base_values", base)]);
        let outputs = vec!["label".to_owned(), "probabilities".to_owned()];
        operators.push(node(ML_DOMAIN, "TreeEnsembleClassifier", own("input"), outputs, attributes));
    } else {
        let mut attributes = nodes.attributes(branch, "target");
        attributes.extend([int("n_targets", 1), floats("base_values", base)]);
        let last = if link == NativeLink::Number { "prediction" } else { "sum" };
        operators.push(node(ML_DOMAIN, "TreeEnsembleRegressor", own("input"), own(last), attributes));
        let function = match link {
            NativeLink::Exponential => Some("Exp"),
            NativeLink::Share => Some("Sigmoid"),
            _ => None,
        };
        operators.extend(function.map(|function| node("", function, own("sum"), own("prediction"), Vec::new())));
    }
    let outputs: &[&str] = if is_classifier { &["label", "probabilities"] } else { &["prediction"] };
    let graph = GraphProto {
        node: operators,
        name: "trees".to_owned(),
        input: inputs,
        output: outputs.iter().map(|name| ValueInfoProto { name: (*name).to_owned(), r#type: None }).collect(),
        ..GraphProto::default()
    };
    let opset = |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
    let model = ModelProto {
        ir_version: 8,
        producer_name: name.to_owned(),
        producer_version: version,
        graph: Some(graph),
        opset_import: vec![opset("", 18), opset(ML_DOMAIN, 3)],
        ..ModelProto::default()
    };
    model.encode_to_vec()
}

fn node(
    domain: &str,
    operator: &str,
    input: Vec<String>,
    output: Vec<String>,
    attribute: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto { input, output, name: String::new(), op_type: operator.to_owned(), attribute, domain: domain.to_owned() }
}

fn tensor(name: &str, width: i64, elem_type: i32) -> ValueInfoProto {
    let rows = DimensionProto { dim_value: None, dim_param: Some("N".to_owned()) };
    let columns = DimensionProto { dim_value: Some(width), dim_param: None };
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(TensorShapeProto { dim: vec![rows, columns] }) });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}

/// Creates an attribute with a tensor of doubles.
fn doubles(name: &str, double_data: Vec<f64>) -> AttributeProto {
    let dims = vec![double_data.len() as i64];
    let tensor = TensorProto { dims, data_type: element::DOUBLE, double_data, ..TensorProto::default() };
    AttributeProto {
        name: name.to_owned(),
        t: Some(tensor.encode_to_vec()),
        kind: kind::TENSOR,
        ..AttributeProto::default()
    }
}

/// Returns the greatest `f32` that is not above the threshold. A number in single precision is compared with both alike.
fn single(threshold: f64) -> f32 {
    let limited = threshold.clamp(f32::MIN.into(), f32::MAX.into());
    let nearest = limited as f32;
    if f64::from(nearest) > limited { nearest.next_down() } else { nearest }
}
