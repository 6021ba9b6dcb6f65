//! Reads Parquet files in pieces, which can be read in parallel.

mod bytes;
mod cells;
mod sample;

use std::ops::Range;

use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::Length;

pub(crate) use self::bytes::FileBytes;
pub(crate) use self::sample::{ParquetFooter, StoredType};
use super::{CellReader, RowPosition, header};
use crate::TableError;

/// Number of rows of a Parquet file that are decoded together.
const BATCH: usize = 8192;

// Copies share the footer and the bytes.
/// An opened Parquet file: its footer, and the bytes that are in memory.
#[derive(Clone)]
pub(crate) struct ParquetFile {
    bytes: FileBytes,
    metadata: ArrowReaderMetadata,
    // Columns of nested values cannot be read.
    /// Indices of the Parquet file's columns that can be read.
    read: Vec<usize>,
    /// Parquet columns that cannot be read, such as nested values: the index and the type of each.
    pub(super) unread: Vec<(usize, String)>,
    /// The only row group (a block of rows) whose rows are read. `None` reads all row groups.
    only: Option<usize>,
}

/// Approximate number of cells in one piece of a Parquet file.
const CELLS: u64 = 1 << 20;

/// Piece of a Parquet file: some columns of one row group (a block of rows).
pub(super) struct ParquetRows<'a> {
    file: u32,
    content: &'a ParquetFile,
    group: usize,
    /// Number of the row group's first row in the Parquet file, counted from 1.
    first: u64,
    /// Indices of the Parquet file's columns that this piece contains.
    columns: Vec<usize>,
}

impl ParquetFile {
    /// Opens a Parquet file and reads the footer. Returns the file and its column names.
    pub(crate) fn open(name: &str, bytes: FileBytes) -> Result<(Self, Vec<String>), TableError> {
        // The Arrow schema of the writer is ignored. So a text is read as text, whatever type it had in the writer's
        // memory.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&bytes, options).map_err(damaged(name))?;
        check_groups(name, metadata.metadata().row_groups())?;
        let fields = metadata.schema().fields();
        let names: Vec<String> = fields.iter().map(|field| field.name().trim().to_owned()).collect();
        if names.is_empty() {
            return Err(TableError::NoHeader(name.to_owned()));
        }
        header::check(name, &header::named(&names))?;
        let (mut read, mut unread) = (Vec::with_capacity(names.len()), Vec::new());
        for (index, field) in fields.iter().enumerate() {
            if cells::is_known(field.data_type()) {
                read.push(index);
            } else {
                unread.push((index, field.data_type().to_string()));
            }
        }
        Ok((Self { bytes, metadata, read, unread, only: None }, names))
    }

    /// Returns the size of the Parquet file in bytes.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len()
    }

    /// Returns the memory in bytes that a thread needs to decode one row group (a block of rows).
    pub(super) fn decoding(&self) -> u64 {
        sample::decoding(self.metadata.metadata())
    }

    /// Returns the indices of the Parquet file's columns that hold texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = usize> {
        let fields = self.metadata.schema().fields().iter().enumerate();
        fields.filter(|(_, field)| cells::is_text(field.data_type())).map(|(index, _)| index)
    }

    /// Returns the number of rows in the Parquet file.
    pub(crate) fn rows(&self) -> u64 {
        let is_read = |group: &usize| self.only.is_none_or(|only| only == *group);
        (0..).zip(self.rows_of_groups()).filter(|(group, _)| is_read(group)).map(|(_, rows)| rows).sum()
    }

    /// Returns the number of rows in each row group (a block of rows).
    pub(crate) fn rows_of_groups(&self) -> impl Iterator<Item = u64> {
        self.metadata.metadata().row_groups().iter().map(|group| count(group.num_rows()))
    }

    /// Returns the file without bytes in memory. `size` is the size of the file.
    pub(crate) fn without_bytes(self, size: u64) -> Self {
        Self { bytes: FileBytes::parts(size, Vec::new()), ..self }
    }

    /// Returns for each column of the file how it is stored: as `text`, `time` or `number`, or as something that is not read.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.metadata.schema().fields().iter().map(|field| cells::kind(field.data_type()))
    }

    /// Returns the file with the `bytes` of one row group. Only the rows of this group are read from it.
    pub(crate) fn with_group(&self, group: usize, bytes: FileBytes) -> Self {
        Self { bytes, only: Some(group), ..self.clone() }
    }

    /// Returns the bytes from the end of the row group before to the end of this one, in the order of the file. `None` if
    /// the groups do not follow each other in the file.
    pub(crate) fn spans(&self) -> Option<Vec<Range<u64>>> {
        let mut before = 0;
        let groups = self.metadata.metadata().row_groups().iter();
        let span = |group: &RowGroupMetaData| {
            let chunks = || group.columns().iter().map(|chunk| chunk.byte_range());
            let (first, end) =
                (chunks().map(|(start, _)| start).min()?, chunks().map(|(start, size)| start + size).max()?);
            let span = (first >= before && end <= self.size()).then_some(before..end)?;
            before = end;
            Some(span)
        };
        groups.map(span).collect()
    }

    /// Returns where the bytes of a row group's columns are in the file. `is_read` gets the index of a column in the file.
    pub(crate) fn chunks(&self, group: usize, is_read: impl Fn(usize) -> bool) -> Vec<Range<u64>> {
        let schema = self.metadata.parquet_schema();
        let chunks = self.metadata.metadata().row_groups().get(group).map(RowGroupMetaData::columns);
        let chunks = chunks.unwrap_or_default().iter().enumerate();
        let read = chunks.filter(|(leaf, _)| is_read(schema.get_column_root_idx(*leaf)));
        read.map(|(_, chunk)| chunk.byte_range()).map(|(start, size)| start..start.saturating_add(size)).collect()
    }

    /// Writes the rows of one row group whose index in the group is in `ranges` to `writer`, with all their columns.
    pub(crate) fn copy_rows(
        &self,
        name: &str,
        ranges: impl IntoIterator<Item = Range<usize>>,
        writer: &mut Option<ArrowWriter<Vec<u8>>>,
    ) -> Result<(), TableError> {
        let group = self.only.unwrap_or_default();
        let rows = self.rows_of_groups().nth(group).unwrap_or_default() as usize;
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone())
            .with_batch_size(BATCH)
            .with_row_groups(vec![group])
            .with_row_selection(RowSelection::from_consecutive_ranges(ranges.into_iter(), rows))
            .build()
            .map_err(damaged(name))?;
        for batch in batches {
            let batch = batch.map_err(|error| damaged(name)(error.into()))?;
            if writer.is_none() {
                *writer = Some(ArrowWriter::try_new(Vec::new(), batch.schema(), None).map_err(damaged(name))?);
            }
            if let Some(writer) = writer {
                writer.write(&batch).map_err(damaged(name))?;
            }
        }
        Ok(())
    }

    /// Divides a Parquet file into pieces for parallel reading. Only columns for which `is_read` returns true are
    /// included.
    pub(super) fn pieces(&self, file: u32, is_read: impl Fn(&usize) -> bool) -> Vec<ParquetRows<'_>> {
        // Each piece has some columns of one row group. `is_read` gets the index of the column in the file. `file` is
        // the index of the file in the table.
        let read: Vec<usize> = self.read.iter().copied().filter(is_read).collect();
        let (mut first, mut pieces) = (1, Vec::new());
        for (group, content) in self.metadata.metadata().row_groups().iter().enumerate() {
            let rows = count(content.num_rows());
            if self.only.is_none_or(|only| only == group) {
                let width = (CELLS / rows.max(1)).clamp(1, u64::from(u32::MAX)) as usize;
                let block =
                    |columns: &[usize]| ParquetRows { file, content: self, group, first, columns: columns.to_vec() };
                pieces.extend(read.chunks(width).map(block));
            }
            first += rows;
        }
        pieces
    }
}

