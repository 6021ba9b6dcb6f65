//! Tests that imported models of scikit-learn, XGBoost and LightGBM give the same predictions as in ONNX Runtime.
//! `infra/onnx` created the model files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{is_finite, metadata, numbers};
use evergreen_lifecycle::{Column, ColumnKind, Label, Signature};
use evergreen_scoring::{ImportedModel, Link, Model, Predictions, encode, import};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

const FOREIGN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/foreign");

/// Returns the names of all stored ONNX files that the import must accept, without the file extension.
fn models() -> Vec<String> {
    let files = fs::read_dir(FOREIGN).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.filter_map(|file| Some(file.strip_suffix(".onnx")?.to_owned())).collect();
    names.retain(|name| !name.starts_with("refused-"));
    names.sort_unstable();
    assert!(names.len() >= 23, "{names:?}");
    names
}

// `labels` and `probabilities` are empty for regression, and `numbers` is empty for classification.
/// Content of a JSON file for tests: rows of a table, and the predictions of ONNX Runtime for these rows.
#[derive(Deserialize)]
struct Record {
    signature: Signature,
    #[serde(default)]
    rows: Vec<Vec<Value>>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    probabilities: Vec<Vec<f64>>,
    #[serde(default)]
    numbers: Vec<f64>,
}

fn read(name: &str) -> (Vec<u8>, Record) {
    let at = PathBuf::from(FOREIGN);
    let record = fs::read(at.join(format!("{name}.json"))).unwrap();
    (fs::read(at.join(format!("{name}.onnx"))).unwrap(), serde_json::from_slice(&record).unwrap())
}

/// Writes the imported model as an artifact, and returns the model loaded from this artifact.
fn reloaded(imported: &ImportedModel) -> Model {
    Model::load(&encode(&imported.pipeline, &metadata())).unwrap()
}

fn raw(column: &Column, value: &Value) -> f32 {
    match (&column.kind, value) {
        (_, Value::Null) => f32::NAN,
        (ColumnKind::Category { categories, .. }, Value::String(text)) => {
            categories.iter().position(|known| known == text).unwrap_or(categories.len()) as f32
        }
        (_, Value::Bool(truth)) => f32::from(u8::from(*truth)),
        (_, value) => value.as_f64().unwrap() as f32,
    }
}

fn rows(model: &Model, record: &Record) -> Vec<f32> {
    let at = |name: &str| record.signature.column_names().position(|other| other == name).unwrap();
    let columns: Vec<_> = model.signature().columns().iter().map(|column| (column, at(&column.name))).collect();
    record.rows.iter().flat_map(|row| columns.iter().map(|(column, at)| raw(column, &row[*at]))).collect()
}

/// Returns the greatest difference between the model's predictions and ONNX Runtime's recorded predictions.
fn difference(model: &Model, record: &Record) -> f64 {
    // The difference is absolute for probabilities and relative for numbers.
    let answers = model.predict(&rows(model, record)).unwrap();
    if let Predictions::Classes(answers) = &answers {
        let labels: Vec<_> = answers.classes().iter().map(|&class| &model.signature().labels()[class]).collect();
        assert_eq!(labels, record.labels.iter().collect::<Vec<_>>());
    }
    let (expected, scale): (Vec<f64>, fn(f64) -> f64) = match answers {
        Predictions::Classes(_) => (record.probabilities.iter().flatten().copied().collect(), |_| 1.0),
        Predictions::Numbers(_) => (record.numbers.clone(), f64::abs),
    };
    let found = numbers(&answers);
    assert_eq!(found.len(), expected.len());
    let differences =
        found.iter().zip(&expected).map(|(&found, &expected)| (f64::from(found) - expected).abs() / scale(expected));
    differences.fold(0.0, f64::max)
}

#[test]
fn every_file_answers_as_onnx_runtime_does() {
    for name in models() {
        let (bytes, record) = read(&name);
        let imported = import(&bytes, &record.signature).unwrap_or_else(|error| panic!("{name}: {error}"));
        let difference = difference(&reloaded(&imported), &record);
        println!("{name}: {difference:e}");
        assert!(!record.rows.is_empty() && difference < 1e-5, "{name}: {difference}");
        // Files with one input assume the order of the columns.
        let mut warnings = imported.warnings.iter();
        assert!(warnings.all(|it| it.contains("assumed to be in this order")), "{name}: {:?}", imported.warnings);
        assert!(
            ["skl2onnx 1.20.0", "OnnxMLTools 1.16.0"].contains(&imported.producer.as_str()),
            "{}",
            imported.producer
        );
    }
}

#[test]
fn an_operator_that_is_not_supported_is_named_with_what_to_use_instead() {
    let (bytes, record) = read("refused-lstm");
    let error = import(&bytes, &record.signature).unwrap_err().to_string();
    assert_eq!(
        error,
        "operator LSTM, step \"TreeEnsembleClassifier\" of the file: it belongs to a network for images or sequences; \
         expected a model of tables"
    );
}

#[test]
fn a_pipeline_has_the_columns_and_fills_of_the_file() {
    let (bytes, record) = read("skl-mixed-forest");
    let pipeline = import(&bytes, &record.signature).unwrap().pipeline;
    assert_eq!(pipeline.signature().labels(), record.signature.labels());
    let nullable: Vec<_> = pipeline.signature().columns().iter().map(|c| (c.name.as_str(), c.nullable)).collect();
    // The file fills missing values of both numeric columns, and its encoder has a category for a missing country.
    assert_eq!(nullable, [("age", true), ("income", true), ("active", false), ("plan", false), ("country", true)]);
}

