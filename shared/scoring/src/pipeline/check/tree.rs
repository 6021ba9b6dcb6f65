//! Checks that a list of nodes is a valid decision tree.

use super::super::{Node, Tree, Weight};
use super::PipelineError;

// Allows for a few hundred rounding errors of `f32`.
/// Maximum difference between 1 and the sum of the class probabilities in a tree leaf.
const SUM_TOLERANCE: f32 = 1e-4;

/// Numbers of features and outputs of a model, to check the indices in its decision trees.
pub(super) struct TreeLimits {
    pub(super) features: usize,
    pub(super) outputs: usize,
    /// Whether the weights of each leaf must be a probability distribution (sum 1).
    pub(super) distributions: bool,
}

/// Checks one decision tree and returns the greatest absolute value of its leaf weights. `index` is for error messages.
pub(super) fn check(tree: &Tree, index: usize, limits: &TreeLimits) -> Result<f32, PipelineError> {
    // Every child must come after its parent, and every node except the root must have exactly one parent.
    // So there are no cycles, and the nodes form one tree.
    if tree.nodes.is_empty() {
        return Err(PipelineError::EmptyTree(index));
    }
    let mut greatest = 0.0_f32;
    let mut has_parent = vec![false; tree.nodes.len()];
    for (node, content) in tree.nodes.iter().enumerate() {
        match content {
            &Node::Split { feature, threshold, left, right } => {
                let features = limits.features;
                if feature as usize >= features || !threshold.is_finite() {
                    return Err(PipelineError::Split { tree: index, node, feature, features, threshold });
                }
                for child in [left, right] {
                    adopt(&mut has_parent, node, child).ok_or(PipelineError::Child { tree: index, node, child })?;
                }
            }
            Node::Leaf(weights) => {
                if !are_valid(weights, limits) {
                    return Err(PipelineError::Leaf { tree: index, node, outputs: limits.outputs });
                }
                greatest = weights.iter().fold(greatest, |greatest, entry| greatest.max(entry.weight.abs()));
            }
        }
    }
    match has_parent.iter().skip(1).position(|has| !has) {
        Some(before) => Err(PipelineError::Unreachable { tree: index, node: before + 1 }),
        None => Ok(greatest),
    }
}

/// Records in `has_parent` that the tree node `child` has a parent. Returns `None` if `child` cannot be a child of
/// `parent`.
fn adopt(has_parent: &mut [bool], parent: usize, child: u32) -> Option<()> {
    // No such node exists, the node is not after `parent`, or the node already has a parent.
    let taken = has_parent.get_mut(child as usize)?;
    let free = child as usize > parent && !*taken;
    *taken = true;
    free.then_some(())
}

fn are_valid(weights: &[Weight], limits: &TreeLimits) -> bool {
    let ascending = weights.windows(2).all(|pair| matches!(pair, [a, b] if a.output < b.output));
    let there = weights.iter().all(|entry| (entry.output as usize) < limits.outputs && entry.weight.is_finite());
    ascending && there && (!limits.distributions || is_distribution(weights))
}

fn is_distribution(weights: &[Weight]) -> bool {
    let sum: f32 = weights.iter().map(|entry| entry.weight).sum();
    weights.iter().all(|entry| entry.weight > 0.0) && (sum - 1.0).abs() <= SUM_TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(output: u32) -> Node {
        Node::Leaf(vec![Weight { output, weight: 1.0 }])
    }

    fn split(left: u32, right: u32) -> Node {
        Node::Split { feature: 0, threshold: 0.5, left, right }
    }

    fn checked(nodes: Vec<Node>, distributions: bool) -> Result<f32, PipelineError> {
        check(&Tree { nodes }, 0, &TreeLimits { features: 1, outputs: 2, distributions })
    }

    fn leaf(list: &[(u32, f32)], distributions: bool) -> bool {
        let weights = list.iter().map(|&(output, weight)| Weight { output, weight }).collect();
        checked(vec![Node::Leaf(weights)], distributions).is_ok()
    }

    #[test]
    fn a_stump_is_a_tree() {
        assert_eq!(checked(vec![split(1, 2), vote(0), vote(1)], true), Ok(1.0));
    }

    #[test]
    fn cycles_shared_children_and_unreachable_nodes_are_refused() {
        let checked = |nodes| checked(nodes, true);
        let child = |node, child| Err(PipelineError::Child { tree: 0, node, child });
        assert_eq!(checked(vec![split(0, 1), vote(0)]), child(0, 0));
        assert_eq!(checked(vec![split(1, 1), vote(0)]), child(0, 1));
        assert_eq!(checked(vec![split(1, 9), vote(0)]), child(0, 9));
        assert_eq!(checked(vec![split(1, 2), split(0, 3), vote(0), vote(1)]), child(1, 0));
        let stray = PipelineError::Unreachable { tree: 0, node: 3 };
        assert_eq!(checked(vec![split(1, 2), vote(0), vote(1), vote(1)]), Err(stray));
        assert_eq!(checked(vec![]), Err(PipelineError::EmptyTree(0)));
    }

    #[test]
    fn a_split_names_an_existing_feature_and_a_number() {
        for (feature, threshold) in [(1, 0.5), (0, f32::NAN), (0, f32::INFINITY)] {
            let root = Node::Split { feature, threshold, left: 1, right: 2 };
            let refused = checked(vec![root, vote(0), vote(1)], true);
            assert!(matches!(refused, Err(PipelineError::Split { tree: 0, node: 0, .. })), "{refused:?}");
        }
    }

    #[test]
    fn the_probabilities_of_a_leaf_sum_to_one() {
        assert!(leaf(&[(0, 0.25), (1, 0.75)], true));
        assert!(!leaf(&[], true), "no class");
        assert!(!leaf(&[(0, 0.5), (1, 0.6)], true), "more than 1");
        assert!(!leaf(&[(0, 2.0), (1, -1.0)], true), "negative");
    }

    #[test]
    fn every_leaf_has_finite_weights_for_existing_outputs() {
        assert!(leaf(&[], false));
        assert!(leaf(&[(0, -2.0), (1, 30.0)], false));
        assert!(!leaf(&[(2, 1.0)], false), "an output that is not there");
        assert!(!leaf(&[(1, 0.5), (0, 0.5)], false), "not ascending");
        assert!(!leaf(&[(0, f32::NAN)], false), "not a number");
        assert!(!leaf(&[(0, f32::INFINITY)], false), "infinite");
    }
}
