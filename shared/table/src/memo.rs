//! Texts that were read already: in most columns of texts few come again and again.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::cell::{Cell, Form, Seen};
use super::marks::Marks;
use super::signs::Signs;

/// Maximum number of texts that are remembered, and of bytes of each.
const MAX_TEXTS: usize = 2048;
const MAX_BYTES: usize = 64;

/// What texts of a column were read as.
#[derive(Debug, Default)]
pub(super) struct Memo {
    known: HashMap<Box<str>, Seen, FixedState>,
    is_off: bool,
}

impl Memo {
    /// One that remembers nothing, of a column in which hardly a text comes again.
    pub(super) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// What `cell` is read as in a column of that form, and how it is written; plain numbers tell nothing unless it is asked
    /// for `all`.
    #[inline]
    pub(super) fn seen(&mut self, cell: &Cell<'_>, form: Form, marks: &Marks, all: bool) -> Seen {
        match cell.at_once(form, marks) {
            Some(value) if !all => Seen { value, signs: Signs::default(), words: 0 },
            _ => self.of_text(cell, form, marks),
        }
    }

    fn of_text(&mut self, cell: &Cell<'_>, form: Form, marks: &Marks) -> Seen {
        let Cell::Untyped(text) = *cell else { return cell.seen(form, marks) };
        // Where so many differ, the next one is hardly among them.
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
