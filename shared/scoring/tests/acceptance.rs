//! Imports the pipelines of `infra/onnx/acceptance`, and compares the answers with those of ONNX Runtime.
//!
//! `EVERGREEN_WRITE_ACCEPTANCE=1 cargo test -p evergreen-scoring --test acceptance` writes the table in docs/IMPORT.md.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

use evergreen_lifecycle::{Column, ColumnKind, RowTexts, Signature};
use evergreen_scoring::{ArtifactMetadata, Model, Predictions, Predictor, encode, import};
use serde::Deserialize;
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/acceptance");
const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/IMPORT.md");

/// The only pipelines that are refused, and a part of the reason.
const REFUSED: [(&str, &str); 5] = [
    ("forest missing", "the file does not fill them"),
    ("forest regression missing", "the file does not fill them"),
    ("XGBoost softmax", "multi:softprob"),
    ("imputed indicator", "its 12 coefficients do not fit 4 columns"),
    ("imputed neighbours", "SimpleImputer"),
];

/// Maximum difference from ONNX Runtime: of a probability, or of a number relative to its size if that is above 1.
const TOLERANCE: f64 = 1e-4;

/// What `infra/onnx/acceptance/export.py` writes beside a file.
#[derive(Deserialize)]
struct Record {
    name: String,
    signature: Signature,
    rows: Vec<Vec<Value>>,
    library: Expected,
    runtime: Expected,
}

/// Answers to the rows. `labels` is empty for regression, and `numbers` for classification.
#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    labels: Vec<Value>,
    #[serde(default)]
    probabilities: Vec<Vec<f64>>,
    #[serde(default)]
    numbers: Vec<f64>,
}

/// How the answers of a model differ from others.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Difference {
    /// Number of rows with another label.
    labels: usize,
    /// The largest difference of a probability or number. `None`: the others have no probabilities.
    largest: Option<f64>,
}

/// What becomes of a file.
enum Outcome {
    Refused(String),
    Answered { is_general: bool, runtime: Difference, library: Difference },
}

fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "onnx"));
    files.sort();
    files
}

fn judged(file: &Path, answers: &Path) -> (String, Outcome) {
    let record: Record = serde_json::from_slice(&fs::read(answers).unwrap()).unwrap();
    let imported = match import(&fs::read(file).unwrap(), &record.signature) {
        Ok(imported) => imported,
        Err(error) => return (record.name, Outcome::Refused(error.to_string())),
    };
    let is_general = matches!(imported.pipeline.parts().predictor, Predictor::Graph(_));
    let model = Model::load(&encode(&imported.pipeline, &ArtifactMetadata::named("acceptance"))).unwrap();
    let (rows, texts) = rows(&model, &record);
    let answers = model.predict_with_texts(&rows, &texts).unwrap_or_else(|error| panic!("{}: {error}", record.name));
    let (runtime, library) =
        (difference(&model, &answers, &record.runtime), difference(&model, &answers, &record.library));
    (record.name, Outcome::Answered { is_general, runtime, library })
}

fn rows(model: &Model, record: &Record) -> (Vec<f32>, RowTexts) {
    let mut texts = RowTexts::none();
    let at = |name: &str| record.signature.column_names().position(|other| other == name).unwrap();
    let columns: Vec<_> = model.signature().columns().iter().map(|column| (column, at(&column.name))).collect();
    let cells = record.rows.iter().flat_map(|row| columns.iter().map(|(column, at)| (*column, &row[*at])));
    let rows = cells.flat_map(|(column, value)| raw(column, value, &mut texts)).collect();
    (rows, texts)
}

fn raw(column: &Column, value: &Value, texts: &mut RowTexts) -> Vec<f32> {
    match (&column.kind, value) {
        (kind, Value::Null) => vec![f32::NAN; kind.slots()],
        (ColumnKind::WholeText, Value::String(text)) => vec![texts.push(text.as_str())],
        (ColumnKind::Category { .. }, Value::String(text)) => vec![column.kind.code(text).unwrap().index as f32],
        (ColumnKind::Double, value) => ColumnKind::split_double(value.as_f64().unwrap()).to_vec(),
        (_, value) => vec![value.as_f64().unwrap() as f32],
    }
}

