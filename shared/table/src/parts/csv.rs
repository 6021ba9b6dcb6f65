//! Reads CSV files. A large file is divided into pieces, which can be read in parallel.

mod heading;
mod quotes;
mod sample;
mod total;

use csv::StringRecord;
use memchr::{memchr, memchr_iter, memchr2};
use rayon::prelude::*;

pub(super) use self::heading::Heading;
pub(crate) use self::sample::CsvSample;
use super::{CellReader, RowPosition, header};
use crate::cell::FileCell;
use crate::dialect::Dialect;
use crate::odd_rows::OddRow;
use crate::settings::CsvSettings;
use crate::{FilePlace, TableError};

// The parsed values of a piece may need several times as much memory.
/// Approximate size in bytes of the pieces into which a CSV file is divided for parallel reading.
pub(crate) const PIECE: usize = 1 << 20;

// One sample is from the beginning of the file, and one from its middle.
/// Size in bytes of each sample of a CSV file. The samples show the notation of numbers and dates.
const SAMPLE: usize = 128 << 10;

/// Layout of a CSV file: where the header and the rows are, the separator and the quote character.
#[derive(Debug, Clone, Default)]
pub(super) struct CsvLayout {
    pub(super) dialect: Dialect,
    /// Byte offset in the CSV file at which the rows start, after the header.
    start: usize,
    /// Number of the line on which the rows start, counted from 1.
    line: u64,
    /// Byte offset in the CSV file at which the rows end.
    end: usize,
    // Offset 0 is the start of the first row.
    /// Byte offsets at which the rows of the CSV file are divided into pieces.
    cuts: Vec<usize>,
    /// Number of line ends in each piece of the CSV file, for the line numbers in error messages.
    lines: Vec<u64>,
    /// Fields of the CSV header exactly as they are written. Rows that repeat this header are left out.
    header: StringRecord,
    // The total row is not read.
    /// Line number of the total row: a last row that holds sums of the rows above. `None` without a total row.
    pub(super) total: Option<u64>,
}

/// Piece of a CSV file: some of the rows.
pub(super) struct CsvRows<'a> {
    file: u32,
    bytes: &'a [u8],
    /// Line number at which the piece begins, counted from 1 in the CSV file.
    line: u64,
    /// Number of line ends in this piece of the CSV file.
    lines: u64,
    layout: &'a CsvLayout,
}

/// Opens a CSV file and reads the header. Returns the layout of the file and the column names, which may be empty.
pub(super) fn open(
    file: &str,
    text: &[u8],
    csv_settings: &CsvSettings,
) -> Result<(CsvLayout, Vec<String>), TableError> {
    let (dialect, before) = Dialect::of(text, csv_settings.separator, csv_settings.quote);
    let body = text.get(before..).unwrap_or_default();
    let mut reader = dialect.reader().from_reader(body);
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(|source| TableError::Csv { file: file.to_owned(), source })? {
        return Err(TableError::NoHeader(file.to_owned()));
    }
    let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    let start = before.saturating_add(usize::try_from(reader.position().byte()).unwrap_or(usize::MAX));
    let line = reader.position().line() + newlines(text.get(..before).unwrap_or_default());
    if quotes::cuts(text.get(before..start).unwrap_or_default(), dialect, usize::MAX).is_err() {
        let line = 1 + newlines(text.get(..before).unwrap_or_default());
        return Err(TableError::UnclosedQuote(FilePlace { file: file.to_owned(), line, is_row: false }));
    }
    let layout = CsvLayout { dialect, start, line, end: text.len(), header: record, ..CsvLayout::default() };
    let layout = layout.cut(file, text)?;
    let named = header::named(&names);
    header::check(file, &named).map_err(|error| match heading(text, &layout) {
        Heading::Values => TableError::NoHeaderRow(file.to_owned()),
        Heading::Names | Heading::Unclear => error,
    })?;
    Ok((layout, names))
}

