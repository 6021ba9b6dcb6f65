//! Histograms for gradient boosting: for each feature, the sums of the loss's derivatives by bin.

// A tile holds the bin numbers of eight features, row by row. One read gets the bin numbers of all eight features, and
// their sums stay in the processor's first-level cache. Rows are summed in pieces of a fixed length, and the sums of
// the pieces are added in order. So the sums are the same to the last bit, whatever the number of threads.

use rayon::prelude::*;

use super::partition::GradientRow;
use crate::fit::binned::{BinnedColumn, FeatureBins, MAX_BINS};

/// Number of features in a tile, a group of features whose bin numbers are stored together.
pub(super) const WIDTH: usize = 8;

// The number is small enough that the rounding does not matter.
/// Number of rows whose derivatives one parallel task sums in single precision.
const PIECE: usize = 1 << 13;

// A piece has 8,192 rows. For a large table, the sums of all pieces would take more memory than the bins of its rows.
/// Maximum number of pieces (groups of rows) whose sums are in memory at the same time.
const PIECES: usize = 16;

// The processor then waits for memory once per block and not for each row.
/// Number of rows whose bin numbers are read ahead before they are summed.
const BLOCK: usize = 64;

/// Sums over a group of rows: the first derivative of the loss, the second derivative, and the number of rows.
pub(super) type GradientSums = [f64; 3];

// The group is a tile of up to eight features. Its features follow one another in the list.
/// Histogram of a group of features: for each feature, the sums of the loss's derivatives in each bin.
pub(super) type Histogram = Vec<GradientSums>;

/// The bin numbers of all features for the training rows, stored in tiles (groups) of eight features.
pub(super) struct Tiles {
    tiles: Vec<Tile>,
}

/// The bin numbers of up to eight features, row by row.
pub(super) struct Tile {
    codes: Vec<[u8; WIDTH]>,
    /// For each feature of the tile, its number of bins.
    bins: Vec<usize>,
}

// The third number counts rows. The fourth is unused, because the processor adds four numbers at once.
/// Sums for each feature of a tile (group of eight features) and each bin: first derivative, second derivative and
/// rows.
type Scratch = [[[f32; 4]; MAX_BINS]; WIDTH];

impl Tiles {
    pub(super) fn new(columns: &[&BinnedColumn], rows: &[u32]) -> Self {
        Self { tiles: columns.par_chunks(WIDTH).map(|columns| Tile::new(columns, rows)).collect() }
    }

    /// Creates tiles without rows, for features with these numbers of bins. Memory for `rows` rows is reserved.
    pub(super) fn with_capacity(bins: &[usize], rows: usize) -> Self {
        let tile = |bins: &[usize]| Tile { codes: Vec::with_capacity(rows), bins: bins.to_vec() };
        Self { tiles: bins.chunks(WIDTH).map(tile).collect() }
    }

    /// Adds the given `rows` to the bins. `values` returns the values of a feature for all rows of the block.
    pub(super) fn extend(&mut self, bins: &mut [FeatureBins], rows: &[u32], values: impl Fn(usize) -> Vec<f32> + Sync) {
        let tiles = self.tiles.par_iter_mut().zip(bins.par_chunks_mut(WIDTH)).enumerate();
        tiles.for_each(|(at, (tile, bins))| {
            let columns = bins.par_iter_mut().enumerate().map(|(place, bins)| {
                let values = values(at * WIDTH + place);
                rows.iter()
                    .map(|row| values.get(*row as usize).map_or(0, |value| bins.code(*value)))
                    .collect::<Vec<u8>>()
            });
            let columns: Vec<Vec<u8>> = columns.collect();
            let before = tile.codes.len();
            tile.codes.resize(before + rows.len(), [0; WIDTH]);
            for (place, column) in columns.iter().enumerate() {
                let codes = tile.codes.iter_mut().skip(before).zip(column);
                codes.for_each(|(codes, code)| codes.iter_mut().skip(place).take(1).for_each(|to| *to = *code));
            }
        });
    }