#[test]
fn labels_keep_the_order_of_the_table_and_numbers_for_them_are_reported() {
    let (bytes, record) = read("xgb-3");
    let texts = ["c", "a", "b"].map(Label::from).to_vec();
    let table = Signature::classification(record.signature.columns().to_vec(), texts.clone()).unwrap();
    let imported = import(&bytes, &table).unwrap();
    assert_eq!(
        imported.warnings,
        [
            "the file has numbers as labels; they are the indices of the sorted labels: 0 is a, 1 is b, 2 is c",
            "the file has one input; its columns are assumed to be in this order: sepal length (cm), sepal width (cm), petal \
             length (cm), petal width (cm)"
        ]
    );
    assert_eq!(imported.pipeline.signature().labels(), texts);
    let (model, direct) = (reloaded(&imported), reloaded(&import(&bytes, &record.signature).unwrap()));
    let rows = rows(&model, &record);
    let (found, expected) = (numbers(&model.predict(&rows).unwrap()), numbers(&direct.predict(&rows).unwrap()));
    for (found, expected) in found.chunks(3).zip(expected.chunks(3)) {
        for (found, expected) in found.iter().zip([expected[2], expected[0], expected[1]]) {
            assert!((found - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn two_labels_the_other_way_round_give_the_same_answers() {
    for name in ["lgbm-2", "skl-forest-2", "skl-logistic-2", "skl-boosting-2"] {
        let (bytes, mut record) = read(name);
        let labels = record.signature.labels().iter().rev().cloned().collect();
        record.signature = Signature::classification(record.signature.columns().to_vec(), labels).unwrap();
        record.probabilities.iter_mut().for_each(|row| row.reverse());
        let imported = import(&bytes, &record.signature).unwrap();
        assert!(difference(&reloaded(&imported), &record) < 1e-5, "{name}");
    }
}

/// Imports a stored ONNX file for a changed table, which must be an error, and returns the error message.
fn refused(name: &str, change: impl Fn(&mut Vec<Column>, &mut Vec<Label>)) -> String {
    // `change` edits the columns and the labels of the table.
    let (bytes, record) = read(name);
    let (mut columns, mut labels) = (record.signature.columns().to_vec(), record.signature.labels().to_vec());
    change(&mut columns, &mut labels);
    let table = match labels.is_empty() {
        true => Signature::regression(columns),
        false => Signature::classification(columns, labels),
    };
    import(&bytes, &table.unwrap()).unwrap_err().to_string()
}

#[test]
fn a_table_that_does_not_fit_gets_an_error_that_names_what_the_file_expects() {
    let iris = "sepal length (cm), sepal width (cm), petal length (cm), petal width (cm)";
    assert_eq!(
        refused("skl-forest-3", |columns, _| columns.push(Column::number("more"))),
        format!(
            "the file's input has 4 columns, the table has 5: {iris}, more; train on all of them in this order, or \
             export one input for each column"
        )
    );
    assert_eq!(
        refused("skl-forest-3", |_, labels| labels[1] = "other".into()),
        "the file has the labels setosa, versicolor, virginica, the table has setosa, other, virginica; train the \
         model on the labels of the table"
    );
    assert_eq!(
        refused("skl-forest-3", |_, labels| labels.clear()),
        "the file is a model for classification, the table's target is for regression; import a model for regression"
    );
    assert_eq!(
        refused("skl-mixed-forest", |columns, _| columns[0].name = "years".into()),
        "the file's input \"age\" is not a column of the table; expected one of years, income, active, plan, country; \
         export each input with the name of its column"
    );
    assert_eq!(
        refused("skl-mixed-forest", |columns, _| columns[3].kind = ColumnKind::Number),
        "column \"plan\": the table has a number, the file expects texts; export the model with an input that matches \
         the table"
    );
    let error = refused("skl-forest-3", |columns, _| columns[2].nullable = true);
    assert!(error.starts_with("column \"petal length (cm)\": the table has missing values"), "{error}");
    assert!(error.contains("SimpleImputer"), "{error}");
}

#[test]
fn columns_that_a_file_does_not_name_are_left_out() {
    let (bytes, record) = read("skl-mixed-logistic");
    let mut columns = record.signature.columns().to_vec();
    columns.insert(1, Column::number("unused"));
    let table = Signature::classification(columns, record.signature.labels().to_vec()).unwrap();
    let imported = import(&bytes, &table).unwrap();
    assert_eq!(imported.pipeline.parts().link, Link::Logistic);
    assert!(difference(&reloaded(&imported), &record) < 1e-5);
}

/// Returns whether the import refuses the bytes, or reads a model that predicts finite numbers.
fn is_refused_or_valid(bytes: &[u8], table: &Signature) -> bool {
    let Ok(imported) = import(bytes, table) else { return true };
    let model = reloaded(&imported);
    is_finite(&model.predict(&vec![1.0; model.signature().slots()]).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_was_tampered_with_is_refused_or_valid(
        name in prop::sample::select(models()),
        other in prop::sample::select(models()),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
        splice in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
    ) {
        let (mut bytes, record) = read(&name);
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some((to, from)) = splice {
            let donor = read(&other).0;
            let (to, from) = (to.index(bytes.len()), from.index(donor.len()));
            let length = 64.min(bytes.len() - to).min(donor.len() - from);
            bytes[to..to + length].copy_from_slice(&donor[from..from + length]);
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        prop_assert!(is_refused_or_valid(&bytes, &record.signature));
    }
}
