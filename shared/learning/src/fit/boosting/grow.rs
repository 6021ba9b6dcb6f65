//! Grows one tree of gradient boosting. The leaf whose split decreases the loss most is always split next.

use evergreen_scoring::{Node, Tree, Weight};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::BoostingParameters;
use super::bounds::AnswerLimits;
use super::histogram::{GradientSums, Histogram, Tile, Tiles, WIDTH, less, more, subtract};
use super::partition::{GradientRow, partition};
use crate::fit::binned::Splittable;

// The minimum is the same as in scikit-learn. With a smaller sum, the value of the leaf is unreliable.
/// Minimum sum of the loss's second derivatives over the rows of a leaf.
const MIN_CURVATURE: f64 = 1e-3;

// The unit is rows × groups of eight features.
/// Minimum amount of work for one parallel task that computes histograms of gradient boosting.
const ROWS_OF_A_TASK: usize = 1 << 12;

// The buffers are reused from tree to tree.
/// Grows the trees of gradient boosting, one after the other.
pub(super) struct BoostedTreeGrower<'a> {
    tiles: &'a Tiles,
    splittable: &'a Splittable<'a>,
    parameters: BoostingParameters,
    gains: Vec<f64>,
    spare: Vec<GradientRow>,
    /// For each feature, whether trees of the current boosting round may split on the feature.
    taken: Vec<bool>,
    /// Whether any feature has a monotone constraint (the prediction may only rise, or only fall, with the feature).
    directed: bool,
}

/// A grown tree of gradient boosting, with the training rows in each of its leaves.
pub(super) struct Grown {
    tree: GrownTree,
    entries: Vec<GradientRow>,
}

// Its numbers are exact, so a fit that goes on after a pause ends with the same trees.
/// A grown tree of gradient boosting, with splits on bin numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GrownTree {
    nodes: Vec<Branch>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Branch {
    /// Inner node of a decision tree. Rows with the bin number `bin` or a lower one go to the left child.
    Split {
        feature: usize,
        bin: usize,
        threshold: f32,
        left: usize,
        right: usize,
    },
    Leaf {
        start: usize,
        end: usize,
        answer: f64,
    },
}

/// Candidate split of a tree node. Rows with the bin number `bin` or a lower one go to the left child.
#[derive(Debug, Clone, Copy)]
struct BinSplit {
    gain: f64,
    feature: usize,
    /// Split point: rows with this bin number or a lower one go to the left child.
    bin: usize,
    left: GradientSums,
}

// The histogram holds the sums of the loss's derivatives by bin.
/// Node of a gradient boosting tree after its split, for one group of features: the histogram of the smaller child, and
/// the best split of each child (the smaller child first).
type Parted = (Histogram, (Option<BinSplit>, Option<BinSplit>));

/// Leaf of the growing tree that can still be split, with its best split.
struct Open {
    node: usize,
    start: usize,
    end: usize,
    sums: GradientSums,
    bounds: AnswerLimits,
    split: BinSplit,
    histograms: Vec<Histogram>,
}

impl<'a> BoostedTreeGrower<'a> {
    pub(super) fn new(tiles: &'a Tiles, splittable: &'a Splittable<'a>, parameters: BoostingParameters) -> Self {
        let features = splittable.bins.len();
        Self {
            tiles,
            splittable,
            parameters,
            gains: vec![0.0; features],
            spare: Vec::new(),
            taken: vec![true; features],
            directed: splittable.bins.iter().any(|bins| bins.direction().is_some()),
        }
    }

    /// Sets the features on which the next trees may split: those with `true` in `taken`.
    pub(super) fn take_features(&mut self, taken: &[bool]) {
        self.taken.copy_from_slice(taken);
    }

    /// Returns the bin number of a training row for a feature.
    pub(super) fn code(&self, row: u32, feature: usize) -> u8 {
        // `row` is the row's index among the rows of this fit.
        self.tiles.codes(feature)(row)
    }

    /// Returns, for each feature, the total gain (decrease in loss) of its splits in all trees so far.
    pub(super) fn gains(&self) -> &[f64] {
        &self.gains
    }

    /// Sets the total gain of each feature's splits in the trees of an earlier fit.
    pub(super) fn set_gains(&mut self, gains: &[f64]) {
        self.gains.clear();
        self.gains.extend_from_slice(gains);
    }

