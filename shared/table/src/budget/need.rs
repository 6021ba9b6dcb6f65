//! Bytes that are held at once while a table is read: what its structures take, each by its rows, columns and bytes of a
//! cell. They are those of the code; who changes the one changes the other, and `make bench-memory` shows whether they agree.

use super::shape::Shape;
use crate::parts::{AT_ONCE, PIECE};
use crate::survey::MAX_DISTINCT;

/// What an allocator takes beside what it is asked for, in hundredths, and a process beside its table.
const OVERHEAD: u64 = 112;
const PROCESS: u64 = 16 << 20;

/// Bytes of a place in a set of hashes, and how many places there are for each at most.
const PLACE: u64 = 9;
const PLACES: u64 = 3;

/// What is in the files of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Raw {
    /// Bytes of CSV, decompressed, and of Parquet.
    pub bytes: u64,
    /// Bytes of compressed files, which are held until they are decompressed.
    pub compressed: u64,
    /// Bytes that a thread needs to decode Parquet.
    pub decoding: u64,
}

/// Bytes of opened files and of so many cells.
pub fn opened(raw: Raw, cells: u64) -> u64 {
    whole(add([raw.bytes, raw.compressed, times([cells, 4])]))
}

/// Bytes to read a table, and to split it; whatever is learnt.
pub fn reading(shape: &Shape, raw: Raw, threads: u64) -> u64 {
    let opening = add([raw.bytes, raw.compressed]);
    let surveying = add([raw.bytes, survey(shape, raw), times([threads, raw.decoding])]);
    let loading = add([raw.bytes, shape.bytes(), pieces(shape, raw), times([threads, raw.decoding])]);
    whole(opening.max(surveying).max(loading).max(splitting(shape)))
}

/// Bytes to survey a table and to keep its values at the same time.
pub(super) fn at_once(shape: &Shape, raw: Raw, threads: u64) -> u64 {
    let values = add([shape.bytes(), pieces(shape, raw)]);
    whole(add([raw.bytes, survey(shape, raw), values, times([threads, raw.decoding])]))
}

/// Threads that read side by side.
pub fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// So many bytes of values, with what allocator and process take beside them.
pub fn whole(bytes: u64) -> u64 {
    (bytes / 100).saturating_mul(OVERHEAD).saturating_add(PROCESS)
}

/// The hashes of different values, of the table and of the pieces that are read.
fn survey(shape: &Shape, raw: Raw) -> u64 {
    let of_piece = rows_of_piece(shape, raw).min(MAX_DISTINCT as u64).min(shape.remembered());
    let places = shape.remembered().saturating_add(times([AT_ONCE as u64, of_piece]));
    times([shape.columns.len() as u64, places, PLACE * PLACES])
}

/// The values of the pieces that are read at once; lists that grow have twice the room that they need.
fn pieces(shape: &Shape, raw: Raw) -> u64 {
    let rows = rows_of_piece(shape, raw).min(shape.rows);
    let texts = shape.text_bytes().min(times([shape.columns.len() as u64, rows, 200]));
    times([AT_ONCE as u64, add([times([rows, shape.row_bytes(), 2]), texts])])
}

fn rows_of_piece(shape: &Shape, raw: Raw) -> u64 {
    let row = (raw.bytes / shape.rows.max(1)).max(1);
    (PIECE as u64 / row).max(1)
}

/// The hashes of rows, by which some are held out, the rows in their strata, and of numbers a sorted copy.
fn splitting(shape: &Shape) -> u64 {
    let sorted = if shape.has_labels() { 0 } else { 8 };
    add([shape.bytes(), times([shape.rows, 8 + 4 + 1 + sorted])])
}

fn add<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

fn times<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}
