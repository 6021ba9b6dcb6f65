//! Trains on a Parquet file that is read as a stream. Prints durations, memory and the model's score as one JSON object.
//! `make bench-large` compares these numbers with those of LightGBM.
//!
//! Usage: `cargo run --release --example large -- TRAIN.parquet TEST.parquet TARGET ROUNDS LEAVES`.

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs};

use bytes::Bytes;
use evergreen_learning::{
    Holdout, Origin, Pauses, Plan, Prepared, ProgressWatch, RowStream, SAMPLE_ROWS, StreamedOutcome, streaming_bytes,
    train_streamed,
};
use evergreen_lifecycle::{Family, PrimaryMetric};
use evergreen_table::streamed::{RangeSource, StreamedFile, StreamedTable};
use evergreen_table::{DataFile, DatasetSettings, Table};
use serde_json::{Value, json};

use support::peak_rss_bytes;

const USAGE: &str = "usage: large TRAIN.parquet TEST.parquet TARGET ROUNDS LEAVES";

/// Time limit for the training.
const LIMIT: Duration = Duration::from_secs(7200);

fn main() -> ExitCode {
    match run() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("large: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A file on the disk.
struct LocalFile(File);

impl RangeSource for LocalFile {
    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        let read = |range: &Range<u64>| {
            let mut bytes = vec![0; (range.end - range.start) as usize];
            self.0.read_exact_at(&mut bytes, range.start)?;
            Ok(Bytes::from(bytes))
        };
        ranges.iter().map(read).collect()
    }
}

fn run() -> Result<Value, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [train, test, target, rounds, leaves] = arguments.as_slice() else { return Err(USAGE.into()) };
    let file = File::open(train)?;
    let stored = StreamedFile { name: train.clone(), size: file.metadata()?.len(), source: Arc::new(LocalFile(file)) };
    let began = Instant::now();
    let table = StreamedTable::open(vec![stored], DatasetSettings::default(), target)?;
    let (sampled, sample) = table.sample(SAMPLE_ROWS, u64::MAX)?;
    let prepared = Prepared::of(sampled)?;
    let sampled_at = Instant::now();
    let fixed: BTreeMap<String, Value> = [("n_estimators", rounds), ("max_leaves", leaves)]
        .into_iter()
        .map(|(name, value)| Ok((name.to_owned(), value.parse::<u64>()?.into())))
        .chain(
            [("learning_rate", 0.1), ("l2", 1.0), ("subsample", 1.0), ("max_features", 1.0)]
                .map(|(name, value)| Ok((name.to_owned(), value.into()))),
        )
        .chain([Ok(("min_samples_leaf".to_owned(), 20.into()))])
        .collect::<Result<_, std::num::ParseIntError>>()?;
    let plan = Plan::streamed(prepared.table(), Some(Family::GradientBoosting), &fixed, 1)?;
    let origin = Origin { model: "large".to_owned(), code_version: env!("CARGO_PKG_VERSION").to_owned() };
    // A checkpoint after the search, and after each round.
    let kept = Mutex::new(Vec::new());
    let keep = |checkpoint: Vec<u8>| {
        if let Ok(mut kept) = kept.lock() {
            kept.push((Instant::now(), checkpoint.len()));
        }
    };
    let stream = RowStream { table: &table, sample: &sample };
    let pauses = Pauses { deadline: Instant::now() + LIMIT, every: Duration::ZERO, keep: &keep, earlier: None };
    let outcome = train_streamed(&prepared, stream, (&plan, &origin), pauses, &ProgressWatch::default())?;
    let StreamedOutcome::Trained(trained) = outcome else { return Err("there was no time".into()) };
    let ended = Instant::now();
    let peak = peak_rss_bytes();
    let test = DataFile { name: test.clone(), content: fs::read(test)? };
    let test = Table::read(vec![test], DatasetSettings::default(), target, u64::MAX)?;
    let holdout = Holdout::of(&test, &(0..test.rows() as u32).collect::<Vec<u32>>());
    let kept = kept.into_inner()?;
    let seconds = |from: Option<Instant>, to: Option<Instant>| {
        from.zip(to).map_or(f64::NAN, |(from, to)| to.duration_since(from).as_secs_f64())
    };
    let at = |index: usize| kept.get(index).map(|(at, _)| *at);
    // The last checkpoint is before the last round.
    let rounds_seconds = seconds(at(1), kept.last().map(|(at, _)| *at)) / kept.len().saturating_sub(2).max(1) as f64;
    let fitted = table.rows() - prepared.split().holdout.len() as u64;
    Ok(json!({
        "rows": fitted,
        "columns": prepared.table().frame().columns().len(),
        "sample_rows": prepared.table().rows(),
        "sample_seconds": sampled_at.duration_since(began).as_secs_f64(),
        "search_seconds": seconds(Some(sampled_at), at(0)),
        "bin_seconds": seconds(at(0), at(1)) - rounds_seconds,
        "round_seconds": rounds_seconds,
        "total_seconds": ended.duration_since(began).as_secs_f64(),
        "log_loss": holdout.scores(&trained.model, PrimaryMetric::LogLoss)?.score,
        "accuracy": holdout.scores(&trained.model, PrimaryMetric::Accuracy)?.score,
        "checkpoint_bytes": kept.last().map(|(_, bytes)| bytes),
        "rows_bytes": streaming_bytes(fitted, prepared.preprocessing().features() as u64, 1),
        "peak_rss_bytes": peak,
    }))
}
