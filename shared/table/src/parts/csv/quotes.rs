//! Checks the quotes of a CSV file and finds the row ends at which the file can be divided into pieces.
//!
//! A line end within quotes does not end a row. If a quote is never closed, the rest of the file would be part of one
//! field.

use memchr::memchr;

use crate::dialect::Dialect;

/// Finds the byte offsets at which CSV text can be divided into pieces of about `size` bytes. Each offset is the start
/// of a row.
///
/// # Errors
/// Returns the byte offset of the first quote that is not closed.
pub(super) fn cuts(text: &[u8], dialect: Dialect, size: usize) -> Result<Vec<usize>, usize> {
    let mut cuts = Cuts { text, size, next: size, found: Vec::new() };
    let mut from = 0;
    while let Some(open) = find(text, dialect.quote, from) {
        cuts.between(from, open);
        from = if begins_field(text, open, dialect) { closed(text, dialect.quote, open)? } else { open + 1 };
    }
    cuts.between(from, text.len());
    Ok(cuts.found)
}

struct Cuts<'a> {
    text: &'a [u8],
    size: usize,
    /// Byte offset from which the search for the next row end starts.
    next: usize,
    found: Vec<usize>,
}

impl Cuts<'_> {
    /// Finds the offsets at which CSV text can be divided, between the byte offsets `from` and `to`.
    fn between(&mut self, from: usize, to: usize) {
        // The text between them must have no quotes.
        while self.next < to {
            let part = self.text.get(..to).unwrap_or_default();
            let Some(end) = find(part, b'\n', self.next.max(from)) else { return };
            self.found.push(end + 1);
            self.next = (end + 1).saturating_add(self.size);
        }
    }
}

fn find(text: &[u8], byte: u8, from: usize) -> Option<usize> {
    memchr(byte, text.get(from..)?).map(|after| from + after)
}

fn begins_field(text: &[u8], at: usize, dialect: Dialect) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    before.is_none_or(|byte| *byte == dialect.separator || matches!(byte, b'\r' | b'\n'))
}

/// Finds the end of a quoted CSV field that begins at the byte offset `open`. Returns the offset after the field.
fn closed(text: &[u8], quote: u8, open: usize) -> Result<usize, usize> {
    let mut from = open + 1;
    while let Some(found) = find(text, quote, from) {
        // A doubled quote is one character of the field.
        if text.get(found + 1) != Some(&quote) {
            return Ok(found + 1);
        }
        from = found + 2;
    }
    // No quote closes the field.
    Err(open)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unclosed(text: &[u8]) -> Option<usize> {
        cuts(text, Dialect::default(), usize::MAX).err()
    }

    #[test]
    fn the_quote_that_begins_the_field_is_found() {
        assert_eq!(unclosed(b"a,b\n1,\"x\n2,y\n"), Some(6));
        assert_eq!(unclosed(b"a,b\n\"1\",\"x \"\" \n2,y\n"), Some(8));
        assert_eq!(unclosed(b"\""), Some(0));
    }

    #[test]
    fn closed_quotes_and_quotes_within_a_field_are_valid() {
        for text in ["", "a,b", "\"a\"", "\"a \"\"b\"\"\n,\",c", "6\" pipe,1", "\"a\"b\",c", "\"\"", "\"\"\"\"", " \"a"]
        {
            assert_eq!(unclosed(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_file_is_cut_between_rows_and_never_within_quotes() {
        let text = b"a,\"x\ny\"\nb,z\n\"c\n\",1\nd,2\n";
        assert_eq!(cuts(text, Dialect::default(), 1), Ok(vec![8, 12, 19, 23]));
        assert_eq!(cuts(text, Dialect::default(), 9), Ok(vec![12, 23]));
        assert_eq!(cuts(text, Dialect::default(), 100), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn a_closing_quote_is_followed_by_a_separator(text in "[ab\", \r\n]{0,24}") {
            let longer = format!("{text}\nend");
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(longer.as_bytes());
            let last = reader.records().map(Result::unwrap).last();
            let is_row = last.is_some_and(|record| record.iter().eq(["end"]));
            prop_assert_eq!(unclosed(text.as_bytes()).is_none(), is_row);
        }
    }
}
