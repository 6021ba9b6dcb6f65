//! Measures how fast libraries predict rows, one row per call or all rows in one call. `make bench-scoring` compares
//! the libraries.
//!
//! `score train --csv FILE --target COLUMN --artifact FILE` trains a forest as the train function does, with 100 trees
//! of full depth. It writes the model artifact. `score evergreen --artifact FILE --rows FILE` loads the artifact.
//! `score smartcore --csv FILE --target COLUMN --rows FILE` uses the library smartcore. It fits a forest with the same
//! settings to the same training rows. `score explain --artifact FILE --rows FILE` explains predictions.
//! The last three commands print the predicted class of each row as one line of JSON (`explain` prints an empty list).
//! Then they measure a round of predictions for each line `one` or `batch` of standard input. They print the seconds
//! per row. The rows file has little-endian `f32`, one row after the other.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs};

use evergreen_learning::{Origin, Plan, Prepared, train};
use evergreen_lifecycle::Family;
use evergreen_scoring::Model;
use evergreen_table::{DataFile, DatasetSettings, Table, Target, Values};
use serde_json::{Value, json};
use smartcore::ensemble::random_forest_classifier::{RandomForestClassifier, RandomForestClassifierParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

const USAGE: &str = "usage: score train|boost --csv FILE --target COLUMN --artifact FILE\n       score \
                     evergreen|explain --artifact FILE --rows FILE\n       score smartcore --csv FILE --target COLUMN --rows FILE";

const TREES: u16 = 100;

/// Predictions are repeated for at least this long in each measurement.
const ROUND: Duration = Duration::from_millis(100);

/// Time limit for training the model.
const LIMIT: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("score: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<(), Box<dyn Error>> {
    let (task, options) = arguments.split_first().ok_or(USAGE)?;
    let option = |name: &str| {
        let at = options.iter().position(|option| option.strip_prefix("--") == Some(name)).ok_or(USAGE)?;
        options.get(at + 1).map(String::as_str).ok_or(USAGE)
    };
    match task.as_str() {
        "train" => write_artifact(&prepared(option("csv")?, option("target")?)?, forest(), option("artifact")?),
        "boost" => write_artifact(&prepared(option("csv")?, option("target")?)?, boosting(), option("artifact")?),
        "explain" => explain(option("artifact")?, &numbers(option("rows")?)?),
        "evergreen" => evergreen(option("artifact")?, &numbers(option("rows")?)?),
        "smartcore" => smartcore(option("csv")?, option("target")?, &numbers(option("rows")?)?),
        _ => Err(USAGE.into()),
    }
}

fn prepared(csv: &str, target: &str) -> Result<Prepared, Box<dyn Error>> {
    let file = DataFile { name: csv.to_owned(), content: fs::read(csv)? };
    Ok(Prepared::of(Table::read(vec![file], DatasetSettings::default(), target, u64::MAX)?)?)
}

fn numbers(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// A family with the values of its hyperparameters.
type Candidate = (Family, Vec<(&'static str, Value)>);

/// A forest of full depth.
fn forest() -> Candidate {
    let depth = [("max_depth", 100.into()), ("min_samples_split", 2.into()), ("min_samples_leaf", 1.into())];
    (Family::RandomForest, [("n_estimators", TREES.into())].into_iter().chain(depth).collect())
}

/// Boosted trees with the settings that LightGBM has by default.
fn boosting() -> Candidate {
    let settings: [(&str, Value); 7] = [
        ("n_estimators", TREES.into()),
        ("learning_rate", 0.1.into()),
        ("max_leaves", 31.into()),
        ("min_samples_leaf", 20.into()),
        ("l2", 0.into()),
        ("subsample", 1.into()),
        ("max_features", 1.into()),
    ];
    (Family::GradientBoosting, settings.into())
}

fn write_artifact(prepared: &Prepared, (family, settings): Candidate, artifact: &str) -> Result<(), Box<dyn Error>> {
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let plan = Plan::new(prepared.table(), Some(family), &settings, 1)?;
    let origin = Origin { model: "score".to_owned(), code_version: env!("CARGO_PKG_VERSION").to_owned() };
    let trained = train(prepared, &plan, Instant::now() + LIMIT, &origin)?;
    fs::write(artifact, &trained.artifact)?;
    let splits = trained.artifact.windows(10).filter(|window| window == b"BRANCH_LEQ").count();
    println!("{}", json!({ "rows": prepared.split().training.len(), "nodes": 2 * splits + usize::from(TREES) }));
    Ok(())
}

fn evergreen(artifact: &str, rows: &[f32]) -> Result<(), Box<dyn Error>> {
    let model = Model::load(&fs::read(artifact)?)?;
    let slots = model.signature().slots();
    let answer = |rows: &[f32]| model.predict(rows).map(|answer| answer.classes().map(|it| it.classes().to_vec()));
    println!("{}", json!(answer(rows)?));
    let mut lone = rows.chunks_exact(slots).cycle();
    obey(
        rows.len() / slots,
        || black_box(model.predict(lone.next().unwrap_or_default())),
        || black_box(model.predict(rows)),
    )
}

fn explain(artifact: &str, rows: &[f32]) -> Result<(), Box<dyn Error>> {
    let model = Model::load(&fs::read(artifact)?)?;
    let slots = model.signature().slots();
    // Two labels need no predicted ones.
    model.explain(rows.get(..slots).unwrap_or_default(), &[])?;
    println!("[]");
    let mut lone = rows.chunks_exact(slots).cycle();
    obey(
        rows.len() / slots,
        || black_box(model.explain(lone.next().unwrap_or_default(), &[])),
        || black_box(model.explain(rows, &[])),
    )
}

fn smartcore(csv: &str, target: &str, rows: &[f32]) -> Result<(), Box<dyn Error>> {
    let prepared = prepared(csv, target)?;
    let (table, training) = (prepared.table(), &prepared.split().training);
    let columns = table.frame().columns().len();
    let mut values = Vec::with_capacity(training.len() * columns);
    for &row in training {
        for column in table.frame().columns() {
            let Values::Number(numbers) = &column.values else { return Err("a column is no number".into()) };
            values.extend(numbers.get(row as usize));
        }
    }
    let Target::Classes { classes, .. } = table.target() else { return Err("the target is no class".into()) };
    let classes: Vec<u32> = training.iter().filter_map(|row| classes.get(*row as usize).copied()).collect();
    let parameters = RandomForestClassifierParameters::default().with_n_trees(TREES);
    let forest = RandomForestClassifier::fit(&matrix(&values, columns)?, &classes, parameters)?;
    let (all, lone) = (matrix(rows, columns)?, rows.chunks_exact(columns).map(|row| matrix(row, columns)));
    let lone: Vec<_> = lone.collect::<Result<_, _>>()?;
    println!("{}", json!(forest.predict(&all)?));
    let mut next = lone.iter().cycle();
    obey(lone.len(), || black_box(next.next().map(|row| forest.predict(row))), || black_box(forest.predict(&all)))
}

fn matrix(values: &[f32], columns: usize) -> Result<DenseMatrix<f32>, smartcore::error::Failed> {
    DenseMatrix::new(values.len() / columns, columns, values.to_vec(), false)
}

/// Measures predictions, once for each line (`one` or `batch`) of standard input. Prints the seconds per predicted row.
fn obey<A, B>(rows: usize, mut one: impl FnMut() -> A, mut batch: impl FnMut() -> B) -> Result<(), Box<dyn Error>> {
    // The line `one` means one row per call, `batch` means all rows in one call.
    for line in stdin().lock().lines() {
        let seconds = match line?.as_str() {
            "one" => round(1, || drop((0..64).map(|_| one()).last())) / 64.0,
            "batch" => round(rows, || drop(batch())),
            _ => return Err(USAGE.into()),
        };
        println!("{seconds}");
        stdout().flush()?;
    }
    Ok(())
}

/// Repeats `call`, which predicts `rows` rows, for at least the time `ROUND`. Returns the seconds per predicted row.
fn round(rows: usize, mut call: impl FnMut()) -> f64 {
    let began = Instant::now();
    let mut calls = 0_u32;
    while began.elapsed() < ROUND {
        call();
        calls += 1;
    }
    began.elapsed().as_secs_f64() / f64::from(calls) / rows as f64
}
