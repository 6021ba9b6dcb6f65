//! Estimates the memory of a table before its files are read whole. Samples of the files show the number of rows, the
//! cells per row and the bytes per cell.

use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

use evergreen_lifecycle::Task;
use flate2::bufread::MultiGzDecoder;

use super::{ColumnShape, ColumnUse, FileSizes, MemoryKind, TableShape};
use crate::parts::{CsvSample, ParquetFooter, StoredType};
use crate::settings::{DatasetSettings, TypeName};
use crate::tally::{ColumnTally, MAX_DISTINCT};
use crate::{Format, TableError};

// One sample is from the beginning of the file, and one from its middle.
/// Size in bytes of each sample of a data file.
const SAMPLE_BYTES: u64 = 512 << 10;

// The sample contains the footer, which describes the columns.
/// Size in bytes of the sample from the end of a Parquet file.
const FOOTER_BYTES: u64 = 1 << 20;

/// Table size in bytes below which no samples are read: small files are read whole.
const SMALL_TABLE_BYTES: u64 = 4 << 20;

// The largest files are chosen.
/// Maximum number of files of a table from which samples are read.
const MAX_FILES: usize = 8;

/// Maximum number of bytes to which the sample of a compressed file is decompressed.
const MAX_DECOMPRESSED_BYTES: usize = 8 << 20;

/// Assumed number of different texts in a text column of a Parquet file. Its footer shows only the type of the column.
const UNKNOWN_TEXTS: u64 = 10;

/// Sample of a data file: some of its bytes, for estimating the memory that the table needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSample {
    /// Index of the sampled file in the list of the table's files.
    pub file: usize,
    /// Byte range of the file that the sample covers.
    pub range: Range<u64>,
    /// The bytes of the sample.
    pub content: Vec<u8>,
}

/// Chooses samples of the data files: returns the file index and the byte range of each. The result is empty for small
/// tables.
///
/// `files` has the name and the size in bytes of each file.
///
/// # Examples
/// ```
/// use evergreen_table::budget::sample_ranges;
///
/// let small = sample_ranges(&[("a.csv".to_owned(), 1000)])?;
/// assert!(small.is_empty());
/// let large = sample_ranges(&[("a.csv".to_owned(), 1 << 30)])?;
/// assert_eq!(large.first(), Some(&(0, 0..512 << 10)));
/// # Ok::<(), evergreen_table::TableError>(())
/// ```
///
/// # Errors
/// Returns [`TableError::UnknownFormat`] if the name of a file has no known ending.
pub fn sample_ranges(files: &[(String, u64)]) -> Result<Vec<(usize, Range<u64>)>, TableError> {
    let formats = files.iter().map(|(name, _)| Format::of(name)).collect::<Result<Vec<Format>, _>>()?;
    if files.iter().map(|(_, size)| *size).fold(0, u64::saturating_add) < SMALL_TABLE_BYTES {
        return Ok(Vec::new());
    }
    let files = files.iter().zip(formats).enumerate().map(|(index, ((_, size), format))| (index, format, *size));
    let is_sampled =
        |(_, format, _): &(usize, Format, u64)| matches!(format, Format::Csv | Format::CsvGzip | Format::Parquet);
    let mut largest: Vec<(usize, Format, u64)> = files.filter(is_sampled).collect();
    largest.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
    // The largest file of each format is sampled, even if it is smaller than files of other formats.
    let mut seen = HashSet::new();
    let (mut first, rest): (Vec<_>, Vec<_>) = largest.into_iter().partition(|(_, format, _)| seen.insert(*format));
    first.extend(rest);
    first.truncate(MAX_FILES);
    Ok(first
        .into_iter()
        .flat_map(|(file, format, size)| ranges(format, size).map(move |range| (file, range)))
        .collect())
}

fn ranges(format: Format, size: u64) -> impl Iterator<Item = Range<u64>> {
    let beginning = 0..SAMPLE_BYTES.min(size);
    let (first, second) = match format {
        Format::Parquet => (size.saturating_sub(FOOTER_BYTES)..size, None),
        Format::Csv if size > 4 * SAMPLE_BYTES => (beginning, Some(size / 2..size / 2 + SAMPLE_BYTES)),
        Format::Csv | Format::CsvGzip | Format::JsonLines | Format::Excel | Format::Zip => (beginning, None),
    };
    std::iter::once(first).chain(second)
}

