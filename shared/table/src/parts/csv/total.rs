//! Detects a total row: the last row of a CSV file, if it holds sums of the rows above.

use csv::ByteRecord;
use memchr::memrchr;

use crate::dialect::Dialect;

/// Words at the start of a total row (a last row with sums), in lower case.
const WORDS: [&str; 14] = [
    "total",
    "totals",
    "grand total",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "totale",
    "totaal",
    "somme",
    "suma",
    "total general",
    "total général",
];

/// Maximum length in bytes of a total row (a last row with sums) in a CSV file.
const MAX_BYTES: usize = 64 << 10;

/// Returns the byte offset of the last CSV row if it is a total row, which begins with a word such as "total".
/// Otherwise `None`.
pub(super) fn last(rows: &[u8], dialect: Dialect) -> Option<usize> {
    let text = rows.trim_ascii_end();
    let tail = text.get(text.len().saturating_sub(MAX_BYTES)..)?;
    let start = text.len() - tail.len() + memrchr(b'\n', tail)? + 1;
    let before = text.get(..start)?.trim_ascii_end();
    let before_it = before.get(memrchr(b'\n', before).map_or(0, |end| end + 1)..)?;
    let is_total = |row: &[u8]| is_total(row, dialect);
    let first = text.split(|byte| *byte == b'\n').next()?;
    // Neither the first row nor the previous row may begin with such a word.
    (is_total(text.get(start..)?) && !is_total(before_it) && !is_total(first)).then_some(start)
}

fn is_total(row: &[u8], dialect: Dialect) -> bool {
    let mut record = ByteRecord::new();
    let is_read = dialect.reader().from_reader(row).read_byte_record(&mut record).unwrap_or(false);
    let first = record.iter().map(<[u8]>::trim_ascii).find(|cell| !cell.is_empty());
    let word = first.map(|cell| String::from_utf8_lossy(cell).trim_end_matches(':').trim_end().to_lowercase());
    is_read && record.len() > 1 && word.is_some_and(|word| WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rows: &str) -> Option<usize> {
        last(rows.as_bytes(), Dialect::default())
    }

    #[test]
    fn a_last_row_named_as_a_total_is_left_out() {
        assert_eq!(found("a,1\nb,2\nTotal,3\n"), Some(8));
        assert_eq!(found("a,1\nb,2\n,Summe:,3\n\n"), Some(8));
        assert_eq!(found("a,1\nb,2\n"), None);
        assert_eq!(found("total,1\nnone,2\ntotal,3\n"), None, "a value like others");
        assert_eq!(found("total,1\n"), None);
    }
}
