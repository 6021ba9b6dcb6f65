//! Cuts Parquet files by row groups. Only the footer of a file is read for that.

use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::{FooterTail, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use serde::{Deserialize, Serialize};

/// Number of bytes at the end of a Parquet file that say how long its footer is.
const TAIL: u64 = 8;
/// Number of bytes that the first read of a footer takes. Most footers are shorter.
const FIRST_READ: u64 = 64 * 1024;
/// Maximum length of the row groups of one part in bytes, as they are stored.
const MAX_GROUP_BYTES: u64 = 512 << 20;

/// A piece of a Parquet file: neighbouring row groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCuts {
    /// Offset of the first byte of the row groups.
    pub start: u64,
    /// Offset behind their last byte.
    pub end: u64,
    /// Index of the first row group.
    pub group: usize,
    /// Number of row groups.
    pub groups: usize,
    /// Index of the first row in the file, from 0.
    #[serde(skip)]
    pub first: u64,
    /// Number of rows.
    #[serde(skip)]
    pub rows: u64,
}

/// Which bytes at the end of a Parquet file have its footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParquetTail {
    /// Offset of the footer's first byte.
    pub start: u64,
    /// The size of the file.
    pub size: u64,
}

impl ParquetTail {
    /// Returns the bytes to read first: at most the last 64 KiB.
    pub fn guess(size: u64) -> Self {
        Self { start: size.saturating_sub(FIRST_READ), size }
    }

    /// Returns where the footer begins. `bytes` are the last bytes of the file.
    ///
    /// # Errors
    /// An error if this is no Parquet file.
    pub fn exact(self, bytes: &[u8]) -> Result<Self, ParquetError> {
        let tail: [u8; TAIL as usize] =
            bytes.last_chunk().copied().ok_or_else(|| ParquetError::EOF("the file is too short".to_owned()))?;
        let length = FooterTail::try_new(&tail)?.metadata_length() as u64;
        let start = self.size.checked_sub(length + TAIL);
        let start = start.ok_or_else(|| ParquetError::EOF("the footer is longer than the file".to_owned()))?;
        Ok(Self { start, ..self })
    }
}

/// Reads the footer of a Parquet file from its bytes, which end with the file.
pub(crate) fn metadata(footer: &[u8]) -> Result<ArrowReaderMetadata, ParquetError> {
    let length = footer.len().saturating_sub(TAIL as usize);
    let metadata = ParquetMetaDataReader::decode_metadata(footer.get(..length).unwrap_or_default())?;
    // The writer's Arrow types are ignored, as in training: a text is read as text, whatever it was in memory.
    ArrowReaderMetadata::try_new(metadata.into(), ArrowReaderOptions::new().with_skip_arrow_metadata(true))
}

/// Returns the columns of a Parquet file, and its pieces of about `target` bytes. `footer` are the file's last bytes.
///
/// # Errors
/// An error if the footer is damaged, or if a row group is too large for one part.
pub fn groups(footer: &[u8], target: u64) -> Result<(SchemaRef, Vec<GroupCuts>), ParquetError> {
    let metadata = metadata(footer)?;
    Ok((metadata.schema().clone(), pieces(metadata.metadata(), target)?))
}

fn pieces(metadata: &ParquetMetaData, target: u64) -> Result<Vec<GroupCuts>, ParquetError> {
    let (mut pieces, mut first): (Vec<GroupCuts>, u64) = (Vec::new(), 0);
    for (index, group) in metadata.row_groups().iter().enumerate() {
        let rows = u64::try_from(group.num_rows()).unwrap_or_default();
        let (start, end) = range(group)?;
        if end - start > MAX_GROUP_BYTES {
            let problem = format!(
                "row group {index} has {} bytes; expected at most {MAX_GROUP_BYTES}. Write the file with smaller row groups",
                end - start
            );
            return Err(ParquetError::General(problem));
        }
        match pieces.last_mut().filter(|piece| end.max(piece.end) - piece.start.min(start) <= target) {
            Some(piece) => {
                (piece.start, piece.end) = (piece.start.min(start), piece.end.max(end));
                piece.groups += 1;
                piece.rows += rows;
            }
            None => pieces.push(GroupCuts { start, end, group: index, groups: 1, first, rows }),
        }
        first += rows;
    }
    pieces.retain(|piece| piece.rows > 0);
    Ok(pieces)
}

/// Returns the bytes of a row group: from the first byte of its first column to the last byte of its last one.
fn range(group: &RowGroupMetaData) -> Result<(u64, u64), ParquetError> {
    let mut range = (u64::MAX, 0);
    for column in group.columns() {
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let place = u64::try_from(start).ok().zip(u64::try_from(column.compressed_size()).ok());
        let end = place.and_then(|(start, length)| Some((start, start.checked_add(length)?)));
        let (start, end) = end.ok_or_else(|| ParquetError::General("a column has no valid place".to_owned()))?;
        range = (range.0.min(start), range.1.max(end));
    }
    if range.0 > range.1 { Err(ParquetError::General("a row group has no columns".to_owned())) } else { Ok(range) }
}

/// The bytes of some row groups, at their place in a file whose other bytes are not there.
#[derive(Debug, Clone)]
pub(crate) struct GroupBytes {
    /// Offset of the first byte.
    pub(crate) start: u64,
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// The size of the whole file.
    pub(crate) size: u64,
}

impl parquet::file::reader::Length for GroupBytes {
    fn len(&self) -> u64 {
        self.size
    }
}

impl parquet::file::reader::ChunkReader for GroupBytes {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let length = (self.start + self.bytes.len() as u64).saturating_sub(start);
        let length = usize::try_from(length).map_err(|_| ParquetError::EOF("outside of the part".to_owned()))?;
        Ok(bytes::Buf::reader(self.get_bytes(start, length)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let from = start.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        let range = from.and_then(|from| Some(from..from.checked_add(length)?));
        let inside = range.filter(|range| range.end <= self.bytes.len());
        inside.map(|range| self.bytes.slice(range)).ok_or_else(|| ParquetError::EOF("outside of the part".to_owned()))
    }
}
