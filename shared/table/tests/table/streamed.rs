//! Tests how a table is read as a stream: a sample of its rows, and all other rows in blocks.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use bytes::Bytes;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_table::streamed::{RangeSource, RowBlock, StreamSample, StreamedFile, StreamedTable};
use evergreen_table::{DatasetSettings, Table, TableError, Target, Values};
use evergreen_testkit::parquet;

use super::MEMORY;

/// Number of rows in each file, in row groups of 300.
const ROWS: usize = 1_000;

/// The bytes of a file, of which only the first `length` can be read.
struct Held {
    bytes: Bytes,
    length: u64,
}

impl RangeSource for Held {
    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        let read = |range: &Range<u64>| {
            let is_there = range.end <= self.length;
            is_there
                .then(|| self.bytes.slice(range.start as usize..range.end as usize))
                .ok_or_else(|| io::Error::other("the store does not answer"))
        };
        ranges.iter().map(read).collect()
    }
}

/// Returns a Parquet file of columns whose values are functions of the row's number.
fn file(from: usize, label: impl Fn(usize) -> Option<String>) -> Vec<u8> {
    let rows = from..from + ROWS;
    let columns: Vec<(&str, ArrayRef)> = vec![
        // Each row has the number twice, and an id of its own. So the features of two rows are equal.
        ("half", Arc::new(Float64Array::from_iter_values(rows.clone().map(|row| (row / 2) as f64 + 0.5)))),
        ("id", Arc::new(StringArray::from_iter_values(rows.clone().map(|row| format!("customer {row}"))))),
        ("day", Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row as i64 / 14)))),
        ("y", Arc::new(StringArray::from_iter(rows.map(label)))),
    ];
    parquet(columns, Some(300))
}

fn yes_or_no(row: usize) -> Option<String> {
    Some(["no", "yes"][row / 3 % 2].to_owned())
}

fn stored(name: &str, content: &[u8]) -> StreamedFile {
    let source = Held { bytes: Bytes::copy_from_slice(content), length: content.len() as u64 };
    StreamedFile { name: name.to_owned(), size: content.len() as u64, source: Arc::new(source) }
}

fn opened(files: &[Vec<u8>], toml: &str) -> Result<StreamedTable, TableError> {
    let names = ["a.parquet", "b.parquet"];
    let files = names.iter().zip(files).map(|(name, content)| stored(name, content)).collect();
    StreamedTable::open(files, DatasetSettings::parse(toml).unwrap(), "y")
}

fn blocks(table: &StreamedTable, sample: &StreamSample) -> Vec<RowBlock> {
    let mut blocks = Vec::new();
    let add = |block| {
        blocks.push(block);
        Ok(())
    };
    table.blocks(sample, add).unwrap();
    blocks
}

fn numbers_of(values: Option<&Values>) -> &[f32] {
    match values {
        Some(Values::Number(numbers)) => numbers,
        other => panic!("expected numbers, got {other:?}"),
    }
}

/// Counts how often each value of the column `half` occurs.
fn count<'v>(values: impl Iterator<Item = &'v f32>) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    values.for_each(|value| *counts.entry(value.to_bits()).or_default() += 1);
    counts
}

fn sampled(table: &StreamedTable) -> (Table, StreamSample) {
    table.sample(600, MEMORY).unwrap()
}

