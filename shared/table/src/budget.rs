//! Estimates the memory that a table needs: from samples before any file is read whole, and exactly after the files
//! were surveyed.
//!
//! Each result is one sum over all structures that are in memory at the same time: rows × columns × bytes per cell
//! (`need`). This crate does not count the memory that training needs in addition.

mod need;
mod sample;
mod shape;
mod too_large;

pub use self::need::{Raw, opened, reading, threads, whole};
pub use self::sample::{Sample, foresee, wanted};
pub use self::shape::{Column, Kind, Shape, Use};
pub use self::too_large::{OWN, TooLarge, gigabytes};
use crate::TableError;

/// Checks whether the opened files, and the `cells` values that they are known to hold, fit into memory.
pub(crate) fn check_opened(raw: Raw, cells: u64, memory: u64) -> Result<(), TableError> {
    let needed = opened(raw, cells);
    fits(TooLarge { bytes: raw.bytes, needed, memory, ..TooLarge::default() })
}

/// Checks whether the values of a table of this shape fit into memory beside its files.
pub(crate) fn check_reading(shape: Shape, raw: Raw, memory: u64) -> Result<(), TableError> {
    fits(TooLarge {
        rows: Some(shape.rows),
        columns: shape.columns.len() as u64,
        bytes: raw.bytes,
        needed: reading(&shape, raw, threads()),
        memory,
        read: Some((shape, raw)),
        ..TooLarge::default()
    })
}

/// Checks whether values of this shape fit into memory while the files are surveyed.
pub(crate) fn holds_at_once(shape: &Shape, raw: Raw, memory: u64) -> bool {
    need::at_once(shape, raw, threads()) <= memory
}

/// Checks whether the needed memory is available.
///
/// # Errors
/// Returns [`TableError::TooLarge`] if `found` needs more memory than there is.
pub fn fits(found: TooLarge) -> Result<(), TableError> {
    if found.needed > found.memory { Err(TableError::TooLarge(Box::new(found))) } else { Ok(()) }
}
