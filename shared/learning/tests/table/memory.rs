//! Tests that a table that needs too much memory is refused before the process runs out of memory, even if its
//! compressed files are small.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use evergreen_learning::memory::{self, Purpose};
use evergreen_learning::{LearningError, Origin, Plan, Prepared, train};
use evergreen_lifecycle::Family;
use evergreen_table::budget::{self, FileSample};
use evergreen_table::{DatasetSettings, Table};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;

use super::{file, sound};

const MB: u64 = 1 << 20;

/// Returns how many bytes a Lambda function with `size` MB of memory can use for a table.
fn function(size: u64) -> u64 {
    size * MB - budget::FUNCTION_OVERHEAD
}

/// Number of rows in each generated sample of a file.
const ROWS: usize = 100_000;

/// A generated table that is too large to write as a file: samples of the rows, and the size of the whole file.
struct Made {
    files: Vec<(String, u64)>,
    samples: Vec<FileSample>,
}

impl Made {
    fn of(header: &str, row: impl Fn(usize) -> String, rows: u64) -> Self {
        let beginning = (0..ROWS).map(row).fold(header.to_owned(), |csv, row| csv + &row);
        let size = (beginning.len() - header.len()) as u64 * rows / ROWS as u64;
        let sample = FileSample { file: 0, range: 0..beginning.len() as u64, content: beginning.into_bytes() };
        Self { files: vec![("a.csv".into(), size)], samples: vec![sample] }
    }

    fn check(&self, toml: &str, purpose: Purpose<'_>, memory: u64) -> Result<(), String> {
        let settings = DatasetSettings::parse(toml).unwrap();
        memory::check(&self.files, &self.samples, &settings, "y", purpose, memory).map_err(|error| error.to_string())
    }

    fn learning(&self, toml: &str, size: u64) -> Result<(), String> {
        self.check(toml, Purpose::Learn(None, &BTreeMap::new()), function(size))
    }
}

/// Returns a generated table of 20 million rows with three columns of one character each (120 MB as a file).
fn narrow() -> Made {
    Made::of("a,b,y\n", |n| format!("{},{},{}\n", n % 10, n * 7 % 9, n % 2), 20_000_000)
}

#[test]
fn twenty_million_narrow_rows_are_refused_by_a_sample_with_the_memory_they_need() {
    let message = narrow().learning("", 512).unwrap_err();
    let expected = "the table has about 20,000,000 rows of 3 columns (about 114.4 MB); training on it with ";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.contains(", but 384.0 MB are available; set TrainMemory to "), "{message}");
    let size: u64 = message.split("TrainMemory to ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((1024..4096).contains(&size), "{message}");
    assert_eq!(narrow().learning("", size), Ok(()));
    assert!(narrow().learning("", size - 1).is_err());
}

#[test]
fn evaluating_a_model_needs_less_memory_than_training_one() {
    assert!(narrow().check("", Purpose::Judge, function(512)).unwrap_err().contains("; reading it needs about "));
    assert_eq!(narrow().check("", Purpose::Judge, function(1024)), Ok(()));
    assert!(narrow().learning("", 1024).is_err());
}

#[test]
fn columns_that_the_settings_leave_out_need_no_memory() {
    let row = |n: usize| format!("{}{}\n", format!("{}.5,", n % 7).repeat(60), n % 2);
    let header = (0..60).map(|column| format!("x{column},")).collect::<String>() + "y\n";
    let table = Made::of(&header, row, 1_000_000);
    assert!(table.learning("families = \"gradient_boosting\"", 512).is_err());
    let most: Vec<String> = (0..58).map(|column| format!("\"x{column}\"")).collect();
    let toml = format!("families = \"gradient_boosting\"\ndrop = [{}]", most.join(","));
    assert_eq!(table.learning(&toml, 512), Ok(()));
}

#[test]
fn a_need_above_the_maximum_of_lambda_is_reported() {
    let mut table = narrow();
    table.files[0].1 *= 100;
    let message = table.learning("", 10_240).unwrap_err();
    assert!(
        message.contains("; no function can have so much memory; expected fewer rows or columns, or store"),
        "{message}"
    );
}

