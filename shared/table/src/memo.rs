//! Remembers the parsed values of texts, so that a repeated text is not parsed again. In most columns of texts, few
//! different texts repeat.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::cell::{FileCell, ParsedCell, TextForm};
use super::marks::MissingMarks;
use super::signs::Signs;

/// Maximum number of different texts that are remembered for a column.
const MAX_TEXTS: usize = 2048;
/// Maximum length in bytes of a text that is remembered. Longer texts are parsed each time.
const MAX_BYTES: usize = 64;

/// The texts of a column that were parsed already, with their values.
#[derive(Debug, Default)]
pub(super) struct Memo {
    known: HashMap<Box<str>, ParsedCell, FixedState>,
    is_off: bool,
}

impl Memo {
    /// Creates a memo that remembers nothing. It suits a column whose texts hardly repeat.
    pub(super) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// Parses `cell`, or returns its remembered value. `form` says how numbers and dates in the column are written. If
    /// `all` is false, the result does not say how a plain number is written, which is faster.
    #[inline]
    pub(super) fn parse(&mut self, cell: &FileCell<'_>, form: TextForm, marks: &MissingMarks, all: bool) -> ParsedCell {
        match cell.parse_plain(form, marks) {
            Some(value) if !all => ParsedCell { value, signs: Signs::default(), words: 0 },
            _ => self.parse_text(cell, form, marks),
        }
    }

    fn parse_text(&mut self, cell: &FileCell<'_>, form: TextForm, marks: &MissingMarks) -> ParsedCell {
        let FileCell::Untyped(text) = *cell else { return cell.parse(form, marks) };
        // If so many texts differ, the next text is probably new as well.
        if self.is_off || self.known.len() >= MAX_TEXTS || text.len() > MAX_BYTES {
            return cell.parse(form, marks);
        }
        if let Some(parsed) = self.known.get(text) {
            return *parsed;
        }
        let parsed = cell.parse(form, marks);
        self.known.insert(text.into(), parsed);
        parsed
    }
}
