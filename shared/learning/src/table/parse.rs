//! Reading CSV.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord, Trim};
use evergreen_lifecycle::Signature;

use super::{TableError, labels};
use crate::rows::Rows;

/// Rows of a table, at least: with fewer, a fifth of them says nothing about a model.
pub const MIN_ROWS: usize = 10;

/// Column names in the order of the file, and which of them is the target.
struct Header {
    names: Vec<String>,
    target: usize,
}

pub(super) fn parse(bytes: &[u8], target: &str) -> Result<Rows, TableError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    check_utf8(bytes)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(bytes);
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record)? {
        return Err(TableError::NoHeader);
    }
    let header = read_header(&record, target)?;

    let (mut features, mut texts) = (Vec::new(), Vec::new());
    while reader.read_record(&mut record)? {
        texts.push(read_row(&header, &record, line(bytes, &record), &mut features)?);
    }
    if texts.len() < MIN_ROWS {
        return Err(TableError::TooFewRows(texts.len()));
    }
    let (labels, classes) = labels::encode(&texts)?;
    let Header { mut names, target } = header;
    let target = names.remove(target);
    // Names were found to be unique, and labels are; what is left is that there is a column.
    let signature = Signature::new(names, labels).map_err(|_| TableError::NoFeatures(target))?;
    Ok(Rows::new(signature, features, classes))
}

fn check_utf8(bytes: &[u8]) -> Result<(), TableError> {
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    let newlines = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
    Err(TableError::NotUtf8 { line: newlines + 1 })
}

fn read_header(record: &StringRecord, target: &str) -> Result<Header, TableError> {
    let mut seen = BTreeSet::new();
    for (index, name) in record.iter().enumerate() {
        if name.is_empty() {
            return Err(TableError::UnnamedColumn { position: index + 1 });
        }
        if !seen.insert(name) {
            return Err(TableError::DuplicateColumn(name.to_owned()));
        }
    }
    let names: Vec<String> = record.iter().map(str::to_owned).collect();
    match names.iter().position(|name| name == target) {
        None => Err(TableError::NoTarget { target: target.to_owned(), columns: names }),
        Some(_) if names.len() < 2 => Err(TableError::NoFeatures(target.to_owned())),
        Some(target) => Ok(Header { names, target }),
    }
}

/// Appends the row's numbers to `features` and returns its label.
fn read_row(
    header: &Header,
    record: &StringRecord,
    line: usize,
    features: &mut Vec<f32>,
) -> Result<String, TableError> {
    let (found, expected) = (record.len(), header.names.len());
    if found != expected {
        return Err(TableError::Ragged { line, found, expected });
    }
    let mut label = String::new();
    for (index, (name, cell)) in header.names.iter().zip(record).enumerate() {
        let is_target = index == header.target;
        if cell.is_empty() {
            let expected = if is_target { "a label" } else { "a number" };
            return Err(TableError::EmptyCell { line, column: name.clone(), expected });
        }
        if is_target {
            label = cell.to_owned();
        } else {
            features.push(read_number(cell, line, name)?);
        }
    }
    Ok(label)
}

fn read_number(cell: &str, line: usize, column: &str) -> Result<f32, TableError> {
    match cell.parse::<f64>().map(|number| number as f32) {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(TableError::OutOfRange { line, column: column.to_owned() }),
        Err(_) => Err(TableError::NotANumber { line, column: column.to_owned() }),
    }
}

/// The line on which a record begins. The reader's own position is before the empty lines that it skips.
fn line(bytes: &[u8], record: &StringRecord) -> usize {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let skipped = bytes.iter().skip(start).take_while(|byte| b"\r\n".contains(byte));
    let newlines = skipped.filter(|byte| **byte == b'\n').count();
    usize::try_from(position.line()).unwrap_or(usize::MAX).saturating_add(newlines)
}