    /// Grows one tree of gradient boosting on the training rows in `entries`.
    pub(super) fn grow(&mut self, entries: Vec<GradientRow>) -> Grown {
        self.spare.resize(entries.len(), GradientRow::default());
        let sums = sums_of(&entries);
        let tree = GrownTree { nodes: Vec::with_capacity(2 * self.parameters.max_leaves) };
        let mut grown = Grown { tree, entries };
        let mut open = Vec::new();
        let bounds = AnswerLimits::FREE;
        grown.tree.nodes.push(self.leaf(0, grown.entries.len(), sums, bounds));
        let (all, least) = (self.tiles.tiles(), tiles_of_a_task(grown.entries.len()));
        let histograms: Vec<Histogram> =
            all.par_iter().with_min_len(least).map(|tile| tile.histogram(&grown.entries)).collect();
        let found: Vec<Option<BinSplit>> = (0..)
            .zip(self.tiles.tiles())
            .zip(&histograms)
            .map(|((at, tile), histogram)| self.best(at, tile, histogram, (sums, bounds)))
            .collect();
        if let Some(split) = better(found) {
            open.push(Open { node: 0, start: 0, end: grown.entries.len(), sums, bounds, split, histograms });
        }
        let mut leaves = 1;
        while leaves < self.parameters.max_leaves {
            let Some(next) = open.pop() else { break };
            leaves += 1;
            let last = leaves == self.parameters.max_leaves;
            self.split(next, &mut grown, &mut open, last);
            keep_greatest(&mut open, self.parameters.max_leaves - leaves);
        }
        grown
    }

    /// Splits one leaf of the growing tree into two children. Children that can be split again are added to `open`.
    #[expect(
        clippy::indexing_slicing,
        reason = "an open leaf is a node of this tree, and its split is on one of the features"
    )]
    fn split(&mut self, from: Open, grown: &mut Grown, open: &mut Vec<Open>, last: bool) {
        let Open { node, start, end, sums, bounds, split, mut histograms } = from;
        let bins = self.splittable.bins[split.feature];
        let code = self.tiles.codes(split.feature);
        let lefts =
            partition(&mut grown.entries[start..end], &mut self.spare, |row| usize::from(code(row)) <= split.bin);
        let (middle, right) = (start + lefts, less(sums, split.left));
        self.gains[split.feature] += split.gain;
        let [below, above] = bounds.split(bins.direction(), split.left, right, self.parameters.l2);
        let children = [(start, middle, split.left, below), (middle, end, right, above)];
        let first = grown.tree.nodes.len();
        grown.tree.nodes[node] = Branch::Split {
            feature: split.feature,
            bin: split.bin,
            threshold: bins.threshold(split.bin, split.bin + 1),
            left: first,
            right: first + 1,
        };
        grown.tree.nodes.extend(children.map(|(start, end, sums, bounds)| self.leaf(start, end, sums, bounds)));
        // If `last` is true, the tree is complete after this split.
        if last {
            return;
        }
        let small = usize::from(2 * lefts > end - start);
        let rows = &grown.entries[children[small].0..children[small].1];
        let work = |(at, (tile, node)): (usize, (&Tile, &mut Histogram))| {
            let child = tile.histogram(rows);
            subtract(node, &child);
            let of = |child: usize| (children[child].2, children[child].3);
            let splits = (self.best(at, tile, &child, of(small)), self.best(at, tile, node, of(1 - small)));
            (child, splits)
        };
        let tiles = self.tiles.tiles().par_iter().with_min_len(tiles_of_a_task(rows.len()));
        let done: Vec<Parted> = tiles.zip(histograms.par_iter_mut()).enumerate().map(work).collect();
        let (of_small, splits): (Vec<Histogram>, Vec<_>) = done.into_iter().unzip();
        let (by_small, by_large): (Vec<_>, Vec<_>) = splits.into_iter().unzip();
        for (child, histograms, splits) in [(small, of_small, by_small), (1 - small, histograms, by_large)] {
            let (start, end, sums, bounds) = children[child];
            if let Some(split) = better(splits) {
                open.push(Open { node: first + child, start, end, sums, bounds, split, histograms });
            }
        }
    }

    fn leaf(&self, start: usize, end: usize, sums: GradientSums, bounds: AnswerLimits) -> Branch {
        Branch::Leaf { start, end, answer: self.parameters.learning_rate * bounds.answer(sums, self.parameters.l2) }
    }

    /// Returns the best split of a tree node on one group of features. `None` if no split decreases the loss.
    fn best(
        &self,
        at: usize,
        tile: &Tile,
        histogram: &Histogram,
        of: (GradientSums, AnswerLimits),
    ) -> Option<BinSplit> {
        // `at` is the number of the tile, a group of up to eight features.
        // Most tables have no feature with a direction. For them, `best_of::<false>` contains no check of directions
        // for each bin.
        let best = if self.directed { Self::best_of::<true> } else { Self::best_of::<false> };
        best(self, at, tile, histogram, of)
    }

    fn best_of<const DIRECTED: bool>(
        &self,
        at: usize,
        tile: &Tile,
        histogram: &Histogram,
        (sums, bounds): (GradientSums, AnswerLimits),
    ) -> Option<BinSplit> {
        let (l2, least) = (self.parameters.l2, self.parameters.min_samples_leaf as f64);
        let enough = |sums: GradientSums| sums[2] >= least && sums[1] >= MIN_CURVATURE;
        if sums[2] < 2.0 * least {
            return None;
        }
        let score =
            |sums: GradientSums| if DIRECTED { bounds.score(sums, l2) } else { sums[0] * sums[0] / (sums[1] + l2) };
        let mut best = BinSplit { gain: 0.0, feature: 0, bin: 0, left: [0.0; 3] };
        let (parent, mut rest) = (score(sums), histogram.as_slice());
        for (place, bins) in tile.bins().iter().enumerate() {
            let (feature, others) = rest.split_at(*bins);
            rest = others;
            if !self.taken.get(at * WIDTH + place).copied().unwrap_or_default() {
                continue;
            }
            let direction = self.splittable.bins.get(at * WIDTH + place).and_then(|bins| bins.direction());
            let mut left = [0.0; 3];
            for (bin, content) in feature.iter().enumerate().take(bins.saturating_sub(1)) {
                left = more(left, *content);
                let right = less(sums, left);
                if !enough(right) {
                    break;
                }
                if !enough(left) {
                    continue;
                }
                let gain = score(left) + score(right) - parent;
                if gain > best.gain && (!DIRECTED || bounds.allow(direction, left, right, l2)) {
                    best = BinSplit { gain, feature: at * WIDTH + place, bin, left };
                }
            }
        }
        (best.gain > 0.0).then_some(best)
    }
}

