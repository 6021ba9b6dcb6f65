//! Estimates the peak memory of reading a table. Each list or map in memory needs rows × columns × bytes per cell.
//!
//! The constants describe the data structures of this crate. Whoever changes such a structure must change its constant,
//! too. `make bench-memory` shows whether the estimates agree with measurements.

use super::shape::TableShape;
use crate::parts::{PARALLEL_PIECES, PIECE};
use crate::survey::MAX_DISTINCT;

/// Bytes of memory that the allocator uses for every 100 bytes that are requested.
const ALLOCATED_PERCENT: u64 = 112;
/// Bytes of memory that the process needs without a table.
const PROCESS_BYTES: u64 = 16 << 20;

/// Bytes of one slot in a hash set of different values.
const SLOT_BYTES: u64 = 9;
/// Maximum number of slots in a hash set per stored value.
const SLOTS: u64 = 3;

/// Sizes of all files of a table, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSizes {
    /// Total bytes of CSV files after decompression, and of Parquet files as they are stored.
    pub bytes: u64,
    /// Total bytes of the compressed files. They stay in memory until they are decompressed.
    pub compressed: u64,
    /// Bytes that one thread needs to decode a piece of a Parquet file. 0 if there is no Parquet file.
    pub decoding: u64,
}

/// Returns how many bytes of memory the opened files need, and in addition `cells` values of 4 bytes each.
pub fn opened_bytes(raw: FileSizes, cells: u64) -> u64 {
    with_overhead(add([raw.bytes, raw.compressed, times([cells, 4])]))
}

/// Returns the peak memory in bytes of reading a table and splitting its rows into training rows and hold-out. It does
/// not depend on the model family.
pub fn reading_bytes(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let opening = add([raw.bytes, raw.compressed]);
    let surveying = add([raw.bytes, survey(shape, raw), times([threads, raw.decoding])]);
    let loading = add([raw.bytes, shape.bytes(), pieces(shape, raw), times([threads, raw.decoding])]);
    with_overhead(opening.max(surveying).max(loading).max(splitting(shape)))
}

/// Returns the peak memory in bytes if the values are already stored in the first pass over the files.
pub(super) fn surveying_and_loading(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let values = add([shape.bytes(), pieces(shape, raw)]);
    with_overhead(add([raw.bytes, survey(shape, raw), values, times([threads, raw.decoding])]))
}

/// Returns the number of threads that read the files in parallel.
pub fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// Returns `bytes` plus the overhead of the allocator and of the process.
pub fn with_overhead(bytes: u64) -> u64 {
    (bytes / 100).saturating_mul(ALLOCATED_PERCENT).saturating_add(PROCESS_BYTES)
}

/// Returns the bytes of memory for the hash sets of different values: one set per column for the whole table, and one
/// per column for each piece of a file that is being read.
fn survey(shape: &TableShape, raw: FileSizes) -> u64 {
    let of_piece = rows_of_piece(shape, raw).min(MAX_DISTINCT as u64).min(shape.remembered());
    let places = shape.remembered().saturating_add(times([PARALLEL_PIECES as u64, of_piece]));
    times([shape.columns.len() as u64, places, SLOT_BYTES * SLOTS])
}

/// Returns the bytes of memory for the values in the pieces of files that are being read. Their bytes count twice,
/// because growing lists may reserve twice the memory that they need.
fn pieces(shape: &TableShape, raw: FileSizes) -> u64 {
    let rows = rows_of_piece(shape, raw).min(shape.rows);
    let texts = shape.text_bytes().min(times([shape.columns.len() as u64, rows, 200]));
    times([PARALLEL_PIECES as u64, add([times([rows, shape.row_bytes(), 2]), texts])])
}

fn rows_of_piece(shape: &TableShape, raw: FileSizes) -> u64 {
    let row = (raw.bytes / shape.rows.max(1)).max(1);
    (PIECE as u64 / row).max(1)
}

/// Returns the bytes of memory for the table and for splitting its rows into training rows and hold-out. Each row needs
/// a hash and a stratum. If the target is a number, a sorted copy of the target is needed, too.
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
