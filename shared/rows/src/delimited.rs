//! Reads rows of comma-separated values. A cell is read like a string of JSON.

use csv::{Reader, ReaderBuilder, StringRecord};

use super::order::ColumnOrder;
use super::reader::RowReader;
use super::{ColumnIndex, RequestRows, RowFault};

/// Whether a body of comma-separated values begins with a row of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvHeader {
    /// The first row has the names of the columns, in any order.
    Required,
    /// The columns are in the model's order. A first row with nothing but their names is accepted, too.
    Optional,
}

/// Parses a body of comma-separated values.
///
/// # Errors
/// Returns the first [`RowFault`] in the text.
pub(super) fn parse(text: &str, header: CsvHeader, columns: &ColumnIndex) -> Result<RequestRows, RowFault> {
    let mut reader = RowReader::of_list(columns);
    let mut csv = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    if !next(&mut csv, &mut record)? {
        return Err(RowFault::NoRows);
    }
    let has_names = || record.iter().all(|name| columns.find(name.trim(), 0).is_some());
    let order = if header == CsvHeader::Required || has_names() {
        ColumnOrder::of_names(record.iter().map(str::trim), &mut reader)?
    } else {
        let order = ColumnOrder::of_model(columns);
        read(&mut reader, &record, &order)?;
        order
    };
    while next(&mut csv, &mut record)? {
        read(&mut reader, &record, &order)?;
    }
    reader.finish()
}

fn next(csv: &mut Reader<&[u8]>, record: &mut StringRecord) -> Result<bool, RowFault> {
    // Rows may have any length and the text is UTF-8, so no other error is known.
    let expected = "rows of comma-separated values";
    csv.read_record(record).map_err(|_| RowFault::layout(None, "cannot be read as comma-separated values", expected))
}

fn read(reader: &mut RowReader<'_>, record: &StringRecord, order: &ColumnOrder) -> Result<(), RowFault> {
    let outcome = read_cells(reader, record, order);
    reader.checked(outcome)
}

fn read_cells(reader: &mut RowReader<'_>, record: &StringRecord, order: &ColumnOrder) -> serde_json::Result<()> {
    if record.len() != order.places().len() {
        return Err(reader.refuse_width(record.len(), order));
    }
    let start = reader.begin_row()?;
    for (cell, place) in record.iter().zip(order.places()) {
        if let Some(field) = place {
            reader.cell::<serde_json::Error>(*field, start)?.text::<serde_json::Error>(cell)?;
        }
    }
    reader.end_row();
    Ok(())
}