/// Estimates the number of rows, the columns and the file sizes of a table from samples of its files. Returns `None` if
/// the samples are not enough.
pub fn estimate_shape(
    files: &[(String, u64)],
    samples: &[FileSample],
    settings: &DatasetSettings,
    target: &str,
) -> Option<(TableShape, FileSizes)> {
    let estimates: Vec<FileEstimate> =
        (0..files.len()).filter_map(|file| FileEstimate::of(files, samples, file, settings)).collect();
    let (mut rows, mut raw) = (0_u64, FileSizes::default());
    for (index, (name, size)) in files.iter().enumerate() {
        let format = Format::of(name).ok()?;
        let alike = || estimates.iter().filter(|estimate| estimate.format == format);
        let own = alike().find(|estimate| estimate.file == index);
        // For a file without a sample, the estimate takes the maximum of all sampled files of the same format.
        let by =
            |of: fn(&FileEstimate) -> f64| own.map(of).or_else(|| alike().map(of).reduce(f64::max)).unwrap_or_default();
        let bytes = (by(|estimate| estimate.plain) * *size as f64) as u64;
        rows = rows.saturating_add((by(|estimate| estimate.rows) * *size as f64).round() as u64);
        // The content of files in these formats is known only after they are opened. The estimate is at least the
        // stored size.
        let (least, compressed) = match format {
            Format::Csv | Format::Parquet => (0, 0),
            Format::CsvGzip => (0, *size),
            Format::JsonLines | Format::Excel | Format::Zip => (*size, *size),
        };
        raw.bytes = raw.bytes.saturating_add(bytes.max(least));
        raw.compressed = raw.compressed.saturating_add(compressed);
    }
    raw.decoding = estimates.iter().map(|estimate| estimate.decoding).max().unwrap_or_default();
    let columns = estimates.iter().max_by_key(|estimate| estimate.sampled_rows)?.columns(rows, settings, target);
    Some((TableShape { rows, columns }, raw))
}

/// Estimates from the samples of one data file, such as its number of rows per byte.
struct FileEstimate {
    file: usize,
    format: Format,
    // Number of decompressed bytes per stored byte.
    plain: f64,
    // Number of rows per stored byte.
    rows: f64,
    decoding: u64,
    names: Vec<String>,
    sampled_rows: u64,
    sampled: SampledColumns,
}

enum SampledColumns {
    /// Sampled CSV file: statistics of the values of each column, and the average bytes per value.
    Values(Vec<ColumnTally>, u64),
    /// Sampled Parquet file: the type of each column. `None` for a column that cannot be read.
    Types(Vec<Option<StoredType>>),
}

impl FileEstimate {
    fn of(files: &[(String, u64)], samples: &[FileSample], file: usize, settings: &DatasetSettings) -> Option<Self> {
        let (name, size) = files.get(file)?;
        let own = || samples.iter().filter(|sample| sample.file == file);
        let format = Format::of(name).ok()?;
        match format {
            Format::Parquet => Self::from_footer(file, *size, own().next()?),
            Format::Csv => {
                let contents: Vec<&[u8]> = own().map(|sample| sample.content.as_slice()).collect();
                Self::from_text(file, format, 1.0, &contents, settings)
            }
            Format::CsvGzip => {
                let (plain, ratio) = decompressed(&own().next()?.content)?;
                Self::from_text(file, format, ratio, &[&plain], settings)
            }
            // The content of files in these formats is known only after they are opened.
            Format::JsonLines | Format::Excel | Format::Zip => None,
        }
    }

    fn from_text(
        file: usize,
        format: Format,
        ratio: f64,
        contents: &[&[u8]],
        settings: &DatasetSettings,
    ) -> Option<Self> {
        let sample = CsvSample::of(contents, settings)?;
        let cells = sample.rows.saturating_mul(sample.names.len() as u64).max(1);
        Some(Self {
            file,
            format,
            plain: ratio,
            rows: sample.rows as f64 / sample.bytes.max(1) as f64 * ratio,
            decoding: 0,
            sampled_rows: sample.rows,
            sampled: SampledColumns::Values(sample.tallies, sample.bytes / cells),
            names: sample.names,
        })
    }

