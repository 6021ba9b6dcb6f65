//! CSV.

mod heading;
mod quotes;
mod sample;

use csv::{ByteRecord, ReaderBuilder, StringRecord};

pub(super) use self::heading::Heading;
pub(crate) use self::sample::Sample;
use super::{At, Reader, header};
use crate::cell::Cell;
use crate::{Place, TableError};

/// Bytes of a piece, about: its values may take several times as much.
pub(crate) const PIECE: usize = 4 << 20;

/// Where the rows of a file begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    byte: usize,
    line: u64,
}

/// Some rows of a file.
pub(super) struct Rows<'a> {
    file: u32,
    bytes: &'a [u8],
    /// The line that `bytes` begin with.
    line: u64,
}

/// Checks the text and reads the header: where the rows begin, and the columns' names.
pub(super) fn open(file: &str, bytes: &[u8]) -> Result<(Start, Vec<String>), TableError> {
    check_format(file, bytes)?;
    check_utf8(file, bytes)?;
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = bytes.get(mark..).unwrap_or_default();
    if let Some(before) = quotes::unclosed(text) {
        let line = 1 + newlines(text.get(..before).unwrap_or_default());
        return Err(TableError::UnclosedQuote(Place { file: file.to_owned(), line, is_row: false }));
    }
    let mut reader = builder().from_reader(text);
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(|source| TableError::Csv { file: file.to_owned(), source })? {
        return Err(TableError::NoHeader(file.to_owned()));
    }
    let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    let byte = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
    let start = Start { byte: mark.saturating_add(byte), line: reader.position().line() };
    header::check(file, &names).map_err(|error| match heading(&names, bytes, start) {
        Heading::Values => TableError::NoHeaderRow(file.to_owned()),
        Heading::Names | Heading::Unclear => error,
    })?;
    Ok((start, names))
}

/// What the first record, `names`, is; the rows begin at `start`.
pub(super) fn heading(names: &[String], bytes: &[u8], start: Start) -> Heading {
    heading::judge(names, bytes.get(start.byte..).unwrap_or_default())
}

/// Refuses what is known by its first bytes to be no CSV, whatever its name says.
fn check_format(file: &str, bytes: &[u8]) -> Result<(), TableError> {
    let known: [(&[u8], _, _); 3] = [
        (b"\x1f\x8b", "compressed by gzip", "a name that ends in .csv.gz"),
        (b"PAR1", "Parquet", "a name that ends in .parquet"),
        (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "a table that was exported as CSV"),
    ];
    match known.into_iter().find(|(magic, _, _)| bytes.starts_with(magic)) {
        Some((_, found, expected)) => Err(TableError::OtherFormat { file: file.to_owned(), found, expected }),
        None => Ok(()),
    }
}

fn builder() -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true);
    builder
}

fn check_utf8(file: &str, bytes: &[u8]) -> Result<(), TableError> {
    let Err(error) = std::str::from_utf8(bytes) else { return Ok(()) };
    let line = 1 + newlines(bytes.get(..error.valid_up_to()).unwrap_or_default());
    Err(TableError::NotUtf8(Place { file: file.to_owned(), line, is_row: false }))
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

impl<'a> Rows<'a> {
    /// Cuts the rows from `start` on into pieces, if it can: within quotes a line's end need not be a row's.
    pub(super) fn cut(file: u32, bytes: &'a [u8], start: Start) -> Vec<Self> {
        let mut rest = bytes.get(start.byte..).unwrap_or_default();
        let size = if rest.contains(&b'"') { usize::MAX } else { PIECE };
        Self::cut_by(file, &mut rest, start.line, size)
    }

    fn cut_by(file: u32, rest: &mut &'a [u8], mut line: u64, size: usize) -> Vec<Self> {
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let end = rest.iter().skip(size).position(|byte| *byte == b'\n').map(|after| size + after + 1);
            let (piece, after) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((*rest, &[]));
            pieces.push(Self { file, bytes: piece, line });
            line += newlines(piece);
            *rest = after;
        }
        pieces
    }

    /// Gives every cell to `reader`; `order` has the table's column for each field.
    pub(super) fn read(&self, file: &str, order: &[usize], reader: &mut impl Reader) -> Result<(), TableError> {
        let mut records = builder().from_reader(self.bytes);
        let mut record = ByteRecord::new();
        while records
            .read_byte_record(&mut record)
            .map_err(|source| TableError::Csv { file: file.to_owned(), source })?
        {
            let line = self.line(&record);
            if record.len() != order.len() {
                let place = Place { file: file.to_owned(), line, is_row: false };
                return Err(TableError::Ragged { place, found: record.len(), expected: order.len() });
            }
            let at = At { file: self.file, line };
            for (column, cell) in order.iter().zip(&record) {
                // The whole file was found to be text; fields end where characters do.
                reader.cell(*column, at, Cell::Untyped(std::str::from_utf8(cell).unwrap_or_default().trim()));
            }
        }
        Ok(())
    }

    /// The line on which a record begins. The reader's own position is before the empty lines that it skips.
    fn line(&self, record: &ByteRecord) -> u64 {
        let Some(position) = record.position() else { return 0 };
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let from = self.bytes.get(start..).unwrap_or_default();
        let skipped =
            from.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
        // The reader counts lines from 1.
        self.line + position.line() - 1 + skipped as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Cells(Vec<(usize, u64, String)>);

    impl Reader for Cells {
        fn cell(&mut self, column: usize, at: At, cell: Cell<'_>) {
            self.0.push((column, at.line, cell.text().into_owned()));
        }
    }

    fn cells(csv: &str, size: usize) -> Vec<(usize, u64, String)> {
        let (start, names) = open("a.csv", csv.as_bytes()).unwrap();
        let order: Vec<usize> = (0..names.len()).collect();
        let mut rest = csv.as_bytes().get(start.byte..).unwrap();
        let mut cells = Cells::default();
        for piece in Rows::cut_by(0, &mut rest, start.line, size) {
            piece.read("a.csv", &order, &mut cells).unwrap();
        }
        cells.0
    }

    #[test]
    fn pieces_together_are_the_whole_with_every_line_in_its_place() {
        let csv = "\u{feff}a, b\r\n1,x\r\n\r\n\n 2 , y\n3,\n\n4,z";
        let whole = cells(csv, usize::MAX);
        let lines: Vec<u64> = whole.iter().step_by(2).map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [2, 5, 6, 8]);
        assert_eq!(whole[3], (1, 5, "y".to_owned()));
        for size in 0..csv.len() {
            assert_eq!(cells(csv, size), whole, "{size}");
        }
    }

    #[test]
    fn a_table_with_quotes_is_one_piece() {
        let csv = format!("a\n\"x\ny\"\n{}", "1\n".repeat(PIECE));
        assert_eq!(Rows::cut(0, csv.as_bytes(), Start { byte: 2, line: 2 }).len(), 1);
        let plain = csv.replace("\"x\ny\"\n", "");
        assert!(Rows::cut(0, plain.as_bytes(), Start { byte: 2, line: 2 }).len() > 1);
    }
}