#[test]
fn the_memory_of_wide_tables_is_estimated_from_their_cells() {
    let row = |n: usize| (0..1000).map(|column| format!("0.{:04},", (n * 7919 + column) % 10_000)).collect::<String>();
    let header = (0..1000).map(|column| format!("x{column},")).collect::<String>() + "y\n";
    let beginning = (0..70).map(|n| format!("{}{}\n", row(n), n % 2)).fold(header, |csv, row| csv + &row).into_bytes();
    let samples = vec![FileSample { file: 0, range: 0..beginning.len() as u64, content: beginning }];
    let table = Made { files: vec![("a.csv".into(), 70_000_000)], samples };
    let message = table.learning("", 512).unwrap_err();
    assert!(message.contains("rows of 1001 columns (about 66.8 MB); "), "{message}");
}

#[test]
fn the_memory_of_compressed_files_is_estimated_from_their_content() {
    // Generates digits that compress as well as the digits of a real table.
    let digit = |n: usize| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let plain = Made::of("a,b,y\n", |n| format!("{},{},{}\n", digit(n) % 10, digit(n + 7) % 9, n % 2), 20_000_000);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&plain.samples[0].content).unwrap();
    let mut content = encoder.finish().unwrap();
    let ratio = plain.samples[0].content.len() as f64 / content.len() as f64;
    content.truncate(content.len() * 3 / 4);
    let size = (plain.files[0].1 as f64 / ratio) as u64;
    let samples = vec![FileSample { file: 0, range: 0..content.len() as u64, content }];
    let files = vec![("a.csv.gz".to_owned(), size)];
    let purpose = Purpose::Learn(None, &BTreeMap::new());
    let (settings, plain_settings) = (DatasetSettings::default(), DatasetSettings::default());
    let found = memory::estimate(&files, &samples, &settings, "y", purpose).unwrap();
    let expected = memory::estimate(&plain.files, &plain.samples, &plain_settings, "y", purpose).unwrap();
    let near = |found: u64, expected: u64| (found as f64 / expected as f64 - 1.0).abs() < 0.1;
    assert!(near(found.rows, expected.rows) && near(found.bytes, expected.bytes), "{found:?} {expected:?}");
    assert!(near(found.needed, expected.needed), "{found:?} {expected:?}");
}

#[test]
fn the_memory_of_parquet_files_is_estimated_from_their_footer() {
    let column = || -> ArrayRef { Arc::new(Int64Array::from_iter_values((0..100_000).map(|n| n % 2))) };
    let batch = RecordBatch::try_from_iter([("a", column()), ("y", column())]).unwrap();
    let mut content = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    (0..3).for_each(|_| writer.write(&batch).unwrap());
    writer.close().unwrap();
    let size = content.len() as u64;
    let end = content.split_off(content.len() / 2);
    let samples = vec![FileSample { file: 0, range: size / 2..size, content: end }];
    let purpose = Purpose::Learn(None, &BTreeMap::new());
    let found =
        memory::estimate(&[("a.parquet".to_owned(), size)], &samples, &DatasetSettings::default(), "y", purpose);
    assert_eq!(found.map(|found| (found.rows, found.columns)), Some((300_000, 2)));
}

#[test]
fn only_large_tables_are_sampled_and_the_largest_files_first() {
    let sized = |files: &[(&str, u64)]| {
        let files: Vec<_> = files.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
        budget::sample_ranges(&files).map_err(|error| error.to_string())
    };
    assert_eq!(sized(&[("a.csv", MB), ("b.csv.gz", MB)]), Ok(vec![]));
    let expected = [(1, 0..MB / 2), (0, 99 * MB..100 * MB)];
    assert_eq!(
        sized(&[("a.parquet", 100 * MB), ("b.csv", MB)]).unwrap().into_iter().rev().collect::<Vec<_>>(),
        expected
    );
    assert_eq!(sized(&[("b.csv", 9 * MB)]), Ok(vec![(0, 0..MB / 2), (0, 9 * MB / 2..5 * MB)]));
    let many: Vec<(&str, u64)> = (0..100).map(|n| ("b.csv.gz", n * MB)).collect();
    let wanted: Vec<usize> = sized(&many).unwrap().into_iter().map(|(file, _)| file).collect();
    assert_eq!(wanted, [99, 98, 97, 96, 95, 94, 93, 92]);
    assert!(sized(&[("notes.txt", 1)]).unwrap_err().starts_with("notes.txt: not a data file"));
}

