//! Finds the best split of a tree node in a random forest, feature by feature.

// Let `s` be the sums of the outputs on one side of a split and `w` the sum of the weights there. The best split has
// the greatest `Σ s²/w` over both sides. Except for a constant, this is the decrease of Gini impurity, and also of
// variance.

use super::sample::SampledRow;
use crate::fit::binned::{BinnedColumn, MAX_BINS};

/// Search for the best split: the rows of a tree node are sorted by bin number if 4 × rows is less than the number of
/// bins. Otherwise the rows are summed bin by bin.
const SORT_BELOW: usize = 4;

/// Candidate split of a tree node in a random forest, on one feature.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForestSplit {
    pub(super) feature: usize,
    /// Split point: rows with this bin number or a lower one go to the left child.
    pub(super) left: usize,
    // The bins between `left` and this one have no row of the node.
    /// Lowest bin number that a row of the right child has.
    pub(super) right: usize,
    // `s` are the sums of the outputs in a child, and `w` is the sum of the weights.
    /// Quality of the split. Higher means that the rows in each child are more alike. Computed as `Σ s²/w` over both
    /// children.
    pub(super) score: f64,
}

// There is one output for each class, or in a regression one for the target.
/// Sums over the rows of a tree node: number of rows, total weight, and `outputs`. `outputs` is the weight of each
/// class, or in a regression the weighted sum of the targets.
#[derive(Debug, Clone)]
pub(super) struct OutputSums {
    pub(super) rows: usize,
    pub(super) weight: f64,
    pub(super) outputs: Vec<f64>,
    /// Sum of the squares of `outputs`.
    squares: f64,
}

impl OutputSums {
    pub(super) fn new(outputs: usize) -> Self {
        Self { rows: 0, weight: 0.0, outputs: vec![0.0; outputs], squares: 0.0 }
    }

    pub(super) fn of(entries: &[SampledRow], outputs: usize) -> Self {
        let mut sums = Self::new(outputs);
        for entry in entries {
            sums.rows += 1;
            sums.weight += f64::from(entry.weight);
            if let Some(output) = sums.outputs.get_mut(entry.output as usize) {
                *output += amount(entry);
            }
        }
        sums.squares = sums.outputs.iter().map(|output| output * output).sum();
        sums
    }

    /// Returns the quality `Σ s²/w` of one child of a split. Higher means that the rows in the child are more alike.
    pub(super) fn score(&self) -> f64 {
        // `s` are the sums of the outputs, and `w` is the sum of the weights.
        if self.weight > 0.0 { self.squares / self.weight } else { 0.0 }
    }

    fn add(&mut self, output: usize, amount: f64) {
        if let Some(sum) = self.outputs.get_mut(output) {
            self.squares += amount * (2.0 * *sum + amount);
            *sum += amount;
        }
    }

    fn copy_from(&mut self, other: &Self) {
        (self.rows, self.weight, self.squares) = (other.rows, other.weight, other.squares);
        self.outputs.copy_from_slice(&other.outputs);
    }

    fn clear(&mut self) {
        (self.rows, self.weight, self.squares) = (0, 0.0, 0.0);
        self.outputs.fill(0.0);
    }
}

fn amount(entry: &SampledRow) -> f64 {
    f64::from(entry.weight) * f64::from(entry.value)
}

// The buffers are reused from node to node.
/// Finds the best split of a tree node, one feature at a time.
#[derive(Debug)]
pub(super) struct Splitter {
    min_rows: usize,
    left: OutputSums,
    right: OutputSums,
    /// For each bin of a feature, sums over the rows of the tree node: the number of rows, the sum of the weights, and
    /// the sum of each output.
    histogram: Vec<f64>,
    // The upper 32 bits are the row's bin number. The lower 32 bits are its index among the node's rows.
    /// Sort keys, one for each row of the tree node.
    keys: Vec<u64>,
}