/// Returns whether the first row of a CSV file holds column names or data.
pub(super) fn heading(text: &[u8], layout: &CsvLayout) -> Heading {
    let fields = layout.header.iter();
    let names: Vec<String> = fields.map(|field| field.trim().to_owned()).collect();
    heading::judge(&names, layout.rows(text), layout.dialect)
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

impl CsvLayout {
    fn rows<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        text.get(self.start..self.end).unwrap_or_default()
    }

    fn cut(mut self, file: &str, text: &[u8]) -> Result<Self, TableError> {
        let unclosed = |before: usize| {
            let line = self.line + newlines(self.rows(text).get(..before).unwrap_or_default());
            TableError::UnclosedQuote(FilePlace { file: file.to_owned(), line, is_row: false })
        };
        self.cuts = quotes::cuts(self.rows(text), self.dialect, PIECE).map_err(unclosed)?;
        if let Some(start) = total::last(self.rows(text), self.dialect) {
            let kept = self.rows(text).get(..start).unwrap_or_default();
            self.total = Some(self.line + newlines(kept));
            self.end = self.start + start;
            self.cuts.retain(|cut| *cut < start);
        }
        self.lines = self.pieces(self.rows(text)).into_par_iter().map(newlines).collect();
        Ok(self)
    }

    /// Divides the bytes `rows` of a CSV file into pieces that end at row ends.
    fn pieces<'a>(&self, rows: &'a [u8]) -> Vec<&'a [u8]> {
        // `rows` follow the header.
        let mut from = 0;
        let ends = self.cuts.iter().copied().chain([rows.len()]);
        ends.map(|to| rows.get(std::mem::replace(&mut from, to)..to).unwrap_or_default()).collect()
    }

    /// Returns the maximum number of rows that the CSV file can have.
    pub(super) fn most_rows(&self) -> u64 {
        // Empty rows count, too.
        self.lines.iter().sum::<u64>() + 1
    }
}

impl<'a> CsvRows<'a> {
    /// Divides the rows of a CSV file into pieces for parallel reading.
    pub(super) fn cut(file: u32, text: &'a [u8], layout: &'a CsvLayout) -> Vec<Self> {
        // `file` is the index of the file in the table.
        let mut line = layout.line;
        let pieces = layout.pieces(layout.rows(text)).into_iter().zip(&layout.lines);
        let pieces = pieces.map(|(bytes, lines)| {
            let rows = Self { file, bytes, line, lines: *lines, layout };
            line += lines;
            rows
        });
        pieces.filter(|rows| !rows.bytes.is_empty()).collect()
    }

    /// Returns a sample of a CSV file: some complete rows from the beginning and from the middle.
    pub(super) fn read_sample(file: u32, text: &'a [u8], layout: &'a CsvLayout) -> Vec<Self> {
        // Only a long file has a sample from the middle. A last row that is incomplete is removed.
        let rows = layout.rows(text);
        let middle = if rows.len() > 4 * SAMPLE { layout.cuts.get(layout.cuts.len() / 2).copied() } else { None };
        let part = |from: usize| {
            let part = rows.get(from..).unwrap_or_default();
            let part = part.get(..SAMPLE.min(part.len())).unwrap_or_default();
            let end =
                if part.len() < SAMPLE { part.len() } else { memchr::memrchr(b'\n', part).map_or(0, |end| end + 1) };
            Self { file, bytes: part.get(..end).unwrap_or_default(), line: layout.line, lines: 0, layout }
        };
        [Some(0), middle].into_iter().flatten().map(part).collect()
    }

    /// Returns the maximum number of rows that this piece of a CSV file can have.
    pub(super) fn most(&self) -> usize {
        self.lines as usize + 1
    }

    /// Passes every cell in this piece of a CSV file to `reader`.
    pub(super) fn read(&self, file: &str, order: &[usize], reader: &mut impl CellReader) -> Result<(), TableError> {
        // `order` has for each field of a row the index of its column in the table.
        let mut to = RowSink { rows: self, file, order, reader };
        match std::str::from_utf8(self.bytes) {
            Ok(text) if memchr(self.layout.dialect.quote, self.bytes).is_none() => to.plain(text),
            _ => to.quoted(),
        }
    }

    /// Returns the line number at which a row of the CSV file begins.
    fn line(&self, record: &StringRecord) -> u64 {
        // The CSV reader reports the position before the empty lines that it skips. These lines are added here.
        let Some(position) = record.position() else { return 0 };
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let from = self.bytes.get(start..).unwrap_or_default();
        let skipped =
            from.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
        // The CSV reader counts lines from 1.
        self.line + position.line() - 1 + skipped as u64
    }
}

/// Part of the CSV reader: passes the cells of one piece of the file to a receiver of cells.
struct RowSink<'a, R> {
    rows: &'a CsvRows<'a>,
    file: &'a str,
    order: &'a [usize],
    reader: &'a mut R,
}

