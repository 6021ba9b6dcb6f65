//! Hashes rows of a streamed table, to choose the rows of the sample.
//!
//! Equal rows have equal hashes. So a row of the hold-out, which is a part of the sample, has no copy among the rows
//! outside the sample.

use crate::cell::FileCell;
use crate::parts::{CellCollector, CellReader, RowPosition};

/// The columns whose cells decide which rows are in the sample.
pub(super) struct HashedColumns {
    /// For each column of the table, a number that depends on its name. `None` if its cells do not matter.
    seeds: Vec<Option<u64>>,
    /// Whether the only column names the group of each row. A row without a group is a group of its own.
    are_groups: bool,
}

impl HashedColumns {
    /// `is_hashed` says for each column whether its cells matter.
    pub(super) fn new(names: &[String], is_hashed: &[bool], are_groups: bool) -> Self {
        let seed = |(name, is_hashed): (&String, &bool)| is_hashed.then(|| mixed(text_bits(name)));
        Self { seeds: names.iter().zip(is_hashed).map(seed).collect(), are_groups }
    }
}

/// Receiver of cells that computes the hash of each row of one row group.
pub(super) struct RowHashes<'a> {
    hashes: Vec<u64>,
    /// Index of the file in the table.
    file: usize,
    /// Number of the row group's first row in the file, counted from 1.
    first: u64,
    columns: &'a HashedColumns,
}

impl<'a> RowHashes<'a> {
    /// Creates a receiver for a number of rows of a file. `first` is the number of the first row in the file, counted from 1.
    pub(super) fn new((file, rows): (usize, usize), first: u64, columns: &'a HashedColumns) -> Self {
        Self { hashes: vec![0; rows], file, first, columns }
    }

    /// Returns the hash of each row.
    pub(super) fn finish(self) -> impl Iterator<Item = u64> {
        self.hashes.into_iter().map(mixed)
    }
}

impl CellReader for RowHashes<'_> {
    fn cell(&mut self, column: usize, at: RowPosition, cell: FileCell<'_>) {
        let Some(seed) = self.columns.seeds.get(column).copied().flatten() else { return };
        let row = at.line.checked_sub(self.first).and_then(|row| self.hashes.get_mut(row as usize));
        if let Some(hash) = row {
            let bits = match cell {
                FileCell::Missing if self.columns.are_groups => mixed(at.line) ^ mixed(self.file as u64),
                cell => bits(cell),
            };
            // The cells of a row arrive in any order, so their hashes are added.
            *hash = hash.wrapping_add(mixed(bits ^ seed));
        }
    }

    fn needs(&self, column: usize) -> bool {
        self.columns.seeds.get(column).is_some_and(Option::is_some)
    }
}

impl CellCollector for RowHashes<'_> {
    fn sibling(&self, _: usize) -> Self {
        Self::new((self.file, self.hashes.len()), self.first, self.columns)
    }

    fn append(&mut self, later: Self) {
        self.hashes.iter_mut().zip(later.hashes).for_each(|(hash, more)| *hash = hash.wrapping_add(more));
    }
}

/// Returns the bits of a cell's value. Numbers count in single precision, as training sees them.
fn bits(cell: FileCell<'_>) -> u64 {
    let number = |number: f64| {
        let number = number as f32;
        u64::from(if number.is_nan() { f32::NAN } else { number + 0.0 }.to_bits())
    };
    match cell {
        FileCell::Untyped(text) => {
            text.bytes().fold(FNV_START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV))
        }
        FileCell::Missing => number(f64::NAN),
        FileCell::Whole(whole) => number(whole as f64),
        FileCell::Number(value) => number(value),
        FileCell::Boolean(is_true) => number(f64::from(u8::from(is_true))),
        FileCell::Moment(seconds) | FileCell::Clock(seconds) | FileCell::Span(seconds) => seconds.to_bits(),
    }
}

fn text_bits(text: &str) -> u64 {
    text.bytes().fold(FNV_START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV))
}

// The FNV-1a hash: Fowler, Noll, Vo, Eastlake, RFC 9923.
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV: u64 = 0x0100_0000_01b3;

/// Returns a number whose bits all depend on all bits of `bits`.
fn mixed(bits: u64) -> u64 {
    // The finalizer of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
