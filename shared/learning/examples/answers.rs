//! Trains a model of every family on a table. Writes each model as an ONNX file into a folder, with all rows of the
//! table and the model's predictions for them. So the predictions can be compared with those of another ONNX runtime.
//!
//! Usage: `cargo run --example answers -- TABLE_FOLDER FOLDER`. The first folder has CSV files and their
//! `dataset.toml`. The second folder receives `FAMILY.onnx` and `FAMILY.json`, see `sample`, and `FAMILY.explained.json`:
//! explanations of the first rows, and the indices of the training rows. The search is short, but long enough for
//! calibration and prediction intervals.

#[path = "../../scoring/examples/sample/mod.rs"]
mod sample;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use evergreen_learning::{Origin, Plan, Prepared, encode_rows, train};
use evergreen_lifecycle::Family;
use evergreen_scoring::{Explanation, Model, Predictions};
use evergreen_table::{DataFile, DatasetSettings, Range, SETTINGS_FILE, Table};
use serde_json::{Value, json};

const USAGE: &str = "usage: answers TABLE_FOLDER FOLDER";

// The model must not depend on how busy the machine is.
/// Time limit for training, long enough that training never reaches it.
const LIMIT: Duration = Duration::from_secs(3600);

/// Number of trees in a random forest or a boosting model. Few trees are enough to compare predictions.
const FEW_TREES: f64 = 40.0;

/// Number of rows whose predictions are explained.
const EXPLAINED: usize = 40;

const SEED: u64 = 7;

fn main() -> ExitCode {
    match answers() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("answers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answers() -> Result<(), Box<dyn Error>> {
    let mut folders = env::args().skip(1).map(PathBuf::from);
    let (from, to) = (folders.next().ok_or(USAGE)?, folders.next().ok_or(USAGE)?);
    fs::create_dir_all(&to)?;
    let prepared = Prepared::of(read(&from)?)?;
    for family in Family::ALL {
        let plan = Plan::new(prepared.table(), Some(family), &BTreeMap::new(), SEED)?;
        let origin = Origin { model: "answers".to_owned(), code_version: env!("CARGO_PKG_VERSION").to_owned() };
        let trained = train(&prepared, &plan, Instant::now() + LIMIT, &origin)?;
        let rows = encode_rows(prepared.table().frame(), trained.model.signature())?;
        sample::write(&to, family.name(), &trained.artifact, &rows)?;
        let explained = explained(&trained.model, &rows, &prepared.split().training)?;
        fs::write(to.join(format!("{}.explained.json", family.name())), explained.to_string())?;
    }
    Ok(())
}

/// Explains the first rows.
fn explained(model: &Model, rows: &[f32], training: &[u32]) -> Result<Value, Box<dyn Error>> {
    let rows = rows.get(..EXPLAINED * model.signature().slots()).unwrap_or(rows);
    let predictions = model.predict(rows)?;
    let labels = match &predictions {
        Predictions::Classes(batch) => batch.classes(),
        Predictions::Numbers(_) => &[],
    };
    let found = model.explain(rows, labels)?;
    let each = |row: &Explanation| json!({ "label": row.label, "base": row.base, "contributions": row.contributions });
    let slots = model.signature().columns().iter().map(|column| column.kind.slots()).collect::<Vec<_>>();
    Ok(json!({ "rows": found.rows.iter().map(each).collect::<Vec<_>>(), "training": training, "slots": slots }))
}

/// Reads the CSV files of a folder as a table, with settings for a short search.
fn read(folder: &Path) -> Result<Table, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            files.push(DataFile { name: path.display().to_string(), content: fs::read(&path)? });
        }
    }
    let settings = DatasetSettings::from_bytes(&fs::read(folder.join(SETTINGS_FILE))?)?;
    let mut settings = DatasetSettings { candidates: Some(2), folds: Some(2), ..settings };
    for family in [Family::RandomForest, Family::GradientBoosting] {
        settings.ranges.entry(family).or_default().insert("n_estimators".to_owned(), Range::Fixed(FEW_TREES));
    }
    Ok(Table::read(files, settings, "", u64::MAX)?)
}
