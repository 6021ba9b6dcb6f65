//! Opens data files: detects the format of a file by its first bytes and converts all formats except Parquet to CSV.

mod excel;
mod json;
mod known;
mod zipped;

use bytes::Bytes;

use crate::encoding::{self, DecodedText};
use crate::parts::gzip;
use crate::settings::CsvSettings;
use crate::{FilePlace, Format, TableError};

/// The content of a data file after it was decompressed and converted.
pub(crate) enum OpenedContent {
    /// CSV text. The original file may have another format, such as Excel.
    Text(CsvText),
    /// The content is Apache Parquet.
    Parquet(Bytes),
}

/// Content of a data file, as CSV in UTF-8.
pub(crate) struct CsvText {
    pub(crate) bytes: Bytes,
    /// Notes for the user on how the data file was read, such as `an Excel workbook`.
    pub(crate) read_as: Vec<String>,
    pub(crate) lines: LineMapping,
    // Its separator and quote character are then known.
    /// Whether the CSV was converted from another format, such as Excel.
    pub(crate) is_made: bool,
}

/// Conversion of CSV line numbers to line or row numbers of the original file, for error messages.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineMapping {
    // For example, rows above the header were removed from a workbook.
    /// Number to add to a line number of the CSV to get the number in the original file.
    pub(crate) shift: i64,
    /// Whether the original file has numbered rows, like Excel (`true`), or lines (`false`).
    pub(crate) are_rows: bool,
}

/// Memory limit for opening a data file: the total bytes that may be used, and how many are still free.
#[derive(Debug, Clone, Copy)]
struct Room {
    memory: u64,
    free: u64,
}

impl Room {
    fn check(self, file: &str, bytes: u64) -> Result<(), TableError> {
        if bytes > self.free { Err(self.too_large(file)) } else { Ok(()) }
    }

    fn too_large(self, file: &str) -> TableError {
        TableError::TooLargeDecompressed { file: file.to_owned(), bytes: self.free, memory: self.memory }
    }

    /// Returns the memory limit with `bytes` fewer free bytes.
    fn beside(self, bytes: usize) -> Self {
        Self { free: self.free.saturating_sub(bytes as u64), ..self }
    }
}

/// Opens a data file: decompresses the content, and converts JSON and Excel workbooks to CSV.
///
/// # Errors
/// Returns [`TableError`] if the file is not a table. The error says which format the file has and what the user can
/// do.
pub(crate) fn open(
    name: &str,
    content: Bytes,
    csv_settings: &CsvSettings,
    memory: u64,
    free: u64,
) -> Result<OpenedContent, TableError> {
    // `memory` is the number of bytes that may be used in all, and `free` is how many of them are still free.
    Format::of(name)?;
    let (mut entry, mut content, mut read_as) = (name.to_owned(), content, Vec::new());
    if content.starts_with(b"\x1f\x8b") || name.to_lowercase().ends_with(".gz") {
        content = Bytes::from(gzip::decompress(name, &content, memory, free)?);
    }
    if content.starts_with(b"PK\x03\x04") {
        match zipped::open(name, content, memory, free)? {
            zipped::ArchiveContent::Workbook(bytes) => {
                return excel::open(name, bytes, Room { memory, free }).map(OpenedContent::Text);
            }
            zipped::ArchiveContent::Entry(inner, bytes) => {
                (entry, content) = (inner, Bytes::from(bytes));
                read_as.push("from a ZIP archive".to_owned());
            }
        }
    }
    if content.starts_with(b"PAR1") {
        return Ok(OpenedContent::Parquet(content));
    }
    if matches!(Format::of(&entry), Ok(Format::Parquet | Format::Excel)) {
        let (found, advice) = known::other(&content).unwrap_or((
            "neither a Parquet file nor a workbook, or it is damaged",
            "export the table again; if it is CSV, give it a name that ends in .csv",
        ));
        return Err(TableError::OtherFormat { file: name.to_owned(), found: found.to_owned(), advice });
    }
    if let Some((found, advice)) = known::other(&content) {
        return Err(TableError::OtherFormat { file: name.to_owned(), found: found.to_owned(), advice });
    }
    text(name, &entry, content, csv_settings, read_as, Room { memory, free }).map(OpenedContent::Text)
}

fn text(
    name: &str,
    entry: &str,
    content: Bytes,
    csv_settings: &CsvSettings,
    mut read_as: Vec<String>,
    room: Room,
) -> Result<CsvText, TableError> {
    let DecodedText { bytes, encoding, broken } = encoding::decode(content, csv_settings.encoding);
    if let Some(before) = broken {
        let line = 1 + memchr::memchr_iter(b'\n', bytes.get(..before).unwrap_or_default()).count() as u64;
        return Err(TableError::NotUtf8(FilePlace { file: name.to_owned(), line, is_row: false }));
    }
    read_as.extend(encoding.map(str::to_owned));
    if Format::of(entry).is_ok_and(|format| format == Format::JsonLines) || json::is_json(&bytes) {
        read_as.push("JSON lines".to_owned());
        let bytes = Bytes::from(json::to_csv(name, &bytes, room.beside(bytes.len()))?);
        return Ok(CsvText { bytes, read_as, lines: LineMapping { shift: -1, are_rows: false }, is_made: true });
    }
    Ok(CsvText { bytes, read_as, lines: LineMapping::default(), is_made: false })
}
