//! Sums of gradients by bin, for eight features at a time.
//!
//! A tile holds eight features row by row: one read brings the bins of all eight, and their sums stay in the processor's first
//! cache. Rows are summed in pieces of a fixed length, and the pieces in order: however many threads there are, the sums are
//! the same to the last bit.

use rayon::prelude::*;

use super::partition::Entry;
use crate::fit::binned::{BinnedColumn, MAX_BINS};

/// Features of a tile.
pub(super) const WIDTH: usize = 8;

/// Rows that are summed by one task, in single precision; few enough to lose nothing that matters by it.
const PIECE: usize = 1 << 13;

/// Pieces whose sums are held at a time: of a large table those of all pieces would take more than its bins.
const PIECES: usize = 16;

/// Rows whose bins are read before any is summed: the processor waits for memory once, not row by row.
const BLOCK: usize = 64;

/// First and second derivatives of the loss, summed, and the number of rows.
pub(super) type Sums = [f64; 3];

/// The sums of a tile's features, feature after feature, each as many as it has bins.
pub(super) type Histogram = Vec<Sums>;

/// All features of the rows that are fitted on, in tiles.
pub(super) struct Tiles {
    tiles: Vec<Tile>,
}

/// Up to eight features.
pub(super) struct Tile {
    codes: Vec<[u8; WIDTH]>,
    /// Of each feature, how many bins it has.
    bins: Vec<usize>,
}

/// As [`Sums`], and a place that is not used: four numbers are added at once.
type Scratch = [[[f32; 4]; MAX_BINS]; WIDTH];

impl Tiles {
    pub(super) fn new(columns: &[&BinnedColumn], rows: &[u32]) -> Self {
        Self { tiles: columns.par_chunks(WIDTH).map(|columns| Tile::new(columns, rows)).collect() }
    }

    pub(super) fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// The bins of a feature, by row.
    pub(super) fn codes(&self, feature: usize) -> impl Fn(u32) -> u8 + Sync + '_ {
        let (codes, place) = (self.tiles.get(feature / WIDTH).map_or(&[][..], |tile| &tile.codes), feature % WIDTH);
        move |row| codes[row as usize][place]
    }
}

impl Tile {
    fn new(columns: &[&BinnedColumn], rows: &[u32]) -> Self {
        let mut codes = vec![[0; WIDTH]; rows.len()];
        for (place, column) in columns.iter().enumerate() {
            let from = column.codes();
            codes.iter_mut().zip(rows).for_each(|(to, row)| to[place] = from[*row as usize]);
        }
        Self { codes, bins: columns.iter().map(|column| column.bins()).collect() }
    }

    /// The number of bins of each feature.
    pub(super) fn bins(&self) -> &[usize] {
        &self.bins
    }

    /// The sums over `entries`.
    pub(super) fn histogram(&self, entries: &[Entry]) -> Histogram {
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

    fn piece(&self, entries: &[Entry]) -> Histogram {
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

/// What is left of the sums of a node without those of its one child: those of the other.
pub(super) fn subtract(node: &mut Histogram, child: &Histogram) {
    node.iter_mut().zip(child).for_each(|(node, child)| *node = less(*node, *child));
}

/// Both together.
pub(super) fn more([a, b, c]: Sums, [d, e, f]: Sums) -> Sums {
    [a + d, b + e, c + f]
}

/// The one without the other.
pub(super) fn less([a, b, c]: Sums, [d, e, f]: Sums) -> Sums {
    [a - d, b - e, c - f]
}
