//! Converts an Excel workbook to CSV. The first sheet that has values is the table.

use std::io::{self, Cursor, Read};

use bytes::Bytes;
use calamine::{
    Cell, Data, DataType, ExcelDateTime, Range, Reader, SheetVisible, Xlsx, XlsxError, open_workbook_from_rs,
};
use zip::ZipArchive;

use super::{CsvText, LineMapping, Room};
use crate::TableError;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Estimated bytes of memory per byte of a file inside an Excel workbook, while the whole file is read.
const INFLATION: u64 = 5;

/// A file inside an Excel workbook declares its number of texts at the start. This many bytes are searched for it.
const HEAD: u64 = 4096;

/// Converts an Excel workbook to CSV. Returns an error if the memory is too small.
pub(super) fn open(file: &str, content: Bytes, room: Room) -> Result<CsvText, TableError> {
    // A small workbook may hold a huge table, so the free memory in `room` is compared with the decompressed sizes.
    let refused = |found: &str| TableError::OtherFormat {
        file: file.to_owned(),
        found: found.to_owned(),
        advice: "expected a workbook whose first sheet is the table; save it as .xlsx or CSV again",
    };
    check_parts(file, &content, room)?;
    let mut book: Book =
        open_workbook_from_rs(Cursor::new(content)).map_err(|_| refused("a workbook that is damaged, or encrypted"))?;
    let visible = book.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    let mut sheets = Vec::new();
    for name in &names {
        let cells = match cells(&mut book, name, room.free) {
            Ok(cells) => cells.ok_or_else(|| room.too_large(file))?,
            Err(_) => return Err(refused("a workbook with a sheet that cannot be read")),
        };
        if !cells.is_empty() {
            sheets.push(Range::from_sparse(cells));
            break;
        }
    }
    let sheet = sheets.first().ok_or_else(|| TableError::NoHeader(file.to_owned()))?;
    let (bytes, header) = to_csv(sheet).map_err(|source| TableError::Csv { file: file.to_owned(), source })?;
    let mut read_as = vec!["an Excel workbook".to_owned()];
    if names.len() > 1 {
        read_as.push(format!("the first of {} sheets that has values, and no other", names.len()));
    }
    let first = sheet.start().map_or(0, |(row, _)| i64::from(row));
    Ok(CsvText {
        bytes: Bytes::from(bytes),
        read_as,
        lines: LineMapping { shift: first + header as i64, are_rows: true },
        is_made: true,
    })
}

type Book = Xlsx<Cursor<Bytes>>;

/// Returns an error if the decompressed files inside an Excel workbook do not fit into memory.
fn check_parts(file: &str, content: &Bytes, room: Room) -> Result<(), TableError> {
    // The sizes that the archive declares may be wrong, so the files are decompressed to measure their sizes.
    let Ok(mut archive) = ZipArchive::new(Cursor::new(content.clone())) else { return Ok(()) };
    let mut taken = 0_u64;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index(index) else { continue };
        let is_sheet = part.name().is_ok_and(|name| name.starts_with("xl/worksheets/"));
        let mut part = part.take(room.free.saturating_sub(taken).saturating_add(1));
        let mut head = Vec::new();
        // A damaged file is no error here. It is reported when the workbook is opened.
        let begun = part.by_ref().take(HEAD).read_to_end(&mut head).unwrap_or_default() as u64;
        let bytes = begun + io::copy(&mut part, &mut io::sink()).unwrap_or_default();
        taken = taken.saturating_add(if is_sheet { bytes } else { bytes.saturating_mul(INFLATION) });
        taken = taken.saturating_add(announced(&head).saturating_mul(size_of::<String>() as u64));
        room.check(file, taken)?;
    }
    Ok(())
}

/// Returns how many texts a file inside an Excel workbook declares. `head` has the first bytes of this file.
fn announced(head: &[u8]) -> u64 {
    // The Excel reader reserves memory for this number.
    const COUNT: &[u8] = b"uniqueCount=";
    let after = memchr::memmem::find(head, COUNT).and_then(|at| head.get(at + COUNT.len() + 1..));
    let digits = after.unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u64, |count, digit| count.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

/// Returns the cells of an Excel sheet that have values. `None` if they do not fit into `free` bytes of memory.
fn cells(book: &mut Book, sheet: &str, free: u64) -> Result<Option<Vec<Cell<Data>>>, XlsxError> {
    // The full grid of rows and columns must fit into this memory, too.
    let mut reader = match book.worksheet_cells_reader(sheet) {
        Ok(reader) => reader,
        // A chart sheet has no cells.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Some(Vec::new())),
        Err(error) => return Err(error),
    };
    let (mut cells, mut taken) = (Vec::new(), 0_u64);
    let (mut rows, mut columns) = ((u32::MAX, 0), (u32::MAX, 0));
    while let Some(cell) = reader.next_cell()? {
        let (value, (row, column)) = (Data::from(cell.get_value().clone()), cell.get_position());
        if value == Data::Empty {
            continue;
        }
        rows = (rows.0.min(row), rows.1.max(row));
        columns = (columns.0.min(column), columns.1.max(column));
        // A growing list may reserve twice the memory that it needs, and each text is also copied into the CSV.
        let text = value.get_string().map_or(0, |text| 2 * text.len());
        taken = taken.saturating_add((2 * size_of::<Cell<Data>>() + text) as u64);
        let side = |(first, last): (u32, u32)| u64::from(last - first) + 1;
        let all = side(rows).saturating_mul(side(columns)).saturating_mul(size_of::<Data>() as u64 + 1);
        if taken.saturating_add(all) > free {
            return Ok(None);
        }
        cells.push(Cell::new((row, column), value));
    }
    Ok(Some(cells))
}

/// Converts an Excel sheet to CSV, beginning at the header row. Returns the CSV and the number of skipped title rows.
fn to_csv(sheet: &Range<Data>) -> Result<(Vec<u8>, usize), csv::Error> {
    // A title row is a row above the header with a single cell, and wider rows follow.
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
