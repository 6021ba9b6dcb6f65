//! Writes kept rows as a Parquet file.

use std::sync::Arc;

use evergreen_lifecycle::feedback::{CellKind, KeptRow, KeptRows, KnownTruth, RowCell};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use crate::schema;

// This happens only through a bug.
/// Error: rows could not be written as a Parquet file. No value of a row is in the message.
#[derive(Debug, thiserror::Error)]
#[error("rows of feedback could not be written as Parquet")]
pub struct RowsNotWritten(#[from] ParquetError);

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// Writes the rows as a Parquet file. The same rows give the same bytes.
///
/// # Errors
/// [`RowsNotWritten`] if a row has other cells than the columns say.
pub fn write(rows: &KeptRows) -> Result<Vec<u8>, RowsNotWritten> {
    // Most files have few rows, which compression would hardly make smaller.
    let properties = WriterProperties::builder().set_created_by("evergreen".to_owned()).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema::of(rows)?, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    write_facts(&mut group, rows)?;
    for (index, (_, kind)) in rows.columns.iter().enumerate() {
        let cells = rows.rows.iter().map(|row| row.cells.get(index).unwrap_or(&RowCell::Missing));
        write_cells(&mut group, *kind, cells)?;
    }
    group.close()?;
    Ok(writer.into_inner()?)
}

/// Writes the columns before the row's own.
fn write_facts(group: &mut Group<'_>, rows: &KeptRows) -> Result<(), ParquetError> {
    let version = rows.version.get() as i32;
    let all = || rows.rows.iter();
    column::<ByteArrayType>(group, &all().map(|row| text(&row.id_hash)).collect::<Vec<_>>(), None)?;
    column::<Int64Type>(group, &all().map(|row| row.predicted_at.as_millisecond()).collect::<Vec<_>>(), None)?;
    column::<Int32Type>(group, &all().map(|_| version).collect::<Vec<_>>(), None)?;
    let numbers: Vec<f64> = all().filter_map(number).collect();
    if numbers.is_empty() {
        return column::<ByteArrayType>(group, &all().filter_map(label).collect::<Vec<_>>(), None);
    }
    column::<DoubleType>(group, &numbers, None)
}

fn number(row: &KeptRow) -> Option<f64> {
    match &row.truth {
        KnownTruth::Number(number) => Some(*number),
        KnownTruth::Label(_) => None,
    }
}

fn label(row: &KeptRow) -> Option<ByteArray> {
    match &row.truth {
        KnownTruth::Label(label) => Some(text(label)),
        KnownTruth::Number(_) => None,
    }
}

/// Writes one column of the rows. A cell of another type than the column's is written as missing.
fn write_cells<'c>(
    group: &mut Group<'_>,
    kind: CellKind,
    cells: impl Iterator<Item = &'c RowCell>,
) -> Result<(), ParquetError> {
    match kind {
        CellKind::Number => optional::<DoubleType>(group, cells, |cell| match cell {
            RowCell::Number(number) => Some(*number),
            _ => None,
        }),
        CellKind::Boolean => optional::<BoolType>(group, cells, |cell| match cell {
            RowCell::Boolean(value) => Some(*value),
            _ => None,
        }),
        CellKind::Moment => optional::<Int64Type>(group, cells, |cell| match cell {
            // A cast of a float saturates. All years of four digits fit.
            RowCell::Moment(seconds) => Some((seconds * 1e6).round() as i64),
            _ => None,
        }),
        CellKind::Text => optional::<ByteArrayType>(group, cells, |cell| match cell {
            RowCell::Text(content) => Some(text(content)),
            _ => None,
        }),
    }
}

fn optional<'c, T: DataType>(
    group: &mut Group<'_>,
    cells: impl Iterator<Item = &'c RowCell>,
    value: impl Fn(&RowCell) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = cells.map(value).collect();
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    column::<T>(group, &cells.into_iter().flatten().collect::<Vec<_>>(), Some(&levels))
}

/// Writes the next column of the schema. `levels` says which rows have a value; `None` means all.
fn column<T: DataType>(group: &mut Group<'_>, values: &[T::T], levels: Option<&[i16]>) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("there is no further column".into()))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text)
}
