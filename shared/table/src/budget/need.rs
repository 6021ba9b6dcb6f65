//! Computes how many bytes are held at once while a table is read: for each structure, rows × columns × bytes per cell.
//!
//! The factors describe the structures of the code. Whoever changes a structure must change its factor, too. `make
//! bench-memory` shows whether the estimates agree with measurements.

use super::shape::TableShape;
use crate::parts::{PARALLEL_PIECES, PIECE};
use crate::survey::MAX_DISTINCT;

/// Memory that the allocator uses per 100 requested bytes, and memory that the process uses in addition to the table.
const ALLOCATED_PERCENT: u64 = 112;
const PROCESS_BYTES: u64 = 16 << 20;

/// Bytes of a slot in a set of hashes, and maximum number of slots per hash.
const SLOT_BYTES: u64 = 9;
const SLOTS: u64 = 3;

/// Sizes of the files of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSizes {
    /// Bytes of decompressed CSV and of Parquet.
    pub bytes: u64,
    /// Bytes of compressed files. They are held until they are decompressed.
    pub compressed: u64,
    /// Bytes that a thread needs to decode Parquet.
    pub decoding: u64,
}

/// Returns the bytes of opened files with `cells` values.
pub fn opened_bytes(raw: FileSizes, cells: u64) -> u64 {
    with_overhead(add([raw.bytes, raw.compressed, times([cells, 4])]))
}

/// Returns the bytes to read and to split a table. They do not depend on the model family.
pub fn reading_bytes(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let opening = add([raw.bytes, raw.compressed]);
    let surveying = add([raw.bytes, survey(shape, raw), times([threads, raw.decoding])]);
    let loading = add([raw.bytes, shape.bytes(), pieces(shape, raw), times([threads, raw.decoding])]);
    with_overhead(opening.max(surveying).max(loading).max(splitting(shape)))
}

/// Returns the bytes to survey a table and to keep its values at the same time.
pub(super) fn surveying_and_loading(shape: &TableShape, raw: FileSizes, threads: u64) -> u64 {
    let values = add([shape.bytes(), pieces(shape, raw)]);
    with_overhead(add([raw.bytes, survey(shape, raw), values, times([threads, raw.decoding])]))
}

/// Returns the number of threads that read in parallel.
pub fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// Adds the memory of the allocator and of the process to `bytes` of values.
pub fn with_overhead(bytes: u64) -> u64 {
    (bytes / 100).saturating_mul(ALLOCATED_PERCENT).saturating_add(PROCESS_BYTES)
}

/// Returns the bytes of the hashes of different values, for the table and for the pieces that are being read.
fn survey(shape: &TableShape, raw: FileSizes) -> u64 {
    let of_piece = rows_of_piece(shape, raw).min(MAX_DISTINCT as u64).min(shape.remembered());
    let places = shape.remembered().saturating_add(times([PARALLEL_PIECES as u64, of_piece]));
    times([shape.columns.len() as u64, places, SLOT_BYTES * SLOTS])
}

/// Returns the bytes of the values in the pieces that are read at once. Growing lists have twice the capacity that they
/// need.
fn pieces(shape: &TableShape, raw: FileSizes) -> u64 {
    let rows = rows_of_piece(shape, raw).min(shape.rows);
    let texts = shape.text_bytes().min(times([shape.columns.len() as u64, rows, 200]));
    times([PARALLEL_PIECES as u64, add([times([rows, shape.row_bytes(), 2]), texts])])
}

fn rows_of_piece(shape: &TableShape, raw: FileSizes) -> u64 {
    let row = (raw.bytes / shape.rows.max(1)).max(1);
    (PIECE as u64 / row).max(1)
}

/// Returns the bytes to split rows: their hashes, which decide the hold-out, their strata, and a sorted copy of a
/// numeric target.
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
