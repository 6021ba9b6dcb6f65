//! Detects the separator and the quote character of a CSV file.

use csv::{ByteRecord, ReaderBuilder};

/// Maximum number of rows that are examined to detect the separator of a CSV file.
const MAX_RECORDS: usize = 500;

/// Number of bytes at the start of a CSV file that are examined to detect the separator and the quote character.
const MAX_BYTES: usize = 1 << 20;

/// Separators that are tried for a CSV file, in order of preference.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The separator and the quote character of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) separator: u8,
    pub(crate) quote: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { separator: b',', quote: b'"' }
    }
}

impl Dialect {
    /// Detects the separator and the quote character of a CSV text. A given `separator` or `quote` is used as it is.
    pub(crate) fn of(text: &[u8], separator: Option<u8>, quote: Option<u8>) -> (Self, usize) {
        // The second result is the length in bytes of a first line such as `sep=;`, or 0 without this line.
        let (announced, before) = announced(text);
        let rows = text.get(before..).unwrap_or_default();
        let quote = quote.unwrap_or_else(|| detect_quote(rows));
        let separator = separator.or(announced).unwrap_or_else(|| detect_separator(rows, quote));
        (Self { separator, quote }, before)
    }

    /// Returns a builder of CSV readers with this separator and quote character.
    pub(crate) fn reader(self) -> ReaderBuilder {
        // The readers treat the header like any other row.
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.separator).quote(self.quote);
        builder
    }

    /// Returns the separator in words, for notes to the user.
    pub(crate) fn separator_name(self) -> String {
        match self.separator {
            b'\t' => "tabs".to_owned(),
            other => format!("`{}`", char::from(other)),
        }
    }
}

/// Parses a first line such as `sep=;`, which Excel may write above the header. Returns the separator and the length of
/// the line in bytes.
fn announced(text: &[u8]) -> (Option<u8>, usize) {
    // The result is `None` and 0 without this line.
    let end = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| end + 1);
    let line = text.get(..end).unwrap_or_default().trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => (Some(*separator), end),
        // The line ended with a tab as the separator. The tab was trimmed with the line end.
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'='] => (Some(b'\t'), end),
        _ => (None, 0),
    }
}

fn detect_separator(text: &[u8], quote: u8) -> u8 {
    let scores = SEPARATORS.map(|separator| (score(text, Dialect { separator, quote }), separator));
    let best = scores.iter().map(|(score, _)| *score).max().unwrap_or_default();
    scores.into_iter().find(|(score, _)| *score == best && best.1 > 1).map_or(b',', |(_, separator)| separator)
}

/// Scores how well a separator fits a CSV text. Returns the score (0–1000) and the number of fields in the first row.
fn score(text: &[u8], dialect: Dialect) -> (usize, usize) {
    // The score is how many rows in a thousand have as many fields as the first row. It is 0 if the first row has a
    // single field.
    let mut reader = dialect.reader().from_reader(text.get(..MAX_BYTES.min(text.len())).unwrap_or_default());
    let mut record = ByteRecord::new();
    let (mut width, mut alike, mut records) = (0, 0, 0);
    while records < MAX_RECORDS && reader.read_byte_record(&mut record).unwrap_or(false) {
        if records == 0 {
            width = record.len();
        }
        alike += usize::from(record.len() == width);
        records += 1;
    }
    if width > 1 { (alike * 1000 / records.max(1), width) } else { (0, width) }
}

/// Detects the quote character of a CSV text: the single or the double quote.
fn detect_quote(text: &[u8]) -> u8 {
    // Single quotes: several fields are in single quotes, and no field begins with a double quote.
    let text = text.get(..MAX_BYTES.min(text.len())).unwrap_or_default();
    let begins = |quote: u8| {
        let pairs = text.windows(2);
        pairs.filter(|pair| matches!(pair, [b',' | b';' | b'\t' | b'|' | b'\n', found] if *found == quote)).count()
    };
    let ends = |quote: u8| {
        let pairs = text.windows(2);
        let after = |byte: u8| matches!(byte, b',' | b';' | b'\t' | b'|' | b'\n' | b'\r');
        pairs.filter(|pair| matches!(pair, [found, end] if *found == quote && after(*end))).count()
    };
    let single = begins(b'\'');
    if single > 1 && begins(b'"') == 0 && ends(b'\'').abs_diff(single) <= 1 { b'\'' } else { b'"' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(text: &str) -> (char, char, usize) {
        let (dialect, before) = Dialect::of(text.as_bytes(), None, None);
        (char::from(dialect.separator), char::from(dialect.quote), before)
    }

    #[test]
    fn the_separator_makes_all_rows_as_wide_as_the_header() {
        assert_eq!(detected("a,b\n1,2\n3,4\n").0, ',');
        assert_eq!(detected("a;b;c\n1,5;x;2\n2,5;y;3\n").0, ';');
        assert_eq!(detected("a\tb\n1,5\t2\n").0, '\t');
        assert_eq!(detected("a|b\n1|2\n").0, '|');
        assert_eq!(detected("a;b\n\"x;y\";2\n").0, ';');
        assert_eq!(detected("text\nhello, you\nbye; now\n").0, ',', "one column");
        assert_eq!(detected("a,b\n1\n2\n3,4\n").0, ',', "rows that are cut off are refused, and not read otherwise");
    }

    #[test]
    fn the_separator_line_of_excel_is_read() {
        assert_eq!(detected("sep=;\r\na;b\n1;2\n"), (';', '"', 7));
        assert_eq!(detected("sep=\t\na\tb\n"), ('\t', '"', 6));
        assert_eq!(detected("\"sep=,\"\na,b\n").2, 8);
        assert_eq!(detected("sep\n1\n").2, 0);
    }

    #[test]
    fn single_quotes_are_told() {
        assert_eq!(detected("a,b\n'x, y',1\n'z',2\n").1, '\'');
        assert_eq!(detected("a,b\n'tis,1\n\"z\",2\n").1, '"');
    }
}
