//! The rows of a part as text, in a form that the reader of `/predict` reads.

use std::ops::Range;

use evergreen_rows::{CsvHeader, RowSource};

use crate::cut::{delimited_offsets, line_offsets};

/// Rows of text, which can be read some at a time.
#[derive(Debug)]
pub(crate) struct PartRows<'a> {
    /// The row of names. `None` if each row is a line of JSON.
    header: Option<&'a str>,
    bytes: &'a [u8],
    /// Where each row begins, and the end of the last one.
    offsets: Vec<usize>,
}

impl<'a> PartRows<'a> {
    /// Finds the rows of comma-separated values without their row of names.
    pub(crate) fn csv(header: &'a str, bytes: &'a [u8]) -> Self {
        Self { header: Some(header), bytes, offsets: delimited_offsets(bytes) }
    }

    /// Finds the rows of JSON lines.
    pub(crate) fn lines(bytes: &'a [u8]) -> Self {
        Self { header: None, bytes, offsets: line_offsets(bytes) }
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns the text of some rows, without the row of names.
    pub(crate) fn bytes_of(&self, rows: &Range<usize>) -> &'a [u8] {
        let (start, end) = (self.offsets.get(rows.start), self.offsets.get(rows.end));
        start.zip(end).and_then(|(start, end)| self.bytes.get(*start..*end)).unwrap_or_default()
    }

    /// Returns some rows as the body of a request.
    ///
    /// # Errors
    /// The index of the first row that is not UTF-8, counted from the first of `rows`.
    pub(crate) fn source(&self, rows: &Range<usize>) -> Result<RowSource<'_>, usize> {
        let bytes = self.bytes_of(rows);
        let text = std::str::from_utf8(bytes).map_err(|error| self.row_at(rows, error.valid_up_to()))?;
        Ok(match self.header {
            Some(header) => RowSource::Csv(format!("{header}\n{text}").into(), CsvHeader::Required),
            None => RowSource::Lines(text.into()),
        })
    }

    /// Returns the index of the row that has the byte `at`, both counted from the first of `rows`.
    fn row_at(&self, rows: &Range<usize>, at: usize) -> usize {
        let at = at + self.offsets.get(rows.start).copied().unwrap_or_default();
        self.offsets.partition_point(|start| *start <= at).saturating_sub(1 + rows.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_not_utf_8_is_found() {
        let rows = PartRows::csv("a,b", b"1,2\n3,\"x\ny\"\n4,\xff\n5,6\n");
        assert_eq!(rows.len(), 4);
        assert_eq!(rows.source(&(0..4)).unwrap_err(), 2);
        assert_eq!(rows.source(&(1..4)).unwrap_err(), 1);
        assert_eq!(rows.bytes_of(&(1..2)), b"3,\"x\ny\"\n");
        assert!(rows.source(&(0..2)).is_ok());
    }
}
