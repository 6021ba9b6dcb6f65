//! Remembers parsed texts. In most columns of texts, few different texts repeat.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::cell::{Cell, Form, Seen};
use super::marks::Marks;
use super::signs::Signs;

/// Maximum number of remembered texts, and maximum bytes of each.
const MAX_TEXTS: usize = 2048;
const MAX_BYTES: usize = 64;

/// The parsed texts of a column.
#[derive(Debug, Default)]
pub(super) struct Memo {
    known: HashMap<Box<str>, Seen, FixedState>,
    is_off: bool,
}

impl Memo {
    /// Creates a memo that remembers nothing, for a column whose texts hardly repeat.
    pub(super) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// Parses `cell` in a column of this form. Plain numbers report how they are written only if `all` is set.
    #[inline]
    pub(super) fn seen(&mut self, cell: &Cell<'_>, form: Form, marks: &Marks, all: bool) -> Seen {
        match cell.at_once(form, marks) {
            Some(value) if !all => Seen { value, signs: Signs::default(), words: 0 },
            _ => self.of_text(cell, form, marks),
        }
    }

    fn of_text(&mut self, cell: &Cell<'_>, form: Form, marks: &Marks) -> Seen {
        let Cell::Untyped(text) = *cell else { return cell.seen(form, marks) };
        // If so many texts differ, the next text is hardly a known one.
        if self.is_off || self.known.len() >= MAX_TEXTS || text.len() > MAX_BYTES {
            return cell.seen(form, marks);
        }
        if let Some(seen) = self.known.get(text) {
            return *seen;
        }
        let seen = cell.seen(form, marks);
        self.known.insert(text.into(), seen);
        seen
    }
}
