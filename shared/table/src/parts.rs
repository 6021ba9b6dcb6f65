//! Opens the files of a table, which all have the same columns. Divides the files into pieces that are read in
//! parallel.

mod csv;
pub(crate) mod gzip;
mod header;
mod parquet;
mod part;
mod receivers;

pub(crate) use csv::{CsvSample, PIECE};
pub(crate) use parquet::{FileBytes, ParquetFile, ParquetFooter, StoredType, damaged};
pub(crate) use part::TablePart;
pub(crate) use receivers::{CellCollector, CellReader, RowPosition};

use std::collections::BTreeSet;

use bytes::Bytes;
use rayon::prelude::*;

use self::csv::Heading;
use self::part::{OpenedPart, PartContent, Piece, open};
use super::{FilePlace, Format, TableError};
use crate::budget::{self, FileSizes};
use crate::container::LineMapping;
use crate::settings::DatasetSettings;

// 8 pieces use every core of a Lambda function.
/// Maximum number of file pieces that are read in parallel before their results are combined.
pub(crate) const PARALLEL_PIECES: usize = 8;

/// All opened files of a table.
pub(super) struct TableParts {
    pub parts: Vec<TablePart>,
    /// The names of the table's columns, in the order of the first file.
    pub names: Vec<String>,
    // A column without a name gets a generated name, such as `Unnamed: 0`.
    /// For each column of the table, whether the header has no name for the column.
    pub unnamed: Vec<bool>,
    /// Columns with a type that cannot be read, such as nested values in Parquet: the column's index and the type's
    /// name.
    pub unread: Vec<(usize, String)>,
    // The texts may still be numbers or dates, such as `12.5`.
    /// Indices of the table's columns that a Parquet file stores as text.
    pub stored_texts: BTreeSet<usize>,
    // Cells are not read if the settings leave the column out, or if its type cannot be read.
    /// For each column of the table, whether its cells are not read.
    skipped: Vec<bool>,
    /// Whether the settings (`dataset.toml`) define the order of day and month in dates such as 05/06/2024.
    pub says_order: bool,
    /// Sizes of all opened files in memory, in bytes.
    pub raw: FileSizes,
}

impl TableParts {
    /// Opens the data files of one table. Returns an error if they have different columns or need more than `memory`
    /// bytes.
    pub(super) fn open(
        files: Vec<(String, Bytes)>,
        settings: &DatasetSettings,
        memory: u64,
    ) -> Result<Self, TableError> {
        // An empty list of files is an error, too.
        let is_compressed = |name: &str| !matches!(Format::of(name), Ok(Format::Csv | Format::Parquet));
        let compressed = files.iter().filter(|(name, _)| is_compressed(name));
        let compressed = compressed.map(|(_, content)| content.len() as u64).sum();
        let mut raw = FileSizes { compressed, ..FileSizes::default() };
        let mut parts = Self::empty(settings);
        for (name, content) in files {
            let size = content.len() as u64;
            let free = memory.saturating_sub(raw.bytes.saturating_add(raw.compressed));
            let opened = open(&name, content, &settings.csv, memory, free)?;
            raw.bytes = raw.bytes.saturating_add(opened.content.bytes());
            raw.decoding = raw.decoding.max(opened.content.decoding());
            parts.add(name, size, opened)?;
        }
        parts.raw = raw;
        parts.describe(settings);
        budget::check_opened(raw, parts.cells(), memory)?;
        if parts.parts.is_empty() { Err(TableError::NoFile) } else { Ok(parts) }
    }

    /// Creates the parts of a table from opened Parquet files. The bytes of their rows need not be in memory.
    pub(super) fn of_parquet(
        files: Vec<(String, ParquetFile, Vec<String>)>,
        settings: &DatasetSettings,
    ) -> Result<Self, TableError> {
        let mut parts = Self::empty(settings);
        for (name, file, names) in files {
            let (size, content) = (file.size(), PartContent::Parquet(file));
            let lines = LineMapping::default();
            parts.add(name, size, OpenedPart { content, names, read_as: Vec::new(), lines })?;
        }
        parts.describe(settings);
        if parts.parts.is_empty() { Err(TableError::NoFile) } else { Ok(parts) }
    }

