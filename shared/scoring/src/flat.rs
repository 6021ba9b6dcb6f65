//! Trees compiled for speed: flat arrays, no branch in the walk, several trees in flight.
//!
//! A walk through one tree is a chain of dependent loads; walking [`LANES`] trees side by side keeps the processor busy
//! while each waits. Every tree of a group is walked as many steps as the deepest needs, and a leaf leads to itself, so
//! the loop has no exit to predict (the idea of Asadi, Lin, de Vries: "Runtime optimizations for tree-based machine
//! learning models", IEEE TKDE 26(9), 2014).

use std::collections::VecDeque;

use crate::pipeline::{Aggregate, Ensemble, Node, Tree, Weight};

/// Trees walked side by side.
const LANES: usize = 8;

/// 16 bytes. The children of a split are `left` and `left + 1`; a leaf's `left` is itself and its threshold infinite.
#[derive(Debug, Clone, Copy)]
struct FlatNode {
    threshold: f32,
    /// Of a leaf the output of its lone weight, else 0; it is looked up in a row like any other.
    feature: u32,
    left: u32,
    /// What is at the leaf, as [`Leaves`] says; meaningless in a split.
    leaf: u32,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    roots: [u32; LANES],
    depth: u32,
}

/// What a leaf's `leaf` is.
#[derive(Debug, Clone)]
enum Leaves {
    /// The bits of the one weight, of the output that is the leaf's `feature`: nothing has to be looked up.
    Inline,
    /// The number of the leaf: leaf `n` adds `weights[starts[n]..starts[n + 1]]`.
    Lists { starts: Vec<u32>, weights: Vec<Weight> },
}

/// Trees in flat arrays.
#[derive(Debug, Clone)]
pub(crate) struct FlatEnsemble {
    nodes: Vec<FlatNode>,
    groups: Vec<Group>,
    leaves: Leaves,
    /// By what sums are divided: the number of trees for a mean, else 1.
    divisor: f32,
    base: Vec<f32>,
}

impl FlatEnsemble {
    /// Compiles a checked ensemble on this number of features.
    pub(crate) fn compile(ensemble: &Ensemble, features: usize) -> Self {
        // A row has to have a feature for each output, because that of a leaf is looked up too.
        let leaves = if ensemble.base.len() <= features && has_lone_weights(ensemble) {
            Leaves::Inline
        } else {
            Leaves::Lists { starts: vec![0], weights: Vec::new() }
        };
        let divisor = match ensemble.aggregate {
            Aggregate::Average => ensemble.trees.len() as f32,
            Aggregate::Sum => 1.0,
        };
        let nodes = Vec::with_capacity(1 + ensemble.trees.iter().map(|tree| tree.nodes.len()).sum::<usize>());
        let mut flat = Self { nodes, groups: Vec::new(), leaves, divisor, base: ensemble.base.clone() };
        // Node 0 is a leaf that adds nothing; it fills the lanes that the last group leaves empty.
        let nothing = flat.leaf(0, &[]);
        flat.nodes.push(nothing);
        for trees in ensemble.trees.chunks(LANES) {
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
                Some(&Node::Split { feature, threshold, left, right }) => {
                    level.extend([(left, steps + 1), (right, steps + 1)]);
                    next += 2;
                    FlatNode { threshold, feature, left: next - 2, leaf: 0 }
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
    fn leaf(&mut self, position: u32, list: &[Weight]) -> FlatNode {
        let (feature, leaf) = match &mut self.leaves {
            Leaves::Inline => list.first().map_or((0, 0), |entry| (entry.output, entry.weight.to_bits())),
            Leaves::Lists { starts, weights } => {
                weights.extend_from_slice(list);
                starts.push(weights.len() as u32);
                (0, starts.len() as u32 - 2)
            }
        };
        FlatNode { threshold: f32::INFINITY, feature, left: position, leaf }
    }

    /// Writes the outputs for a row of `features` into `outputs`, as many as there are bases.
    pub(crate) fn outputs(&self, features: &[f32], outputs: &mut [f32]) {
        outputs.fill(0.0);
        match &self.leaves {
            Leaves::Inline => match &mut *outputs {
                [output] => *output = self.sum_inline(features),
                outputs => self.add_inline(features, outputs),
            },
            Leaves::Lists { starts, weights } => self.add_lists(features, starts, weights, outputs),
        }
        for (output, base) in outputs.iter_mut().zip(&self.base) {
            *output = *output / self.divisor + base;
        }
    }

    /// The sum of the one output's leaves that a row reaches, in the order of the trees.
    fn sum_inline(&self, features: &[f32]) -> f32 {
        let mut sum = 0.0;
        for group in &self.groups {
            for position in self.walk(group, features) {
                sum += f32::from_bits(self.nodes[position as usize].leaf);
            }
        }
        sum
    }

    /// Adds the lone weights of the leaves that a row reaches to `sums`, one per output, in the order of the trees.
    fn add_inline(&self, features: &[f32], sums: &mut [f32]) {
        for group in &self.groups {
            for position in self.walk(group, features) {
                let leaf = self.nodes[position as usize];
                sums[leaf.feature as usize] += f32::from_bits(leaf.leaf);
            }
        }
    }

    /// Adds the weights of the leaves that a row reaches to `sums`, one per output, in the order of the trees.
    fn add_lists(&self, features: &[f32], starts: &[u32], weights: &[Weight], sums: &mut [f32]) {
        for group in &self.groups {
            for position in self.walk(group, features) {
                let leaf = self.nodes[position as usize].leaf as usize;
                for entry in &weights[starts[leaf] as usize..starts[leaf + 1] as usize] {
                    sums[entry.output as usize] += entry.weight;
                }
            }
        }
    }

    /// The leaves that a row reaches in the trees of a group. Inlined, so that they stay in registers.
    #[inline(always)]
    fn walk(&self, group: &Group, features: &[f32]) -> [u32; LANES] {
        let mut at = group.roots;
        for _ in 0..group.depth {
            for position in &mut at {
                let node = self.nodes[*position as usize];
                // Written as "above", not as "not at most": with a NaN, too, a leaf leads to itself.
                *position = node.left + u32::from(features[node.feature as usize] > node.threshold);
            }
        }
        at
    }
}

fn has_lone_weights(ensemble: &Ensemble) -> bool {
    let is_lone = |node: &Node| !matches!(node, Node::Leaf(weights) if weights.len() > 1);
    ensemble.trees.iter().all(|tree| tree.nodes.iter().all(is_lone))
}
