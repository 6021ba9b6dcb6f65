//! Decompresses gzip files, as far as the free memory allows.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::TableError;

/// Maximum ratio of decompressed to compressed size in gzip.
const MAX_RATIO: u64 = 1032;

/// Decompresses a gzip file. Returns an error if the decompressed content is larger than `free` bytes.
pub(crate) fn decompress(file: &str, content: &[u8], memory: u64, free: u64) -> Result<Vec<u8>, TableError> {
    // The file may consist of several concatenated members. `memory` is the number of bytes that may be used in all,
    // for the error message.
    let room = declared_size(content).min(free).min((content.len() as u64).saturating_mul(MAX_RATIO));
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    let read = MultiGzDecoder::new(content).take(free.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| TableError::Gzip { file: file.to_owned(), source })?;
    if bytes.len() as u64 > free {
        return Err(TableError::TooLargeDecompressed { file: file.to_owned(), bytes: free, memory });
    }
    Ok(bytes)
}

/// Returns the decompressed size that a gzip file declares in its last bytes.
fn declared_size(content: &[u8]) -> u64 {
    // The size is modulo 2^32. Memory of this size is reserved, so that the result need not grow repeatedly.
    content.last_chunk().map_or(0, |end| u64::from(u32::from_le_bytes(*end)))
}