#[test]
fn without_samples_the_size_of_the_files_decides() {
    let files = [("a.csv".to_owned(), 3 * MB), ("b.csv.gz".to_owned(), MB / 2)];
    let check = |memory| {
        let purpose = Purpose::Judge;
        memory::check(&files, &[], &DatasetSettings::default(), "y", purpose, memory).map_err(|error| error.to_string())
    };
    assert_eq!(check(4 * MB), Ok(()));
    let message = "the table has 3.5 MB; reading it needs about 3.5 MB of memory, but 3.0 MB are available; set \
                   TrainMemory to 132 or \
                   more, or take fewer rows or columns";
    assert_eq!(check(3 * MB), Err(message.to_owned()));
}

#[test]
fn a_table_is_refused_by_its_row_count_before_its_values_are_kept() {
    let rows: String = (0..400_000).map(|n| format!("{},{}\n", n % 7, n % 2)).collect();
    let read =
        |memory| Table::read(vec![file("a.csv", format!("x,y\n{rows}"))], DatasetSettings::default(), "y", memory);
    let message = read(20 * MB).unwrap_err().to_string();
    assert!(message.starts_with("the table has 400,000 rows of 2 columns (1.5 MB); "), "{message}");
    assert!(message.contains(" needs about ") && message.contains("; set TrainMemory to "), "{message}");
    assert!(read(64 * MB).is_ok());
}

/// Returns CSV text with ten columns of fifty categories each.
fn categories() -> String {
    let row = |n: usize| {
        let cells = (0..10).map(|column| format!("c{}", (n + n * column / 50) % 50)).collect::<Vec<_>>();
        format!("{},{}\n", cells.join(","), n % 2)
    };
    let header = (0..10).map(|column| format!("x{column},")).collect::<String>();
    (0..4000).map(row).fold(format!("{header}y\n"), |csv, row| csv + &row)
}

fn learn(csv: &str, memory: u64, family: Family) -> Result<(), LearningError> {
    let table = Table::read(vec![file("a.csv", csv)], DatasetSettings::default(), "y", memory).unwrap();
    let prepared = Prepared::of(table).unwrap();
    let plan = Plan::new(prepared.table(), Some(family), &BTreeMap::new(), 0).unwrap();
    let deadline = Instant::now() + Duration::from_secs(2);
    train(&prepared, &plan, deadline, &Origin { model: "test".into(), code_version: "1".into() }).map(|_| ())
}

#[test]
fn a_table_whose_categories_need_too_much_memory_is_refused_with_its_size() {
    let message = learn(&categories(), 24 * MB, Family::RandomForest).unwrap_err().to_string();
    let expected = "the table has 4,000 rows of 11 columns, which make 500 features; training on it with \
                    random_forest needs \
                    about ";
    assert!(message.starts_with(expected) && message.contains(" of memory, but 24.0 MB are available; "), "{message}");
}

#[test]
fn memory_of_families_follows_their_size() {
    let needed = |family| match learn(&categories(), 24 * MB, family) {
        Err(LearningError::TooLarge(found)) => found.needed,
        other => panic!("{other:?}"),
    };
    assert!(needed(Family::RandomForest) > needed(Family::Linear));
    assert!(needed(Family::Linear) > 3 * 8 * 3200 * 500);
}

#[test]
fn a_table_that_fits_is_trained_on() {
    assert!(learn(&sound(), 32 * MB, Family::RandomForest).is_ok());
}

#[test]
fn files_opened_before_count_by_their_stored_size() {
    let table = Made::of("a,b,y\n", |n| format!("{},{},{}\n", n % 10, n * 7 % 9, n % 2), 200_000);
    assert_eq!(table.learning("", 1024), Ok(()));
    for name in ["b.zip", "b.xlsx", "b.jsonl"] {
        let files = [table.files.clone(), vec![(name.to_owned(), 2 << 30)]].concat();
        let message = Made { files, samples: table.samples.clone() }.learning("", 1024).unwrap_err();
        assert!(message.contains("; reading it needs about 4.5 GB of memory"), "{name}: {message}");
    }
}
