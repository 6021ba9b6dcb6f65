//! Reads decision trees from an artifact. Their ONNX operator stores the trees as attributes, which are parallel lists.

use evergreen_lifecycle::MAX_LABELS;

use super::super::attributes::Attributes;
use super::super::names::{AVERAGE, BRANCH, ENSEMBLE, LEAF, SUM};
use super::super::onnx::AttributeProto;
use super::ArtifactError;
use crate::pipeline::{Aggregate, Node, Tree, Weight};

/// Maximum number of outputs of the decision trees in an artifact.
const MAX_OUTPUTS: i64 = MAX_LABELS as i64;

/// Reads decision trees from the attributes of an ONNX operator. Also returns how the trees are combined, and the
/// number of outputs.
pub(super) fn read(attributes: Vec<AttributeProto>) -> Result<(Vec<Tree>, Aggregate, usize), ArtifactError> {
    // Indices of nodes and features are not checked here, but later with the whole pipeline.
    let mut attributes = Attributes::new(ENSEMBLE, attributes)?;
    let aggregate = match attributes.string("aggregate_function")? {
        name if name == AVERAGE.as_bytes() => Aggregate::Average,
        name if name == SUM.as_bytes() => Aggregate::Sum,
        _ => return Err(attributes.error("aggregate_function", "it is not supported; supported are AVERAGE and SUM")),
    };
    attributes.expect_string("post_transform", "NONE")?;
    let outputs = match attributes.int("n_targets")? {
        outputs @ 1..=MAX_OUTPUTS => outputs as usize,
        _ => return Err(attributes.error("n_targets", "it is not a valid number of outputs")),
    };
    let mut trees = read_nodes(&mut attributes)?;
    read_weights(&mut attributes, &mut trees)?;
    attributes.finish()?;
    Ok((trees, aggregate, outputs))
}

fn read_nodes(attributes: &mut Attributes) -> Result<Vec<Tree>, ArtifactError> {
    let tree_ids = attributes.ints("nodes_treeids")?;
    let nodes = attributes.ints("nodes_nodeids")?;
    let features = attributes.ints("nodes_featureids")?;
    let thresholds = attributes.floats("nodes_values")?;
    let modes = attributes.strings("nodes_modes")?;
    let lefts = attributes.ints("nodes_truenodeids")?;
    let rights = attributes.ints("nodes_falsenodeids")?;
    let lengths = [nodes.len(), features.len(), thresholds.len(), modes.len(), lefts.len(), rights.len()];
    same_length(tree_ids.len(), &lengths)?;

    let mut trees: Vec<Tree> = Vec::new();
    let children = lefts.into_iter().zip(rights);
    let contents = features.into_iter().zip(thresholds).zip(modes.iter()).zip(children);
    for (entry, ((tree, node), (((feature, threshold), mode), (left, right)))) in
        tree_ids.into_iter().zip(nodes).zip(contents).enumerate()
    {
        let parsed = if mode == LEAF.as_bytes() {
            Node::Leaf(Vec::new())
        } else if mode == BRANCH.as_bytes() {
            let (feature, left, right) = (index(feature, entry)?, index(left, entry)?, index(right, entry)?);
            Node::Split { feature, threshold, left, right }
        } else {
            return Err(problem(entry, "its mode is neither LEAF nor BRANCH_LEQ"));
        };
        append(&mut trees, tree, node, parsed)
            .ok_or(problem(entry, "its tree or node is not the next number; expected trees and nodes in order"))?;
    }
    Ok(trees)
}

/// Appends a node of an ONNX file to the decision trees that were read so far. Returns `None` if the tree number or the
/// node number is not the next number.
fn append(trees: &mut Vec<Tree>, tree: i64, node: i64, content: Node) -> Option<()> {
    // `tree` and `node` must be the next node of the last tree, or the first node of a new tree.
    let (tree, node) = (usize::try_from(tree).ok()?, usize::try_from(node).ok()?);
    if tree == trees.len() {
        trees.push(Tree { nodes: Vec::new() });
    }
    let in_last = tree + 1 == trees.len();
    let nodes = &mut trees.last_mut()?.nodes;
    if !in_last || node != nodes.len() {
        return None;
    }
    nodes.push(content);
    Some(())
}

fn read_weights(attributes: &mut Attributes, trees: &mut [Tree]) -> Result<(), ArtifactError> {
    let tree_ids = attributes.ints("target_treeids")?;
    let nodes = attributes.ints("target_nodeids")?;
    let outputs = attributes.ints("target_ids")?;
    let weights = attributes.floats("target_weights")?;
    same_length(tree_ids.len(), &[nodes.len(), outputs.len(), weights.len()])?;

    let places = tree_ids.into_iter().zip(nodes);
    for (entry, ((tree, node), (output, weight))) in places.zip(outputs.into_iter().zip(weights)).enumerate() {
        let output = index(output, entry)?;
        let (tree, node) = (index(tree, entry)? as usize, index(node, entry)? as usize);
        match trees.get_mut(tree).and_then(|tree| tree.nodes.get_mut(node)) {
            Some(Node::Leaf(leaf)) => leaf.push(Weight { output, weight }),
            _ => return Err(problem(entry, "its weight does not belong to a leaf")),
        }
    }
    Ok(())
}

fn same_length(expected: usize, lengths: &[usize]) -> Result<(), ArtifactError> {
    match lengths.iter().find(|length| **length != expected) {
        Some(length) => Err(problem(expected.min(*length), "the lists have different lengths")),
        None => Ok(()),
    }
}

fn index(value: i64, entry: usize) -> Result<u32, ArtifactError> {
    u32::try_from(value).map_err(|_| problem(entry, "its number is not a valid index"))
}

fn problem(entry: usize, problem: &'static str) -> ArtifactError {
    ArtifactError::Ensemble { entry, problem }
}
