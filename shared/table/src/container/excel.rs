//! Workbooks of Excel as CSV: the first sheet that has something in it.

use std::io::Cursor;

use bytes::Bytes;
use calamine::{Data, ExcelDateTime, Range, Reader, Xlsx, open_workbook_from_rs};

use super::{Lines, Plain};
use crate::TableError;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// The table of the workbook `file`.
pub(super) fn open(file: &str, content: Bytes) -> Result<Plain, TableError> {
    let refused = |found: &str| TableError::OtherFormat {
        file: file.to_owned(),
        found: found.to_owned(),
        advice: "expected a workbook whose first sheet is the table; save it as .xlsx or CSV again",
    };
    let mut book: Xlsx<Cursor<Bytes>> =
        open_workbook_from_rs(Cursor::new(content)).map_err(|_| refused("a workbook that is damaged, or encrypted"))?;
    let names = book.sheet_names();
    let mut sheets = Vec::new();
    for name in &names {
        let range = book.worksheet_range(name).map_err(|_| refused("a workbook with a sheet that cannot be read"))?;
        if !range.is_empty() {
            sheets.push(range);
            break;
        }
    }
    let sheet = sheets.first().ok_or_else(|| TableError::NoHeader(file.to_owned()))?;
    let (bytes, header) = to_csv(sheet).map_err(|source| TableError::Csv { file: file.to_owned(), source })?;
    let mut read_as = vec!["an Excel workbook".to_owned()];
    if names.len() > 1 {
        read_as.push(format!("the first of {} sheets", names.len()));
    }
    let first = sheet.start().map_or(0, |(row, _)| i64::from(row));
    Ok(Plain {
        bytes: Bytes::from(bytes),
        read_as,
        lines: Lines { shift: first + header as i64, are_rows: true },
        is_made: true,
    })
}

/// The rows from the header on, and how many rows of titles precede it: those of a single cell above wider ones.
fn to_csv(sheet: &Range<Data>) -> Result<(Vec<u8>, usize), csv::Error> {
    let filled = |row: &[Data]| row.iter().filter(|cell| **cell != Data::Empty).count();
    let header = sheet.rows().position(|row| filled(row) > 1).unwrap_or_default();
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in sheet.rows().skip(header) {
        writer.write_record(row.iter().map(cell))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok((bytes, header))
}

fn cell(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.replace(['\r', '\n'], " "),
        Data::Error(error) => error.to_string(),
        Data::DateTime(moment) => moment_text(moment),
    }
}

fn moment_text(moment: &ExcelDateTime) -> String {
    let clock = |seconds: f64| {
        let whole = seconds.round() as i64;
        format!("{:02}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
    };
    if moment.is_duration() || moment.as_f64() < 1.0 {
        return clock(moment.as_f64() * SECONDS_OF_A_DAY);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    if (hour, minute, second, milli) == (0, 0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}
