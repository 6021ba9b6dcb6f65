//! Cuts CSV text outside of quotes.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader};

use super::{CutError, HeaderRow, PieceBuilder, TextCuts, check};

/// Size of the buffer into which the state machine writes fields. They are not used.
const SCRATCH: usize = 16 * 1024;
/// Number of ends of fields that the state machine can write at once. They are not used either.
const ENDS: usize = 1024;
/// Length of the byte order mark of UTF-8.
const BOM_BYTES: usize = 3;

#[derive(Debug)]
pub(super) struct CsvCutter {
    reader: Reader,
    scratch: Vec<u8>,
    ends: Vec<usize>,
    pieces: PieceBuilder,
    /// Number of bytes so far.
    at: u64,
    /// Number of bytes of the current row so far.
    row: u64,
    /// The first bytes of the file, until there are enough of them to recognise a byte order mark. `None` after that.
    first: Option<Vec<u8>>,
    /// The bytes of the row of names, until it ends.
    head: Vec<u8>,
    header: Option<HeaderRow>,
}

impl CsvCutter {
    pub(super) fn new(target: u64) -> Self {
        Self {
            reader: Reader::new(),
            scratch: vec![0; SCRATCH],
            ends: vec![0; ENDS],
            pieces: PieceBuilder::new(target),
            at: 0,
            row: 0,
            first: Some(Vec::new()),
            head: Vec::new(),
            header: None,
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        let Some(mut first) = self.first.take() else { return self.read(bytes) };
        first.extend_from_slice(bytes);
        if first.len() < BOM_BYTES {
            self.first = Some(first);
            return Ok(());
        }
        self.read(&first)
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (taken, _) = self.step(rest)?;
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads up to the end of a row or of `bytes`. Returns the number of bytes that were read, and whether the text has
    /// ended. Empty `bytes` end it.
    fn step(&mut self, bytes: &[u8]) -> Result<(usize, bool), CutError> {
        let (result, taken, _, _) = self.reader.read_record(bytes, &mut self.scratch, &mut self.ends);
        self.at += taken as u64;
        self.row += taken as u64;
        if self.header.is_none() {
            self.head.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        }
        check(self.pieces.row(), self.row)?;
        if result == ReadRecordResult::Record {
            self.end_row()?;
        }
        Ok((taken, result == ReadRecordResult::End))
    }

    fn end_row(&mut self) -> Result<(), CutError> {
        self.row = 0;
        if self.header.is_some() {
            self.pieces.end_row(self.at);
            return Ok(());
        }
        let head = std::mem::take(&mut self.head);
        let text = header_text(&head).ok_or(CutError::Header)?.to_owned();
        self.header = Some(HeaderRow { text, end: self.at });
        self.pieces.start = self.at;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<TextCuts, CutError> {
        if let Some(first) = self.first.take() {
            self.read(&first)?;
        }
        while !self.step(&[])?.1 {}
        self.pieces.end_piece(self.at);
        let header = Some(self.header.ok_or(CutError::Header)?);
        Ok(TextCuts { header, pieces: self.pieces.pieces })
    }
}

/// Returns the row of names, without a byte order mark and without line ends. `head` are the bytes of the file up to its end.
/// `None` if it is not UTF-8.
pub(crate) fn header_text(head: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(head).ok()?;
    Some(text.trim_start_matches('\u{feff}').trim_matches(['\r', '\n']))
}

/// Returns the offsets of the rows in a piece: where each begins, and the end of the last one.
pub(crate) fn offsets(piece: &[u8]) -> Vec<usize> {
    // An empty line is no row. After it, the reader takes a byte order mark for text, as the cutter does inside a file.
    let text = b"\n".chain(piece);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let (mut record, mut starts) = (csv::ByteRecord::new(), vec![0]);
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        starts.push(end.saturating_sub(1).min(piece.len()));
    }
    starts
}
