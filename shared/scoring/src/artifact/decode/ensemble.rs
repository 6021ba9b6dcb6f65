//! The ensemble's lists, put back into trees.

use super::super::attributes::Attributes;
use super::super::names::{BRANCH, ENSEMBLE, LEAF};
use super::super::onnx::NodeProto;
use super::ArtifactError;
use crate::pipeline::{ClassWeight, Forest, Node, Tree};

/// Reads the forest; what its indices point to is for the pipeline's own check.
pub(super) fn read(node: NodeProto, classes: usize) -> Result<Forest, ArtifactError> {
    let mut attributes = Attributes::new(ENSEMBLE, node)?;
    attributes.expect_string("aggregate_function", "AVERAGE")?;
    attributes.expect_string("post_transform", "NONE")?;
    attributes.expect_int("n_targets", classes as i64)?;
    let mut forest = read_nodes(&mut attributes)?;
    read_weights(&mut attributes, &mut forest)?;
    attributes.finish()?;
    Ok(forest)
}

fn read_nodes(attributes: &mut Attributes) -> Result<Forest, ArtifactError> {
    let trees = attributes.ints("nodes_treeids")?;
    let nodes = attributes.ints("nodes_nodeids")?;
    let columns = attributes.ints("nodes_featureids")?;
    let thresholds = attributes.floats("nodes_values")?;
    let modes = attributes.strings("nodes_modes")?;
    let lefts = attributes.ints("nodes_truenodeids")?;
    let rights = attributes.ints("nodes_falsenodeids")?;
    let lengths = [nodes.len(), columns.len(), thresholds.len(), modes.len(), lefts.len(), rights.len()];
    same_length(trees.len(), &lengths)?;

    let mut forest = Forest { trees: Vec::new() };
    let children = lefts.into_iter().zip(rights);
    let contents = columns.into_iter().zip(thresholds).zip(modes).zip(children);
    for (entry, ((tree, node), (((column, threshold), mode), (left, right)))) in
        trees.into_iter().zip(nodes).zip(contents).enumerate()
    {
        let parsed = if mode == LEAF.as_bytes() {
            Node::Leaf(Vec::new())
        } else if mode == BRANCH.as_bytes() {
            let (column, left, right) = (index(column, entry)?, index(left, entry)?, index(right, entry)?);
            Node::Split { column, threshold, left, right }
        } else {
            return Err(problem(entry, "neither a leaf nor a branch on at most"));
        };
        append(&mut forest, tree, node, parsed).ok_or(problem(entry, "trees and nodes are not numbered in order"))?;
    }
    Ok(forest)
}

/// Adds a node, which must be the next of the last tree or the first of the next one.
fn append(forest: &mut Forest, tree: i64, node: i64, content: Node) -> Option<()> {
    let (tree, node) = (usize::try_from(tree).ok()?, usize::try_from(node).ok()?);
    if tree == forest.trees.len() {
        forest.trees.push(Tree { nodes: Vec::new() });
    }
    let in_last = tree + 1 == forest.trees.len();
    let nodes = &mut forest.trees.last_mut()?.nodes;
    if !in_last || node != nodes.len() {
        return None;
    }
    nodes.push(content);
    Some(())
}

fn read_weights(attributes: &mut Attributes, forest: &mut Forest) -> Result<(), ArtifactError> {
    let trees = attributes.ints("target_treeids")?;
    let nodes = attributes.ints("target_nodeids")?;
    let classes = attributes.ints("target_ids")?;
    let weights = attributes.floats("target_weights")?;
    same_length(trees.len(), &[nodes.len(), classes.len(), weights.len()])?;

    let places = trees.into_iter().zip(nodes);
    for (entry, ((tree, node), (class, weight))) in places.zip(classes.into_iter().zip(weights)).enumerate() {
        let class = index(class, entry)?;
        let (tree, node) = (index(tree, entry)? as usize, index(node, entry)? as usize);
        match forest.trees.get_mut(tree).and_then(|tree| tree.nodes.get_mut(node)) {
            Some(Node::Leaf(leaf)) => leaf.push(ClassWeight { class, weight }),
            _ => return Err(problem(entry, "the weight is not of a leaf")),
        }
    }
    Ok(())
}

fn same_length(expected: usize, lengths: &[usize]) -> Result<(), ArtifactError> {
    match lengths.iter().find(|length| **length != expected) {
        Some(length) => Err(problem(expected.min(*length), "the lists are not of the same length")),
        None => Ok(()),
    }
}

fn index(value: i64, entry: usize) -> Result<u32, ArtifactError> {
    u32::try_from(value).map_err(|_| problem(entry, "not an index"))
}

fn problem(entry: usize, problem: &'static str) -> ArtifactError {
    ArtifactError::Ensemble { entry, problem }
}
