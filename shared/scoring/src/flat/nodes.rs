//! How the nodes of compiled decision trees are stored in memory, and in which order.

use std::ops::Index;

use super::LANES;
use super::key::key;
use super::leaves::LeafCollector;
use crate::pipeline::{Node, Tree};

// The children of a split are the nodes at `left` and `left + 1`. A leaf's `left` is its own position, and its
// `threshold` is the number of its weights in the list of leaves. A leaf's feature is an extra key of the row that is
// never above a threshold. So a walk that has reached a leaf stays there.
/// Compact memory layout of one decision-tree node (a split or a leaf), for fast predictions.
pub(super) trait PackedNode: Copy {
    /// Type of the list with a row's features, each converted to an integer (key). A tree node compares one integer
    /// with its threshold.
    type Keys<T: Copy>: Index<usize, Output = T> + ?Sized;

    fn new(threshold: u32, feature: u32, left: u32) -> Self;
    fn threshold(self) -> u32;
    fn feature(self) -> usize;
    fn left(self) -> u32;

    /// Returns the length of the list with a row's features as integers (keys). The list has at least one more integer
    /// than there are features, for the tree leaves.
    fn slots(features: usize) -> usize;

    /// Converts a slice with a row's integer keys to the type `Keys`, from which tree nodes read. Returns `None` if the
    /// slice has the wrong length.
    fn keys<T: Copy>(slots: &[T]) -> Option<&Self::Keys<T>>;
}

// Four bytes for the threshold, three for the position of the left child, and one for the index of the feature, which
// is below `SLOTS`. `MAX_NODES` keeps positions below 2²⁴. A row has `SLOTS` keys, so indexing needs no bounds check.
/// Decision-tree node of 8 bytes, for models with fewer than `SLOTS` features.
#[derive(Debug, Clone, Copy)]
pub(super) struct Narrow<const SLOTS: usize> {
    threshold: u32,
    left_and_feature: u32,
}

impl<const SLOTS: usize> PackedNode for Narrow<SLOTS> {
    type Keys<T: Copy> = [T; SLOTS];

    fn new(threshold: u32, feature: u32, left: u32) -> Self {
        Self { threshold, left_and_feature: left << 8 | feature }
    }

    fn threshold(self) -> u32 {
        self.threshold
    }

    fn feature(self) -> usize {
        // The byte is always below `SLOTS`. The remainder operation proves that to the compiler.
        usize::from(self.left_and_feature as u8) % SLOTS
    }

    fn left(self) -> u32 {
        self.left_and_feature >> 8
    }

    fn slots(_: usize) -> usize {
        SLOTS
    }

    fn keys<T: Copy>(slots: &[T]) -> Option<&Self::Keys<T>> {
        slots.try_into().ok()
    }
}

/// Decision-tree node of 12 bytes, for models with any number of features.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide {
    threshold: u32,
    feature: u32,
    left: u32,
}

impl PackedNode for Wide {
    type Keys<T: Copy> = [T];

    fn new(threshold: u32, feature: u32, left: u32) -> Self {
        Self { threshold, feature, left }
    }

    fn threshold(self) -> u32 {
        self.threshold
    }

    fn feature(self) -> usize {
        self.feature as usize
    }

    fn left(self) -> u32 {
        self.left
    }

    fn slots(features: usize) -> usize {
        features + 1
    }

    fn keys<T: Copy>(slots: &[T]) -> Option<&Self::Keys<T>> {
        Some(slots)
    }
}

/// Group of decision trees that one row walks through at the same time. `roots` are the positions of the trees' root
/// nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) roots: [u32; LANES],
    /// Number of steps from the root to the farthest leaf, for the deepest tree of the group.
    pub(super) depth: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Trees<F> {
    pub(super) nodes: Vec<F>,
    pub(super) roots: Vec<u32>,
    /// For each decision tree, the number of steps from its root to its farthest leaf.
    pub(super) depths: Vec<u32>,
    /// All decision trees in their order, in groups of `LANES` trees.
    pub(super) groups: Vec<Group>,
}

impl<F: PackedNode> Trees<F> {
    /// Compiles decision trees for fast predictions: stores the nodes of all trees in one list.
    pub(super) fn compile(trees: &[Tree], features: usize, leaves: &mut LeafCollector) -> Self {
        let places = trees.iter().map(|tree| tree.nodes.len() + 1).sum::<usize>();
        let mut flat = Self {
            nodes: Vec::with_capacity(2 + places),
            roots: Vec::with_capacity(trees.len()),
            depths: Vec::with_capacity(trees.len()),
            groups: Vec::with_capacity(trees.len().div_ceil(LANES)),
        };
        let nothing = F::new(leaves.number(&[]), features as u32, 0);
        flat.nodes.extend([nothing; 2]);
        for tree in trees {
            flat.roots.push(flat.nodes.len() as u32);
            let depth = flat.tree(tree, features as u32, nothing, leaves);
            flat.depths.push(depth);
        }
        // The last group is filled up with leaves that add nothing.
        for (roots, depths) in flat.roots.chunks(LANES).zip(flat.depths.chunks(LANES)) {
            let mut group = Group { roots: [0; LANES], depth: depths.iter().copied().max().unwrap_or(0) };
            group.roots.iter_mut().zip(roots).for_each(|(to, root)| *to = *root);
            flat.groups.push(group);
        }
        flat
    }

    /// Appends one decision tree to the node list and returns its depth.
    fn tree(&mut self, tree: &Tree, features: u32, nothing: F, leaves: &mut LeafCollector) -> u32 {
        let (mut depth, root) = (0, self.nodes.len() as u32);
        // Siblings are neighbours in memory. An unused place after the root keeps siblings from being split between two
        // cache lines.
        self.nodes.extend([nothing; 2]);
        let mut open = vec![(0_u32, root, 0_u32)];
        while let Some((index, position, steps)) = open.pop() {
            depth = depth.max(steps);
            let node = match tree.nodes.get(index as usize) {
                Some(&Node::Split { feature, threshold, left, right }) => {
                    let children = self.nodes.len() as u32;
                    self.nodes.extend([nothing; 2]);
                    // The children of the left sibling come next, so a walk to the left mostly stays within a cache
                    // line.
                    open.extend([(right, children + 1, steps + 1), (left, children, steps + 1)]);
                    F::new(key(threshold), feature, children)
                }
                Some(Node::Leaf(weights)) => F::new(leaves.number(weights), features, position),
                // Cannot happen: all children of a checked tree exist.
                None => nothing,
            };
            if let Some(place) = self.nodes.get_mut(position as usize) {
                *place = node;
            }
        }
        depth
    }
}
