//! Fits one model without a hyperparameter search. Prints the duration of the fit and the model's score as one JSON
//! object. `make bench-train` compares these numbers with those of scikit-learn.
//!
//! Usage: `cargo run --release --example fit -- --train A.csv --test B.csv --target COLUMN --family NAME --set
//! NAME=VALUE…` fits on all rows of the first file. It scores the rows of the second file. `--csv FILE` instead of both
//! files splits this file into training rows and hold-out. `--settings FILE` is a `dataset.toml`. `--budget SECONDS`
//! with `--csv` trains as the train function does, with a search over all families unless one is named. The default of
//! `--seed NUMBER` is 1. The time counts from rows in memory to a fitted model.

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::num::ParseIntError;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use evergreen_learning::{ComparedModels, Holdout, Origin, Plan, Prepared, Split, fit, train};
use evergreen_lifecycle::{Family, PrimaryMetric, Task};
use evergreen_scoring::{ArtifactMetadata, Model};
use evergreen_table::{DataFile, DatasetSettings, Table};
use serde_json::{Map, Value, json};

use support::peak_rss_bytes;

const USAGE: &str = "usage: fit (--train FILE --test FILE | --csv FILE) --target COLUMN --family NAME [--set NAME=VALUE]... \
                     [--seed NUMBER] [--budget SECONDS] [--settings FILE]";

/// Time limit for the fit of the model.
const LIMIT: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    match run() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fit: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Wanted {
    files: BTreeMap<String, String>,
    parameters: BTreeMap<String, Value>,
}

impl Wanted {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut wanted = Self::default();
        while let Some(argument) = arguments.next() {
            let name = argument.strip_prefix("--").ok_or(USAGE)?.to_owned();
            let value = arguments.next().ok_or(USAGE)?;
            if name == "set" {
                let (name, value) = value.split_once('=').ok_or(USAGE)?;
                wanted.parameters.insert(name.to_owned(), serde_json::from_str(value)?);
            } else {
                wanted.files.insert(name, value);
            }
        }
        Ok(wanted)
    }

    fn get(&self, name: &str) -> Result<&str, &'static str> {
        self.files.get(name).map(String::as_str).ok_or(USAGE)
    }

    fn family(&self) -> Result<Family, &'static str> {
        let name = self.get("family")?;
        Family::ALL.into_iter().find(|family| family.name() == name).ok_or("no such family")
    }

    fn seed(&self) -> Result<u64, ParseIntError> {
        self.files.get("seed").map_or(Ok(1), |seed| seed.parse())
    }

    fn table(&self, name: &str) -> Result<Table, Box<dyn Error>> {
        let path = self.get(name)?;
        let file = DataFile { name: path.to_owned(), content: fs::read(path)? };
        let settings = match self.files.get("settings") {
            Some(path) => DatasetSettings::from_bytes(&fs::read(path)?)?,
            None => DatasetSettings::default(),
        };
        Ok(Table::read(vec![file], settings, self.get("target")?, u64::MAX)?)
    }
}

fn run() -> Result<Value, Box<dyn Error>> {
    let wanted = Wanted::parse(env::args().skip(1))?;
    if let Some(seconds) = wanted.files.get("budget") {
        return search(&wanted, Duration::from_secs(seconds.parse()?));
    }
    let family = wanted.family()?;
    let began = Instant::now();
    let (prepared, holdout) = if wanted.files.contains_key("csv") {
        let prepared = Prepared::of(wanted.table("csv")?)?;
        let holdout = Holdout::of(prepared.table(), &prepared.split().holdout);
        (prepared, holdout)
    } else {
        let (table, test) = (wanted.table("train")?, wanted.table("test")?);
        let all = |table: &Table| (0..table.rows() as u32).collect::<Vec<u32>>();
        let split = Split { training: all(&table), holdout: Vec::new() };
        (Prepared::split_by(table, split)?, Holdout::of(&test, &all(&test)))
    };
    let table = prepared.table();
    let read_seconds = began.elapsed().as_secs_f64();
    let plan = Plan::new(table, Some(family), &wanted.parameters, wanted.seed()?)?;
    let began = Instant::now();
    let model = fit(&prepared, &plan, began + LIMIT, &ArtifactMetadata::named("fit"))?;
    let fit_seconds = began.elapsed().as_secs_f64();
    let mut said = scores(&model, &holdout, table.task())?;
    said.insert("family".into(), family.name().into());
    said.insert("rows".into(), prepared.split().training.len().into());
    said.insert("columns".into(), table.frame().columns().len().into());
    said.insert("holdout_rows".into(), holdout.rows().into());
    said.insert("read_seconds".into(), read_seconds.into());
    said.insert("fit_seconds".into(), fit_seconds.into());
    said.insert("peak_rss_bytes".into(), json!(peak_rss_bytes()));
    Ok(said.into())
}

fn search(wanted: &Wanted, budget: Duration) -> Result<Value, Box<dyn Error>> {
    let prepared = Prepared::of(wanted.table("csv")?)?;
    let plan = Plan::new(prepared.table(), wanted.family().ok(), &wanted.parameters, wanted.seed()?)?;
    let origin = Origin { model: "fit".to_owned(), code_version: env!("CARGO_PKG_VERSION").to_owned() };
    let trained = train(&prepared, &plan, Instant::now() + budget, &origin)?;
    // A champion of the same size takes as long.
    let began = Instant::now();
    let models = ComparedModels { champion: &trained.model, challenger: &trained.model, step: 0.0 };
    models.on_holdout(&trained.holdout)?;
    let impact_seconds = began.elapsed().as_secs_f64();
    Ok(json!({
        "family": trained.family,
        "parameters": trained.parameters,
        "search": trained.search,
        "evaluation": trained.evaluation,
        "warnings": trained.warnings,
        "fit_seconds": trained.fit_duration.as_secs_f64(),
        "evaluate_seconds": trained.evaluate_duration.as_secs_f64(),
        "impact_seconds": impact_seconds,
        "artifact_bytes": trained.artifact.len(),
        "peak_rss_bytes": peak_rss_bytes(),
    }))
}

fn scores(model: &Model, holdout: &Holdout, task: Task) -> Result<Map<String, Value>, Box<dyn Error>> {
    let metrics = match task {
        Task::Classification => [PrimaryMetric::LogLoss, PrimaryMetric::Accuracy, PrimaryMetric::BalancedAccuracy],
        Task::Regression => [PrimaryMetric::Rmse, PrimaryMetric::Mae, PrimaryMetric::R2],
    };
    let mut said = Map::new();
    for metric in metrics {
        let began = Instant::now();
        said.insert(metric.name().to_owned(), holdout.scores(model, metric)?.score.into());
        said.insert("predict_seconds".into(), began.elapsed().as_secs_f64().into());
    }
    Ok(said)
}
