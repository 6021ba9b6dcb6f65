//! Grows one tree.

use std::collections::BinaryHeap;

use evergreen_scoring::{Node, Tree, Weight};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Shape;
use super::sample::{SamplePool, SampledRow};
use super::split::{ForestSplit, OutputSums, Splitter};
use crate::fit::binned::Binned;

/// A node that may still be split. The greatest is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    /// The number of rows if the number of nodes is limited. Otherwise the order of creation, so that the newest node
    /// is next: its rows are still in the processor's cache.
    rank: usize,
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

impl Pending {
    /// Returns the rows of this node.
    #[expect(clippy::indexing_slicing, reason = "a node is a range of the rows of the tree")]
    fn rows<'e>(&self, entries: &'e [SampledRow]) -> &'e [SampledRow] {
        &entries[self.start..self.end]
    }
}

/// Grows one tree.
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
    /// Prepares tree number `index` of the forest with this `seed`.
    pub(super) fn new(binned: &'a Binned, sample: &'a SamplePool, shape: Shape, seed: u64, index: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(index);
        let entries = sample.draw(&mut generator);
        Self::with(binned, sample, shape, entries, generator)
    }

    /// Prepares a tree as [`ForestTreeGrower::new`] does, but on these rows of the pool.
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

    /// Grows the tree. Also returns, for each feature, the decrease in impurity of its splits.
    pub(super) fn grow(mut self) -> (Tree, Vec<f64>) {
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

    /// Returns the best split on a few features that are drawn at random. If they have no split, it tries further
    /// features until one has.
    #[expect(clippy::indexing_slicing, reason = "`features` is a permutation of the indices of the columns")]
    fn best_split(&mut self, pending: &Pending, sums: &OutputSums) -> Option<ForestSplit> {
        let entries = pending.rows(&self.entries);
        let mut best: Option<ForestSplit> = None;
        for tried in 0..self.features.len() {
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
        let threshold = column.threshold(split.left, split.right);
        Node::Split { feature: split.feature as u32, threshold, left, right }
    }

    /// Moves the rows of the bins up to `last` to the front and returns where they end. Both parts keep their order.
    #[expect(
        clippy::indexing_slicing,
        reason = "a node is a range of the rows of the tree, and a column has a bin for every row"
    )]
    fn partition(&mut self, pending: &Pending, codes: &[u8], last: usize) -> usize {
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

/// Checks whether all entries have the same truth.
fn alike(entries: &[SampledRow]) -> bool {
    entries.windows(2).all(|pair| match pair {
        [a, b] => a.output == b.output && a.value == b.value,
        _ => true,
    })
}
