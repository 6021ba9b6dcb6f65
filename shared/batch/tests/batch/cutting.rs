//! Tests that every row is in exactly one part, whatever its quotes and line ends are.

use evergreen_batch::{CutError, FileForm, TextCutter, ZippedCutter};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

use crate::support::cut_text;

/// A field of a CSV file, and how it is written: quoted if it must be, or if it may be.
fn field() -> impl Strategy<Value = (String, bool)> {
    ("[a-c,\"\r\n \u{e4}]{0,6}", any::<bool>())
}

fn line_end() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"])
}

fn written(field: &(String, bool)) -> String {
    let (text, quoted) = field;
    let must = text.contains([',', '"', '\r', '\n']) || text.is_empty();
    if must || *quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
}

/// Reads CSV text at once, as the reference.
fn rows_of(text: &[u8]) -> Vec<csv::ByteRecord> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    reader.into_byte_records().map(Result::unwrap).collect()
}

/// Checks the pieces of a CSV text against reading it at once.
fn check_csv(text: &[u8], target: u64, chunk: usize) -> Result<(), TestCaseError> {
    let cuts = cut_text(FileForm::Csv, text, target, chunk);
    let expected = rows_of(text);
    let (names, expected) = expected.split_first().unwrap();
    let header = cuts.header.unwrap();
    prop_assert_eq!(&rows_of(header.text.as_bytes())[0], names);
    prop_assert_eq!(&rows_of(&text[..header.end as usize])[0], names);
    let mut found = Vec::new();
    for piece in &cuts.pieces {
        prop_assert_eq!(piece.first, found.len() as u64);
        let mut rows = rows_of(&[b"h\n", &text[piece.start as usize..piece.end as usize]].concat());
        rows.remove(0);
        prop_assert_eq!(rows.len() as u64, piece.rows);
        found.extend(rows);
    }
    prop_assert_eq!(found, expected);
    prop_assert!(cuts.pieces.windows(2).all(|pair| pair[0].end == pair[1].start));
    Ok(())
}

proptest! {
    #[test]
    fn every_row_of_csv_is_in_one_part(
        rows in prop::collection::vec(prop::collection::vec(field(), 1..4), 0..30),
        ends in prop::collection::vec(line_end(), 31),
        last in any::<bool>(),
        bom in any::<bool>(),
        target in 1_u64..60,
        chunk in 1_usize..40,
    ) {
        let mut text = if bom { "\u{feff}".to_owned() } else { String::new() };
        text += "a,\"b\r\nc\"";
        for (row, end) in rows.iter().zip(&ends) {
            text += end;
            text += &row.iter().map(written).collect::<Vec<_>>().join(",");
        }
        if last {
            text += ends[30];
        }
        check_csv(text.as_bytes(), target, chunk)?;
    }

    #[test]
    fn arbitrary_bytes_are_cut_as_they_are_read(
        bytes in prop::collection::vec(prop::sample::select(b"ab,\"\r\n \xff".to_vec()), 0..200),
        target in 1_u64..40,
        chunk in 1_usize..40,
    ) {
        let text = [b"a,b\n", bytes.as_slice()].concat();
        check_csv(&text, target, chunk)?;
    }

    #[test]
    fn every_line_is_in_one_part(
        lines in prop::collection::vec(prop::sample::select(vec!["{\"a\":1}", "", "  ", "[1]", "\u{e4}", "\t"]), 0..40),
        crlf in any::<bool>(),
        last in any::<bool>(),
        target in 1_u64..40,
        chunk in 1_usize..20,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let text = lines.join(end) + if last { end } else { "" };
        let expected: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let cuts = cut_text(FileForm::Lines, text.as_bytes(), target, chunk);
        let mut found = Vec::new();
        for piece in &cuts.pieces {
            prop_assert_eq!(piece.first, found.len() as u64);
            let rows = text[piece.start as usize..piece.end as usize].lines().filter(|line| !line.trim().is_empty());
            let before = found.len();
            found.extend(rows);
            prop_assert_eq!((found.len() - before) as u64, piece.rows);
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_part_has_about_the_size_that_was_asked_for() {
    let text = "a,b\n".to_owned() + &"1,2\n".repeat(1000);
    let cuts = cut_text(FileForm::Csv, text.as_bytes(), 400, 4096);
    assert_eq!(cuts.pieces.len(), 10);
    assert!(cuts.pieces.iter().all(|piece| piece.rows == 100 && piece.end - piece.start == 400));
}

#[test]
fn a_file_with_nothing_but_names_has_no_part() {
    assert_eq!(cut_text(FileForm::Csv, b"a,b\r\n", 10, 1).pieces, []);
    assert_eq!(cut_text(FileForm::Lines, b"\n \n", 10, 1).pieces, []);
}

#[test]
fn a_file_without_names_is_refused() {
    let cutter = TextCutter::new(FileForm::Csv, 10).unwrap();
    assert_eq!(cutter.finish(), Err(CutError::Header));
    let mut cutter = TextCutter::new(FileForm::Csv, 10).unwrap();
    assert_eq!(cutter.feed(b"a,\xff\n1,2\n"), Err(CutError::Header));
}

#[test]
fn a_quotation_mark_that_nobody_closes_is_found_before_memory_runs_out() {
    let mut cutter = TextCutter::new(FileForm::Csv, 1000).unwrap();
    cutter.feed(b"a,b\n1,2\n\"3,4\n").unwrap();
    let error = (0..9).find_map(|_| cutter.feed(&[b'x'; 1 << 20]).err()).unwrap();
    insta::assert_snapshot!(error, @"row 1 (counted from 0) has more than 8388608 bytes; expected shorter rows. Perhaps a quotation mark is not closed");
}

#[test]
fn a_zipped_file_is_one_part() {
    let text = "a,b\n".to_owned() + &"1,2\n".repeat(100_000);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let zipped = encoder.finish().unwrap();
    let mut cutter = ZippedCutter::new(FileForm::Csv).unwrap();
    zipped.chunks(100).for_each(|chunk| cutter.feed(chunk).unwrap());
    let cuts = cutter.finish().unwrap();
    assert_eq!(cuts.pieces.iter().map(|piece| piece.rows).collect::<Vec<_>>(), [100_000]);
    let mut cutter = ZippedCutter::new(FileForm::Csv).unwrap();
    let fed = cutter.feed(b"text without any compression");
    assert!(fed.is_err() || cutter.finish().is_err());
}
