//! Holds the opened files of a table. All files have the same columns. The files are divided into pieces that are read
//! in parallel.

mod csv;
pub(crate) mod gzip;
mod header;
mod parquet;

pub(crate) use csv::{CsvSample, PIECE};
pub(crate) use parquet::{ParquetFooter, StoredType};

use std::collections::BTreeSet;

use bytes::Bytes;
use rayon::prelude::*;

use self::csv::Heading;
use super::cell::FileCell;
use super::{FilePlace, Format, TableError};
use crate::budget::{self, FileSizes};
use crate::container::{self, LineMapping, OpenedContent};
use crate::odd_rows::OddRow;
use crate::settings::{CsvSettings, DatasetSettings};

/// Maximum number of pieces of files that are read in parallel before their results are combined. It is enough to use
/// every core of a Lambda function.
pub(crate) const PARALLEL_PIECES: usize = 8;

/// The position of a row in the files of a table. `file` is the index of the file, from 0. `line` is the line in a CSV
/// file or the row in a Parquet file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowPosition {
    pub file: u32,
    pub line: u64,
}

/// Receives the cells of a piece of a file, either row by row or column by column. The cells of each column arrive in
/// the order of the rows.
pub(super) trait CellReader: Send {
    /// Receives the next cell of the column with the index `column`. `at` is the position of the cell's row.
    fn cell(&mut self, column: usize, at: RowPosition, cell: FileCell<'_>);

    /// Receives the next cells of one column. The first cell is in the row `at`, and each further cell is one row
    /// below.
    fn cells<'c>(&mut self, column: usize, mut at: RowPosition, cells: impl Iterator<Item = FileCell<'c>>) {
        for cell in cells {
            self.cell(column, at, cell);
            at.line += 1;
        }
    }

    /// Returns whether this reader needs the cells of the column with this index. If not, the column need not be read.
    fn needs(&self, _column: usize) -> bool {
        true
    }

    /// Receives the position of a row that does not belong to the table, such as an empty row, and the reason.
    fn left_out(&mut self, _at: RowPosition, _why: OddRow) {}
}

/// A reader of cells that can be split for parallel reading. Each piece gets its own reader, and their results are
/// combined afterwards.
pub(super) trait CellCollector: CellReader + Sync {
    /// Creates a reader for a later piece of the files, which has at most `rows` rows.
    fn sibling(&self, rows: usize) -> Self;

    /// Appends the results of `later`, a reader that has read rows after those of `self`.
    fn append(&mut self, later: Self);
}

/// A file of a table after it was opened.
pub(super) struct TablePart {
    pub name: String,
    /// Size of the file as it is stored, in bytes. It may be compressed.
    pub size: u64,
    /// For each column of this file, the index of the same column in the table.
    order: Vec<usize>,
    /// Notes for the user on how the file was read, such as `single quotes`.
    pub read_as: Vec<String>,
    lines: LineMapping,
    content: PartContent,
}

enum PartContent {
    /// The decompressed text of a CSV file, and where its rows begin and end.
    Csv {
        bytes: Bytes,
        layout: Box<csv::CsvLayout>,
    },
    Parquet(parquet::ParquetFile),
}

/// All files of a table after they were opened.
pub(super) struct TableParts {
    pub parts: Vec<TablePart>,
    /// The names of the table's columns, in the order of the first file.
    pub names: Vec<String>,
    /// For each column of the table, whether the header gives it no name. Such a column gets a generated name.
    pub unnamed: Vec<bool>,
    /// Columns of a type that cannot be read, such as nested values in Parquet. Each has its index in the table and the
    /// name of its type.
    pub unread: Vec<(usize, String)>,
    /// Indices of the table's columns that a Parquet file stores as texts. Such texts may be numbers or dates.
    pub stored_texts: BTreeSet<usize>,
    /// For each column of the table, whether its cells are never read. They are not if the settings leave the column
    /// out, or if its type cannot be read.
    skipped: Vec<bool>,
    /// Whether the settings (`dataset.toml`) define if the day or the month comes first in dates.
    pub says_order: bool,
    /// Sizes of all files in memory, in bytes.
    pub raw: FileSizes,
}

