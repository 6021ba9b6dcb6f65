//! The trees, taken out of the learning library.
//!
//! The library keeps them private but serialises them; what it writes is read here field by field, and a field that is
//! renamed in a later release is an error. This crate asks serde_json for `float_roundtrip`: thresholds must come back to
//! the last bit.

use evergreen_scoring::{ClassWeight, Forest, Node, Tree};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct StoredForest {
    /// What the library was told the classes are, by its own numbering of them.
    classes: Vec<u32>,
    pub(super) trees: Vec<StoredTree>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StoredTree {
    /// The root first, children after their parent.
    pub(super) nodes: Vec<StoredNode>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StoredNode {
    /// The class, by the library's numbering, for which a leaf votes.
    output: usize,
    /// Bootstrapped training rows that reached the node.
    pub(super) n_node_samples: usize,
    /// The column, by its index among those that the library was given.
    pub(super) split_feature: usize,
    /// A split that was found; kept also where depth forbade to make it.
    split_value: Option<f64>,
    /// Where values of at most `split_value` go.
    true_child: Option<u32>,
    false_child: Option<u32>,
    pub(super) impurity: Option<f64>,
}

impl StoredForest {
    pub(super) fn into_forest(self) -> Forest {
        let node = |node: StoredNode| node.into_node(&self.classes);
        let tree = |tree: StoredTree| Tree { nodes: tree.nodes.into_iter().map(node).collect() };
        Forest { trees: self.trees.into_iter().map(tree).collect() }
    }
}

impl StoredNode {
    /// Both children, if the node is split.
    pub(super) fn children(&self) -> Option<(u32, u32)> {
        self.true_child.zip(self.false_child)
    }

    /// A vote for a class that is not known becomes a leaf without one, which no pipeline accepts.
    fn into_node(self, classes: &[u32]) -> Node {
        match (self.children(), self.split_value) {
            (Some((left, right)), Some(value)) => {
                Node::Split { column: self.split_feature as u32, threshold: at_most(value), left, right }
            }
            _ => {
                let vote = classes.get(self.output).map(|class| ClassWeight { class: *class, weight: 1.0 });
                Node::Leaf(vote.into_iter().collect())
            }
        }
    }
}

/// The greatest `f32` that is not above `value`: every `f32` is at most the one just when it is at most the other.
fn at_most(value: f64) -> f32 {
    let nearest = value as f32;
    if f64::from(nearest) > value { nearest.next_down() } else { nearest }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rounded_midpoint_parts_the_same_values(a in -1e3..1e3_f32, steps in 1..5_u32) {
            let b = (0..steps).fold(a, |value, _| value.next_up());
            let middle = f64::midpoint(a.into(), b.into());
            for value in [a.next_down(), a, b, b.next_up()] {
                prop_assert_eq!(f64::from(value) <= middle, value <= at_most(middle));
            }
        }
    }
}
