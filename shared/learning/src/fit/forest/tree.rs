//! Grows one tree of a random forest.

use std::collections::BinaryHeap;

use evergreen_scoring::{Node, Tree, Weight};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Shape;
use super::sample::{SamplePool, SampledRow};
use super::split::{ForestSplit, OutputSums, Splitter};
use crate::fit::binned::Binned;

/// Node of a growing tree that may still be split. The node with the highest `rank` is split next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    // If the tree has a maximum number of nodes, this is the node's number of rows. Otherwise it is the order of
    // creation: the newest node is next, because its rows are still in the processor's cache.
    /// Priority of the node: the node with the highest number is split next.
    rank: usize,
    node: usize,
    /// Index of the node's first row in the tree's list of rows.
    start: usize,
    /// Index after the node's last row in the tree's list of rows.
    end: usize,
    /// Number of splits between the root and this node.
    depth: usize,
}

impl Pending {
    /// Returns the rows of this tree node. `entries` are all rows of the tree's sample.
    #[expect(clippy::indexing_slicing, reason = "a node is a range of the rows of the tree")]
    fn rows<'e>(&self, entries: &'e [SampledRow]) -> &'e [SampledRow] {
        // A node's rows are neighbours in the sample.
        &entries[self.start..self.end]
    }
}

/// Grows one tree of a random forest on its bootstrap sample of the training rows.
pub(super) struct ForestTreeGrower<'a> {
    binned: &'a Binned,
    sample: &'a SamplePool,
    shape: Shape,
    generator: ChaCha8Rng,
    splitter: Splitter,
    entries: Vec<SampledRow>,
    spare: Vec<SampledRow>,
    features: Vec<usize>,
    limited: bool,
    nodes: Vec<Node>,
    pending: BinaryHeap<Pending>,
    decreases: Vec<f64>,
}

impl<'a> ForestTreeGrower<'a> {
    /// Prepares tree number `index` of a random forest, with a bootstrap sample of the training rows.
    pub(super) fn new(binned: &'a Binned, sample: &'a SamplePool, shape: Shape, seed: u64, index: u64) -> Self {
        // `seed` is the random seed of the whole forest.
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(index);
        let entries = sample.draw(&mut generator);
        Self::with(binned, sample, shape, entries, generator)
    }

