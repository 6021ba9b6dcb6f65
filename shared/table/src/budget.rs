//! Estimates the memory that reading a table needs: from samples before the files are read, and exactly after all
//! values are counted.
//!
//! Each result is the sum of everything that is in memory at the same time. Memory for training is not included.

mod need;
mod sample;
mod shape;
mod too_large;

pub use self::need::{FileSizes, opened_bytes, reading_bytes, threads, with_overhead};
pub use self::sample::{FileSample, estimate_shape, sample_ranges};
pub use self::shape::{ColumnShape, ColumnUse, MemoryKind, TableShape};
pub use self::too_large::{FUNCTION_OVERHEAD, TooLarge, gigabytes};
use crate::TableError;

/// Memory check after the files of a table are opened: returns an error if the files need more than `memory` bytes.
pub(crate) fn check_opened(raw: FileSizes, cells: u64, memory: u64) -> Result<(), TableError> {
    // `raw` has the sizes of the files. `cells` is the number of cells in Parquet files.
    let needed = opened_bytes(raw, cells);
    check_memory(TooLarge { bytes: raw.bytes, needed, memory, ..TooLarge::default() })
}

/// Memory check before the values of a table are loaded: returns an error if this needs more than `memory` bytes.
pub(crate) fn check_reading(shape: TableShape, raw: FileSizes, memory: u64) -> Result<(), TableError> {
    // `shape` describes the values to store. `raw` has the sizes of the files, which are in memory at the same time.
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

/// Returns whether `memory` bytes are enough to count and store the table's values in one reading of its files.
pub(crate) fn fits_during_survey(shape: &TableShape, raw: FileSizes, memory: u64) -> bool {
    need::surveying_and_loading(shape, raw, threads()) <= memory
}

/// Compares the memory that the table needs with the memory that is available. `found` has both numbers.
///
/// # Errors
/// Returns [`TableError::TooLarge`] if the table needs more memory than is available.
pub fn check_memory(found: TooLarge) -> Result<(), TableError> {
    if found.needed > found.memory { Err(TableError::TooLarge(Box::new(found))) } else { Ok(()) }
}
