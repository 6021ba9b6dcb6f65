//! Counts the values of each column in samples of a CSV file, before the whole file is read.

use bytes::Bytes;
use csv::StringRecord;

use super::super::{CellReader, RowPosition};
use crate::cell::{FileCell, TextForm};
use crate::dialect::Dialect;
use crate::encoding;
use crate::marks::MissingMarks;
use crate::settings::DatasetSettings;
use crate::survey::{ParseOptions, Survey};
use crate::tally::ColumnTally;

/// Content of the samples of a CSV file: column names and statistics of the values.
#[derive(Debug)]
pub(crate) struct CsvSample {
    /// Fields of the CSV file's first row, which are usually the column names.
    pub(crate) names: Vec<String>,
    /// For each column, the statistics of its values in the samples.
    pub(crate) tallies: Vec<ColumnTally>,
    /// Number of rows in the samples of the CSV file.
    pub(crate) rows: u64,
    /// Number of bytes that the sampled rows take in the stored file.
    pub(crate) bytes: u64,
}

impl CsvSample {
    /// Parses samples of a CSV file. Returns `None` if the samples contain no complete row.
    pub(crate) fn of(parts: &[&[u8]], settings: &DatasetSettings) -> Option<Self> {
        // The first sample is the beginning of the file. Each sample may end within a row.
        let csv_settings = &settings.csv;
        let decode = |part: &&[u8]| encoding::decode(Bytes::copy_from_slice(part), csv_settings.encoding).bytes;
        let decoded: Vec<Bytes> = parts.iter().map(decode).collect();
        let stored: usize = parts.iter().map(|part| part.len()).sum();
        let ratio = stored as f64 / decoded.iter().map(Bytes::len).sum::<usize>().max(1) as f64;
        let (first, others) = decoded.split_first()?;
        let (dialect, before) = Dialect::of(first, csv_settings.separator, csv_settings.quote);
        let first = first.get(before..)?;
        let mut reader = dialect.reader().from_reader(whole_lines(first));
        let mut record = StringRecord::new();
        if !reader.read_record(&mut record).ok()? {
            return None;
        }
        let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
        let start = usize::try_from(reader.position().byte()).ok()?;
        let marks = MissingMarks::of(settings.missing.as_deref());
        let forms = vec![
            TextForm {
                comma: csv_settings.decimal_comma.unwrap_or(dialect.separator == b';'),
                ..TextForm::default()
            };
            names.len()
        ];
        let mut survey = Survey::new(ParseOptions { forms: &forms, marks: &marks, all_signs: false }, &[], 0);
        let mut counted = Counted { dialect, rows: 0, bytes: 0 };
        counted.add(&mut survey, whole_lines(first).get(start..)?, names.len());
        // A line end within quotes does not end a row. A sample that begins within quotes would be parsed wrongly.
        if !decoded.iter().any(|part| part.contains(&dialect.quote)) {
            others.iter().for_each(|part| counted.add(&mut survey, after_first_line(whole_lines(part)), names.len()));
        }
        let tallies = survey.finish().tallies;
        let Counted { rows, bytes, .. } = counted;
        let bytes = (bytes as f64 * ratio) as u64;
        (rows > 0).then_some(Self { names, tallies, rows, bytes })
    }
}

struct Counted {
    dialect: Dialect,
    rows: u64,
    bytes: u64,
}

impl Counted {
    /// Counts the values in a CSV sample. Stops at the first row whose number of fields is not `columns`.
    fn add(&mut self, survey: &mut Survey<'_>, rows: &[u8], columns: usize) {
        let mut reader = self.dialect.reader().from_reader(rows);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).unwrap_or(false) && record.len() == columns {
            for (column, cell) in record.iter().enumerate() {
                let cell = String::from_utf8_lossy(cell);
                survey.cell(column, RowPosition { file: 0, line: self.rows }, FileCell::Untyped(cell.trim()));
            }
            self.rows += 1;
        }
        self.bytes += reader.position().byte();
    }
}

fn whole_lines(part: &[u8]) -> &[u8] {
    let end = part.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    part.get(..end).unwrap_or_default()
}

fn after_first_line(part: &[u8]) -> &[u8] {
    let end = part.iter().position(|byte| *byte == b'\n').map_or(part.len(), |first| first + 1);
    part.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(parts: &[&str]) -> Option<(u64, u64, Vec<usize>)> {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        let sample = CsvSample::of(&parts, &DatasetSettings::default())?;
        Some((sample.rows, sample.bytes, sample.tallies.iter().map(ColumnTally::distinct).collect()))
    }

    #[test]
    fn whole_rows_of_all_parts_are_counted() {
        assert_eq!(sample(&["a,b\n1,x\n2,x\n3,"]), Some((2, 8, vec![2, 1])));
        assert_eq!(sample(&["a,b\n1,x\n2,x\n3,", "9,y\n4,y\n5,"]), Some((3, 12, vec![3, 2])));
        assert_eq!(sample(&["a,b\n1,x\n2,\"x\"\n3,", "9,y\n4,y\n5,"]).map(|(rows, ..)| rows), Some(2));
    }

    #[test]
    fn without_rows_there_is_nothing_to_report() {
        assert_eq!(sample(&["a,b\n1,x"]), None);
        assert_eq!(sample(&["a,b"]), None);
        assert_eq!(sample(&[]), None);
    }
}
