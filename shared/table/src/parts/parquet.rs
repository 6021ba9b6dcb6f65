//! Reads Parquet files in pieces, which can be read in parallel.

mod cells;
mod sample;

use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

pub(crate) use self::sample::{ParquetFooter, StoredType};
use super::{CellReader, RowPosition, header};
use crate::TableError;

/// Number of rows of a Parquet file that are decoded together.
const BATCH: usize = 8192;

pub(super) struct ParquetFile {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    /// Indices of the file's columns that can be read. Columns of nested values cannot be read.
    read: Vec<usize>,
    /// The file's columns that cannot be read: the index and the type of each.
    pub(super) unread: Vec<(usize, String)>,
}

/// Approximate number of cells in one piece of a Parquet file.
const CELLS: u64 = 1 << 20;

/// A piece of a Parquet file: some columns of one row group (a block of rows).
pub(super) struct ParquetRows<'a> {
    file: u32,
    content: &'a ParquetFile,
    group: usize,
    /// The number of the row group's first row in the file, counted from 1.
    first: u64,
    /// Indices in the file of the columns in this piece.
    columns: Vec<usize>,
}

impl ParquetFile {
    /// Opens a Parquet file and reads its footer. Returns the file and its column names.
    pub(super) fn open(name: &str, bytes: Bytes) -> Result<(Self, Vec<String>), TableError> {
        // The Arrow schema of the writer is ignored. So a text is read as text, whatever type it had in the writer's
        // memory.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&bytes, options).map_err(damaged(name))?;
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
        Ok((Self { bytes, metadata, read, unread }, names))
    }

    /// Returns the size of the Parquet file in bytes.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Returns the memory in bytes that a thread needs to decode one row group (a block of rows).
    pub(super) fn decoding(&self) -> u64 {
        sample::decoding(self.metadata.metadata())
    }

    /// Returns the indices of the columns in the file that hold texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = usize> {
        let fields = self.metadata.schema().fields().iter().enumerate();
        fields.filter(|(_, field)| cells::is_text(field.data_type())).map(|(index, _)| index)
    }

    /// Returns the number of rows in the file.
    pub(super) fn rows(&self) -> u64 {
        self.metadata.metadata().row_groups().iter().map(|group| count(group.num_rows())).sum()
    }

    /// Divides each row group of the file into pieces that have some of its columns. A column is included if `is_read`
    /// returns true for its index in the file. `file` is the index of the file in the table.
    pub(super) fn pieces(&self, file: u32, is_read: impl Fn(&usize) -> bool) -> Vec<ParquetRows<'_>> {
        let read: Vec<usize> = self.read.iter().copied().filter(is_read).collect();
        let (mut first, mut pieces) = (1, Vec::new());
        for (group, content) in self.metadata.metadata().row_groups().iter().enumerate() {
            let rows = count(content.num_rows());
            let width = (CELLS / rows.max(1)).clamp(1, u64::from(u32::MAX)) as usize;
            let block =
                |columns: &[usize]| ParquetRows { file, content: self, group, first, columns: columns.to_vec() };
            pieces.extend(read.chunks(width).map(block));
            first += rows;
        }
        pieces
    }
}

impl ParquetRows<'_> {
    /// Passes every cell of the piece to `reader`, column by column. `order` has for each column of the file the index
    /// of the same column in the table.
    pub(super) fn read(&self, name: &str, order: &[usize], reader: &mut impl CellReader) -> Result<(), TableError> {
        self.read_batches(name, order, reader, usize::MAX)
    }

    /// Returns the number of rows in the piece.
    pub(super) fn most(&self) -> usize {
        let groups = self.content.metadata.metadata().row_groups();
        groups.get(self.group).map_or(0, |group| count(group.num_rows()) as usize)
    }

    /// Passes the cells of the first rows, at most [`BATCH`], to `reader`. It passes nothing if the piece is not in the
    /// first row group of the file.
    pub(super) fn read_sample(
        &self,
        name: &str,
        order: &[usize],
        reader: &mut impl CellReader,
    ) -> Result<(), TableError> {
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

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

fn damaged(file: &str) -> impl Fn(ParquetError) -> TableError {
    move |source| TableError::Parquet { file: file.to_owned(), source }
}