    fn from_footer(file: usize, size: u64, sample: &FileSample) -> Option<Self> {
        let footer = ParquetFooter::of(&sample.content)?;
        Some(Self {
            file,
            format: Format::Parquet,
            plain: 1.0,
            rows: footer.rows as f64 / size.max(1) as f64,
            decoding: footer.decoding,
            sampled_rows: 1,
            names: footer.names,
            sampled: SampledColumns::Types(footer.types),
        })
    }

    /// Memory estimate: returns the memory properties of each column for a table of `rows` rows.
    fn columns(&self, rows: u64, settings: &DatasetSettings, target: &str) -> Vec<ColumnShape> {
        // `target` is the target column if the settings name none.
        let target = settings.target.as_deref().unwrap_or(target);
        let column = |(index, name): (usize, &String)| {
            let used = match name {
                name if name == target => ColumnUse::Target,
                name if [&settings.order, &settings.group, &settings.weights].contains(&&Some(name.clone())) => {
                    ColumnUse::Other
                }
                _ => ColumnUse::Feature,
            };
            let column = match &self.sampled {
                SampledColumns::Values(tallies, bytes) => {
                    shape_by_values(tallies.get(index), used, *bytes, self.sampled_rows, rows)
                }
                SampledColumns::Types(types) => shape_by_type(types.get(index).copied().flatten(), used, rows),
            };
            with_settings(column, name, settings)
        };
        self.names.iter().enumerate().map(column).collect()
    }
}

/// Memory estimate: returns the memory properties of a CSV column from the values in a sample.
fn shape_by_values(tally: Option<&ColumnTally>, used: ColumnUse, bytes: u64, sampled: u64, rows: u64) -> ColumnShape {
    // `bytes` is the average length of a value. `sampled` is the number of rows in the sample, and `rows` the estimated
    // number of all rows.
    let Some(tally) = tally else { return shape_by_type(None, used, rows) };
    let (seen, present) = (tally.distinct() as u64, tally.present());
    // If the values repeat often, the sample already has all different values. Otherwise the number of different values
    // grows with the number of rows.
    let more = (seen as f64 * rows as f64 / sampled.max(1) as f64) as u64;
    let distinct = if seen * 4 <= sampled { seen } else { more.max(seen) };
    let is_text = !tally.is_typed();
    let is_number = tally.has_fraction() || seen > 20;
    let kind = match used {
        ColumnUse::Target if is_text || !is_number => MemoryKind::Text(0),
        ColumnUse::Target => MemoryKind::Wide,
        ColumnUse::Other => MemoryKind::Wide,
        ColumnUse::Feature if is_text && seen * 10 > present * 9 => MemoryKind::Skipped,
        ColumnUse::Feature if is_text => MemoryKind::Text(bytes),
        ColumnUse::Feature if tally.are_moments() => MemoryKind::Wide,
        ColumnUse::Feature => MemoryKind::Number,
    };
    let distinct = if matches!(kind, MemoryKind::Text(_)) { distinct.min(MAX_DISTINCT as u64) } else { distinct };
    ColumnShape { kind, used, distinct: distinct.min(rows), has_missing: present < tally.rows() }
}

/// Memory estimate: returns the memory properties of a Parquet column from its type. The type `None` means that the
/// column cannot be read.
fn shape_by_type(stored: Option<StoredType>, used: ColumnUse, rows: u64) -> ColumnShape {
    let kind = match (stored, used) {
        (None, _) => MemoryKind::Skipped,
        (Some(StoredType::Text), ColumnUse::Feature | ColumnUse::Target) => MemoryKind::Text(16),
        (Some(StoredType::Moment), ColumnUse::Feature) | (_, ColumnUse::Target | ColumnUse::Other) => MemoryKind::Wide,
        (Some(StoredType::Number), ColumnUse::Feature) => MemoryKind::Number,
    };
    let distinct = if matches!(kind, MemoryKind::Text(_)) { UNKNOWN_TEXTS } else { rows };
    ColumnShape { kind, used, distinct: distinct.min(rows), has_missing: false }
}

