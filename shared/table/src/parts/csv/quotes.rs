//! Quotes that are not closed: a field would go on to the end of the file, and the rows after it would be lost in it.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a field's first byte.
    Start,
    /// In a field, or a part of one, in which a quote is a character like others.
    Plain,
    /// Within quotes that begin at that byte.
    Quoted(usize),
    /// After a quote within quotes that begin at that byte: it closes them, or it is the first of two that are one character.
    Quote(usize),
}

/// Where the quote stands that is not closed, if there is one.
pub(super) fn unclosed(text: &[u8]) -> Option<usize> {
    let first = text.iter().position(|byte| *byte == b'"')?;
    // The field in which the first quote stands begins after the last separator before it.
    let start = text.iter().take(first).rposition(|byte| is_separator(*byte)).map_or(0, |before| before + 1);
    let bytes = text.iter().enumerate().skip(start);
    match bytes.fold(State::Start, |state, (at, byte)| state.then(at, *byte)) {
        State::Quoted(from) => Some(from),
        _ => None,
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b'\r' | b'\n')
}

impl State {
    fn then(self, at: usize, byte: u8) -> Self {
        match (self, byte) {
            (Self::Quoted(from), b'"') => Self::Quote(from),
            (Self::Quoted(from), _) | (Self::Quote(from), b'"') => Self::Quoted(from),
            (_, byte) if is_separator(byte) => Self::Start,
            (Self::Start, b'"') => Self::Quoted(at),
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_quote_that_begins_the_field_is_found() {
        assert_eq!(unclosed(b"a,b\n1,\"x\n2,y\n"), Some(6));
        assert_eq!(unclosed(b"a,b\n\"1\",\"x \"\" \n2,y\n"), Some(8));
        assert_eq!(unclosed(b"\""), Some(0));
    }

    #[test]
    fn closed_quotes_and_quotes_within_a_field_are_sound() {
        for text in ["", "a,b", "\"a\"", "\"a \"\"b\"\"\n,\",c", "6\" pipe,1", "\"a\"b\",c", "\"\"", "\"\"\"\"", " \"a"]
        {
            assert_eq!(unclosed(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn quotes_are_closed_where_the_reader_of_csv_sees_a_row_after_them(text in "[ab\", \r\n]{0,24}") {
            let longer = format!("{text}\nend");
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(longer.as_bytes());
            let last = reader.records().map(Result::unwrap).last();
            let is_row = last.is_some_and(|record| record.iter().eq(["end"]));
            prop_assert_eq!(unclosed(text.as_bytes()).is_none(), is_row);
        }
    }
}