    /// Prepares a tree that grows on exactly the rows in `entries`, without a bootstrap sample.
    pub(super) fn on(
        binned: &'a Binned,
        sample: &'a SamplePool,
        shape: Shape,
        entries: Vec<SampledRow>,
        seed: u64,
        index: u64,
    ) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(index);
        Self::with(binned, sample, shape, entries, generator)
    }

    fn with(
        binned: &'a Binned,
        sample: &'a SamplePool,
        shape: Shape,
        entries: Vec<SampledRow>,
        generator: ChaCha8Rng,
    ) -> Self {
        let features = binned.columns().len();
        Self {
            binned,
            sample,
            shape,
            generator,
            splitter: Splitter::new(sample.outputs, shape.parameters.min_samples_leaf),
            spare: Vec::with_capacity(entries.len()),
            features: (0..features).collect(),
            limited: entries.len() * 2 > shape.max_nodes,
            entries,
            nodes: Vec::new(),
            pending: BinaryHeap::new(),
            decreases: vec![0.0; features],
        }
    }

    /// Grows the tree. Also returns, for each feature, the total decrease in impurity by its splits.
    pub(super) fn grow(mut self) -> (Tree, Vec<f64>) {
        // Impurity: Gini impurity or variance.
        self.push(0, self.entries.len(), 0);
        while let Some(pending) = self.pending.pop() {
            let sums = OutputSums::of(pending.rows(&self.entries), self.sample.outputs);
            let split = if self.may_split(&pending) { self.best_split(&pending, &sums) } else { None };
            let node = match split {
                Some(split) => self.split(&pending, &sums, split),
                None => Node::Leaf(self.leaf(&sums)),
            };
            if let Some(own) = self.nodes.get_mut(pending.node) {
                *own = node;
            }
        }
        (Tree { nodes: self.nodes }, self.decreases)
    }

    fn push(&mut self, start: usize, end: usize, depth: usize) -> u32 {
        let node = self.nodes.len();
        self.nodes.push(Node::Leaf(Vec::new()));
        let rank = if self.limited { end - start } else { node };
        self.pending.push(Pending { rank, node, start, end, depth });
        node as u32
    }

    fn may_split(&self, pending: &Pending) -> bool {
        let (parameters, rows) = (&self.shape.parameters, pending.end - pending.start);
        pending.depth < parameters.max_depth
            && rows >= parameters.min_samples_split.max(2 * parameters.min_samples_leaf).max(2)
            && self.nodes.len() + 2 <= self.shape.max_nodes
            && !alike(pending.rows(&self.entries))
    }

    /// Returns the best split of a node on a few random features. `None` if no feature allows a split.
    #[expect(clippy::indexing_slicing, reason = "`features` is a permutation of the indices of the columns")]
    fn best_split(&mut self, pending: &Pending, sums: &OutputSums) -> Option<ForestSplit> {
        let entries = pending.rows(&self.entries);
        let mut best: Option<ForestSplit> = None;
        for tried in 0..self.features.len() {
            // If no drawn feature allows a split, further features are tried until one does.
            if tried >= self.shape.tried && best.is_some() {
                break;
            }
            let drawn = self.generator.random_range(tried as u32..self.features.len() as u32);
            self.features.swap(tried, drawn as usize);
            let feature = self.features[tried];
            let least = best.map_or(f64::NEG_INFINITY, |best| best.score);
            let found = self.splitter.best(entries, sums, (feature, &self.binned.columns()[feature]), least);
            best = found.or(best);
        }
        best
    }

    #[expect(clippy::indexing_slicing, reason = "a split is on one of the columns, and each has a decrease")]
    fn split(&mut self, pending: &Pending, sums: &OutputSums, split: ForestSplit) -> Node {
        let column = &self.binned.columns()[split.feature];
        let middle = self.partition(pending, column.codes(), split.left);
        self.decreases[split.feature] += (split.score - sums.score()).max(0.0);
        let right = (middle, pending.end);
        let left = self.push(pending.start, middle, pending.depth + 1);
        let right = self.push(right.0, right.1, pending.depth + 1);
        let threshold = column.bins().threshold(split.left, split.right);
        Node::Split { feature: split.feature as u32, threshold, left, right }
    }

    /// Reorders the rows of a tree node: first the left child's rows (bin number at most `last`), then the right
    /// child's rows. Returns the index at which the right child's rows start.
    #[expect(
        clippy::indexing_slicing,
        reason = "a node is a range of the rows of the tree, and a column has a bin for every row"
    )]
    fn partition(&mut self, pending: &Pending, codes: &[u8], last: usize) -> usize {
        // Both sides keep their order.
        self.spare.clear();
        let mut write = pending.start;
        for read in pending.start..pending.end {
            let entry = self.entries[read];
            if usize::from(codes[entry.row as usize]) <= last {
                self.entries[write] = entry;
                write += 1;
            } else {
                self.spare.push(entry);
            }
        }
        self.entries[write..pending.end].copy_from_slice(&self.spare);
        write
    }

    fn leaf(&self, sums: &OutputSums) -> Vec<Weight> {
        let answer = |sum: f64| (self.sample.offset + self.sample.scale * sum / sums.weight) as f32;
        let outputs = (0..).zip(&sums.outputs).map(|(output, sum)| Weight { output, weight: answer(*sum) });
        outputs.filter(|weight| weight.weight != 0.0).collect()
    }
}

/// Returns whether all rows of a node have the same true target, so that a split is useless.
fn alike(entries: &[SampledRow]) -> bool {
    entries.windows(2).all(|pair| match pair {
        [a, b] => a.output == b.output && a.value == b.value,
        _ => true,
    })
}
