//! Reads a table that does not fit into memory: a sample of its rows as a usual table, and all other rows block by block.
//!
//! The files stay where they are, and ranges of their bytes are read when they are needed. So they must be Parquet files,
//! whose footer says where each block of rows (row group) is. Two passes are made. The first one hashes the files and
//! takes the sample. The second one returns the rows outside the sample, read exactly as the sample was read.

mod block;
mod checked;
mod groups;
mod row_hash;
mod row_set;
mod sample;
mod source;

pub use self::block::RowBlock;
pub use self::sample::StreamSample;
pub use self::source::{RangeSource, StreamedFile};

use self::source::opened;
use crate::parts::{ParquetFile, TableParts};
use crate::settings::DatasetSettings;
use crate::{TableError, roles};
use evergreen_lifecycle::ColumnRole;

/// A table whose files stay in the store. Only the footers of its Parquet files are in memory.
pub struct StreamedTable {
    files: Vec<OpenedFile>,
    parts: TableParts,
    roles: Vec<ColumnRole>,
    settings: DatasetSettings,
    target: String,
}

/// A Parquet file of a streamed table.
struct OpenedFile {
    stored: StreamedFile,
    parquet: ParquetFile,
    /// Number of the file's first row among all rows of the table, counted from 0.
    first: u64,
}

impl StreamedTable {
    /// Opens the files of a table. Their rows follow each other in the order of the file names.
    ///
    /// `default_target` is the name of the column to predict if the settings name none.
    ///
    /// # Errors
    /// [`TableError`] if a file is not a Parquet file, if the files have different columns, or if the settings name a
    /// column that the table does not have.
    pub fn open(
        mut files: Vec<StreamedFile>,
        settings: DatasetSettings,
        default_target: &str,
    ) -> Result<Self, TableError> {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let (mut kept, mut opening, mut first) = (Vec::with_capacity(files.len()), Vec::with_capacity(files.len()), 0);
        for stored in files {
            let (parquet, names) = opened(&stored)?;
            opening.push((stored.name.clone(), parquet.clone(), names));
            let rows = parquet.rows();
            kept.push(OpenedFile { stored, parquet, first });
            first = first.saturating_add(rows);
        }
        let parts = TableParts::of_parquet(opening, &settings)?;
        check_kinds(&kept, &parts)?;
        let target = settings.target.clone().unwrap_or_else(|| default_target.to_owned());
        let roles = roles::roles(&parts.names, &target, &settings)?;
        if first >= u64::from(u32::MAX) {
            return Err(TableError::TooManyRows);
        }
        Ok(Self { files: kept, parts, roles, settings, target })
    }

    /// Returns the number of rows in all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.parquet.rows()).sum()
    }

    /// Returns the number of columns in the files.
    pub fn columns(&self) -> usize {
        self.parts.names.len()
    }

    /// Returns the number of bytes of the largest block (row group), with all its columns.
    pub fn block_bytes(&self) -> u64 {
        let spans = self.files.iter().filter_map(|file| file.parquet.spans()).flatten();
        spans.map(|span| span.end - span.start).max().unwrap_or_default()
    }

    /// Returns the number of rows in the largest block (row group) of the files. Blocks are read one after the other.
    pub fn block_rows(&self) -> u64 {
        self.files.iter().flat_map(|file| file.parquet.rows_of_groups()).max().unwrap_or_default()
    }
}

/// Returns an error if two files store a column in different ways. Equal values would then not be found equal.
fn check_kinds(files: &[OpenedFile], parts: &TableParts) -> Result<(), TableError> {
    let Some((first, others)) = files.split_first() else { return Ok(()) };
    let expected: Vec<&'static str> = first.parquet.kinds().collect();
    for (index, file) in (1..).zip(others) {
        for (found, column) in file.parquet.kinds().zip(parts.order_of(index)) {
            let Some(expected) = expected.get(*column).filter(|expected| **expected != found) else { continue };
            let column = parts.names.get(*column).cloned().unwrap_or_default();
            let (file, first) = (file.stored.name.clone(), first.stored.name.clone());
            return Err(TableError::MixedKinds { file, column, found, expected, first });
        }
    }
    Ok(())
}
