//! How the nodes of compiled decision trees are stored in memory, and in which order.

use std::ops::Index;

use super::LANES;
use super::key::key;
use super::leaves::LeafCollector;
use crate::pipeline::{Node, Tree};

/// A compact node of a decision tree. The children of a split are the nodes at `left` and `left + 1`. A leaf's `left`
/// is its own position, and its `threshold` is the number of its weights in the list of leaves. A leaf's feature is an
/// extra key of the row that is never above a threshold. So a walk that has reached a leaf stays there.
pub(super) trait PackedNode: Copy {
    /// The keys of one row: its features as integers in the same order, which nodes compare with their thresholds.
    type Keys<T: Copy>: Index<usize, Output = T> + ?Sized;

    fn new(threshold: u32, feature: u32, left: u32) -> Self;
    fn threshold(self) -> u32;
    fn feature(self) -> usize;
    fn left(self) -> u32;

    /// Returns how many keys (features as integers, and one for leaves) a row must have for this number of features.
    fn slots(features: usize) -> usize;

    /// Converts a row's list of keys (features as integers) to the type that tree nodes index. Returns `None` if the
    /// length of the list is wrong.
    fn keys<T: Copy>(slots: &[T]) -> Option<&Self::Keys<T>>;
}

/// A tree node of 8 bytes: four for the threshold, three for the position of the left child, and one for the index of
/// the feature, which is below `SLOTS`. [`MAX_NODES`](crate::MAX_NODES) keeps positions below 2²⁴. A row has `SLOTS`
/// keys, so indexing needs no bounds check.
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

/// A tree node of 12 bytes, which allows any number of features.
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

/// A group of decision trees that one row walks through at the same time. `roots` has the positions of the root nodes
/// in the list of all nodes.
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
    /// All decision trees in their order, in groups of `LANES` trees. The last group is filled up with leaves that add
    /// nothing.
    pub(super) groups: Vec<Group>,
}

impl<F: PackedNode> Trees<F> {
    /// Compiles valid decision trees: stores the nodes of all trees in one list. `features` is the number of features
    /// of a row.
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
        for (roots, depths) in flat.roots.chunks(LANES).zip(flat.depths.chunks(LANES)) {
            let mut group = Group { roots: [0; LANES], depth: depths.iter().copied().max().unwrap_or(0) };
            group.roots.iter_mut().zip(roots).for_each(|(to, root)| *to = *root);
            flat.groups.push(group);
        }
        flat
    }

    /// Appends one decision tree to the list of nodes and returns the number of steps to the tree's farthest leaf.
    /// Siblings are neighbours in memory. The children of the left sibling come next, so a walk to the left mostly
    /// stays within a cache line. An unused place after the root keeps siblings from being split between two cache
    /// lines.
    fn tree(&mut self, tree: &Tree, features: u32, nothing: F, leaves: &mut LeafCollector) -> u32 {
        let (mut depth, root) = (0, self.nodes.len() as u32);
        self.nodes.extend([nothing; 2]);
        let mut open = vec![(0_u32, root, 0_u32)];
        while let Some((index, position, steps)) = open.pop() {
            depth = depth.max(steps);
            let node = match tree.nodes.get(index as usize) {
                Some(&Node::Split { feature, threshold, left, right }) => {
                    let children = self.nodes.len() as u32;
                    self.nodes.extend([nothing; 2]);
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
