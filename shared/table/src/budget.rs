//! Estimates the memory that reading a table needs. Before the files are read, the estimate uses samples. After all
//! values are counted, it is exact.
//!
//! Each result is the sum of everything that is in memory at the same time. The module `need` computes it as rows ×
//! columns × bytes per cell. Memory for training is not included.

mod need;
mod sample;
mod shape;
mod too_large;

pub use self::need::{FileSizes, opened_bytes, reading_bytes, threads, with_overhead};
pub use self::sample::{FileSample, estimate_shape, sample_ranges};
pub use self::shape::{ColumnShape, ColumnUse, MemoryKind, TableShape};
pub use self::too_large::{FUNCTION_OVERHEAD, TooLarge, gigabytes};
use crate::TableError;

/// Returns an error if the opened files need more than `memory` bytes. `raw` has the file sizes, and `cells` is the
/// number of cells in Parquet files.
pub(crate) fn check_opened(raw: FileSizes, cells: u64, memory: u64) -> Result<(), TableError> {
    let needed = opened_bytes(raw, cells);
    check_memory(TooLarge { bytes: raw.bytes, needed, memory, ..TooLarge::default() })
}

/// Returns an error if reading the table needs more than `memory` bytes. `shape` describes the values to store. `raw`
/// has the sizes of the files, which are in memory at the same time.
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

/// Returns whether there is enough memory to store the values of a table already in the first pass over its files.
/// `memory` is the number of bytes that may be used.
pub(crate) fn fits_during_survey(shape: &TableShape, raw: FileSizes, memory: u64) -> bool {
    need::surveying_and_loading(shape, raw, threads()) <= memory
}

/// Compares the needed memory with the available memory. `found` contains both.
///
/// # Errors
/// Returns [`TableError::TooLarge`] if the table needs more memory than is available.
pub fn check_memory(found: TooLarge) -> Result<(), TableError> {
    if found.needed > found.memory { Err(TableError::TooLarge(Box::new(found))) } else { Ok(()) }
}
