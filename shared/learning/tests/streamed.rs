//! Tests of training on a table whose rows are read as a stream.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use bytes::Bytes;
use common::{origin, train};
use evergreen_learning::{
    LearningError, Pauses, Plan, Prepared, ProgressWatch, RowStream, StreamedOutcome, Trained, train_streamed,
};
use evergreen_lifecycle::{Evaluation, Family};
use evergreen_table::streamed::{RangeSource, StreamSample, StreamedFile, StreamedTable};
use evergreen_table::{DataFile, DatasetSettings, Table};
use evergreen_testkit::parquet;

/// Number of rows in each generated file.
const ROWS: usize = 3_000;

/// Number of rows of the sample.
const SAMPLE: u64 = 1_500;

struct Held(Bytes);

impl RangeSource for Held {
    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        Ok(ranges.iter().map(|range| self.0.slice(range.start as usize..range.end as usize)).collect())
    }
}

/// Returns a Parquet file with rows of three columns, of a time and of two targets. The rows begin with number `from`.
fn file(name: &str, from: usize) -> DataFile {
    let rows = from..from + ROWS;
    let a = |row: usize| (row * 37 % 1_009) as f64;
    let b = |row: usize| (!row.is_multiple_of(11)).then(|| (row * 53 % 97) as f64);
    let kind = |row: usize| ["red", "green", "blue"][row * 7 % 3];
    let number =
        |row: usize| 2.0 * a(row) - b(row).unwrap_or(50.0) * 5.0 + if kind(row) == "red" { 300.0 } else { 0.0 };
    let noisy = |row: usize| number(row) + (row * 31 % 101) as f64;
    let label = |row: usize| if noisy(row) > 900.0 { "high" } else { "low" };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("a", Arc::new(Float64Array::from_iter_values(rows.clone().map(a)))),
        ("b", Arc::new(Float64Array::from_iter(rows.clone().map(b)))),
        ("kind", Arc::new(StringArray::from_iter_values(rows.clone().map(kind)))),
        ("day", Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row as i64 / 4)))),
        ("number", Arc::new(Float64Array::from_iter_values(rows.clone().map(noisy)))),
        ("label", Arc::new(StringArray::from_iter_values(rows.clone().map(label)))),
    ];
    DataFile { name: name.to_owned(), content: parquet(columns, Some(700)) }
}

fn files() -> [DataFile; 2] {
    [file("a.parquet", 0), file("b.parquet", ROWS)]
}

/// A streamed table with its sample.
struct Stream {
    table: StreamedTable,
    sample: StreamSample,
    prepared: Prepared,
}

impl Stream {
    fn of(toml: &str) -> Self {
        let settings = DatasetSettings::parse(toml).unwrap();
        let stored = |file: DataFile| StreamedFile {
            name: file.name,
            size: file.content.len() as u64,
            source: Arc::new(Held(file.content.into())),
        };
        let table = StreamedTable::open(files().map(stored).into(), settings, "label").unwrap();
        let (sampled, sample) = table.sample(SAMPLE, u64::MAX).unwrap();
        Self { table, sample, prepared: Prepared::of(sampled).unwrap() }
    }

    fn plan(&self) -> Plan {
        let fixed = [("n_estimators", 40), ("max_leaves", 8)].map(|(name, value)| (name.to_owned(), value.into()));
        Plan::streamed(self.prepared.table(), None, &BTreeMap::from(fixed), 42).unwrap()
    }

    fn call(&self, pauses: Pauses<'_>) -> Result<StreamedOutcome, LearningError> {
        let stream = RowStream { table: &self.table, sample: &self.sample };
        train_streamed(&self.prepared, stream, (&self.plan(), &origin()), pauses, &ProgressWatch::default())
    }

    /// Trains without a pause.
    fn trained(&self) -> Trained {
        let (every, keep) = (Duration::from_secs(600), &|_| {});
        let pauses = Pauses { deadline: Instant::now() + Duration::from_secs(600), every, keep, earlier: None };
        match self.call(pauses).unwrap() {
            StreamedOutcome::Trained(trained) => *trained,
            StreamedOutcome::Paused(_) => panic!("there was time"),
        }
    }
}

const FEW: &str = "candidates = 3\nfolds = 3\ndrop = [\"number\", \"day\"]\nfamilies = [\"gradient_boosting\"]\n";

fn accuracy(trained: &Trained) -> f64 {
    match &trained.evaluation {
        Evaluation::Classification(figures) => figures.accuracy,
        Evaluation::Regression(figures) => figures.r2,
    }
}

/// Counts the rows from which explanations know how many rows reach a node.
fn warning<'t>(trained: &'t Trained, part: &str) -> &'t str {
    trained.warnings.iter().find(|warning| warning.contains(part)).unwrap_or_else(|| panic!("{:?}", trained.warnings))
}

