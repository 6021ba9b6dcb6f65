//! What makes a pipeline sound, checked once so that scoring need not.

use evergreen_lifecycle::Signature;

use super::{ClassWeight, Forest, Node, Scaler, Tree};

/// Nodes of a forest, all trees together, at most.
pub const MAX_NODES: usize = 1 << 21;

/// Labels of a signature at most; every row's answer has a probability for each.
pub const MAX_LABELS: usize = 100;

/// How far a leaf's weights may sum from 1; a few hundred roundings of `f32`.
const SUM_TOLERANCE: f32 = 1e-4;

/// Why parts do not make a pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// More than can be answered reasonably.
    #[error("the signature has {0} labels, at most {MAX_LABELS} are allowed")]
    TooManyLabels(usize),
    /// The scaler is for another number of columns.
    #[error("the scaler has {offsets} offsets and {scales} scales for {columns} columns")]
    ScalerShape {
        /// Offsets found.
        offsets: usize,
        /// Scales found.
        scales: usize,
        /// Columns of the signature.
        columns: usize,
    },
    /// A column cannot be scaled so.
    #[error("the scaler's offset {offset} and scale {scale} of column {column} are not finite and non-zero in scale")]
    ScalerValue {
        /// Index of the column.
        column: usize,
        /// Its offset.
        offset: f32,
        /// Its scale.
        scale: f32,
    },
    /// Nothing to ask.
    #[error("the forest has no tree")]
    NoTree,
    /// More than can be loaded safely.
    #[error("the forest has {0} nodes, at most {MAX_NODES} are allowed")]
    TooManyNodes(usize),
    /// A tree without a root.
    #[error("tree {0} has no node")]
    EmptyTree(usize),
    /// A split on a column that is not there, or at no number.
    #[error("tree {tree}, node {node}: splits column {column} of {columns} at {threshold}")]
    Split {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
        /// The column that it splits.
        column: u32,
        /// Columns of the signature.
        columns: usize,
        /// The threshold.
        threshold: f32,
    },
    /// A child that is outside of the tree, not after its parent, or another node's child already.
    #[error("tree {tree}, node {node}: {child} cannot be its child")]
    Child {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
        /// The child that it names.
        child: u32,
    },
    /// A node that no row can reach.
    #[error("tree {tree}, node {node}: no other node leads to it")]
    Unreachable {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
    },
    /// Weights that are no distribution over the classes.
    #[error("tree {tree}, node {node}: the leaf's weights are no distribution over {classes} classes")]
    Leaf {
        /// Index of the tree.
        tree: usize,
        /// Index of the node in it.
        node: usize,
        /// Labels of the signature.
        classes: usize,
    },
}

pub(super) fn signature(signature: &Signature) -> Result<(), PipelineError> {
    let labels = signature.labels().len();
    if labels > MAX_LABELS { Err(PipelineError::TooManyLabels(labels)) } else { Ok(()) }
}

pub(super) fn scaler(scaler: &Scaler, columns: usize) -> Result<(), PipelineError> {
    let (offsets, scales) = (scaler.offset.len(), scaler.scale.len());
    if offsets != columns || scales != columns {
        return Err(PipelineError::ScalerShape { offsets, scales, columns });
    }
    for (column, (&offset, &scale)) in scaler.offset.iter().zip(&scaler.scale).enumerate() {
        if !offset.is_finite() || !scale.is_finite() || scale == 0.0 {
            return Err(PipelineError::ScalerValue { column, offset, scale });
        }
    }
    Ok(())
}

pub(super) fn forest(forest: &Forest, signature: &Signature) -> Result<(), PipelineError> {
    if forest.trees.is_empty() {
        return Err(PipelineError::NoTree);
    }
    let nodes = forest.trees.iter().map(|tree| tree.nodes.len()).sum();
    if nodes > MAX_NODES {
        return Err(PipelineError::TooManyNodes(nodes));
    }
    let (columns, classes) = (signature.columns().len(), signature.labels().len());
    forest.trees.iter().enumerate().try_for_each(|(index, tree)| check_tree(tree, index, columns, classes))
}

