//! Estimates the peak memory of reading a table. Each list or map in memory needs rows × columns × bytes per cell.
//!
//! The constants describe the data structures of this crate. A change of a structure also needs a change of its
//! constant. `make bench-memory` compares the estimates with measurements.

use super::shape::TableShape;
use crate::parts::{PARALLEL_PIECES, PIECE};
use crate::tally::MAX_DISTINCT;

/// Memory estimate: number of bytes that the memory allocator uses for every 100 requested bytes.
const ALLOCATED_PERCENT: u64 = 112;
/// Memory estimate: bytes that the process needs without a table.
const PROCESS_BYTES: u64 = 16 << 20;

/// Memory estimate: bytes that a hash set of a column's different values reserves for one value.
const SLOT_BYTES: u64 = 9;
/// Memory estimate: a hash set reserves memory for at most this many values per value that it holds.
const SLOTS: u64 = 3;

/// Sizes of all files of a table, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSizes {
    /// Total bytes of the CSV and Parquet files. CSV files count after decompression.
    pub bytes: u64,
    // Compressed files stay in memory until they are decompressed.
    /// Total bytes of the compressed files.
    pub compressed: u64,
    /// Memory in bytes that one thread needs to decode a piece of a Parquet file. 0 if there is no Parquet file.
    pub decoding: u64,
}

/// Memory estimate: returns the bytes that a table needs after its files are opened. `cells` is its number of values,
/// which need 4 bytes each.
pub fn opened_bytes(raw: FileSizes, cells: u64) -> u64 {
    with_overhead(add([raw.bytes, raw.compressed, times([cells, 4])]))
}

/// Memory estimate: returns the peak bytes for reading a table and splitting its rows into training rows and hold-out.
pub fn reading_bytes(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let opening = add([raw.bytes, raw.compressed]);
    let surveying = add([raw.bytes, survey(shape, raw), times([threads, raw.decoding])]);
    let loading = add([raw.bytes, shape.bytes(), pieces(shape, raw), times([threads, raw.decoding])]);
    with_overhead(opening.max(surveying).max(loading).max(splitting(shape)))
}

/// Memory estimate: returns the peak bytes if the table's values are counted and stored in one reading of the files.
pub(super) fn surveying_and_loading(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let values = add([shape.bytes(), pieces(shape, raw)]);
    with_overhead(add([raw.bytes, survey(shape, raw), values, times([threads, raw.decoding])]))
}

/// Returns the number of threads that read the files in parallel.
pub fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// Memory estimate: returns `bytes` plus the overhead of the memory allocator and of the process.
pub fn with_overhead(bytes: u64) -> u64 {
    (bytes / 100).saturating_mul(ALLOCATED_PERCENT).saturating_add(PROCESS_BYTES)
}

/// Memory estimate: returns the bytes of the hash sets that collect the different values of each column.
fn survey(shape: &TableShape, raw: FileSizes) -> u64 {
    // There is one set per column for the whole table, and one per column for each piece of a file that is being read.
    let of_piece = rows_of_piece(shape, raw).min(MAX_DISTINCT as u64).min(shape.remembered());
    let places = shape.remembered().saturating_add(times([PARALLEL_PIECES as u64, of_piece]));
    times([shape.columns.len() as u64, places, SLOT_BYTES * SLOTS])
}

/// Memory estimate: returns the bytes of the values in the pieces of files that are read at the same time.
fn pieces(shape: &TableShape, raw: FileSizes) -> u64 {
    // Growing lists may reserve twice the memory that they need, so each row counts twice.
    let rows = rows_of_piece(shape, raw).min(shape.rows);
    let texts = shape.text_bytes().min(times([shape.columns.len() as u64, rows, 200]));
    times([PARALLEL_PIECES as u64, add([times([rows, shape.row_bytes(), 2]), texts])])
}

fn rows_of_piece(shape: &TableShape, raw: FileSizes) -> u64 {
    let row = (raw.bytes / shape.rows.max(1)).max(1);
    (PIECE as u64 / row).max(1)
}

/// Memory estimate: returns the bytes for a table and for splitting its rows into training rows and hold-out.
fn splitting(shape: &TableShape) -> u64 {
    // Each row needs a hash and a stratum. A target of numbers also needs a sorted copy.
    let sorted = if shape.has_labels() { 0 } else { 8 };
    add([shape.bytes(), times([shape.rows, 8 + 4 + 1 + sorted])])
}

fn add<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}
