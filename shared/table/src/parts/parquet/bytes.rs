//! The bytes of a Parquet file that are in memory: the whole file, or only the ranges that a reader needs.

use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

// Copies share the memory.
/// Ranges of bytes of one file, each with its place in the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileBytes {
    size: u64,
    /// The first byte's place in the file, and the bytes. Sorted by place, and without overlaps.
    ranges: Vec<(u64, Bytes)>,
}

impl FileBytes {
    /// Holds the whole file.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { size: bytes.len() as u64, ranges: vec![(0, bytes)] }
    }

    /// Holds parts of a file of `size` bytes. Each part comes with the place of its first byte.
    pub(crate) fn parts(size: u64, mut ranges: Vec<(u64, Bytes)>) -> Self {
        ranges.sort_unstable_by_key(|(start, _)| *start);
        Self { size, ranges }
    }

    /// Calls `visit` with the bytes of each range in memory, in the order of the file.
    pub(crate) fn each(&self, mut visit: impl FnMut(&[u8])) {
        self.ranges.iter().for_each(|(_, bytes)| visit(bytes));
    }

    /// Returns the last `count` bytes of the file. `None` if they are not in memory.
    pub(crate) fn last(&self, count: usize) -> Option<Bytes> {
        self.get_bytes(self.size.checked_sub(count as u64)?, count).ok()
    }

    /// Returns the bytes from `start` to the end of the range in memory that contains `start`.
    fn from(&self, start: u64) -> Result<Bytes> {
        let place = self.ranges.partition_point(|(first, _)| *first <= start);
        let range = place.checked_sub(1).and_then(|place| self.ranges.get(place));
        let found = range.and_then(|(first, bytes)| {
            let skipped = usize::try_from(start - first).ok().filter(|skipped| *skipped <= bytes.len())?;
            Some(bytes.slice(skipped..))
        });
        found.ok_or_else(|| ParquetError::EOF(format!("byte {start} of the file is not in memory")))
    }
}

impl Length for FileBytes {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for FileBytes {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(format!("{length} bytes at byte {start} of the file are not in memory")));
        }
        Ok(bytes.slice(..length))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn bytes_are_found_by_their_place_in_the_file() {
        let parts = FileBytes::parts(100, vec![(50, Bytes::from("world")), (10, Bytes::from("hello"))]);
        assert_eq!(parts.len(), 100);
        assert_eq!(parts.get_bytes(11, 3).unwrap(), "ell");
        assert_eq!(parts.get_bytes(50, 5).unwrap(), "world");
        for (start, length) in [(9, 1), (14, 2), (16, 1), (56, 1)] {
            assert!(parts.get_bytes(start, length).is_err(), "{start} {length}");
        }
        let mut text = String::new();
        parts.get_read(52).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "rld");
    }
}
