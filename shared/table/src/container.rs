//! Detects the format of a file by its first bytes, whatever its name says, and extracts the table.

mod excel;
mod json;
mod known;
mod zipped;

use bytes::Bytes;

use crate::encoding::{self, DecodedText};
use crate::parts::gzip;
use crate::settings::CsvSettings;
use crate::{FilePlace, Format, TableError};

/// The content of an opened file.
pub(crate) enum OpenedContent {
    /// CSV. Other formats except Parquet are converted to it.
    Text(CsvText),
    /// Apache Parquet.
    Parquet(Bytes),
}

/// A table as CSV in UTF-8.
pub(crate) struct CsvText {
    pub(crate) bytes: Bytes,
    /// Notes on how the file was read, in words.
    pub(crate) read_as: Vec<String>,
    pub(crate) lines: LineMapping,
    /// Whether the CSV was converted from another format. Its dialect is then known.
    pub(crate) is_made: bool,
}

/// Maps line numbers of the CSV to positions in the original file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineMapping {
    /// Offset that is added to the number of a line.
    pub(crate) shift: i64,
    /// Whether the numbers are rows of the original file.
    pub(crate) are_rows: bool,
}

/// Bytes that may be used, and how many of them are free.
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

    /// Returns the room that is left after `bytes` are used.
    fn beside(self, bytes: usize) -> Self {
        Self { free: self.free.saturating_sub(bytes as u64), ..self }
    }
}

/// Opens a file. It decompresses the content and converts other text formats and workbooks to CSV. `memory` is the
/// total memory in bytes, and `free` is how much of it is free.
///
/// # Errors
/// Returns [`TableError`] if the file is not a table. The error says what the file is and what to do.
pub(crate) fn open(
    name: &str,
    content: Bytes,
    csv_settings: &CsvSettings,
    memory: u64,
    free: u64,
) -> Result<OpenedContent, TableError> {
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
