//! Cache of parsed texts, so that a repeated text is not parsed again.
//!
//! In most text columns, few different texts repeat.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::cell::{FileCell, ParsedCell, TextForm};
use super::marks::MissingMarks;
use super::signs::Signs;

/// Cache of parsed texts: maximum number of different texts for each column.
const MAX_TEXTS: usize = 2048;
/// Cache of parsed texts: maximum length in bytes of a text. Longer texts are parsed each time.
const MAX_BYTES: usize = 64;

/// Cache of the parsed texts of one column.
#[derive(Debug, Default)]
pub(super) struct Memo {
    known: HashMap<Box<str>, ParsedCell, FixedState>,
    is_off: bool,
}

impl Memo {
    /// Creates a cache that stores nothing, for a column whose texts hardly ever repeat.
    pub(super) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// Parses a cell of a data file, or returns its value from the cache of parsed texts.
    #[inline]
    pub(super) fn parse(&mut self, cell: &FileCell<'_>, form: TextForm, marks: &MissingMarks, all: bool) -> ParsedCell {
        // `form` says whether numbers have a decimal comma, and whether dates begin with the month. If `all` is false,
        // it is not reported how plain numbers are written, which is faster.
        match cell.parse_plain(form, marks) {
            Some(value) if !all => ParsedCell { value, signs: Signs::default(), words: 0 },
            _ => self.parse_text(cell, form, marks),
        }
    }

    fn parse_text(&mut self, cell: &FileCell<'_>, form: TextForm, marks: &MissingMarks) -> ParsedCell {
        let FileCell::Untyped(text) = *cell else { return cell.parse(form, marks) };
        // If the cache is full, the texts rarely repeat, and the next text is probably new as well.
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