#[test]
fn each_row_is_in_the_sample_or_in_a_block() {
    let table = opened(&[file(0, yes_or_no), file(ROWS, yes_or_no)], "").unwrap();
    let (sample, rows) = sampled(&table);
    assert!((450..750).contains(&sample.rows()), "{} rows", sample.rows());
    assert_eq!(
        (table.rows(), table.columns(), table.block_rows(), rows.count()),
        (2_000, 4, 300, sample.rows() as u64)
    );
    let blocks = blocks(&table, &rows);
    assert_eq!(blocks.len(), 8);
    let inside = count(numbers_of(sample.frame().column("half").map(|column| &column.values)).iter());
    let of_block = |block: &RowBlock| numbers_of(block.frame.column("half").map(|column| &column.values)).to_vec();
    let outside: Vec<f32> = blocks.iter().flat_map(of_block).collect();
    let outside = count(outside.iter());
    // The two rows with equal features are on the same side, although their ids differ.
    assert_eq!(inside.len() + outside.len(), ROWS);
    assert!(inside.values().chain(outside.values()).all(|count| *count == 2));
    let targets: usize = blocks.iter().map(|block| block.target.len()).sum();
    assert_eq!(targets + sample.rows(), 2 * ROWS);
}

#[test]
fn the_sample_describes_the_whole_table() {
    let files = [file(0, yes_or_no), file(ROWS, yes_or_no)];
    let table = opened(&files, "").unwrap();
    let (sample, _) = sampled(&table);
    let profile = sample.profile();
    let described: Vec<_> =
        profile.files.iter().map(|file| (file.name.clone(), file.rows, file.sha256.clone())).collect();
    let expected = ["a.parquet", "b.parquet"].iter().zip(&files);
    let expected: Vec<_> = expected.map(|(name, file)| ((*name).to_owned(), ROWS, sha256_hex(file))).collect();
    assert_eq!(described, expected);
    assert_eq!((profile.sample_rows, sample.dataset("there").rows), (Some(sample.rows()), 2 * ROWS));
    // Another row outside the sample is another table.
    let other = [file(0, yes_or_no), file(ROWS, |row| yes_or_no(row + 3 * usize::from(row == 1_500)))];
    let (other, _) = sampled(&opened(&other, "").unwrap());
    assert_ne!(sample.fingerprint(), other.fingerprint());
    assert_eq!(sample.fingerprint(), sampled(&table).0.fingerprint());
}

#[test]
fn rows_without_a_known_label_are_left_out_and_counted() {
    let label = |row: usize| match row {
        1_700 => Some("perhaps".to_owned()),
        row if row % 10 == 0 => None,
        row => yes_or_no(row),
    };
    let table = opened(&[file(0, label), file(ROWS, label)], "").unwrap();
    let (sample, rows) = sampled(&table);
    let blocks = blocks(&table, &rows);
    let sum = |of: fn(&RowBlock) -> u64| blocks.iter().map(of).sum::<u64>();
    let in_sample = rows.count() - sample.rows() as u64;
    assert_eq!(sum(|block| block.without_target) + sum(|block| block.new_labels) + in_sample, 200);
    let known = |block: &RowBlock| matches!(&block.target, Target::Classes { labels, .. } if labels.len() == 2);
    assert!(blocks.iter().all(known));
}

/// Returns a file whose column `x` is stored as text. The row with the index `odd` has a text, all others a number.
fn file_with_a_text(odd: usize) -> Vec<u8> {
    let x = |row: usize| if row == odd { format!("many, {row}") } else { (row * 7).to_string() };
    let numbers = Float64Array::from_iter_values((0..ROWS).map(|row| (row % 7) as f64));
    let x = StringArray::from_iter_values((0..ROWS).map(x));
    parquet(vec![("x", Arc::new(x)), ("y", Arc::new(numbers))], Some(300))
}

/// Returns the error of a table that is read as a stream: of its sample, or else of its blocks.
fn error_of(table: &StreamedTable) -> String {
    let read = table.sample(300, MEMORY).and_then(|(_, rows)| table.blocks(&rows, |_| Ok(())));
    read.unwrap_err().to_string()
}

