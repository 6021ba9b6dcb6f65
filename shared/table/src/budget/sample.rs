//! Estimates the memory of a table from samples of its files: cells per row, bytes per cell, rows per file.

use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

use evergreen_lifecycle::Task;
use flate2::bufread::MultiGzDecoder;

use super::{Column, Kind, Raw, Shape, Use};
use crate::parts::{CsvSample, ParquetSample, StoredType};
use crate::settings::{Settings, TypeName};
use crate::survey::{MAX_DISTINCT, Tally};
use crate::{Format, TableError};

/// Bytes of a sample.
const SAMPLE: u64 = 512 << 10;

/// Bytes at the end of a Parquet file that are read as a sample. The footer there describes the columns.
const FOOTER: u64 = 1 << 20;

/// Total size of all files, in bytes, below which no file is sampled. Small files are read whole faster than they are
/// sampled.
const SMALL: u64 = 4 << 20;

/// Maximum number of files that are sampled. The largest files come first.
const MAX_FILES: usize = 8;

/// Maximum number of bytes that are decompressed from a sample.
const MAX_PLAIN: usize = 8 << 20;

/// Assumed number of different texts in a column without sampled values.
const UNKNOWN_TEXTS: u64 = 10;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Index of the file.
    pub file: usize,
    /// Range of the bytes in the file.
    pub range: Range<u64>,
    /// Bytes of the range.
    pub content: Vec<u8>,
}

/// Returns which bytes of which `files` to sample before any file is read whole. `files` lists names and sizes. A small
/// table needs no samples.
///
/// # Errors
/// Returns [`TableError::UnknownFormat`] if a file has no known format.
pub fn wanted(files: &[(String, u64)]) -> Result<Vec<(usize, Range<u64>)>, TableError> {
    let formats = files.iter().map(|(name, _)| Format::of(name)).collect::<Result<Vec<Format>, _>>()?;
    if files.iter().map(|(_, size)| *size).fold(0, u64::saturating_add) < SMALL {
        return Ok(Vec::new());
    }
    let files = files.iter().zip(formats).enumerate().map(|(index, ((_, size), format))| (index, format, *size));
    let is_sampled =
        |(_, format, _): &(usize, Format, u64)| matches!(format, Format::Csv | Format::CsvGzip | Format::Parquet);
    let mut largest: Vec<(usize, Format, u64)> = files.filter(is_sampled).collect();
    largest.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
    // The largest file of each format is sampled, whatever its size.
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
    let beginning = 0..SAMPLE.min(size);
    let (first, second) = match format {
        Format::Parquet => (size.saturating_sub(FOOTER)..size, None),
        Format::Csv if size > 4 * SAMPLE => (beginning, Some(size / 2..size / 2 + SAMPLE)),
        Format::Csv | Format::CsvGzip | Format::JsonLines | Format::Excel | Format::Zip => (beginning, None),
    };
    std::iter::once(first).chain(second)
}

/// Estimates rows, columns and file sizes of the table from `samples` of its `files`. Returns `None` if the samples do
/// not suffice.
pub fn foresee(files: &[(String, u64)], samples: &[Sample], settings: &Settings, target: &str) -> Option<(Shape, Raw)> {
    let looks: Vec<Look> = (0..files.len()).filter_map(|file| Look::at(files, samples, file, settings)).collect();
    let (mut rows, mut raw) = (0_u64, Raw::default());
    for (index, (name, size)) in files.iter().enumerate() {
        let format = Format::of(name).ok()?;
        let alike = || looks.iter().filter(|look| look.format == format);
        let own = alike().find(|look| look.file == index);
        // A file without a sample counts with the maximum of the sampled files of its format.
        let by = |of: fn(&Look) -> f64| own.map(of).or_else(|| alike().map(of).reduce(f64::max)).unwrap_or_default();
        let bytes = (by(|look| look.plain) * *size as f64) as u64;
        rows = rows.saturating_add((by(|look| look.rows) * *size as f64).round() as u64);
        // These formats show their content only when they are opened. So the estimate is at least the stored size.
        let (least, compressed) = match format {
            Format::Csv | Format::Parquet => (0, 0),
            Format::CsvGzip => (0, *size),
            Format::JsonLines | Format::Excel | Format::Zip => (*size, *size),
        };
        raw.bytes = raw.bytes.saturating_add(bytes.max(least));
        raw.compressed = raw.compressed.saturating_add(compressed);
    }
    raw.decoding = looks.iter().map(|look| look.decoding).max().unwrap_or_default();
    let columns = looks.iter().max_by_key(|look| look.sampled_rows)?.columns(rows, settings, target);
    Some((Shape { rows, columns }, raw))
}