#[test]
fn a_streamed_training_learns_from_all_rows_outside_the_hold_out() {
    let stream = Stream::of(FEW);
    let trained = stream.trained();
    assert_eq!(trained.family, Family::GradientBoosting);
    let (rows, held) = (2 * ROWS, stream.prepared.split().holdout.len());
    let said = warning(&trained, "read as a stream");
    assert!(said.contains(&format!("fitted to {} rows", rows - held)), "{said}");
    assert!(said.contains(&format!("a sample of {} of its {rows} rows", stream.prepared.table().rows())), "{said}");
    assert_eq!(stream.prepared.table().dataset("here").rows, rows);
    // The same settings on all rows in memory.
    let table = Table::read(files().into(), DatasetSettings::parse(FEW).unwrap(), "label", u64::MAX).unwrap();
    let whole = train(&Prepared::of(table).unwrap(), &stream.plan());
    assert!(accuracy(&trained) > 0.9, "{}", accuracy(&trained));
    assert!((accuracy(&trained) - accuracy(&whole)).abs() < 0.03, "{} {}", accuracy(&trained), accuracy(&whole));
}

#[test]
fn a_training_that_is_killed_at_random_points_ends_with_the_same_bytes() {
    let number = "candidates = 2\nfolds = 3\ntarget = \"number\"\ndrop = [\"label\"]\norder = \"day\"\n";
    for toml in [FEW, number] {
        let stream = Stream::of(toml);
        let whole = stream.trained();
        for seed in 1..4 {
            let kept: Mutex<Option<Vec<u8>>> = Mutex::new(None);
            let (mut random, mut kills) = (seed * 7_919_usize, 0);
            let artifact = loop {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (left, earlier) = (AtomicUsize::new(1 + (random >> 33) % 17), kept.lock().unwrap().clone());
                let keep = |checkpoint| {
                    *kept.lock().unwrap() = Some(checkpoint);
                    assert!(left.fetch_sub(1, Ordering::Relaxed) > 1, "the process is killed");
                };
                let deadline = Instant::now() + Duration::from_secs(600);
                let pauses = Pauses { deadline, every: Duration::ZERO, keep: &keep, earlier };
                match catch_unwind(AssertUnwindSafe(|| stream.call(pauses))) {
                    Ok(Ok(StreamedOutcome::Trained(trained))) => break trained.artifact,
                    Ok(other) => panic!("{other:?}"),
                    Err(_) => kills += 1,
                }
            };
            assert!(kills > 1, "{kills} kills");
            assert_eq!(artifact, whole.artifact, "{toml}");
        }
    }
}

#[test]
fn a_training_without_time_pauses_and_goes_on() {
    let stream = Stream::of(FEW);
    let kept = Mutex::new(Vec::new());
    let keep = |checkpoint| *kept.lock().unwrap() = checkpoint;
    let late = || Instant::now() + Duration::from_secs(600);
    // The search is done, and the first round has not begun.
    let killed = catch_unwind(AssertUnwindSafe(|| {
        let keep = |checkpoint| {
            keep(checkpoint);
            panic!("the process is killed");
        };
        stream.call(Pauses { deadline: late(), every: Duration::ZERO, keep: &keep, earlier: None })
    }));
    assert!(killed.is_err());
    let mut earlier = Some(kept.lock().unwrap().clone());
    let short = |earlier| Pauses { deadline: Instant::now(), every: Duration::ZERO, keep: &keep, earlier };
    // Invocations that only read the table would never end, so the third one in a row is an error.
    for _ in 0..2 {
        earlier = match stream.call(short(earlier)).unwrap() {
            StreamedOutcome::Paused(checkpoint) => Some(checkpoint),
            StreamedOutcome::Trained(_) => panic!("there was no time"),
        };
    }
    let again = stream.call(short(earlier.clone()));
    assert!(matches!(again, Err(LearningError::NoProgress)), "{again:?}");
    let outcome = stream.call(Pauses { deadline: late(), every: Duration::from_secs(60), keep: &keep, earlier });
    match outcome.unwrap() {
        StreamedOutcome::Trained(trained) => assert_eq!(trained.artifact, stream.trained().artifact),
        StreamedOutcome::Paused(_) => panic!("there was time"),
    }
}

#[test]
fn rows_as_new_as_the_hold_out_are_not_trained_on() {
    let stream = Stream::of("candidates = 1\nfolds = 2\norder = \"day\"\ndrop = [\"number\"]\n");
    let trained = stream.trained();
    let said = warning(&trained, "as new as the hold-out");
    let left_out: usize = said.split(' ').next().unwrap().parse().unwrap();
    let outside = 2 * ROWS - stream.prepared.table().rows();
    assert!((outside / 6..outside / 4).contains(&left_out), "{left_out} of {outside}");
}

#[test]
fn only_gradient_boosting_can_be_trained() {
    let stream = Stream::of("families = [\"random_forest\", \"linear\"]\ndrop = [\"number\"]\n");
    let plan = Plan::streamed(stream.prepared.table(), None, &BTreeMap::new(), 1);
    let said = plan.unwrap_err().to_string();
    assert!(said.contains("only gradient_boosting can be trained on it"), "{said}");
}