impl TableParts {
    /// Opens `files` as parts of one table. Returns an error if their contents need more than `memory` bytes, if their
    /// columns differ, or if there is no file.
    pub(super) fn open(
        files: Vec<(String, Bytes)>,
        settings: &DatasetSettings,
        memory: u64,
    ) -> Result<Self, TableError> {
        let is_compressed = |name: &str| !matches!(Format::of(name), Ok(Format::Csv | Format::Parquet));
        let compressed = files.iter().filter(|(name, _)| is_compressed(name));
        let compressed = compressed.map(|(_, content)| content.len() as u64).sum();
        let mut raw = FileSizes { compressed, ..FileSizes::default() };
        let mut parts = Self {
            parts: Vec::with_capacity(files.len()),
            names: Vec::new(),
            unnamed: Vec::new(),
            unread: Vec::new(),
            stored_texts: BTreeSet::new(),
            skipped: Vec::new(),
            says_order: settings.csv.month_first.is_some(),
            raw: FileSizes::default(),
        };
        for (name, content) in files {
            let size = content.len() as u64;
            let free = memory.saturating_sub(raw.bytes.saturating_add(raw.compressed));
            let OpenedPart { content, names, read_as, lines } = open(&name, content, &settings.csv, memory, free)?;
            raw.bytes = raw.bytes.saturating_add(content.bytes());
            raw.decoding = raw.decoding.max(content.decoding());
            let order = parts.align(&name, names, &content)?;
            parts.parts.push(TablePart { name, size, order, read_as, lines, content });
        }
        parts.raw = raw;
        parts.unread = parts.unread_columns();
        parts.stored_texts = parts.text_columns();
        let is_unread = |column: usize| parts.unread.iter().any(|(unread, _)| *unread == column);
        let dropped = |(column, name): (usize, &String)| settings.drop.contains(name) || is_unread(column);
        parts.skipped = parts.names.iter().enumerate().map(dropped).collect();
        budget::check_opened(raw, parts.cells(), memory)?;
        if parts.parts.is_empty() { Err(TableError::NoFile) } else { Ok(parts) }
    }

