//! Writes Parquet files.

use arrow_array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

/// Returns a Parquet file of these columns, whose values may be missing. `group_rows` is the number of rows in a row group.
/// `None` puts all rows into one group.
///
/// # Panics
/// If the columns have different lengths, or if there are none.
#[expect(clippy::expect_used, reason = "a test with a wrong table must fail")]
pub fn parquet(columns: Vec<(&str, ArrayRef)>, group_rows: Option<usize>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns of the same length");
    let properties = WriterProperties::builder().set_max_row_group_row_count(group_rows).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).expect("a known schema");
    writer.write(&batch).expect("rows of this schema");
    writer.into_inner().expect("a complete file")
}
