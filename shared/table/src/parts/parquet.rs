//! Parquet.

mod cells;
mod sample;

use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

pub(crate) use self::sample::Sample;
use super::{At, Reader, header};
use crate::TableError;

/// Rows that are decoded at once.
const BATCH: usize = 8192;

/// An opened file.
pub(super) struct File {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    /// Indices of the columns that are read: all but those left out whose values are no single values.
    read: Vec<usize>,
    /// Indices and types of the others.
    pub(super) unread: Vec<(usize, String)>,
}

/// The rows of a row group.
pub(super) struct Rows<'a> {
    file: u32,
    content: &'a File,
    group: usize,
    /// The row, counted from 1, that the group begins with.
    first: u64,
}

impl File {
    /// Opens the file `name`; gives it and its columns' names.
    pub(super) fn open(name: &str, bytes: Bytes) -> Result<(Self, Vec<String>), TableError> {
        // Without the writer's Arrow schema, a text is a text, whatever it was in the writer's memory.
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

    /// Bytes of it.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Bytes that a thread needs to decode a row group.
    pub(super) fn decoding(&self) -> u64 {
        sample::decoding(self.metadata.metadata())
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> u64 {
        self.metadata.metadata().row_groups().iter().map(|group| count(group.num_rows())).sum()
    }

    /// Its row groups.
    pub(super) fn groups(&self, file: u32) -> Vec<Rows<'_>> {
        let mut first = 1;
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        groups
            .map(|(group, content)| {
                let rows = Rows { file, content: self, group, first };
                first += count(content.num_rows());
                rows
            })
            .collect()
    }
}

impl Rows<'_> {
    /// Gives every cell to `reader`, column by column; `order` has the table's column for each of the file's, and `skipped`
    /// says of each of the table's whether it is left out.
    pub(super) fn read(
        &self,
        name: &str,
        order: &[usize],
        skipped: &[bool],
        reader: &mut impl Reader,
    ) -> Result<(), TableError> {
        let is_read =
            |index: &usize| order.get(*index).is_some_and(|column| !skipped.get(*column).copied().unwrap_or(false));
        let read: Vec<usize> = self.content.read.iter().copied().filter(is_read).collect();
        let mask = ProjectionMask::roots(self.content.metadata.parquet_schema(), read.iter().copied());
        let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.content.bytes.clone(),
            self.content.metadata.clone(),
        )
        .with_batch_size(BATCH)
        .with_row_groups(vec![self.group])
        .with_projection(mask)
        .build()
        .map_err(damaged(name))?;
        let mut first = self.first;
        for batch in batches {
            let batch = batch.map_err(|error| damaged(name)(error.into()))?;
            for (array, index) in batch.columns().iter().zip(&read) {
                let Some(column) = order.get(*index).copied() else { continue };
                let mut line = first;
                cells::each(array, |cell| {
                    reader.cell(column, At { file: self.file, line }, cell);
                    line += 1;
                });
            }
            first += batch.num_rows() as u64;
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
