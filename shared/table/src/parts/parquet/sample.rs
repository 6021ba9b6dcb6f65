//! Parses the footer at the end of a Parquet file, which describes the rows and columns.
//!
//! The rest of the file need not be read for this.

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::schema::types::Type;

/// Number of bytes at the end of a Parquet file: the length of the footer and the letters `PAR1`.
const END: usize = 8;

// A page of values and a page of dictionary entries. By default, writers limit each page to a megabyte.
/// Memory in bytes for each column while Parquet rows are decoded.
const PAGES: u64 = 5 << 19;

/// Type of a Parquet column, for the estimate of its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredType {
    /// The column holds texts.
    Text,
    /// The column holds dates or times of day.
    Moment,
    /// The column holds numbers, truth values or durations.
    Number,
}

/// Footer of a Parquet file, which describes the rows and columns.
#[derive(Debug)]
pub(crate) struct ParquetFooter {
    pub(crate) names: Vec<String>,
    /// Type of each column in the Parquet file. `None` for a column that cannot be read.
    pub(crate) types: Vec<Option<StoredType>>,
    pub(crate) rows: u64,
    /// Memory in bytes that a thread needs to decode one row group (a block of rows).
    pub(crate) decoding: u64,
}

impl ParquetFooter {
    /// Parses a Parquet footer from the last bytes of a file. Returns `None` if the bytes have no whole Parquet footer.
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
            types: fields.iter().map(|field| stored_type(field)).collect(),
            rows: metadata.row_groups().iter().map(|group| super::count(group.num_rows())).sum(),
            decoding: decoding(&metadata),
        })
    }
}

/// Returns the memory in bytes that a thread needs to decode the largest row group (a block of rows) of a Parquet file.
pub(super) fn decoding(metadata: &ParquetMetaData) -> u64 {
    let of_group = |group: &parquet::file::metadata::RowGroupMetaData| {
        super::count(group.total_byte_size()).min(group.num_columns() as u64 * PAGES)
    };
    metadata.row_groups().iter().map(of_group).max().unwrap_or_default()
}

fn stored_type(field: &Type) -> Option<StoredType> {
    if !field.is_primitive() {
        return None;
    }
    let info = field.get_basic_info();
    let (logical, converted) = (info.logical_type_ref(), info.converted_type());
    let is_text = logical == Some(&LogicalType::String) || converted == ConvertedType::UTF8;
    let is_moment =
        matches!(logical, Some(LogicalType::Date | LogicalType::Timestamp { .. } | LogicalType::Time { .. }))
            || matches!(
                converted,
                ConvertedType::DATE
                    | ConvertedType::TIMESTAMP_MILLIS
                    | ConvertedType::TIMESTAMP_MICROS
                    | ConvertedType::TIME_MILLIS
                    | ConvertedType::TIME_MICROS
            );
    Some(match field.get_physical_type() {
        Physical::BYTE_ARRAY if is_text => StoredType::Text,
        Physical::INT96 => StoredType::Moment,
        _ if is_moment => StoredType::Moment,
        _ => StoredType::Number,
    })
}

#[cfg(test)]
mod tests {
    use parquet::schema::parser::parse_message_type;

    use super::*;

    #[test]
    fn stored_types_are_read_from_the_schema() {
        let schema = "message table {
            required binary name (UTF8);
            required binary bytes;
            required int32 day (DATE);
            required int64 at (TIMESTAMP(MICROS, true));
            required int64 clock (TIME(NANOS, false));
            required int96 old;
            required double size;
            required group nested { required int32 inner; }
        }";
        let types: Vec<Option<StoredType>> =
            parse_message_type(schema).unwrap().get_fields().iter().map(|field| stored_type(field)).collect();
        let [text, moment, number] = [StoredType::Text, StoredType::Moment, StoredType::Number].map(Some);
        assert_eq!(types, [text, number, moment, moment, moment, moment, number, None]);
    }
}
