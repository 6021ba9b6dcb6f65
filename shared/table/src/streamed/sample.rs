//! Takes a sample of a streamed table's rows, as a usual table.

use std::iter::once;
use std::ops::Range;

use bytes::Bytes;
use evergreen_lifecycle::digest::hex;
use evergreen_lifecycle::{ColumnRole, DatasetFile, Label};
use parquet::arrow::ArrowWriter;
use sha2::{Digest, Sha256};

use super::groups::RowGroup;
use super::row_hash::{HashedColumns, RowHashes};
use super::row_set::RowSet;
use super::{OpenedFile, StreamedTable};
use crate::infer::Storage;
use crate::parts::{FileBytes, damaged};
use crate::read::{self, TableReading};
use crate::{MIN_ROWS, Table, TableError};

/// Number of rows from which is guessed which columns are features. Only features decide whether two rows are equal.
const FIRST_ROWS: usize = 20_000;

/// Which rows of a streamed table are in its sample, and how the sample was read.
pub struct StreamSample {
    pub(super) reading: TableReading,
    /// The labels of the sample. Empty for a regression.
    pub(super) labels: Vec<Label>,
    /// The rows of the sample, by their number among all rows of the files.
    pub(super) rows: RowSet,
}

impl StreamSample {
    /// Returns the number of rows in the sample, including rows that the sample's table leaves out.
    pub fn count(&self) -> u64 {
        self.rows.count()
    }
}

/// Writes the rows of one file that are in the sample to a Parquet file. `None` before the first such row.
type SampleWriter = Option<ArrowWriter<Vec<u8>>>;

impl StreamedTable {
    /// Reads all files once, and returns about `wanted` of their rows as a table. All rows if there are fewer. The table has
    /// the fingerprint and the list of files of the whole table.
    ///
    /// The content of a row decides whether it is in the sample, so equal rows stay together. If the settings name a group
    /// column, the rows of a group stay together. `memory` is the number of bytes that the sample may use.
    ///
    /// # Errors
    /// [`TableError`] if a file cannot be read, or if the sample is not a valid table.
    pub fn sample(&self, wanted: u64, memory: u64) -> Result<(Table, StreamSample), TableError> {
        let columns = self.hashed_columns(memory);
        let columns = HashedColumns::new(&self.parts.names, &columns, self.roles.contains(&ColumnRole::Group));
        let all = self.rows();
        // A hash is below this limit for the wanted share of all rows.
        let limit = if wanted >= all { u64::MAX } else { (wanted as f64 / all as f64 * u64::MAX as f64) as u64 };
        let mut digests: Vec<Sha256> = self.files.iter().map(|_| Sha256::new()).collect();
        let mut writers: Vec<SampleWriter> = self.files.iter().map(|_| None).collect();
        let mut rows = RowSet::default();
        let digest = |file: usize, bytes: &FileBytes| {
            if let Some(digest) = digests.get_mut(file) {
                bytes.each(|bytes| digest.update(bytes));
            }
        };
        self.each_group(spans, digest, |group| {
            let hashes = RowHashes::new((group.index, group.rows), group.first + 1, &columns);
            let hashes = group.parts(self).read(hashes)?.finish();
            let taken: Vec<usize> = (0..).zip(hashes).filter(|(_, hash)| *hash <= limit).map(|(row, _)| row).collect();
            taken.iter().for_each(|row| rows.add(group.row(*row)));
            writers.get_mut(group.index).map_or(Ok(()), |writer| copy(&group, &taken, writer))
        })?;
        self.check_size(rows.count(), wanted.min(all))?;
        let files = self.written(writers)?;
        let read = read::table(files, self.settings.clone(), &self.target, memory);
        let (mut table, reading) = read.map_err(|error| self.placed(error, &rows))?;
        // The first file may have no row in the sample. Then another file decides the order of the sample's columns.
        let reading = reading.in_order(&self.parts.names).ok_or(TableError::OtherSample)?;
        table.profile.files = self.profiles(digests)?;
        table.profile.sample_rows = Some(table.rows());
        table.fingerprint = fingerprint(&table);
        table.all_rows = Some(all);
        let labels = table.target().labels().to_vec();
        Ok((table, StreamSample { reading, labels, rows }))
    }

    /// Returns for each column whether it decides which rows are in the sample.
    fn hashed_columns(&self, memory: u64) -> Vec<bool> {
        if self.roles.contains(&ColumnRole::Group) {
            return self.roles.iter().map(|role| *role == ColumnRole::Group).collect();
        }
        let by_role = || self.roles.iter().map(|role| *role == ColumnRole::Feature).collect();
        // Free texts and columns that are left out, such as identifiers, do not make two rows different.
        let is_feature = |storage: Storage| !matches!(storage, Storage::Skip | Storage::Words);
        self.first_reading(memory).map_or_else(by_role, |reading| {
            let columns = reading.columns.iter();
            columns.map(|column| column.role == ColumnRole::Feature && is_feature(column.storage)).collect()
        })
    }