/// Returns how many groups of eight features one parallel task must process at least. `rows` is the number of rows in
/// the tree node.
fn tiles_of_a_task(rows: usize) -> usize {
    // Waking another thread costs more time than summing a few rows.
    (ROWS_OF_A_TASK / rows.max(1)).max(1)
}

/// Sorts the leaves that can still be split by gain, the greatest last, and keeps only the best `splits` leaves.
fn keep_greatest(open: &mut Vec<Open>, splits: usize) {
    // If two leaves have the same gain, the older one comes later in the list and is split first.
    open.sort_unstable_by(|a, b| a.split.gain.total_cmp(&b.split.gain).then(b.node.cmp(&a.node)));
    // The tree may have no more splits. The sums of one leaf take megabytes if the table is wide.
    open.drain(..open.len().saturating_sub(splits));
}

/// Returns the split that decreases the loss most, or `None` if there is no split.
fn better(splits: Vec<Option<BinSplit>>) -> Option<BinSplit> {
    // If several splits are equally good, the first of them is returned.
    splits.into_iter().flatten().reduce(|best, split| if split.gain > best.gain { split } else { best })
}

fn sums_of(entries: &[GradientRow]) -> GradientSums {
    entries
        .iter()
        .fold([0.0; 3], |sums, entry| more(sums, [f64::from(entry.gradients[0]), f64::from(entry.gradients[1]), 1.0]))
}

impl Grown {
    /// Returns the leaves of the tree. For each leaf: the training rows in the leaf, and the number that the tree adds
    /// to their scores.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (&[GradientRow], f64)> {
        self.tree.nodes.iter().filter_map(|node| match *node {
            Branch::Leaf { start, end, answer } => Some((self.entries.get(start..end)?, answer)),
            Branch::Split { .. } => None,
        })
    }

    /// Returns the tree without its rows, and the memory of the rows for the next tree.
    pub(super) fn into_tree(self) -> (GrownTree, Vec<GradientRow>) {
        (self.tree, self.entries)
    }

    /// Returns the tree without its rows.
    pub(super) fn tree(&self) -> &GrownTree {
        &self.tree
    }
}

impl GrownTree {
    /// Returns whether the tree splits only on columns of a fit with `columns` columns, and whether each child follows
    /// its parent.
    pub(super) fn fits(&self, columns: usize) -> bool {
        let is_valid = |(at, node): (usize, &Branch)| match *node {
            Branch::Split { feature, left, right, .. } => {
                feature < columns && at < left && left < self.nodes.len() && at < right && right < self.nodes.len()
            }
            Branch::Leaf { .. } => true,
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(is_valid)
    }

    /// Predicts one row with this tree: returns the number that the tree adds to the row's score. `code` returns the
    /// row's bin number for a feature.
    pub(super) fn answer(&self, code: impl Fn(usize) -> u8) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes.get(at) {
                Some(&Branch::Split { feature, bin, left, right, .. }) => {
                    at = if usize::from(code(feature)) <= bin { left } else { right };
                }
                Some(&Branch::Leaf { answer, .. }) => return answer,
                None => return 0.0,
            }
        }
    }

    /// Converts the grown tree to the type that is stored in the model's artifact file. Each leaf's value is multiplied
    /// by `scale`.
    #[expect(clippy::indexing_slicing, reason = "`features` has a number for each feature that may be split on")]
    pub(super) fn tree(&self, output: u32, scale: f64, features: &[u32]) -> Tree {
        // `output` is the index of the score that the leaves add to. The scale gives the leaf values the unit of the
        // target. `features` has, for each column of this grower, the feature index that the artifact's trees store.
        let node = |node: &Branch| match *node {
            Branch::Split { feature, threshold, left, right, .. } => {
                Node::Split { feature: features[feature], threshold, left: left as u32, right: right as u32 }
            }
            Branch::Leaf { answer, .. } => Node::Leaf(vec![Weight { output, weight: (answer * scale) as f32 }]),
        };
        Tree { nodes: self.nodes.iter().map(node).collect() }
    }
}
