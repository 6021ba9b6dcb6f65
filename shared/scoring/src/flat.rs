//! A forest compiled for speed: flat arrays, no branch in the walk, several trees in flight.
//!
//! A walk through one tree is a chain of dependent loads; walking [`LANES`] trees side by side keeps the processor busy
//! while each waits. Every tree of a group is walked as many steps as the deepest needs, and a leaf leads to itself, so
//! the loop has no exit to predict (the idea of Asadi, Lin, de Vries: "Runtime optimizations for tree-based machine
//! learning models", IEEE TKDE 26(9), 2014).

use std::collections::VecDeque;

use crate::pipeline::{ClassWeight, Forest, Node, Tree};

/// Trees walked side by side.
const LANES: usize = 8;

/// 16 bytes. The children of a split are `left` and `left + 1`; a leaf's `left` is itself and its threshold infinite.
#[derive(Debug, Clone, Copy)]
struct FlatNode {
    threshold: f32,
    column: u32,
    left: u32,
    /// Number of the leaf; meaningless in a split.
    leaf: u32,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    roots: [u32; LANES],
    depth: u32,
}

/// Trees in flat arrays.
#[derive(Debug, Clone)]
pub(crate) struct FlatForest {
    nodes: Vec<FlatNode>,
    groups: Vec<Group>,
    /// Leaf `n` weighs `weights[starts[n]..starts[n + 1]]`.
    starts: Vec<u32>,
    weights: Vec<ClassWeight>,
}

impl FlatForest {
    /// Compiles a checked forest.
    pub(crate) fn compile(forest: &Forest) -> Self {
        let mut flat = Self { nodes: Vec::new(), groups: Vec::new(), starts: vec![0], weights: Vec::new() };
        // Leaf 0 belongs to no class; it fills the lanes that the last group leaves empty.
        let nobody = flat.leaf(0, &[]);
        flat.nodes.push(nobody);
        for trees in forest.trees.chunks(LANES) {
            let mut group = Group { roots: [0; LANES], depth: 0 };
            for (root, tree) in group.roots.iter_mut().zip(trees) {
                *root = flat.nodes.len() as u32;
                group.depth = group.depth.max(flat.tree(tree));
            }
            flat.groups.push(group);
        }
        flat
    }

    /// Appends a tree level by level, so that siblings are neighbours, and returns how many steps its deepest leaf is
    /// from the root.
    fn tree(&mut self, tree: &Tree) -> u32 {
        let mut depth = 0;
        let mut next = self.nodes.len() as u32 + 1;
        let mut level = VecDeque::from([(0_u32, 0_u32)]);
        while let Some((index, steps)) = level.pop_front() {
            depth = depth.max(steps);
            let node = match tree.nodes.get(index as usize) {
                Some(&Node::Split { column, threshold, left, right }) => {
                    level.extend([(left, steps + 1), (right, steps + 1)]);
                    next += 2;
                    FlatNode { threshold, column, left: next - 2, leaf: 0 }
                }
                Some(Node::Leaf(weights)) => self.leaf(self.nodes.len() as u32, weights),
                // A checked tree has the children that it names.
                None => self.leaf(self.nodes.len() as u32, &[]),
            };
            self.nodes.push(node);
        }
        depth
    }

    /// Keeps the weights and returns the node, which will be at `position`.
    fn leaf(&mut self, position: u32, weights: &[ClassWeight]) -> FlatNode {
        let leaf = self.starts.len() as u32 - 1;
        self.weights.extend_from_slice(weights);
        self.starts.push(self.weights.len() as u32);
        FlatNode { threshold: f32::INFINITY, column: 0, left: position, leaf }
    }

    /// Adds the weights of the leaves that `row` (scaled) reaches to `sums`, one per class, in the order of the trees.
    pub(crate) fn add_to(&self, row: &[f32], sums: &mut [f32]) {
        for group in &self.groups {
            let mut at = group.roots;
            for _ in 0..group.depth {
                for position in &mut at {
                    let node = self.nodes[*position as usize];
                    // Written as "above", not as "not at most": with a NaN, too, a leaf leads to itself.
                    *position = node.left + u32::from(row[node.column as usize] > node.threshold);
                }
            }
            for position in at {
                let leaf = self.nodes[position as usize].leaf as usize;
                let range = self.starts[leaf] as usize..self.starts[leaf + 1] as usize;
                for entry in &self.weights[range] {
                    sums[entry.class as usize] += entry.weight;
                }
            }
        }
    }
}