/// Estimates of a file from its samples, for each stored byte of the file.
struct Look {
    file: usize,
    format: Format,
    plain: f64,
    rows: f64,
    decoding: u64,
    names: Vec<String>,
    sampled_rows: u64,
    seen: Seen,
}

enum Seen {
    /// Tallies of the sampled columns, and the average bytes per value.
    Values(Vec<Tally>, u64),
    /// The stored types, or `None` for a column that cannot be read.
    Types(Vec<Option<StoredType>>),
}

impl Look {
    fn at(files: &[(String, u64)], samples: &[Sample], file: usize, settings: &Settings) -> Option<Self> {
        let (name, size) = files.get(file)?;
        let own = || samples.iter().filter(|sample| sample.file == file);
        let format = Format::of(name).ok()?;
        match format {
            Format::Parquet => Self::at_footer(file, *size, own().next()?),
            Format::Csv => {
                let contents: Vec<&[u8]> = own().map(|sample| sample.content.as_slice()).collect();
                Self::at_text(file, format, 1.0, &contents, settings)
            }
            Format::CsvGzip => {
                let (plain, ratio) = decompressed(&own().next()?.content)?;
                Self::at_text(file, format, ratio, &[&plain], settings)
            }
            // These formats show their content only when they are opened.
            Format::JsonLines | Format::Excel | Format::Zip => None,
        }
    }

    fn at_text(file: usize, format: Format, ratio: f64, contents: &[&[u8]], settings: &Settings) -> Option<Self> {
        let sample = CsvSample::of(contents, settings)?;
        let cells = sample.rows.saturating_mul(sample.names.len() as u64).max(1);
        Some(Self {
            file,
            format,
            plain: ratio,
            rows: sample.rows as f64 / sample.bytes.max(1) as f64 * ratio,
            decoding: 0,
            sampled_rows: sample.rows,
            seen: Seen::Values(sample.tallies, sample.bytes / cells),
            names: sample.names,
        })
    }

    fn at_footer(file: usize, size: u64, sample: &Sample) -> Option<Self> {
        let footer = ParquetSample::of(&sample.content)?;
        Some(Self {
            file,
            format: Format::Parquet,
            plain: 1.0,
            rows: footer.rows as f64 / size.max(1) as f64,
            decoding: footer.decoding,
            sampled_rows: 1,
            names: footer.names,
            seen: Seen::Types(footer.types),
        })
    }

    /// Returns the columns of a table with this number of rows.
    fn columns(&self, rows: u64, settings: &Settings, target: &str) -> Vec<Column> {
        let target = settings.target.as_deref().unwrap_or(target);
        let column = |(index, name): (usize, &String)| {
            let used = match name {
                name if name == target => Use::Target,
                name if [&settings.order, &settings.group, &settings.weights].contains(&&Some(name.clone())) => {
                    Use::Other
                }
                _ => Use::Feature,
            };
            let column = match &self.seen {
                Seen::Values(tallies, bytes) => of_values(tallies.get(index), used, *bytes, self.sampled_rows, rows),
                Seen::Types(types) => of_type(types.get(index).copied().flatten(), used, rows),
            };
            said(column, name, settings)
        };
        self.names.iter().enumerate().map(column).collect()
    }
}

/// Estimates a column from its values in a sample.
fn of_values(tally: Option<&Tally>, used: Use, bytes: u64, sampled: u64, rows: u64) -> Column {
    let Some(tally) = tally else { return of_type(None, used, rows) };
    let (seen, present) = (tally.distinct() as u64, tally.present());
    // If values repeat often, the sample has all of them. Otherwise the number of different values grows with the rows.
    let more = (seen as f64 * rows as f64 / sampled.max(1) as f64) as u64;
    let distinct = if seen * 4 <= sampled { seen } else { more.max(seen) };
    let is_text = !tally.is_typed();
    let is_number = tally.is_broken() || seen > 20;
    let kind = match used {
        Use::Target if is_text || !is_number => Kind::Text(0),
        Use::Target => Kind::Wide,
        Use::Other => Kind::Wide,
        Use::Feature if is_text && seen * 10 > present * 9 => Kind::Skipped,
        Use::Feature if is_text => Kind::Text(bytes),
        Use::Feature if tally.are_moments() => Kind::Wide,
        Use::Feature => Kind::Number,
    };
    let distinct = if matches!(kind, Kind::Text(_)) { distinct.min(MAX_DISTINCT as u64) } else { distinct };
    Column { kind, used, distinct: distinct.min(rows), has_missing: present < tally.rows() }
}

