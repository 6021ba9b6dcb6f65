//! Decides whether single precision is enough for a file.

use std::collections::HashSet;

use crate::artifact::onnx::{GraphProto, NodeProto, element, kind};

/// Operators that move numbers without changing them.
const MOVING: [&str; 12] = [
    "ArrayFeatureExtractor",
    "Concat",
    "Flatten",
    "Gather",
    "Identity",
    "Reshape",
    "Slice",
    "Split",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
    "ZipMap",
];

/// Returns whether a graph calculates only in single precision: doubles are cast to float before they are used.
pub(super) fn is_single(graph: &GraphProto) -> bool {
    let element_type = |input: &crate::artifact::onnx::ValueInfoProto| {
        input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()).map(|tensor| tensor.elem_type)
    };
    let is_double = |input: &&crate::artifact::onnx::ValueInfoProto| element_type(input) == Some(element::DOUBLE);
    let mut doubles: HashSet<&str> = graph.input.iter().filter(is_double).map(|input| input.name.as_str()).collect();
    for node in &graph.node {
        if cast_to(node) == Some(element::DOUBLE) {
            doubles.extend(node.output.iter().map(String::as_str));
        } else if node.input.iter().any(|input| doubles.contains(input.as_str())) {
            if MOVING.contains(&node.op_type.as_str()) {
                doubles.extend(node.output.iter().map(String::as_str));
            } else if cast_to(node) != Some(element::FLOAT) {
                return false;
            }
        }
    }
    true
}

/// Returns the type to which an operator casts its input. `None`: it casts nothing.
fn cast_to(node: &NodeProto) -> Option<i32> {
    let to = node.attribute.iter().find(|attribute| attribute.name == "to" && attribute.kind == kind::INT);
    let to = to.filter(|_| node.op_type == "Cast")?.i?;
    i32::try_from(to).ok()
}