#[test]
fn a_value_of_another_type_is_an_error_that_names_it_in_the_sample_and_outside() {
    let hint = "; correct it, or, if it stands for a missing value, add it to `missing` in dataset.toml";
    let (mut inside, mut outside) = (0, 0);
    for odd in (5..ROWS).step_by(31) {
        let table = opened(&[file_with_a_text(odd)], "").unwrap();
        let error = error_of(&table);
        let place = format!("a.parquet, row {}, column \"x\": expected a number as in ", odd + 1);
        *(if error == format!("{place}the sample of the table{hint}") { &mut outside } else { &mut inside }) += 1;
        assert!(error.starts_with(&place) && error.ends_with(hint), "{error}");
    }
    assert!(inside > 0 && outside > 0, "{inside} rows in the sample, {outside} outside");
}

#[test]
fn a_text_as_the_number_to_predict_is_an_error_outside_the_sample_too() {
    let settings = "target = \"x\"\ntask = \"regression\"";
    for odd in (5..ROWS).step_by(31) {
        let error = error_of(&opened(&[file_with_a_text(odd)], settings).unwrap());
        assert!(error.starts_with(&format!("a.parquet, row {}, column \"x\": expected a number", odd + 1)), "{error}");
    }
}

#[test]
fn a_text_that_the_settings_call_missing_is_missing_outside_the_sample_too() {
    let table = opened(&[file_with_a_text(702)], "missing = [\"\", \"many, 702\"]").unwrap();
    let (sample, rows) = table.sample(300, MEMORY).unwrap();
    let gaps = |numbers: &[f32]| numbers.iter().filter(|number| number.is_nan()).count();
    let of_block = |block: &RowBlock| gaps(numbers_of(block.frame.column("x").map(|column| &column.values)));
    let outside: usize = blocks(&table, &rows).iter().map(of_block).sum();
    assert_eq!(gaps(numbers_of(sample.frame().column("x").map(|column| &column.values))) + outside, 1);
}

