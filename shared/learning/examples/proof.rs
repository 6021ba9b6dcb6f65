//! Trains a model as a user would. Prints the indices of the hold-out rows and the model's loss on each of them as one
//! JSON object. `make proof` compares the losses with those of other libraries.
//!
//! Usage: `cargo run --example proof -- FILE --target COLUMN --seconds 60`. Rows are numbered from 0 in the order of
//! the file. For a label, the loss is minus the logarithm of its predicted probability. For a number, it is the squared
//! error.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use evergreen_learning::{Origin, Plan, Prepared, train};
use evergreen_lifecycle::{PrimaryMetric, Task};
use evergreen_table::{DataFile, DatasetSettings, Table};
use serde_json::{Value, json};

const USAGE: &str = "usage: proof FILE --target COLUMN --seconds SECONDS";

/// The default random seed of the train function.
const SEED: u64 = 7;

fn main() -> ExitCode {
    match run() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("proof: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Value, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [path, "--target", target, "--seconds", seconds] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return Err(USAGE.into());
    };
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = DataFile { name, content: fs::read(path)? };
    let prepared = Prepared::of(Table::read(vec![file], DatasetSettings::default(), target, u64::MAX)?)?;
    let plan = Plan::new(prepared.table(), None, &BTreeMap::new(), SEED)?;
    let deadline = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
    let origin = Origin { model: "proof".to_owned(), code_version: env!("CARGO_PKG_VERSION").to_owned() };
    let trained = train(&prepared, &plan, deadline, &origin)?;
    let metric = match prepared.table().task() {
        Task::Classification => PrimaryMetric::LogLoss,
        Task::Regression => PrimaryMetric::Rmse,
    };
    let holdout: Vec<u32> = prepared.split().holdout.iter().map(|row| prepared.table().row_in_files(*row)).collect();
    Ok(json!({
        "family": trained.family,
        "holdout": holdout,
        "losses": trained.holdout.scores(&trained.model, metric)?.losses,
        "warnings": trained.warnings,
    }))
}