    /// Returns the parts with only one row group of one Parquet file, whose bytes are in memory.
    pub(super) fn with_group(&self, file: &ParquetFile, name: &str, order: &[usize]) -> Self {
        let part = TablePart {
            name: name.to_owned(),
            size: file.size(),
            order: order.to_vec(),
            read_as: Vec::new(),
            lines: LineMapping::default(),
            content: PartContent::Parquet(file.clone()),
        };
        Self {
            parts: vec![part],
            names: self.names.clone(),
            unnamed: self.unnamed.clone(),
            unread: self.unread.clone(),
            stored_texts: self.stored_texts.clone(),
            skipped: self.skipped.clone(),
            says_order: self.says_order,
            raw: self.raw,
        }
    }

    /// Returns for each column of a file the index of the same column in the table.
    pub(super) fn order_of(&self, file: usize) -> &[usize] {
        self.parts.get(file).map_or(&[][..], |part| &part.order)
    }

    fn empty(settings: &DatasetSettings) -> Self {
        Self {
            parts: Vec::new(),
            names: Vec::new(),
            unnamed: Vec::new(),
            unread: Vec::new(),
            stored_texts: BTreeSet::new(),
            skipped: Vec::new(),
            says_order: settings.csv.month_first.is_some(),
            raw: FileSizes::default(),
        }
    }

    /// Adds an opened file. Its columns must be those of the first file.
    fn add(&mut self, name: String, size: u64, opened: OpenedPart) -> Result<(), TableError> {
        let OpenedPart { content, names, read_as, lines } = opened;
        let order = self.align(&name, names, &content)?;
        self.parts.push(TablePart { name, size, order, read_as, lines, content });
        Ok(())
    }

    /// Notes which columns cannot be read, are texts, or are left out. All files must have been added.
    fn describe(&mut self, settings: &DatasetSettings) {
        self.unread = self.unread_columns();
        self.stored_texts = self.text_columns();
        let is_unread = |column: usize| self.unread.iter().any(|(unread, _)| *unread == column);
        let dropped = |(column, name): (usize, &String)| settings.drop.contains(name) || is_unread(column);
        self.skipped = self.names.iter().enumerate().map(dropped).collect();
    }

    /// Returns the index and the type of each column that cannot be read from a Parquet file, such as nested values.
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

    /// Returns the indices of the table's columns that a Parquet file stores as text.
    fn text_columns(&self) -> BTreeSet<usize> {
        let texts = |part: &TablePart| match &part.content {
            PartContent::Parquet(file) => file.texts().filter_map(|index| part.order.get(index).copied()).collect(),
            PartContent::Csv { .. } => Vec::new(),
        };
        self.parts.iter().flat_map(texts).collect()
    }

    /// Returns the positions of total rows: last rows of CSV files that hold sums of the rows above.
    pub(super) fn totals(&self) -> Vec<RowPosition> {
        // Each CSV file has at most one.
        let total = |(file, part): (usize, &TablePart)| match &part.content {
            PartContent::Csv { layout, .. } => layout.total.map(|line| RowPosition { file: file as u32, line }),
            PartContent::Parquet(_) => None,
        };
        self.parts.iter().enumerate().filter_map(total).collect()
    }

