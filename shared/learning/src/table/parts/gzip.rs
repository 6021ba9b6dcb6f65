//! Gzip, and no more of it than memory holds.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::memory;
use crate::table::TableError;

/// The CSV in `content`, of all concatenated members, if it fits into the `free` ones of `memory` bytes.
pub(super) fn decompress(file: &str, content: &[u8], memory: u64, free: u64) -> Result<Vec<u8>, TableError> {
    let limit = memory::csv_within(free);
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(content).take(limit.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| TableError::Gzip { file: file.to_owned(), source })?;
    let size = bytes.len() as u64;
    if size > limit {
        return Err(TableError::TooLargeDecompressed { file: file.to_owned(), bytes: limit, memory });
    }
    Ok(bytes)
}
