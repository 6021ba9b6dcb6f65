//! Trains a model as the train function does. Prints the estimated and the actual memory use as one JSON object. `make
//! bench-memory` runs it for several tables.
//!
//! Usage: `cargo run --release --example memory -- FILE TARGET FAMILY SECONDS`. The family `auto` means that the search
//! tries its usual families.

#![allow(clippy::print_stdout, reason = "the JSON is what it is for")]

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::time::{Duration, Instant};
use std::{env, process};

use evergreen_learning::memory::{self, Purpose};
use evergreen_learning::{Origin, Plan, Prepared, train};
use evergreen_lifecycle::Family;
use evergreen_table::budget::{FileSample, sample_ranges};
use evergreen_table::{DataFile, DatasetSettings, Table};
use serde_json::{Value, json};

use support::peak_rss_bytes;

fn main() {
    match run() {
        Ok(said) => println!("{said}"),
        Err(error) => {
            eprintln!("memory: {error}");
            process::exit(1);
        }
    }
}

fn run() -> Result<Value, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, target, family, seconds] = arguments.as_slice() else {
        return Err("expected FILE TARGET FAMILY SECONDS".into());
    };
    let family = Family::ALL.into_iter().find(|known| known.name() == family);
    let (settings, overrides) = (DatasetSettings::default(), BTreeMap::new());
    let files = vec![(path.clone(), fs::metadata(path)?.len())];
    let wanted = sample_ranges(&files)?.into_iter();
    let samples = wanted.map(|(file, range)| sample(path, file, range)).collect::<Result<Vec<_>, _>>()?;
    let foreseen = memory::estimate(&files, &samples, &settings, target, Purpose::Learn(family, &overrides));
    drop(samples);

    let file = DataFile { name: path.clone(), content: fs::read(path)? };
    let table = Table::read(vec![file], settings, target, u64::MAX)?;
    let prepared = Prepared::of(table)?;
    let read = peak_rss_bytes();
    let plan = Plan::new(prepared.table(), family, &overrides, 1)?;
    let known = memory::of_learning(&prepared, &plan);
    let (rows, deadline) = (prepared.table().rows(), Instant::now() + Duration::from_secs(seconds.parse()?));
    let origin = Origin { model: "memory".to_owned(), code_version: env!("CARGO_PKG_VERSION").to_owned() };
    let trained = train(&prepared, &plan, deadline, &origin)?;
    Ok(json!({
        "rows": rows,
        "foreseen_rows": foreseen.map(|foreseen| foreseen.rows),
        "foreseen_bytes": foreseen.map(|foreseen| foreseen.needed),
        "known_bytes": known,
        "read_peak_bytes": read,
        "peak_rss_bytes": peak_rss_bytes(),
        "artifact_bytes": trained.artifact.len(),
        "family": trained.family,
        "warnings": trained.warnings,
    }))
}

fn sample(path: &str, file: usize, range: Range<u64>) -> Result<FileSample, Box<dyn Error>> {
    let mut opened = File::open(path)?;
    opened.seek(SeekFrom::Start(range.start))?;
    let mut content = Vec::new();
    opened.take(range.end - range.start).read_to_end(&mut content)?;
    Ok(FileSample { file, range, content })
}
