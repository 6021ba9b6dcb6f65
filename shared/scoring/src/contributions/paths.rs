//! The trees of an ensemble as explanations walk them: with the share of the training rows that goes to each side.

use super::ExplainError;
use super::background::read_number;
use crate::flat::{FlatEnsemble, FlatNode};

// The walk is recursive, so this also bounds the stack. A path has at most as many different features as steps.
/// Maximum depth of a tree that can be explained.
pub const MAX_EXPLAINED_DEPTH: usize = 256;

/// Value of [`PathNode::feature`] in a leaf.
pub(super) const LEAF: u32 = u32::MAX;

/// Node of a tree. The left child of a split is the next node.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathNode {
    /// Index of the feature of a split, or [`LEAF`].
    pub(super) feature: u32,
    /// Key of the split point. In a leaf, the number of the leaf.
    pub(super) threshold: u32,
    /// Index of the right child.
    pub(super) right: u32,
    /// Share of the node's training rows that go left.
    pub(super) left_share: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct PathTree {
    /// Index of the root.
    pub(super) root: usize,
    /// Largest number of different features on the way to a leaf.
    pub(super) features: usize,
    /// The only output to which the leaves add. `None` if there are several.
    pub(super) output: Option<usize>,
}

/// All trees of an ensemble, with the expected value of each output over the training rows.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    pub(super) nodes: Vec<PathNode>,
    pub(super) trees: Vec<PathTree>,
    pub(super) expected: Vec<f64>,
}

/// A node that is still to be read: its position, its cover, and the split of which it is the right child.
struct Open {
    position: u32,
    cover: u32,
    parent: Option<usize>,
    depth: usize,
    /// Share of all training rows that reach the node.
    share: f64,
}

impl Paths {
    /// Reads the trees with their covers. `rows` is the number of training rows.
    pub(super) fn new(flat: &FlatEnsemble, rows: u32, covers: &str) -> Result<Self, ExplainError> {
        let mut covers = covers.bytes();
        let mut paths = Self {
            nodes: Vec::with_capacity(flat.positions()),
            trees: Vec::with_capacity(flat.roots().len()),
            expected: vec![0.0; flat.outputs_count()],
        };
        for root in flat.roots() {
            paths.append(flat, *root, rows, &mut covers)?;
        }
        if covers.next().is_some() {
            return Err(ExplainError::Background);
        }
        let (divisor, base) = flat.scale();
        for (expected, base) in paths.expected.iter_mut().zip(base) {
            *expected = *expected / f64::from(divisor) + f64::from(*base);
        }
        Ok(paths)
    }

    fn append(
        &mut self,
        flat: &FlatEnsemble,
        root: u32,
        rows: u32,
        covers: &mut impl Iterator<Item = u8>,
    ) -> Result<(), ExplainError> {
        let start = self.nodes.len();
        let mut adds = vec![false; self.expected.len()];
        let mut open = vec![Open { position: root, cover: rows, parent: None, depth: 0, share: 1.0 }];
        while let Some(Open { position, cover, parent, depth, share }) = open.pop() {
            let own = self.nodes.len();
            if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
                parent.right = own as u32;
            }
            if depth > MAX_EXPLAINED_DEPTH {
                return Err(ExplainError::TooDeep);
            }
            match flat.node(position).ok_or(ExplainError::Background)? {
                FlatNode::Leaf(leaf) => {
                    self.nodes.push(PathNode { feature: LEAF, threshold: leaf, right: 0, left_share: 0.0 });
                    for (output, (expected, adds)) in self.expected.iter_mut().zip(&mut adds).enumerate() {
                        let weight = f64::from(flat.weight(leaf, output));
                        *expected += share * weight;
                        *adds |= weight != 0.0;
                    }
                }
                FlatNode::Split { feature, threshold, left } => {
                    let goes_left = read_number(covers).filter(|number| *number <= cover);
                    let goes_left = goes_left.ok_or(ExplainError::Background)?;
                    // No training row comes here, so nothing is known about the sides.
                    let left_share = if cover == 0 { 0.5 } else { f64::from(goes_left) / f64::from(cover) };
                    self.nodes.push(PathNode { feature, threshold, right: 0, left_share });
                    let child = |position, cover, parent, part| Open {
                        position,
                        cover,
                        parent,
                        depth: depth + 1,
                        share: share * part,
                    };
                    open.push(child(left + 1, cover - goes_left, Some(own), 1.0 - left_share));
                    open.push(child(left, goes_left, None, left_share));
                }
            }
        }
        let mut outputs = (0..).zip(&adds).filter(|(_, adds)| **adds).map(|(output, _)| output);
        let output = outputs.next().filter(|_| outputs.next().is_none());
        let features = self.most_features(start, &mut Vec::new());
        self.trees.push(PathTree { root: start, features, output });
        Ok(())
    }

    /// Returns the largest number of different features below the node at `index`, together with those `above` it.
    fn most_features(&self, index: usize, above: &mut Vec<u32>) -> usize {
        let Some(node) = self.nodes.get(index).filter(|node| node.feature != LEAF) else { return above.len() };
        let is_new = !above.contains(&node.feature);
        if is_new {
            above.push(node.feature);
        }
        let most = self.most_features(index + 1, above).max(self.most_features(node.right as usize, above));
        if is_new {
            above.pop();
        }
        most
    }
}
