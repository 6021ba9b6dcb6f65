//! Computes how many bytes are in memory at once while a table is read. For each list or map that is held, it is rows ×
//! columns × bytes per cell.
//!
//! The constants describe the data structures of this crate. Whoever changes such a structure must change its constant,
//! too. `make bench-memory` shows whether the estimates agree with measurements.

use super::shape::TableShape;
use crate::parts::{PARALLEL_PIECES, PIECE};
use crate::survey::MAX_DISTINCT;

/// Bytes that the allocator uses for every 100 requested bytes.
const ALLOCATED_PERCENT: u64 = 112;
/// Bytes that the process uses in addition to the table.
const PROCESS_BYTES: u64 = 16 << 20;

/// Bytes of one slot in a hash set of different values.
const SLOT_BYTES: u64 = 9;
/// Maximum number of slots in a hash set for each value that it holds.
const SLOTS: u64 = 3;

/// Sizes of all files of a table, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSizes {
    /// Total bytes of CSV files after decompression and of Parquet files.
    pub bytes: u64,
    /// Total bytes of the compressed files. They stay in memory until they are decompressed.
    pub compressed: u64,
    /// Bytes that one thread needs to decode a piece of a Parquet file. 0 without Parquet files.
    pub decoding: u64,
}

/// Returns the bytes of memory that the opened files and `cells` of their values need. A value counts as 4 bytes.
pub fn opened_bytes(raw: FileSizes, cells: u64) -> u64 {
    with_overhead(add([raw.bytes, raw.compressed, times([cells, 4])]))
}

/// Returns the bytes of memory that are needed to read a table and to split its rows into training and evaluation. The
/// number does not depend on the model family.
pub fn reading_bytes(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let opening = add([raw.bytes, raw.compressed]);
    let surveying = add([raw.bytes, survey(shape, raw), times([threads, raw.decoding])]);
    let loading = add([raw.bytes, shape.bytes(), pieces(shape, raw), times([threads, raw.decoding])]);
    with_overhead(opening.max(surveying).max(loading).max(splitting(shape)))
}

/// Returns the bytes of memory that are needed if the values are kept already during the first pass over the files.
pub(super) fn surveying_and_loading(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let values = add([shape.bytes(), pieces(shape, raw)]);
    with_overhead(add([raw.bytes, survey(shape, raw), values, times([threads, raw.decoding])]))
}

/// Returns the number of threads that read the files in parallel.
pub fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// Adds what the allocator and the process use to `bytes` of values, and returns the sum.
pub fn with_overhead(bytes: u64) -> u64 {
    (bytes / 100).saturating_mul(ALLOCATED_PERCENT).saturating_add(PROCESS_BYTES)
}

/// Returns the bytes of the hash sets that count different values. The whole table has such sets, and so does each
/// piece that is being read.
fn survey(shape: &TableShape, raw: FileSizes) -> u64 {
    let of_piece = rows_of_piece(shape, raw).min(MAX_DISTINCT as u64).min(shape.remembered());
    let places = shape.remembered().saturating_add(times([PARALLEL_PIECES as u64, of_piece]));
    times([shape.columns.len() as u64, places, SLOT_BYTES * SLOTS])
}

/// Returns the bytes of the values in the pieces that are read at once. They count twice, because growing lists have up
/// to twice the capacity that they need.
fn pieces(shape: &TableShape, raw: FileSizes) -> u64 {
    let rows = rows_of_piece(shape, raw).min(shape.rows);
    let texts = shape.text_bytes().min(times([shape.columns.len() as u64, rows, 200]));
    times([PARALLEL_PIECES as u64, add([times([rows, shape.row_bytes(), 2]), texts])])
}

fn rows_of_piece(shape: &TableShape, raw: FileSizes) -> u64 {
    let row = (raw.bytes / shape.rows.max(1)).max(1);
    (PIECE as u64 / row).max(1)
}

/// Returns the bytes that the table and the split into training rows and hold-out need. Each row has a hash and a
/// stratum. If the target is a number, a sorted copy of it is needed, too.
fn splitting(shape: &TableShape) -> u64 {
    let sorted = if shape.has_labels() { 0 } else { 8 };
    add([shape.bytes(), times([shape.rows, 8 + 4 + 1 + sorted])])
}

fn add<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}