/// Children after their parent exclude cycles; every node but the root with exactly one parent then makes it a tree.
fn check_tree(tree: &Tree, index: usize, columns: usize, classes: usize) -> Result<(), PipelineError> {
    if tree.nodes.is_empty() {
        return Err(PipelineError::EmptyTree(index));
    }
    let mut has_parent = vec![false; tree.nodes.len()];
    for (node, content) in tree.nodes.iter().enumerate() {
        match content {
            &Node::Split { column, threshold, left, right } => {
                if column as usize >= columns || !threshold.is_finite() {
                    return Err(PipelineError::Split { tree: index, node, column, columns, threshold });
                }
                for child in [left, right] {
                    adopt(&mut has_parent, node, child).ok_or(PipelineError::Child { tree: index, node, child })?;
                }
            }
            Node::Leaf(weights) => {
                if !is_distribution(weights, classes) {
                    return Err(PipelineError::Leaf { tree: index, node, classes });
                }
            }
        }
    }
    match has_parent.iter().skip(1).position(|has| !has) {
        Some(before) => Err(PipelineError::Unreachable { tree: index, node: before + 1 }),
        None => Ok(()),
    }
}

fn adopt(has_parent: &mut [bool], parent: usize, child: u32) -> Option<()> {
    let child = child as usize;
    let taken = has_parent.get_mut(child)?;
    let free = child > parent && !*taken;
    *taken = true;
    free.then_some(())
}

fn is_distribution(weights: &[ClassWeight], classes: usize) -> bool {
    let ascending = weights.windows(2).all(|pair| matches!(pair, [a, b] if a.class < b.class));
    // Not-a-number fails the comparison with 0, infinity the sum.
    let valid = weights.iter().all(|entry| (entry.class as usize) < classes && entry.weight > 0.0);
    let sum: f32 = weights.iter().map(|entry| entry.weight).sum();
    ascending && valid && (sum - 1.0).abs() <= SUM_TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(class: u32) -> Node {
        Node::Leaf(vec![ClassWeight { class, weight: 1.0 }])
    }

    fn split(left: u32, right: u32) -> Node {
        Node::Split { column: 0, threshold: 0.5, left, right }
    }

    fn check(nodes: Vec<Node>) -> Result<(), PipelineError> {
        check_tree(&Tree { nodes }, 0, 1, 2)
    }

    #[test]
    fn a_stump_is_a_tree() {
        assert_eq!(check(vec![split(1, 2), vote(0), vote(1)]), Ok(()));
    }

    #[test]
    fn cycles_shared_children_and_strays_are_no_trees() {
        let child = |node, child| Err(PipelineError::Child { tree: 0, node, child });
        assert_eq!(check(vec![split(0, 1), vote(0)]), child(0, 0));
        assert_eq!(check(vec![split(1, 1), vote(0)]), child(0, 1));
        assert_eq!(check(vec![split(1, 9), vote(0)]), child(0, 9));
        assert_eq!(check(vec![split(1, 2), split(0, 3), vote(0), vote(1)]), child(1, 0));
        let stray = PipelineError::Unreachable { tree: 0, node: 3 };
        assert_eq!(check(vec![split(1, 2), vote(0), vote(1), vote(1)]), Err(stray));
        assert_eq!(check(vec![]), Err(PipelineError::EmptyTree(0)));
    }

    #[test]
    fn a_split_is_of_a_column_that_is_there_and_at_a_number() {
        for (column, threshold) in [(1, 0.5), (0, f32::NAN), (0, f32::INFINITY)] {
            let root = Node::Split { column, threshold, left: 1, right: 2 };
            let refused = check(vec![root, vote(0), vote(1)]);
            assert!(matches!(refused, Err(PipelineError::Split { tree: 0, node: 0, .. })), "{refused:?}");
        }
    }

    #[test]
    fn a_leaf_is_a_distribution() {
        let leaf = |list: &[(u32, f32)]| {
            check(vec![Node::Leaf(list.iter().map(|&(class, weight)| ClassWeight { class, weight }).collect())]).is_ok()
        };
        assert!(leaf(&[(0, 0.25), (1, 0.75)]));
        assert!(!leaf(&[]), "no class");
        assert!(!leaf(&[(2, 1.0)]), "a class that is not there");
        assert!(!leaf(&[(1, 0.5), (0, 0.5)]), "not ascending");
        assert!(!leaf(&[(0, 0.5), (1, 0.6)]), "more than 1");
        assert!(!leaf(&[(0, f32::NAN)]), "not a number");
        assert!(!leaf(&[(0, 2.0), (1, -1.0)]), "negative");
    }

    #[test]
    fn scaling_by_nothing_is_refused() {
        let bad = Scaler { offset: vec![0.0], scale: vec![0.0] };
        assert!(matches!(scaler(&bad, 1), Err(PipelineError::ScalerValue { column: 0, .. })));
        assert!(matches!(scaler(&bad, 2), Err(PipelineError::ScalerShape { columns: 2, .. })));
    }
}
