//! Shows the nodes of compiled decision trees one by one, and counts the rows that reach them.

use super::nodes::{PackedNode, Trees};
use super::{FlatEnsemble, Packed, walk};

/// Node of a compiled decision tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlatNode {
    /// Leaf, with the number that identifies its weights.
    Leaf(u32),
    /// Split: a row goes right if the key of its feature is above the threshold.
    Split {
        /// Index of the feature.
        feature: u32,
        /// Key of the split point.
        threshold: u32,
        /// Position of the left child. The right child is the next one.
        left: u32,
    },
}

impl FlatEnsemble {
    /// Returns the number of outputs.
    pub(crate) fn outputs_count(&self) -> usize {
        self.base.len()
    }

    /// Returns the number by which the sums of the leaf weights are divided, and the constants that are then added.
    pub(crate) fn scale(&self) -> (f32, &[f32]) {
        (self.divisor, &self.base)
    }

    /// Returns the weight that a leaf adds to an output before the division. `leaf` is the leaf's number.
    #[inline]
    pub(crate) fn weight(&self, leaf: u32, output: usize) -> f32 {
        self.leaves.weight(leaf, output)
    }

    /// Returns the positions of the roots, in the order of the trees.
    pub(crate) fn roots(&self) -> &[u32] {
        match &self.trees {
            Packed::Few(trees) => &trees.roots,
            Packed::Many(trees) => &trees.roots,
            Packed::Any(trees) => &trees.roots,
        }
    }

    /// Returns the node at a position. `None` if there is no such position.
    pub(crate) fn node(&self, position: u32) -> Option<FlatNode> {
        match &self.trees {
            Packed::Few(trees) => node(trees, position),
            Packed::Many(trees) => node(trees, position),
            Packed::Any(trees) => node(trees, position),
        }
    }

    /// Returns the number of positions of nodes, used or not.
    pub(crate) fn positions(&self) -> usize {
        match &self.trees {
            Packed::Few(trees) => trees.nodes.len(),
            Packed::Many(trees) => trees.nodes.len(),
            Packed::Any(trees) => trees.nodes.len(),
        }
    }

    /// Adds to `counts`, for each leaf, the number of rows that reach it. There is one count for each position.
    pub(crate) fn count(&self, features: &[f32], counts: &mut [u32]) {
        let features = (features, self.features);
        match &self.trees {
            Packed::Few(trees) => walk::count(trees, features, counts),
            Packed::Many(trees) => walk::count(trees, features, counts),
            Packed::Any(trees) => walk::count(trees, features, counts),
        }
    }
}

fn node<F: PackedNode>(trees: &Trees<F>, position: u32) -> Option<FlatNode> {
    let node = trees.nodes.get(position as usize)?;
    Some(if node.left() == position {
        FlatNode::Leaf(node.threshold())
    } else {
        FlatNode::Split { feature: node.feature() as u32, threshold: node.threshold(), left: node.left() }
    })
}