    /// Returns the index and the type of each table column that some Parquet file stores in a type that cannot be read.
    fn unread_columns(&self) -> Vec<(usize, String)> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for part in &self.parts {
            let PartContent::Parquet(file) = &part.content else { continue };
            for (index, kind) in &file.unread {
                if let Some(column) = part.order.get(*index)
                    && !found.iter().any(|(known, _)| known == column)
                {
                    found.push((*column, kind.clone()));
                }
            }
        }
        found
    }

    /// Returns the indices of the table's columns that some Parquet file stores as texts.
    fn text_columns(&self) -> BTreeSet<usize> {
        let texts = |part: &TablePart| match &part.content {
            PartContent::Parquet(file) => file.texts().filter_map(|index| part.order.get(index).copied()).collect(),
            PartContent::Csv { .. } => Vec::new(),
        };
        self.parts.iter().flat_map(texts).collect()
    }

    /// Returns the positions of the last rows that hold totals of the other rows. A CSV file has at most one such row.
    pub(super) fn totals(&self) -> Vec<RowPosition> {
        let total = |(file, part): (usize, &TablePart)| match &part.content {
            PartContent::Csv { layout, .. } => layout.total.map(|line| RowPosition { file: file as u32, line }),
            PartContent::Parquet(_) => None,
        };
        self.parts.iter().enumerate().filter_map(total).collect()
    }

    /// Passes the cells of some rows of each file to `reader`. Errors are ignored here. They are reported when the
    /// files are read whole.
    pub(super) fn read_sample<R: CellReader>(&self, mut reader: R) -> R {
        for (file, part) in self.parts.iter().enumerate() {
            let pieces = match &part.content {
                PartContent::Csv { bytes, layout } => {
                    let rows = csv::CsvRows::read_sample(file as u32, bytes, layout);
                    rows.into_iter().map(|rows| Piece::Csv { part, rows }).collect()
                }
                PartContent::Parquet(_) => {
                    part.pieces(file, |column| !self.skipped.get(column).copied().unwrap_or_default())
                }
            };
            for piece in pieces {
                let _ = piece.read_sample(&mut reader);
            }
        }
        reader
    }

    /// Returns an upper limit for the number of rows in all files together. For CSV, it includes empty rows.
    pub(super) fn most_rows(&self) -> u64 {
        let rows = |part: &TablePart| match &part.content {
            PartContent::Csv { layout, .. } => layout.most_rows(),
            PartContent::Parquet(file) => file.rows(),
        };
        self.parts.iter().map(rows).fold(0, u64::saturating_add)
    }

    /// Returns the index of each Parquet file and its number of rows. Other files do not store their number of rows, so
    /// they are left out.
    pub(super) fn stored_rows(&self) -> impl Iterator<Item = (u32, u64)> {
        let rows = |(file, part): (u32, &TablePart)| match &part.content {
            PartContent::Csv { .. } => None,
            PartContent::Parquet(content) => Some((file, content.rows())),
        };
        (0..).zip(&self.parts).filter_map(rows)
    }

    /// Returns the number of cells in all Parquet files. CSV files do not store their number of rows, so they count as
    /// 0.
    fn cells(&self) -> u64 {
        let cells = |part: &TablePart| match &part.content {
            PartContent::Parquet(file) => file.rows().saturating_mul(self.names.len() as u64),
            PartContent::Csv { .. } => 0,
        };
        self.parts.iter().map(cells).fold(0, u64::saturating_add)
    }

    /// Compares the columns of a file with those of the table. Returns for each column of the file the index of the
    /// same column in the table. The first file defines the columns of the table.
    fn align(&mut self, file: &str, names: Vec<String>, content: &PartContent) -> Result<Vec<usize>, TableError> {
        let unnamed = names.iter().map(String::is_empty).collect();
        let names = header::named(&names);
        let Some(first) = self.parts.first() else {
            self.names = names;
            self.unnamed = unnamed;
            return Ok((0..self.names.len()).collect());
        };
        header::align(&self.names, &first.name, file, &names).map_err(|error| {
            let files = [(first.name.as_str(), first.content.heading()), (file, content.heading())];
            named_by_all(files, error)
        })
    }

    /// Returns whether there are CSV files and all of them separate fields by semicolons. This is usual where numbers
    /// have a decimal comma.
    pub(super) fn have_semicolons(&self) -> bool {
        let separators = self.parts.iter().filter_map(|part| match &part.content {
            PartContent::Csv { layout, .. } => Some(layout.dialect.separator),
            PartContent::Parquet(_) => None,
        });
        let separators: BTreeSet<u8> = separators.collect();
        separators.into_iter().eq([b';'])
    }

    /// Makes an error safe to log. `error` contains the names from the first record of a file. If that record may hold
    /// values instead, another error without them is returned.
    pub(super) fn without_values(&self, error: TableError) -> TableError {
        let heading = |part: &TablePart| (part.name.clone(), part.content.heading());
        match self.parts.first().map(heading) {
            Some((file, heading)) => named_by_all([(file.as_str(), heading)], error),
            None => error,
        }
    }

    /// Passes the cells of all files to `whole` and returns it.
    ///
    /// The pieces of the files are read in parallel. Each piece has its own reader, and the readers are appended in the
    /// order of the rows. At most [`PARALLEL_PIECES`] pieces are in memory at once, because all of them together may be
    /// as large as the table. This number is fixed, so the result does not depend on the number of cores.
    pub(super) fn read<R: CellCollector>(&self, mut whole: R) -> Result<R, TableError> {
        let pieces: Vec<Piece<'_>> = self.pieces(|column| whole.needs(column)).collect();
        if let [only] = pieces.as_slice() {
            only.read(&mut whole)?;
            return Ok(whole);
        }
        for pieces in pieces.chunks(PARALLEL_PIECES) {
            let read = |piece: &Piece<'_>| {
                let mut reader = whole.sibling(piece.most_rows());
                piece.read(&mut reader).map(|()| reader)
            };
            let results: Vec<Result<R, TableError>> = pieces.par_iter().map(read).collect();
            // The error of the earliest row is returned, whatever the number of cores.
            for result in results {
                whole.append(result?);
            }
        }
        Ok(whole)
    }

    /// Passes the cells of all files to `reader`, piece by piece in the order of the rows. Nothing is read in parallel.
    pub(super) fn read_in_order<R: CellReader>(&self, mut reader: R) -> Result<R, TableError> {
        let pieces: Vec<Piece<'_>> = self.pieces(|column| reader.needs(column)).collect();
        pieces.iter().try_for_each(|piece| piece.read(&mut reader))?;
        Ok(reader)
    }

    /// Returns the pieces of all files. They contain only the columns for which `is_taken` returns true. Columns that
    /// are never read are left out, too.
    fn pieces(&self, is_taken: impl Fn(usize) -> bool) -> impl Iterator<Item = Piece<'_>> {
        let is_read = move |column: usize| is_taken(column) && !self.skipped.get(column).copied().unwrap_or_default();
        self.parts.iter().enumerate().flat_map(move |(file, part)| part.pieces(file, &is_read))
    }

    /// Converts the position of a row to the name of the file and the line or row that the user sees.
    pub(super) fn place(&self, at: RowPosition) -> FilePlace {
        let part = self.parts.get(at.file as usize);
        FilePlace {
            file: part.map(|part| part.name.clone()).unwrap_or_default(),
            line: at.line.saturating_add_signed(part.map_or(0, |part| part.lines.shift)),
            is_row: part.is_some_and(|part| part.lines.are_rows || matches!(part.content, PartContent::Parquet(_))),
        }
    }
}