impl ParquetRows<'_> {
    /// Passes every cell in this piece of a Parquet file to `reader`, column by column.
    pub(super) fn read(&self, name: &str, order: &[usize], reader: &mut impl CellReader) -> Result<(), TableError> {
        // `order` has for each column of the file the index of the same column in the table.
        self.read_batches(name, order, reader, usize::MAX)
    }

    /// Returns the number of rows in this piece of a Parquet file.
    pub(super) fn most(&self) -> usize {
        let groups = self.content.metadata.metadata().row_groups();
        groups.get(self.group).map_or(0, |group| count(group.num_rows()) as usize)
    }

    /// Passes the cells of the Parquet file's first rows to `reader`, as a sample.
    pub(super) fn read_sample(
        &self,
        name: &str,
        order: &[usize],
        reader: &mut impl CellReader,
    ) -> Result<(), TableError> {
        // There are at most `BATCH` rows. Only a piece of the file's first row group passes cells.
        if self.first == 1 { self.read_batches(name, order, reader, 1) } else { Ok(()) }
    }

    fn read_batches(
        &self,
        name: &str,
        order: &[usize],
        reader: &mut impl CellReader,
        most: usize,
    ) -> Result<(), TableError> {
        let mask = ProjectionMask::roots(self.content.metadata.parquet_schema(), self.columns.iter().copied());
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.content.bytes.clone(),
            self.content.metadata.clone(),
        )
        .with_batch_size(BATCH)
        .with_row_groups(vec![self.group])
        .with_projection(mask)
        .build()
        .map_err(damaged(name))?;
        let mut line = self.first;
        for batch in batches.take(most) {
            let batch = batch.map_err(|error| damaged(name)(error.into()))?;
            for (array, index) in batch.columns().iter().zip(&self.columns) {
                let Some(column) = order.get(*index).copied() else { continue };
                cells::give(array, column, RowPosition { file: self.file, line }, reader);
            }
            line += batch.num_rows() as u64;
        }
        Ok(())
    }
}

/// Returns an error if the footer has impossible sizes, or more rows than a table may have.
fn check_groups(name: &str, groups: &[RowGroupMetaData]) -> Result<(), TableError> {
    let mut rows = 0_u64;
    for group in groups {
        let chunks = group.columns().iter();
        let sizes = chunks.flat_map(|chunk| {
            let dictionary = chunk.dictionary_page_offset().unwrap_or_default();
            [chunk.compressed_size(), chunk.data_page_offset(), dictionary]
        });
        if group.num_rows() < 0 || sizes.into_iter().any(|size| size < 0) {
            return Err(damaged(name)(ParquetError::General("a row group has a negative size".to_owned())));
        }
        rows = rows.saturating_add(count(group.num_rows()));
    }
    if rows >= u64::from(u32::MAX) { Err(TableError::TooManyRows) } else { Ok(()) }
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

pub(crate) fn damaged(file: &str) -> impl Fn(ParquetError) -> TableError {
    move |source| TableError::Parquet { file: file.to_owned(), source }
}
