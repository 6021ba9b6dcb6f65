//! Remembers parsed texts. In most columns of texts, few different texts repeat.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::cell::{FileCell, ParsedCell, TextForm};
use super::marks::MissingMarks;
use super::signs::Signs;

/// Maximum number of remembered texts, and maximum bytes of each.
const MAX_TEXTS: usize = 2048;
const MAX_BYTES: usize = 64;

/// The parsed texts of a column.
#[derive(Debug, Default)]
pub(super) struct Memo {
    known: HashMap<Box<str>, ParsedCell, FixedState>,
    is_off: bool,
}

impl Memo {
    /// Creates a memo that remembers nothing, for a column whose texts hardly repeat.
    pub(super) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// Parses `cell` in a column of this form. Plain numbers report how they are written only if `all` is set.
    #[inline]
    pub(super) fn parse(&mut self, cell: &FileCell<'_>, form: TextForm, marks: &MissingMarks, all: bool) -> ParsedCell {
        match cell.parse_plain(form, marks) {
            Some(value) if !all => ParsedCell { value, signs: Signs::default(), words: 0 },
            _ => self.parse_text(cell, form, marks),
        }
    }

    fn parse_text(&mut self, cell: &FileCell<'_>, form: TextForm, marks: &MissingMarks) -> ParsedCell {
        let FileCell::Untyped(text) = *cell else { return cell.parse(form, marks) };
        // If so many texts differ, the next text is hardly a known one.
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