impl Splitter {
    /// Creates an object that finds the best splits of tree nodes. Each side of a split must have at least `min_rows`
    /// rows.
    pub(super) fn new(outputs: usize, min_rows: usize) -> Self {
        // `outputs` is the number of sums in a node: one for each class, or 1 in a regression.
        Self {
            min_rows,
            left: OutputSums::new(outputs),
            right: OutputSums::new(outputs),
            histogram: vec![0.0; MAX_BINS * (outputs + 2)],
            keys: Vec::new(),
        }
    }

    /// Returns the best split of a tree node on one feature. `None` if no split has a quality above `least`.
    pub(super) fn best(
        &mut self,
        entries: &[SampledRow],
        total: &OutputSums,
        (feature, column): (usize, &BinnedColumn),
        least: f64,
    ) -> Option<ForestSplit> {
        // `entries` are the node's rows, and `total` holds their sums.
        if column.bins().count() < 2 {
            return None;
        }
        self.left.clear();
        self.right.copy_from(total);
        let mut best = ForestSplit { feature, left: 0, right: 0, score: least };
        if entries.len() * SORT_BELOW < column.bins().count() {
            self.walk_sorted(entries, column, &mut best);
        } else {
            self.walk_bins(entries, column, &mut best);
        }
        (best.right > 0).then_some(best)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a column has a bin for every row, and a key holds the index of an entry"
    )]
    fn walk_sorted(&mut self, entries: &[SampledRow], column: &BinnedColumn, best: &mut ForestSplit) {
        let codes = column.codes();
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        keys.extend((0..).zip(entries).map(|(at, entry)| u64::from(codes[entry.row as usize]) << 32 | at));
        keys.sort_unstable();
        let mut before = None;
        for key in &keys {
            let (bin, entry) = ((key >> 32) as usize, entries[(key & u64::from(u32::MAX)) as usize]);
            if before != Some(bin) {
                self.consider(before.replace(bin), bin, best);
            }
            let amount = amount(&entry);
            self.shift(1, f64::from(entry.weight));
            self.left.add(entry.output as usize, amount);
            self.right.add(entry.output as usize, -amount);
        }
        self.keys = keys;
    }

    #[expect(clippy::indexing_slicing, reason = "the histogram has MAX_BINS bins of rows, weight and outputs")]
    fn walk_bins(&mut self, entries: &[SampledRow], column: &BinnedColumn, best: &mut ForestSplit) {
        let (codes, stride) = (column.codes(), self.left.outputs.len() + 2);
        let mut histogram = std::mem::take(&mut self.histogram);
        let used = &mut histogram[..column.bins().count() * stride];
        used.fill(0.0);
        for entry in entries {
            let bin = &mut used[usize::from(codes[entry.row as usize]) * stride..][..stride];
            bin[0] += 1.0;
            bin[1] += f64::from(entry.weight);
            bin[2 + entry.output as usize] += amount(entry);
        }
        let mut before = None;
        for (bin, content) in used.chunks_exact(stride).enumerate().filter(|(_, content)| content[0] > 0.0) {
            self.consider(before.replace(bin), bin, best);
            self.shift(content[0] as usize, content[1]);
            for (output, &amount) in content[2..].iter().enumerate().filter(|(_, amount)| **amount != 0.0) {
                self.left.add(output, amount);
                self.right.add(output, -amount);
            }
        }
        self.histogram = histogram;
    }

    fn shift(&mut self, rows: usize, weight: f64) {
        self.left.rows += rows;
        self.left.weight += weight;
        self.right.rows -= rows;
        self.right.weight -= weight;
    }

    /// Compares the best split so far with the split between the bins `before` and `bin`, and keeps the better one.
    fn consider(&self, before: Option<usize>, bin: usize, best: &mut ForestSplit) {
        if let Some(before) = before
            && self.left.rows >= self.min_rows
            && self.right.rows >= self.min_rows
        {
            // `self.left` and `self.right` hold the sums of both sides.
            let score = self.left.score() + self.right.score();
            if score > best.score {
                *best = ForestSplit { left: before, right: bin, score, ..*best };
            }
        }
    }
}
