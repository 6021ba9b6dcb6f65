//! Parts of a CSV, by which its columns are foreseen.

use csv::StringRecord;

use super::super::{At, Reader};
use super::builder;
use crate::cell::Cell;
use crate::survey::{Survey, Tally};

/// What the samples of a file hold.
#[derive(Debug)]
pub(crate) struct Sample {
    /// The first record, as in the file.
    pub(crate) names: Vec<String>,
    /// Of each column what is in it.
    pub(crate) tallies: Vec<Tally>,
    /// Rows, and their bytes.
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Sample {
    /// Of these parts of a file, the first of which is its beginning, cut off anywhere; nothing if there is no row in it.
    pub(crate) fn of(parts: &[&[u8]]) -> Option<Self> {
        let (first, others) = parts.split_first()?;
        let mut reader = builder().from_reader(whole_lines(first));
        let mut record = StringRecord::new();
        if !reader.read_record(&mut record).ok()? {
            return None;
        }
        let names: Vec<String> =
            record.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let start = usize::try_from(reader.position().byte()).ok()?;
        let mut survey = Survey::new(names.len());
        let mut counted = Counted::default();
        counted.add(&mut survey, whole_lines(first).get(start..)?, names.len());
        // Within quotes a line's end need not be a row's, and a part that begins there would be misread.
        if !parts.iter().any(|part| part.contains(&b'"')) {
            others.iter().for_each(|part| counted.add(&mut survey, after_first_line(whole_lines(part)), names.len()));
        }
        let (tallies, _) = survey.finish();
        let Counted { rows, bytes } = counted;
        (rows > 0).then_some(Self { names, tallies, rows, bytes })
    }
}

#[derive(Default)]
struct Counted {
    rows: u64,
    bytes: u64,
}

impl Counted {
    /// Takes the rows of so many columns; whatever is no row, ends it.
    fn add(&mut self, survey: &mut Survey, rows: &[u8], columns: usize) {
        let mut reader = builder().from_reader(rows);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record).unwrap_or(false) && record.len() == columns {
            for (column, cell) in record.iter().enumerate() {
                let cell = String::from_utf8_lossy(cell);
                survey.cell(column, At { file: 0, line: self.rows }, Cell::Untyped(cell.trim()));
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
        let sample = Sample::of(&parts)?;
        Some((sample.rows, sample.bytes, sample.tallies.iter().map(Tally::distinct).collect()))
    }

    #[test]
    fn whole_rows_of_all_parts_are_counted() {
        assert_eq!(sample(&["a,b\n1,x\n2,x\n3,"]), Some((2, 8, vec![2, 1])));
        assert_eq!(sample(&["a,b\n1,x\n2,x\n3,", "9,y\n4,y\n5,"]), Some((3, 12, vec![3, 2])));
        assert_eq!(sample(&["a,b\n1,x\n2,\"x\"\n3,", "9,y\n4,y\n5,"]).map(|(rows, ..)| rows), Some(2));
    }

    #[test]
    fn without_a_row_there_is_nothing_to_tell() {
        assert_eq!(sample(&["a,b\n1,x"]), None);
        assert_eq!(sample(&["a,b"]), None);
        assert_eq!(sample(&[]), None);
    }
}
