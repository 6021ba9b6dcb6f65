//! Decompresses gzip, up to the free memory.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::TableError;

/// Maximum compression ratio of deflate.
const MAX_RATIO: u64 = 1032;

/// Decompresses all members of `content` if the result fits into memory. `memory` is the total memory in bytes, and
/// `free` is how much of it is free.
pub(crate) fn decompress(file: &str, content: &[u8], memory: u64, free: u64) -> Result<Vec<u8>, TableError> {
    let room = declared_size(content).min(free).min((content.len() as u64).saturating_mul(MAX_RATIO));
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    let read = MultiGzDecoder::new(content).take(free.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| TableError::Gzip { file: file.to_owned(), source })?;
    if bytes.len() as u64 > free {
        return Err(TableError::TooLargeDecompressed { file: file.to_owned(), bytes: free, memory });
    }
    Ok(bytes)
}

/// Returns the size that the end of the last member declares, modulo 2^32. It avoids repeated growth of the result.
fn declared_size(content: &[u8]) -> u64 {
    content.last_chunk().map_or(0, |end| u64::from(u32::from_le_bytes(*end)))
}