#[test]
fn strict_settings_forbid_rows_outside_the_sample_without_a_known_label() {
    let without = |row: usize| if row == 1_700 { None } else { yes_or_no(row) };
    let new = |row: usize| if row == 1_700 { Some("perhaps".to_owned()) } else { yes_or_no(row) };
    let opened =
        |label: fn(usize) -> Option<String>, toml: &str| opened(&[file(0, label), file(ROWS, label)], toml).unwrap();
    let error = error_of(&opened(without, "strict = [\"no_target\"]"));
    assert!(error.starts_with("b.parquet, row 701: the target has no value"), "{error}");
    let error = error_of(&opened(new, "strict = true"));
    let expected = "b.parquet, row 701: the sample of the table has no row with the label of this row";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn the_rows_of_a_group_stay_together() {
    let table = opened(&[file(0, yes_or_no), file(ROWS, yes_or_no)], "group = \"day\"").unwrap();
    let (sample, rows) = sampled(&table);
    let groups: BTreeMap<u64, usize> = sample.groups().unwrap().iter().fold(BTreeMap::new(), |mut counts, group| {
        *counts.entry(*group).or_default() += 1;
        counts
    });
    // Each day has 14 rows, but the last one.
    assert!(groups.values().filter(|count| **count != 14).count() <= 1, "{groups:?}");
    let outside: usize = blocks(&table, &rows).iter().map(|block| block.target.len()).sum();
    assert_eq!(outside + sample.rows(), 2 * ROWS);
    let huge = opened(&[file(0, yes_or_no), file(ROWS, yes_or_no)], "group = \"half\"\ndrop = [\"id\"]").unwrap();
    assert!(huge.sample(600, MEMORY).is_ok());
}

#[test]
fn a_file_that_cannot_be_streamed_is_named() {
    let open = |name: &str, content: &[u8]| {
        StreamedTable::open(vec![stored(name, content)], DatasetSettings::default(), "y").err().unwrap().to_string()
    };
    let said = open("a.csv", b"a,y\n1,2\n");
    assert!(said.starts_with("a.csv: this is not a Parquet file"), "{said}");
    let whole = file(0, yes_or_no);
    let said = open("a.parquet", &whole[..whole.len() - 9]);
    assert!(said.starts_with("a.parquet: this is not a Parquet file"), "{said}");
    let said = open("a.parquet", b"PAR1");
    assert!(said.starts_with("a.parquet: this is not a Parquet file"), "{said}");
    let mut long = whole.clone();
    let at = long.len() - 8;
    long[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let said = open("a.parquet", &long);
    assert!(said.starts_with("a.parquet: this is not a Parquet file"), "{said}");
}

#[test]
fn a_store_that_does_not_answer_is_an_error() {
    let content = file(0, yes_or_no);
    for length in [0, 100, content.len() as u64 / 2] {
        let source = Arc::new(Held { bytes: Bytes::from(content.clone()), length });
        let stored = StreamedFile { name: "a.parquet".to_owned(), size: content.len() as u64, source };
        let table = StreamedTable::open(vec![stored], DatasetSettings::default(), "y");
        let error = table.and_then(|table| table.sample(600, MEMORY).map(|_| ())).unwrap_err();
        assert!(matches!(&error, TableError::Read { file, .. } if file == "a.parquet"), "{error}");
    }
}

#[test]
fn the_settings_are_checked_before_a_row_is_read() {
    let open = |toml: &str| opened(&[file(0, yes_or_no)], toml).err().unwrap().to_string();
    assert!(open("target = \"z\"").contains("no target column \"z\""));
    assert!(open("order = \"z\"").contains("no column \"z\""));
}

#[test]
fn a_first_file_without_rows_does_not_change_which_column_is_which() {
    let numbers = |rows: Range<usize>, step: usize| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(rows.map(|row| (row * step % 997) as f64)))
    };
    let empty = parquet(vec![("x", numbers(0..0, 1)), ("z", numbers(0..0, 1)), ("y", numbers(0..0, 1))], None);
    let rows = parquet(vec![("y", numbers(0..ROWS, 7)), ("x", numbers(0..ROWS, 1)), ("z", numbers(0..ROWS, 3))], None);
    let table = opened(&[empty, rows], "task = \"regression\"").unwrap();
    let (sample, kept) = table.sample(300, MEMORY).unwrap();
    let blocks = blocks(&table, &kept);
    let targets: Vec<f64> = blocks
        .iter()
        .flat_map(|block| match &block.target {
            Target::Numbers(numbers) => numbers.clone(),
            Target::Classes { .. } => panic!("expected numbers"),
        })
        .collect();
    let x: Vec<f32> = blocks
        .iter()
        .flat_map(|block| numbers_of(block.frame.column("x").map(|column| &column.values)).to_vec())
        .collect();
    assert_eq!(targets.len() + sample.rows(), ROWS);
    let is_right = |(x, y): (&f32, &f64)| ((*x as usize * 7) % 997) as f64 == *y || *x as usize + 997 >= ROWS;
    assert!(x.iter().zip(&targets).filter(|pair| !is_right(*pair)).count() <= 6, "the target is the column y");
}

#[test]
fn rows_that_are_all_equal_have_no_sample() {
    let same: ArrayRef = Arc::new(Float64Array::from_iter_values((0..ROWS).map(|_| 1.0)));
    let label: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(|row| ["no", "yes"][row % 2])));
    let table = opened(&[parquet(vec![("x", same), ("y", label)], None)], "").unwrap();
    let error = table.sample(100, MEMORY).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("because equal rows are in the sample together"), "{error}");
}

#[test]
fn a_column_that_two_files_store_in_different_ways_is_named() {
    let numbers: ArrayRef = Arc::new(Float64Array::from_iter_values((0..20).map(f64::from)));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..20).map(|row| row.to_string())));
    let file = |x: &ArrayRef| parquet(vec![("x", Arc::clone(x)), ("y", Arc::clone(&texts))], None);
    let error = opened(&[file(&numbers), file(&texts)], "").err().unwrap().to_string();
    let expected = "b.parquet, column \"x\": stored as text, and as number in a.parquet";
    assert!(error.starts_with(expected), "{error}");
}