    /// Passes the cells of some rows of each data file to `reader`, and returns `reader`.
    pub(super) fn read_sample<R: CellReader>(&self, mut reader: R) -> R {
        // Errors in the files are ignored here. They are reported later, when all rows are read.
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

    /// Returns the maximum number of rows that all data files together can have.
    pub(super) fn most_rows(&self) -> u64 {
        // For CSV files, the limit includes empty rows.
        let rows = |part: &TablePart| match &part.content {
            PartContent::Csv { layout, .. } => layout.most_rows(),
            PartContent::Parquet(file) => file.rows(),
        };
        self.parts.iter().map(rows).fold(0, u64::saturating_add)
    }

    /// Returns the index and the number of rows of each Parquet file.
    pub(super) fn stored_rows(&self) -> impl Iterator<Item = (u32, u64)> {
        // Other formats do not store their number of rows, so their files are left out.
        let rows = |(file, part): (u32, &TablePart)| match &part.content {
            PartContent::Csv { .. } => None,
            PartContent::Parquet(content) => Some((file, content.rows())),
        };
        (0..).zip(&self.parts).filter_map(rows)
    }

    /// Returns the number of cells in all Parquet files.
    fn cells(&self) -> u64 {
        // CSV files count as 0, because they do not store their number of rows.
        let cells = |part: &TablePart| match &part.content {
            PartContent::Parquet(file) => file.rows().saturating_mul(self.names.len() as u64),
            PartContent::Csv { .. } => 0,
        };
        self.parts.iter().map(cells).fold(0, u64::saturating_add)
    }

    /// Returns for each column of a data file the index of the same column in the table.
    fn align(&mut self, file: &str, names: Vec<String>, content: &PartContent) -> Result<Vec<usize>, TableError> {
        // The first opened file defines the columns of the table.
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

    /// Returns whether all CSV files separate fields by semicolons. `false` if there is no CSV file.
    pub(super) fn have_semicolons(&self) -> bool {
        // Numbers in files with semicolons usually have a decimal comma.
        let separators = self.parts.iter().filter_map(|part| match &part.content {
            PartContent::Csv { layout, .. } => Some(layout.dialect.separator),
            PartContent::Parquet(_) => None,
        });
        let separators: BTreeSet<u8> = separators.collect();
        separators.into_iter().eq([b';'])
    }

    /// Replaces an error about column names if its message may quote data of the user. The result is safe to log.
    pub(super) fn without_values(&self, error: TableError) -> TableError {
        // If the first row of a file may hold data instead of column names, another error is returned, which does not
        // quote this row.
        let heading = |part: &TablePart| (part.name.clone(), part.content.heading());
        match self.parts.first().map(heading) {
            Some((file, heading)) => named_by_all([(file.as_str(), heading)], error),
            None => error,
        }
    }

    /// Reads all data files in parallel and passes their cells to `whole`, which is returned.
    pub(super) fn read<R: CellCollector>(&self, mut whole: R) -> Result<R, TableError> {
        // The pieces of the files are read in parallel. Each piece has a separate receiver of cells, and the receivers
        // are appended in the order of the rows.
        let pieces: Vec<Piece<'_>> = self.pieces(|column| whole.needs(column)).collect();
        if let [only] = pieces.as_slice() {
            only.read(&mut whole)?;
            return Ok(whole);
        }
        // At most `PARALLEL_PIECES` pieces are in memory at once, because all of them together may be as large as the
        // table. This number is fixed, so the result does not depend on the number of cores.
        for pieces in pieces.chunks(PARALLEL_PIECES) {
            let read = |piece: &Piece<'_>| {
                let mut reader = whole.sibling(piece.most_rows());
                piece.read(&mut reader).map(|()| reader)
            };
            let results: Vec<Result<R, TableError>> = pieces.par_iter().map(read).collect();
            // If several pieces have an error, the error of the earliest row is returned, whatever the number of cores.
            for result in results {
                whole.append(result?);
            }
        }
        Ok(whole)
    }

    /// Reads all data files without parallel reading and passes their cells to `reader` in the order of the rows.
    pub(super) fn read_in_order<R: CellReader>(&self, mut reader: R) -> Result<R, TableError> {
        let pieces: Vec<Piece<'_>> = self.pieces(|column| reader.needs(column)).collect();
        pieces.iter().try_for_each(|piece| piece.read(&mut reader))?;
        Ok(reader)
    }

    /// Divides all data files into pieces for reading. `is_taken` selects the columns by their index.
    fn pieces(&self, is_taken: impl Fn(usize) -> bool) -> impl Iterator<Item = Piece<'_>> {
        // Columns that cannot be read are left out.
        let is_read = move |column: usize| is_taken(column) && !self.skipped.get(column).copied().unwrap_or_default();
        self.parts.iter().enumerate().flat_map(move |(file, part)| part.pieces(file, &is_read))
    }

    /// Converts the position of a row to the file name and the line or row number for error messages.
    pub(super) fn place(&self, at: RowPosition) -> FilePlace {
        let part = self.parts.get(at.file as usize);
        FilePlace {
            file: part.map(|part| part.name.clone()).unwrap_or_default(),
            line: at.line.saturating_add_signed(part.map_or(0, |part| part.lines.shift)),
            is_row: part.is_some_and(|part| part.lines.are_rows || matches!(part.content, PartContent::Parquet(_))),
        }
    }
}

/// Replaces `error` by an error about the header if the first row of a data file may hold data, not column names.
fn named_by_all<'a>(files: impl IntoIterator<Item = (&'a str, Heading)>, error: TableError) -> TableError {
    // The new error does not quote the first row.
    let wrong = files.into_iter().filter(|(_, heading)| *heading != Heading::Names);
    match wrong.min_by_key(|(_, heading)| *heading == Heading::Unclear) {
        Some((file, Heading::Values)) => TableError::NoHeaderRow(file.to_owned()),
        Some((file, _)) => TableError::UnclearHeader { file: file.to_owned(), missing: error.missing() },
        None => error,
    }
}