fn difference(model: &Model, answers: &Predictions, expected: &Expected) -> Difference {
    let classes = match answers {
        Predictions::Classes(classes) => classes,
        Predictions::Numbers(numbers) => {
            let pairs = numbers.values().iter().zip(&expected.numbers);
            let largest = pairs.map(|(a, b)| (f64::from(*a) - b).abs() / b.abs().max(1.0)).fold(0.0, f64::max);
            return Difference { labels: 0, largest: Some(largest) };
        }
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // A library may answer the place of a label instead of the label.
    let is_same = |(class, value): (&usize, &Value)| {
        let label = model.signature().labels()[*class].to_string();
        [label, class.to_string()].contains(&text(value))
    };
    let labels = classes.classes().iter().zip(&expected.labels).filter(|pair| !is_same(*pair)).count();
    let theirs: Vec<f64> = expected.probabilities.iter().flatten().copied().collect();
    let are_shares = expected.probabilities.iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-3);
    let pairs = classes.probabilities().iter().zip(&theirs);
    let largest = pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
    let is_comparable = are_shares && theirs.len() == classes.probabilities().len();
    Difference { labels, largest: is_comparable.then_some(largest) }
}

#[test]
fn pipelines_of_other_libraries_answer_as_in_onnx_runtime() {
    let all: Vec<_> = files().iter().map(|file| judged(file, &file.with_extension("json"))).collect();
    assert!(all.len() >= 120, "{}", all.len());
    for (name, outcome) in &all {
        let reason = REFUSED.iter().find(|(refused, _)| refused == name).map(|(_, reason)| *reason);
        match (outcome, reason) {
            (Outcome::Refused(error), Some(reason)) => assert!(error.contains(reason), "{name}: {error}"),
            (Outcome::Refused(error), None) => panic!("{name}: {error}"),
            (Outcome::Answered { .. }, Some(_)) => panic!("{name} is accepted now: take it out of the list"),
            (Outcome::Answered { runtime, .. }, None) => {
                assert_eq!(runtime.labels, 0, "{name}");
                assert!(runtime.largest.is_none_or(|largest| largest < TOLERANCE), "{name}: {runtime:?}");
            }
        }
    }
    let (before, rest) = split(&fs::read_to_string(MANUAL).unwrap(), "<!-- acceptance -->\n");
    let (table, after) = split(&rest, "<!-- end of acceptance -->");
    let expected = table_of(&all);
    if std::env::var_os("EVERGREEN_WRITE_ACCEPTANCE").is_some() {
        fs::write(MANUAL, format!("{before}<!-- acceptance -->\n{expected}<!-- end of acceptance -->{after}")).unwrap();
    } else {
        assert_eq!(table, expected, "docs/IMPORT.md; see the head of this file");
    }
}

/// Files that XGBoost and LightGBM save themselves, without an export. `infra/onnx/acceptance/native.py` wrote them.
#[test]
fn files_of_xgboost_and_lightgbm_answer_as_their_library() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/native");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let answers: Vec<PathBuf> = entries.filter(|file| file.extension().is_some_and(|it| it == "answers")).collect();
    assert_eq!(answers.len(), 15);
    for answers in answers {
        let (name, outcome) = judged(&answers.with_extension(""), &answers);
        match outcome {
            Outcome::Refused(error) => panic!("{name}: {error}"),
            Outcome::Answered { is_general, library, .. } => {
                assert_eq!(library.labels, 0, "{name}");
                assert!(library.largest.is_some_and(|largest| largest < TOLERANCE), "{name}: {library:?}");
                let needs_graph = ["missing", "regression", "poisson", "share", "tweedie"];
                assert_eq!(is_general, needs_graph.iter().any(|word| name.contains(word)), "{name}");
            }
        }
    }
}

fn split(text: &str, at: &str) -> (String, String) {
    let (before, after) = text.split_once(at).unwrap();
    (before.to_owned(), after.to_owned())
}

/// Returns the table of docs/IMPORT.md.
fn table_of(all: &[(String, Outcome)]) -> String {
    let mut table =
        String::from("\n| Pipeline | Computed | ONNX Runtime answers | Its library answers |\n|---|---|---|---|\n");
    for (name, outcome) in all {
        let cells = match outcome {
            Outcome::Refused(_) => "refused | | ".to_owned(),
            Outcome::Answered { is_general, runtime, library } => {
                let way = if *is_general { "by its graph" } else { "fast" };
                format!("{way} | {} | {}", told(*runtime), told(*library))
            }
        };
        table.push_str(&format!("| {name} | {cells} |\n"));
    }
    table.push('\n');
    table
}

/// Returns a difference in words. They are coarse, so that they are the same on every machine.
fn told(Difference { labels, largest }: Difference) -> String {
    let labels = if labels > 0 { format!("{labels} other labels") } else { String::new() };
    let largest = match largest {
        Some(largest) if largest < TOLERANCE => "the same".to_owned(),
        Some(_) if labels.is_empty() => "others".to_owned(),
        None if labels.is_empty() => "the same labels".to_owned(),
        _ => String::new(),
    };
    [labels, largest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}