    pub(super) fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    // The function's argument is the row's index among the rows of this fit.
    /// Returns a function that looks up the bin number of a training row for one feature.
    #[expect(
        clippy::indexing_slicing,
        reason = "a tile has the bins of every row that is fitted on, and a place is below WIDTH"
    )]
    pub(super) fn codes(&self, feature: usize) -> impl Fn(u32) -> u8 + Sync + '_ {
        let (codes, place) = (self.tiles.get(feature / WIDTH).map_or(&[][..], |tile| &tile.codes), feature % WIDTH);
        move |row| codes[row as usize][place]
    }
}

impl Tile {
    #[expect(
        clippy::indexing_slicing,
        reason = "a column has a bin for every row, and a tile has at most WIDTH columns"
    )]
    fn new(columns: &[&BinnedColumn], rows: &[u32]) -> Self {
        debug_assert!(columns.len() <= WIDTH, "a tile of {} columns", columns.len());
        let mut codes = vec![[0; WIDTH]; rows.len()];
        for (place, column) in columns.iter().enumerate() {
            let from = column.codes();
            codes.iter_mut().zip(rows).for_each(|(to, row)| to[place] = from[*row as usize]);
        }
        Self { codes, bins: columns.iter().map(|column| column.bins().count()).collect() }
    }

    /// Returns how many bins each feature of the tile has.
    pub(super) fn bins(&self) -> &[usize] {
        &self.bins
    }

    /// Returns the histogram of the tile's features over the rows in `entries`: for each bin, the sums of the loss's
    /// derivatives.
    pub(super) fn histogram(&self, entries: &[GradientRow]) -> Histogram {
        if entries.len() <= PIECE {
            return self.piece(entries);
        }
        let mut sum = Histogram::new();
        for entries in entries.chunks(PIECES * PIECE) {
            let pieces: Vec<Histogram> = entries.par_chunks(PIECE).map(|entries| self.piece(entries)).collect();
            for piece in pieces {
                if sum.is_empty() {
                    sum = piece;
                } else {
                    sum.iter_mut().zip(piece).for_each(|(sum, piece)| *sum = more(*sum, piece));
                }
            }
        }
        sum
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a tile has the bins of every row that is fitted on, and a code is below MAX_BINS"
    )]
    fn piece(&self, entries: &[GradientRow]) -> Histogram {
        let mut scratch: Scratch = [[[0.0; 4]; MAX_BINS]; WIDTH];
        let mut codes = [[0; WIDTH]; BLOCK];
        for block in entries.chunks(BLOCK) {
            codes.iter_mut().zip(block).for_each(|(codes, entry)| *codes = self.codes[entry.row as usize]);
            for (codes, entry) in codes.iter().zip(block) {
                let amount = [entry.gradients[0], entry.gradients[1], 1.0, 0.0];
                for (bins, code) in scratch.iter_mut().zip(codes) {
                    bins[usize::from(*code)].iter_mut().zip(amount).for_each(|(sum, amount)| *sum += amount);
                }
            }
        }
        let mut histogram = Vec::with_capacity(self.bins.iter().sum());
        for (sums, bins) in scratch.iter().zip(&self.bins) {
            histogram.extend(
                sums.iter().take(*bins).map(|[first, second, rows, _]| [*first, *second, *rows].map(f64::from)),
            );
        }
        histogram
    }
}

/// Subtracts the histogram of one child from the histogram of its parent. The parent's list then holds the second
/// child's histogram.
pub(super) fn subtract(node: &mut Histogram, child: &Histogram) {
    node.iter_mut().zip(child).for_each(|(node, child)| *node = less(*node, *child));
}

/// Adds two lists of sums, element by element.
pub(super) fn more([a, b, c]: GradientSums, [d, e, f]: GradientSums) -> GradientSums {
    [a + d, b + e, c + f]
}

/// Subtracts the second list of sums from the first, element by element.
pub(super) fn less([a, b, c]: GradientSums, [d, e, f]: GradientSums) -> GradientSums {
    [a - d, b - e, c - f]
}
