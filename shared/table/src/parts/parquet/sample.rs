//! The end of a Parquet file, by which its rows and columns are known before the rest is there.

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::schema::types::Type;

/// Bytes at the end of a file: the length of what precedes them, and four letters.
const END: usize = 8;

/// Bytes of the pages that are decoded of a column at a time: one of values and one of a dictionary. Writers keep both to a
/// megabyte unless they are told otherwise.
const PAGES: u64 = 5 << 19;

/// What the end of a file says.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) names: Vec<String>,
    /// Of each column whether it holds texts, or nothing that can be read.
    pub(crate) texts: Vec<Option<bool>>,
    pub(crate) rows: u64,
    /// Bytes that a thread needs to decode a row group.
    pub(crate) decoding: u64,
}

impl Sample {
    /// Of the end of a file; nothing if it is none, or not long enough.
    pub(crate) fn of(end: &[u8]) -> Option<Self> {
        let (before, tail) = end.split_at_checked(end.len().checked_sub(END)?)?;
        let (length, letters) = tail.split_first_chunk::<4>()?;
        let start = before.len().checked_sub(u32::from_le_bytes(*length) as usize)?;
        if letters != b"PAR1" {
            return None;
        }
        let metadata = ParquetMetaDataReader::decode_metadata(before.get(start..)?).ok()?;
        let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
        Some(Self {
            names: fields.iter().map(|field| field.name().trim().to_owned()).collect(),
            texts: fields.iter().map(|field| is_text(field)).collect(),
            rows: metadata.row_groups().iter().map(|group| super::count(group.num_rows())).sum(),
            decoding: decoding(&metadata),
        })
    }
}

/// Bytes that a thread needs to decode a row group.
pub(super) fn decoding(metadata: &ParquetMetaData) -> u64 {
    let of_group = |group: &parquet::file::metadata::RowGroupMetaData| {
        super::count(group.total_byte_size()).min(group.num_columns() as u64 * PAGES)
    };
    metadata.row_groups().iter().map(of_group).max().unwrap_or_default()
}

fn is_text(field: &Type) -> Option<bool> {
    if !field.is_primitive() {
        return None;
    }
    let info = field.get_basic_info();
    match field.get_physical_type() {
        Physical::BYTE_ARRAY => {
            let is_text =
                info.logical_type_ref() == Some(&LogicalType::String) || info.converted_type() == ConvertedType::UTF8;
            Some(is_text)
        }
        _ => Some(false),
    }
}
