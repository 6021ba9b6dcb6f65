//! One opened file of a table, and the pieces that threads read.

use bytes::Bytes;

use super::csv::{self, Heading};
use super::parquet;
use super::receivers::CellReader;
use crate::TableError;
use crate::container::{self, LineMapping, OpenedContent};
use crate::settings::CsvSettings;

/// One opened file of a table.
pub(crate) struct TablePart {
    pub name: String,
    /// Size of the stored file in bytes, before decompression.
    pub size: u64,
    /// For each column of this file, the index of the same column in the table.
    pub(super) order: Vec<usize>,
    /// Notes for the user on how the file was read, such as `single quotes`.
    pub read_as: Vec<String>,
    pub(super) lines: LineMapping,
    pub(super) content: PartContent,
}

/// Content of an opened file, by its format.
pub(super) enum PartContent {
    /// An opened CSV file: its decompressed text, and the positions of its rows in this text.
    Csv {
        bytes: Bytes,
        layout: Box<csv::CsvLayout>,
    },
    Parquet(parquet::ParquetFile),
}

impl PartContent {
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Csv { bytes, .. } => bytes.len() as u64,
            Self::Parquet(file) => file.size(),
        }
    }

    /// Returns the memory in bytes that a thread needs to decode one piece of the file. 0 for CSV.
    pub(super) fn decoding(&self) -> u64 {
        match self {
            Self::Csv { .. } => 0,
            Self::Parquet(file) => file.decoding(),
        }
    }

    /// Returns whether the first row of the file holds column names or data. A Parquet file always has column names.
    pub(super) fn heading(&self) -> Heading {
        match self {
            Self::Csv { bytes, layout } => csv::heading(bytes, layout),
            Self::Parquet(_) => Heading::Names,
        }
    }
}

/// A file that was opened, with the names of its columns in the order of the file.
pub(super) struct OpenedPart {
    pub(super) content: PartContent,
    pub(super) names: Vec<String>,
    pub(super) read_as: Vec<String>,
    pub(super) lines: LineMapping,
}

/// Opens one data file of the table.
pub(super) fn open(
    name: &str,
    content: Bytes,
    csv_settings: &CsvSettings,
    memory: u64,
    free: u64,
) -> Result<OpenedPart, TableError> {
    // `memory` is the number of bytes that may be used in all, and `free` is how many of them are still free.
    match container::open(name, content, csv_settings, memory, free)? {
        OpenedContent::Parquet(bytes) => {
            let (file, names) = parquet::ParquetFile::open(name, parquet::FileBytes::whole(bytes))?;
            Ok(OpenedPart {
                content: PartContent::Parquet(file),
                names,
                read_as: Vec::new(),
                lines: LineMapping::default(),
            })
        }
        OpenedContent::Text(text) => {
            let csv_settings = if text.is_made {
                CsvSettings { separator: Some(b','), quote: Some(b'"'), ..csv_settings.clone() }
            } else {
                csv_settings.clone()
            };
            let (layout, names) = csv::open(name, &text.bytes, &csv_settings)?;
            let mut read_as = text.read_as;
            if layout.dialect.separator != b',' {
                read_as.push(format!("{} between fields", layout.dialect.separator_name()));
            }
            if layout.dialect.quote != b'"' {
                read_as.push("single quotes".to_owned());
            }
            let content = PartContent::Csv { bytes: text.bytes, layout: Box::new(layout) };
            Ok(OpenedPart { content, names, read_as, lines: text.lines })
        }
    }
}

/// Piece of a data file, which one thread reads.
pub(super) enum Piece<'a> {
    Csv { part: &'a TablePart, rows: csv::CsvRows<'a> },
    Parquet { part: &'a TablePart, rows: parquet::ParquetRows<'a> },
}

impl TablePart {
    /// Returns whether the file may store numbers as text, such as `1,234.5`.
    pub(crate) fn has_texts(&self) -> bool {
        // Always true for CSV. True for a Parquet file that has a text column.
        match &self.content {
            PartContent::Csv { .. } => true,
            PartContent::Parquet(file) => file.texts().next().is_some(),
        }
    }

    pub(super) fn pieces(&self, file: usize, is_read: impl Fn(usize) -> bool) -> Vec<Piece<'_>> {
        let file = file as u32;
        match &self.content {
            PartContent::Csv { bytes, layout } => {
                let pieces = csv::CsvRows::cut(file, bytes, layout);
                pieces.into_iter().map(|rows| Piece::Csv { part: self, rows }).collect()
            }
            PartContent::Parquet(content) => {
                let is_read = |index: &usize| self.order.get(*index).is_some_and(|column| is_read(*column));
                let pieces = content.pieces(file, is_read);
                pieces.into_iter().map(|rows| Piece::Parquet { part: self, rows }).collect()
            }
        }
    }
}

impl Piece<'_> {
    pub(super) fn read(&self, reader: &mut impl CellReader) -> Result<(), TableError> {
        match self {
            Self::Csv { part, rows } => rows.read(&part.name, &part.order, reader),
            Self::Parquet { part, rows } => rows.read(&part.name, &part.order, reader),
        }
    }

    /// Returns the maximum number of rows that this piece of a data file can have.
    pub(super) fn most_rows(&self) -> usize {
        match self {
            Self::Csv { rows, .. } => rows.most(),
            Self::Parquet { rows, .. } => rows.most(),
        }
    }

    /// Passes the cells of some rows in this piece of a data file to `reader`.
    pub(super) fn read_sample(&self, reader: &mut impl CellReader) -> Result<(), TableError> {
        match self {
            Self::Csv { .. } => self.read(reader),
            Self::Parquet { part, rows } => rows.read_sample(&part.name, &part.order, reader),
        }
    }
}
