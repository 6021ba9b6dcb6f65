//! Finds the labels of a classifier in a graph: the operator that answers a label knows them all.

use evergreen_lifecycle::Label;
use prost::Message;

use super::given::Given;
use super::tensor::{Tensor, TensorValues};
use crate::artifact::onnx::{GraphProto, NodeProto, TensorProto};

/// Maximum number of operators between the one that knows the labels and the output.
const MAX_DISTANCE: usize = 50;

/// Returns the labels of the classifier, in the order of its scores. `None` if the file does not say.
pub(super) fn of(graph: &GraphProto, label: Option<&str>, scores: Option<&str>) -> Option<Vec<Label>> {
    let producer = |name: &str| graph.node.iter().find(|node| node.output.iter().any(|output| output == name));
    let of_scores = scores.and_then(producer).filter(|node| node.op_type == "ZipMap").and_then(listed);
    of_scores.or_else(|| behind(graph, label?))
}

/// Returns the labels that an attribute of an operator lists.
fn listed(node: &NodeProto) -> Option<Vec<Label>> {
    let mut given = Given::of(node);
    let names = ["classlabels_strings", "classlabels_int64s", "classlabels_ints"];
    names.iter().find_map(|name| labels(&given.first_list(&[name]).ok()??))
}

fn labels(values: &TensorValues) -> Option<Vec<Label>> {
    match values {
        TensorValues::Text(list) if !list.is_empty() => {
            Some(list.iter().map(|text| Label::Text(text.to_string())).collect())
        }
        TensorValues::Whole(list) if !list.is_empty() => {
            Some(list.iter().map(|number| Label::Integer(*number)).collect())
        }
        _ => None,
    }
}

/// Walks back from the output with the label to the operator that knows the labels.
fn behind(graph: &GraphProto, output: &str) -> Option<Vec<Label>> {
    let mut name = output.to_owned();
    // Operators that rename labels, from the output back.
    let mut renamed: Vec<(TensorValues, TensorValues)> = Vec::new();
    for _ in 0..MAX_DISTANCE {
        let node = graph.node.iter().find(|node| node.output.contains(&name))?;
        let found = match node.op_type.as_str() {
            "ArrayFeatureExtractor" | "Gather" => {
                constant(graph, node.input.first()?).and_then(|it| labels(&it.values))
            }
            "LabelEncoder" => {
                let mut given = Given::of(node);
                let keys = ["keys_tensor", "keys_strings", "keys_int64s"];
                let values = ["values_tensor", "values_strings", "values_int64s"];
                renamed.push((given.first_list(&keys).ok()??, given.first_list(&values).ok()??));
                None
            }
            _ => listed(node),
        };
        if let Some(found) = found {
            return Some(found.iter().map(|label| renaming(label, &renamed)).collect());
        }
        if matches!(node.op_type.as_str(), "ArgMax" | "Concat" | "Where") {
            return None;
        }
        name.clone_from(node.input.first()?);
    }
    None
}

/// Returns what the operators that rename labels make of a label.
fn renaming(label: &Label, renamed: &[(TensorValues, TensorValues)]) -> Label {
    renamed.iter().rev().fold(label.clone(), |label, (keys, values)| {
        let pair = labels(keys).zip(labels(values));
        let found = pair.and_then(|(keys, values)| {
            keys.iter().position(|key| key.to_string() == label.to_string()).and_then(|at| values.get(at).cloned())
        });
        found.unwrap_or(label)
    })
}

fn constant(graph: &GraphProto, name: &str) -> Option<Tensor> {
    let read = |bytes: &[u8]| TensorProto::decode(bytes).ok();
    let tensors = graph.initializer.iter().filter_map(|bytes| read(bytes));
    let stored = tensors.filter(|tensor| tensor.name == name).find_map(|tensor| Tensor::of(&tensor).ok());
    stored.or_else(|| {
        let node =
            graph.node.iter().find(|node| node.op_type == "Constant" && node.output.iter().any(|it| it == name))?;
        Given::of(node).tensor("value").ok()?
    })
}
