//! What a table takes in memory: foreseen by samples of its files before any is read whole, and known once they were read.
//!
//! It is one sum each time: rows × columns × bytes of a cell of every structure that is held at a time (`need`). What
//! learning from the table takes beside it is no matter of this crate.

mod need;
mod sample;
mod shape;
mod too_large;

pub use self::need::{Raw, opened, reading, threads, whole};
pub use self::sample::{Sample, foresee, wanted};
pub use self::shape::{Column, Kind, Shape, Use};
pub use self::too_large::{OWN, TooLarge, gigabytes};
use crate::TableError;

/// Checks whether opened files, and the values of so many `cells` that are known to be in them, can be held.
pub(crate) fn check_opened(raw: Raw, cells: u64, memory: u64) -> Result<(), TableError> {
    let needed = opened(raw, cells);
    fits(TooLarge { bytes: raw.bytes, needed, memory, ..TooLarge::default() })
}

/// Checks whether the values of a table can be kept: of `shape`, as its files have them.
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

/// Whether values of that shape can be kept while the files are surveyed.
pub(crate) fn holds_at_once(shape: &Shape, raw: Raw, memory: u64) -> bool {
    need::at_once(shape, raw, threads()) <= memory
}

/// Checks whether what `found` needs is there.
///
/// # Errors
/// [`TableError::TooLarge`] when it is not.
pub fn fits(found: TooLarge) -> Result<(), TableError> {
    if found.needed > found.memory { Err(TableError::TooLarge(Box::new(found))) } else { Ok(()) }
}
