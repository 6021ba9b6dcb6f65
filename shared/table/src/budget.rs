//! Estimates the memory that a table needs: from samples before any file is read whole, and exactly after the files
//! were surveyed.
//!
//! Each result is one sum over all structures that are in memory at the same time: rows × columns × bytes per cell
//! (`need`). This crate does not count the memory that training needs in addition.

mod need;
mod sample;
mod shape;
mod too_large;

pub use self::need::{FileSizes, opened_bytes, reading_bytes, threads, with_overhead};
pub use self::sample::{FileSample, estimate_shape, sample_ranges};
pub use self::shape::{ColumnShape, ColumnUse, MemoryKind, TableShape};
pub use self::too_large::{FUNCTION_OVERHEAD, TooLarge, gigabytes};
use crate::TableError;

/// Checks whether the opened files, and the `cells` values that they are known to hold, fit into memory.
pub(crate) fn check_opened(raw: FileSizes, cells: u64, memory: u64) -> Result<(), TableError> {
    let needed = opened_bytes(raw, cells);
    check_memory(TooLarge { bytes: raw.bytes, needed, memory, ..TooLarge::default() })
}

/// Checks whether the values of a table of this shape fit into memory beside its files.
pub(crate) fn check_reading(shape: TableShape, raw: FileSizes, memory: u64) -> Result<(), TableError> {
    check_memory(TooLarge {
        rows: Some(shape.rows),
        columns: shape.columns.len() as u64,
        bytes: raw.bytes,
        needed: reading_bytes(&shape, raw, threads()),
        memory,
        read: Some((shape, raw)),
        ..TooLarge::default()
    })
}

/// Checks whether values of this shape fit into memory while the files are surveyed.
pub(crate) fn fits_during_survey(shape: &TableShape, raw: FileSizes, memory: u64) -> bool {
    need::surveying_and_loading(shape, raw, threads()) <= memory
}

/// Checks whether the needed memory is available.
///
/// # Errors
/// Returns [`TableError::TooLarge`] if `found` needs more memory than there is.
pub fn check_memory(found: TooLarge) -> Result<(), TableError> {
    if found.needed > found.memory { Err(TableError::TooLarge(Box::new(found))) } else { Ok(()) }
}