/// Estimates a column from its stored type. `None` means that the column cannot be read.
fn of_type(stored: Option<StoredType>, used: Use, rows: u64) -> Column {
    let kind = match (stored, used) {
        (None, _) => Kind::Skipped,
        (Some(StoredType::Text), Use::Feature | Use::Target) => Kind::Text(16),
        (Some(StoredType::Moment), Use::Feature) | (_, Use::Target | Use::Other) => Kind::Wide,
        (Some(StoredType::Number), Use::Feature) => Kind::Number,
    };
    let distinct = if matches!(kind, Kind::Text(_)) { UNKNOWN_TEXTS } else { rows };
    Column { kind, used, distinct: distinct.min(rows), has_missing: false }
}

/// Applies the settings to an estimated column.
fn said(column: Column, name: &String, settings: &Settings) -> Column {
    let as_texts = Column { kind: Kind::Text(16), distinct: column.distinct.min(MAX_DISTINCT as u64), ..column };
    match (column.used, settings.types.get(name), settings.task) {
        (Use::Feature, _, _) if settings.drop.contains(name) => Column { kind: Kind::Skipped, ..column },
        (Use::Feature, Some(TypeName::Identifier), _) => Column { kind: Kind::Skipped, ..column },
        (Use::Feature, Some(TypeName::Category | TypeName::Text), _) => as_texts,
        (Use::Feature, Some(TypeName::Timestamp), _) => Column { kind: Kind::Wide, ..column },
        (Use::Feature, Some(TypeName::Number | TypeName::Boolean), _) => Column { kind: Kind::Number, ..column },
        (Use::Target, _, Some(Task::Regression)) => Column { kind: Kind::Wide, ..column },
        (Use::Target, _, Some(Task::Classification)) => as_texts,
        _ => column,
    }
}

/// Decompresses the beginning of a compressed file. Returns the bytes and their number per compressed byte.
fn decompressed(content: &[u8]) -> Option<(Vec<u8>, f64)> {
    let mut decoder = MultiGzDecoder::new(content);
    let (mut plain, mut block, mut taken) = (Vec::new(), vec![0; 16 << 10], 0);
    // The sample ends in the middle of a block. The decoder returns everything before the end, except an incomplete
    // block.
    while plain.len() < MAX_PLAIN {
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

    fn kinds(file: &str, content: &[u8], settings: &str) -> Vec<Kind> {
        let size = content.len() as u64;
        let sample = Sample { file: 0, range: 0..size, content: content.to_vec() };
        let settings = Settings::parse(settings).unwrap();
        let (shape, _) = foresee(&[(file.to_owned(), size)], &[sample], &settings, "y").unwrap();
        shape.columns.iter().map(|column| column.kind).collect()
    }

    #[test]
    fn dates_take_eight_bytes_a_value_and_numbers_four() {
        let rows: String = (0..40).map(|n| format!("2026-01-{:02},10:{n:02},{n}.5,{}\n", 1 + n % 28, n % 2)).collect();
        let csv = format!("day,clock,size,y\n{rows}");
        assert_eq!(
            kinds("a.csv", csv.as_bytes(), ""),
            [Kind::Wide, Kind::Wide, Kind::Number, Kind::Text(0)],
            "types that are inferred"
        );
        let said = kinds("a.csv", csv.as_bytes(), "types.day = \"timestamp\"\ntypes.size = \"number\"");
        assert_eq!(said.get(..3), Some(&[Kind::Wide, Kind::Wide, Kind::Number][..]), "types that the settings name");
    }

    #[test]
    fn stored_moments_take_eight_bytes_a_value() {
        let column = |stored, used| of_type(stored, used, 100).kind;
        assert_eq!(column(Some(StoredType::Moment), Use::Feature), Kind::Wide);
        assert_eq!(column(Some(StoredType::Number), Use::Feature), Kind::Number);
        assert_eq!(column(Some(StoredType::Text), Use::Feature), Kind::Text(16));
        assert_eq!(column(None, Use::Target), Kind::Skipped);
    }
}