impl PartContent {
    /// Returns the size of the opened file in memory, in bytes.
    fn bytes(&self) -> u64 {
        match self {
            Self::Csv { bytes, .. } => bytes.len() as u64,
            Self::Parquet(file) => file.size(),
        }
    }

    /// Returns the memory in bytes that a thread needs to decode one piece of the file. 0 for CSV.
    fn decoding(&self) -> u64 {
        match self {
            Self::Csv { .. } => 0,
            Self::Parquet(file) => file.decoding(),
        }
    }

    /// Returns whether the first record of the file holds names of columns or values. A Parquet file always has names.
    fn heading(&self) -> Heading {
        match self {
            Self::Csv { bytes, layout } => csv::heading(bytes, layout),
            Self::Parquet(_) => Heading::Names,
        }
    }
}

/// Returns `error` if the first record of every file holds names of columns. Otherwise it returns an error about a file
/// whose first record holds values or may hold values.
fn named_by_all<'a>(files: impl IntoIterator<Item = (&'a str, Heading)>, error: TableError) -> TableError {
    let wrong = files.into_iter().filter(|(_, heading)| *heading != Heading::Names);
    match wrong.min_by_key(|(_, heading)| *heading == Heading::Unclear) {
        Some((file, Heading::Values)) => TableError::NoHeaderRow(file.to_owned()),
        Some((file, _)) => TableError::UnclearHeader { file: file.to_owned(), missing: error.missing() },
        None => error,
    }
}

struct OpenedPart {
    content: PartContent,
    names: Vec<String>,
    read_as: Vec<String>,
    lines: LineMapping,
}

/// Opens one file. `memory` is the total memory in bytes that may be used, and `free` is the part of it that is still
/// free.
fn open(
    name: &str,
    content: Bytes,
    csv_settings: &CsvSettings,
    memory: u64,
    free: u64,
) -> Result<OpenedPart, TableError> {
    match container::open(name, content, csv_settings, memory, free)? {
        OpenedContent::Parquet(bytes) => {
            let (file, names) = parquet::ParquetFile::open(name, bytes)?;
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

/// A piece of a file that can be read independently of the other pieces.
enum Piece<'a> {
    Csv { part: &'a TablePart, rows: csv::CsvRows<'a> },
    Parquet { part: &'a TablePart, rows: parquet::ParquetRows<'a> },
}

impl TablePart {
    /// Returns whether the file may store numbers as texts. A CSV file always does. A Parquet file does if it has a
    /// text column.
    pub(super) fn has_texts(&self) -> bool {
        match &self.content {
            PartContent::Csv { .. } => true,
            PartContent::Parquet(file) => file.texts().next().is_some(),
        }
    }

    fn pieces(&self, file: usize, is_read: impl Fn(usize) -> bool) -> Vec<Piece<'_>> {
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
    fn read(&self, reader: &mut impl CellReader) -> Result<(), TableError> {
        match self {
            Self::Csv { part, rows } => rows.read(&part.name, &part.order, reader),
            Self::Parquet { part, rows } => rows.read(&part.name, &part.order, reader),
        }
    }

    /// Returns an upper limit for the number of rows in the piece.
    fn most_rows(&self) -> usize {
        match self {
            Self::Csv { rows, .. } => rows.most(),
            Self::Parquet { rows, .. } => rows.most(),
        }
    }

    /// Passes the cells of some rows of the piece to `reader`.
    fn read_sample(&self, reader: &mut impl CellReader) -> Result<(), TableError> {
        match self {
            Self::Csv { .. } => self.read(reader),
            Self::Parquet { part, rows } => rows.read_sample(&part.name, &part.order, reader),
        }
    }
}
