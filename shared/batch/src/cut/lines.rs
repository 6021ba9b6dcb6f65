//! Cuts JSON lines. A line without anything but blanks is no row.

use memchr::memchr;

use super::{CutError, PieceBuilder, TextCuts, check};

/// The mark of the byte order that some programs write at the beginning of UTF-8 text.
const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

#[derive(Debug)]
pub(super) struct LineCutter {
    pieces: PieceBuilder,
    /// Number of bytes so far.
    at: u64,
    /// Number of bytes of the current line so far.
    line: u64,
    is_row: bool,
}

impl LineCutter {
    pub(super) fn new(target: u64) -> Self {
        Self { pieces: PieceBuilder::new(target), at: 0, line: 0, is_row: false }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        let mut rest = bytes;
        while let Some(end) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            self.take(line)?;
            if self.is_row {
                self.pieces.end_row(self.at);
            }
            (self.line, self.is_row, rest) = (0, false, after);
        }
        self.take(rest)
    }

    /// Reads bytes of one line.
    fn take(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        self.at += bytes.len() as u64;
        self.line += bytes.len() as u64;
        self.is_row |= !is_blank(bytes);
        check(self.pieces.row(), self.line)
    }

    pub(super) fn finish(mut self) -> TextCuts {
        if self.is_row {
            self.pieces.end_row(self.at);
        }
        self.pieces.end_piece(self.at);
        TextCuts { header: None, pieces: self.pieces.pieces }
    }
}

/// Returns whether a line, or a part of it, has only blanks.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Returns the offsets of the rows in a piece: where each begins, and the end of the last one.
pub(crate) fn offsets(piece: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = if piece.starts_with(BOM) { BOM.len() } else { 0 };
    let mut end = at;
    while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        if !rest.get(..length).is_none_or(is_blank) {
            starts.push(at);
            end = at + length;
        }
        at += length;
    }
    starts.push(end);
    starts
}