    /// Returns how the first rows of the first file would be read. `None` if they are not a valid table.
    fn first_reading(&self, memory: u64) -> Option<TableReading> {
        // The first rows may all have the same label. Then the columns' roles decide.
        let file = self.files.first()?;
        let rows = file.parquet.rows_of_groups().next()? as usize;
        let bytes = file.stored.bytes(file.parquet.chunks(0, |_| true)).ok()?;
        let mut writer = None;
        let first = once(0..rows.min(FIRST_ROWS));
        file.parquet.with_group(0, bytes).copy_rows(&file.stored.name, first, &mut writer).ok()?;
        let content = Bytes::from(writer?.into_inner().ok()?);
        let files = vec![(file.stored.name.clone(), content)];
        read::table(files, self.settings.clone(), &self.target, memory).ok().map(|(_, reading)| reading)
    }

    /// Checks that equal rows, or whole groups of rows, did not make the sample much smaller or larger than it should be.
    fn check_size(&self, found: u64, wanted: u64) -> Result<(), TableError> {
        if ((wanted / 2).max(MIN_ROWS as u64).min(self.rows())..=wanted.saturating_mul(2)).contains(&found) {
            return Ok(());
        }
        Err(TableError::UnevenSample { wanted, found, column: self.settings.group.clone() })
    }

    /// Returns the rows of the sample as Parquet files. A file without such rows is left out.
    fn written(&self, writers: Vec<SampleWriter>) -> Result<Vec<(String, Bytes)>, TableError> {
        let mut files = Vec::with_capacity(writers.len());
        for (file, writer) in self.files.iter().zip(writers) {
            if let Some(writer) = writer {
                let content = writer.into_inner().map_err(damaged(&file.stored.name))?;
                files.push((sampled_name(&file.stored.name), Bytes::from(content)));
            }
        }
        Ok(files)
    }

    /// Returns an error about the sample with the row's number in the whole file, if the error names a row. `rows` are the
    /// rows of the sample.
    fn placed(&self, mut error: TableError, rows: &RowSet) -> TableError {
        if let Some(place) = error.place_mut()
            && let Some(file) = self.files.iter().find(|file| sampled_name(&file.stored.name) == place.file)
            && let Some(row) = rows.rows_from(file.first).nth(place.line.saturating_sub(1) as usize)
        {
            (place.file, place.line) = (file.stored.name.clone(), row - file.first + 1);
        }
        error
    }

    /// Describes the files of the whole table.
    fn profiles(&self, digests: Vec<Sha256>) -> Result<Vec<DatasetFile>, TableError> {
        let profile = |(file, mut digest): (&OpenedFile, Sha256)| {
            let end = file.parquet.spans().and_then(|spans| spans.last().map(|span| span.end)).unwrap_or_default();
            file.stored.bytes(once(end..file.stored.size))?.each(|bytes| digest.update(bytes));
            Ok(DatasetFile {
                name: file.stored.name.clone(),
                size: file.stored.size,
                sha256: hex(&digest.finalize()),
                rows: file.parquet.rows() as usize,
                read_as: String::new(),
                object_version: None,
            })
        };
        self.files.iter().zip(digests).map(profile).collect()
    }
}

/// Returns the name of a file's sample, for error messages.
fn sampled_name(file: &str) -> String {
    format!("a sample of {file}")
}

/// Copies rows of a group to the sample. `rows` are their indices in the group.
fn copy(group: &RowGroup<'_>, rows: &[usize], writer: &mut SampleWriter) -> Result<(), TableError> {
    if rows.is_empty() {
        return Ok(());
    }
    let ranges: Vec<Range<usize>> =
        rows.chunk_by(|a, b| a + 1 == *b).filter_map(|run| Some(*run.first()?..run.last()? + 1)).collect();
    group.parquet.copy_rows(&group.file.stored.name, ranges, writer)
}

/// Returns which bytes of each row group are read for the sample: all, since the digest of a file covers each byte.
fn spans(file: &OpenedFile, _: usize) -> Result<Vec<Vec<Range<u64>>>, TableError> {
    let spans = file.parquet.spans().ok_or_else(|| TableError::RowGroups(file.stored.name.clone()))?;
    Ok(spans.into_iter().map(|span| vec![span]).collect())
}

/// Returns the fingerprint of a streamed table: a SHA-256 of the sample's fingerprint and the digests of the files.
fn fingerprint(table: &Table) -> String {
    let mut fingerprint = Sha256::new();
    fingerprint.update(&table.fingerprint);
    table.profile.files.iter().for_each(|file| fingerprint.update(&file.sha256));
    hex(&fingerprint.finalize())
}