/// Memory estimate: corrects the memory properties of a column by the settings in `dataset.toml`.
fn with_settings(column: ColumnShape, name: &String, settings: &DatasetSettings) -> ColumnShape {
    // The settings may set the column's type, leave the column out, or set the task (classification or regression).
    let as_texts =
        ColumnShape { kind: MemoryKind::Text(16), distinct: column.distinct.min(MAX_DISTINCT as u64), ..column };
    match (column.used, settings.types.get(name), settings.task) {
        (ColumnUse::Feature, _, _) if settings.drop.contains(name) => {
            ColumnShape { kind: MemoryKind::Skipped, ..column }
        }
        (ColumnUse::Feature, Some(TypeName::Identifier), _) => ColumnShape { kind: MemoryKind::Skipped, ..column },
        (ColumnUse::Feature, Some(TypeName::Category | TypeName::Text), _) => as_texts,
        (ColumnUse::Feature, Some(TypeName::Timestamp), _) => ColumnShape { kind: MemoryKind::Wide, ..column },
        (ColumnUse::Feature, Some(TypeName::Number | TypeName::Boolean), _) => {
            ColumnShape { kind: MemoryKind::Number, ..column }
        }
        (ColumnUse::Target, _, Some(Task::Regression)) => ColumnShape { kind: MemoryKind::Wide, ..column },
        (ColumnUse::Target, _, Some(Task::Classification)) => as_texts,
        _ => column,
    }
}

/// Decompresses the beginning of a gzip file. Returns the decompressed bytes, and the ratio of decompressed to
/// compressed size. `None` if nothing can be decompressed.
fn decompressed(content: &[u8]) -> Option<(Vec<u8>, f64)> {
    let mut decoder = MultiGzDecoder::new(content);
    let (mut plain, mut block, mut taken) = (Vec::new(), vec![0; 16 << 10], 0);
    // The sample ends within a gzip block. The decoder returns all earlier blocks.
    while plain.len() < MAX_DECOMPRESSED_BYTES {
        match decoder.read(&mut block) {
            Ok(count @ 1..) => plain.extend_from_slice(block.get(..count).unwrap_or_default()),
            _ => break,
        }
        taken = content.len() - decoder.get_ref().len();
    }
    (taken > 0).then(|| {
        let ratio = plain.len() as f64 / taken as f64;
        (plain, ratio)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(file: &str, content: &[u8], settings: &str) -> Vec<MemoryKind> {
        let size = content.len() as u64;
        let sample = FileSample { file: 0, range: 0..size, content: content.to_vec() };
        let settings = DatasetSettings::parse(settings).unwrap();
        let (shape, _) = estimate_shape(&[(file.to_owned(), size)], &[sample], &settings, "y").unwrap();
        shape.columns.iter().map(|column| column.kind).collect()
    }

    #[test]
    fn dates_take_eight_bytes_a_value_and_numbers_four() {
        let rows: String = (0..40).map(|n| format!("2026-01-{:02},10:{n:02},{n}.5,{}\n", 1 + n % 28, n % 2)).collect();
        let csv = format!("day,clock,size,y\n{rows}");
        assert_eq!(
            kinds("a.csv", csv.as_bytes(), ""),
            [MemoryKind::Wide, MemoryKind::Wide, MemoryKind::Number, MemoryKind::Text(0)],
            "types that are inferred"
        );
        let set = kinds("a.csv", csv.as_bytes(), "types.day = \"timestamp\"\ntypes.size = \"number\"");
        assert_eq!(
            set.get(..3),
            Some(&[MemoryKind::Wide, MemoryKind::Wide, MemoryKind::Number][..]),
            "types that the settings name"
        );
    }

    #[test]
    fn stored_moments_take_eight_bytes_a_value() {
        let column = |stored, used| shape_by_type(stored, used, 100).kind;
        assert_eq!(column(Some(StoredType::Moment), ColumnUse::Feature), MemoryKind::Wide);
        assert_eq!(column(Some(StoredType::Number), ColumnUse::Feature), MemoryKind::Number);
        assert_eq!(column(Some(StoredType::Text), ColumnUse::Feature), MemoryKind::Text(16));
        assert_eq!(column(None, ColumnUse::Target), MemoryKind::Skipped);
    }
}