impl<R: CellReader> RowSink<'_, R> {
    /// Reads CSV rows without quotes, which is fast.
    fn plain(&mut self, text: &str) -> Result<(), TableError> {
        // Each line is a row, and each separator ends a field.
        let (bytes, separator) = (text.as_bytes(), self.rows.layout.dialect.separator);
        let (mut start, mut line) = (0, self.rows.line);
        while let Some(first) = bytes.get(start) {
            if matches!(first, b'\r' | b'\n') {
                line += u64::from(*first == b'\n');
                start += 1;
                continue;
            }
            let rest = bytes.get(start..).unwrap_or_default();
            let end = start + memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let record = text.get(start..end).unwrap_or_default();
            let width = 1 + memchr_iter(separator, record.as_bytes()).count();
            let is_empty = record.bytes().all(|byte| byte == separator || byte.is_ascii_whitespace());
            self.record(line, width, is_empty, Fields { rest: Some(record), separator })?;
            start = end;
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), TableError> {
        let mut records = self.rows.layout.dialect.reader().from_reader(self.rows.bytes);
        // The whole file was checked to be UTF-8, so each row is valid UTF-8, too.
        let mut record = StringRecord::new();
        let damaged = |source| TableError::Csv { file: self.file.to_owned(), source };
        while records.read_record(&mut record).map_err(damaged)? {
            let is_empty = record.as_slice().bytes().all(|byte| byte.is_ascii_whitespace());
            self.record(self.rows.line(&record), record.len(), is_empty, record.iter())?;
        }
        Ok(())
    }

    /// Passes the cells of one CSV row to the receiver of cells. Returns an error if the number of fields is wrong.
    fn record<'r>(
        &mut self,
        line: u64,
        width: usize,
        is_empty: bool,
        fields: impl Iterator<Item = &'r str> + Clone,
    ) -> Result<(), TableError> {
        // An empty row or a repeated header is reported as left out.
        let at = RowPosition { file: self.rows.file, line };
        if is_empty && (width > 1 || width != self.order.len()) {
            self.reader.left_out(at, OddRow::Empty);
        } else if width != self.order.len() {
            let place = FilePlace { file: self.file.to_owned(), line, is_row: false };
            return Err(TableError::Ragged { place, found: width, expected: self.order.len() });
        } else if self.is_header(fields.clone()) {
            self.reader.left_out(at, OddRow::RepeatedHeader);
        } else {
            for (column, cell) in self.order.iter().zip(fields) {
                self.reader.cell(*column, at, FileCell::Untyped(trimmed(cell)));
            }
        }
        Ok(())
    }

    fn is_header<'r>(&self, fields: impl Iterator<Item = &'r str>) -> bool {
        fields.eq(self.rows.layout.header.iter())
    }
}

// The iterator searches the next separator byte by byte, which is fastest for short fields.
/// Iterator over the fields of a CSV row without quotes.
#[derive(Clone)]
struct Fields<'r> {
    rest: Option<&'r str>,
    separator: u8,
}

impl<'r> Iterator for Fields<'r> {
    type Item = &'r str;

    #[inline]
    fn next(&mut self) -> Option<&'r str> {
        let rest = self.rest?;
        let Some(end) = rest.bytes().position(|byte| byte == self.separator) else { return self.rest.take() };
        self.rest = rest.get(end + 1..);
        rest.get(..end)
    }
}

/// Removes the blanks around a cell of a CSV file.
#[inline]
fn trimmed(cell: &str) -> &str {
    // A fast check comes first, because nearly all cells have no blanks.
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if is_plain(cell.as_bytes().first()) && is_plain(cell.as_bytes().last()) { cell } else { cell.trim() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Cells(Vec<(usize, u64, String)>);

    impl CellReader for Cells {
        fn cell(&mut self, column: usize, at: RowPosition, cell: FileCell<'_>) {
            self.0.push((column, at.line, cell.text().into_owned()));
        }
    }

    fn cells(csv: &str, size: usize) -> Vec<(usize, u64, String)> {
        let (layout, names) = open("a.csv", csv.as_bytes(), &CsvSettings::default()).unwrap();
        let order: Vec<usize> = (0..names.len()).collect();
        let cuts = quotes::cuts(layout.rows(csv.as_bytes()), layout.dialect, size).unwrap();
        let layout = CsvLayout { cuts, ..layout };
        let lines = layout.pieces(layout.rows(csv.as_bytes())).into_iter().map(newlines).collect();
        let layout = CsvLayout { lines, ..layout };
        let mut cells = Cells::default();
        for piece in CsvRows::cut(0, csv.as_bytes(), &layout) {
            piece.read("a.csv", &order, &mut cells).unwrap();
        }
        cells.0
    }

    #[test]
    fn pieces_together_are_the_whole_file_in_order() {
        let csv = "a, b\r\n1,x\r\n\r\n\n 2 , y\n3,\n\"4\n\",z";
        let whole = cells(csv, usize::MAX);
        let lines: Vec<u64> = whole.iter().step_by(2).map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [2, 5, 6, 7]);
        assert_eq!(whole[3], (1, 5, "y".to_owned()));
        for size in 0..csv.len() {
            assert_eq!(cells(csv, size), whole, "{size}");
        }
    }

    #[test]
    fn a_table_with_quotes_is_read_in_pieces_too() {
        let csv = format!("a\n\"x\ny\"\n{}", "1\n".repeat(PIECE));
        let (layout, _) = open("a.csv", csv.as_bytes(), &CsvSettings::default()).unwrap();
        assert!(CsvRows::cut(0, csv.as_bytes(), &layout).len() > 1);
    }
}
