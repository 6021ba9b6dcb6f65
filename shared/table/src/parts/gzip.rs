//! Gzip, and no more of it than memory holds.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::TableError;

/// Bytes that come out of one, at most: deflate shrinks nothing further.
const MAX_RATIO: u64 = 1032;

/// The CSV in `content`, of all concatenated members, if it fits into the `free` ones of `memory` bytes.
pub(crate) fn decompress(file: &str, content: &[u8], memory: u64, free: u64) -> Result<Vec<u8>, TableError> {
    let room = said(content).min(free).min((content.len() as u64).saturating_mul(MAX_RATIO));
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    let read = MultiGzDecoder::new(content).take(free.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| TableError::Gzip { file: file.to_owned(), source })?;
    if bytes.len() as u64 > free {
        return Err(TableError::TooLargeDecompressed { file: file.to_owned(), bytes: free, memory });
    }
    Ok(bytes)
}

/// What the end of the last member says of its size, by 2^32: room for it need not be found again and again.
fn said(content: &[u8]) -> u64 {
    content.last_chunk().map_or(0, |end| u64::from(u32::from_le_bytes(*end)))
}
