//! Writes pipelines of every kind, rows and what this crate answers to them into a folder, to be compared with what another
//! ONNX runtime answers: `cargo run -p evergreen-scoring --example samples -- FOLDER [COUNT]`.
//!
//! `N.onnx` is a pipeline and `N.json` its rows and answers: `numbers` (null is missing) and `categories` are the inputs,
//! `label` and `probabilities`, or `prediction`, `lower` and `upper` the outputs.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

use common::{estimate, metadata, mixed, rows, small};
use evergreen_lifecycle::{ColumnKind, Signature};
use evergreen_scoring::{Model, Pipeline, Predictions, encode};
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let count: usize = arguments.next().map_or(100, |count| count.parse().expect("a count"));
    std::fs::create_dir_all(&folder).expect("a folder that can be written");
    let mut runner = TestRunner::deterministic();
    let random = (0..count).map(|_| rows().new_tree(&mut runner).unwrap().current());
    let rows = |pipeline: Pipeline| {
        let row = vec![1.0; pipeline.signature().columns().len()];
        (pipeline, row)
    };
    for (number, (pipeline, rows)) in [small(), mixed(), estimate()].map(rows).into_iter().chain(random).enumerate() {
        let artifact = encode(&pipeline, &metadata());
        let mut sample = inputs(pipeline.signature(), &rows);
        answers(&Model::load(&artifact).unwrap().predict(&rows).unwrap(), &mut sample);
        std::fs::write(folder.join(format!("{number}.onnx")), artifact).unwrap();
        std::fs::write(folder.join(format!("{number}.json")), sample.to_string()).unwrap();
    }
}

fn inputs(signature: &Signature, rows: &[f32]) -> Value {
    let (mut numbers, mut categories) = (Vec::new(), Vec::new());
    for row in rows.chunks(signature.columns().len()) {
        let (mut row_numbers, mut row_categories) = (Vec::new(), Vec::new());
        for (column, &value) in signature.columns().iter().zip(row) {
            match &column.kind {
                ColumnKind::Category { .. } if value.is_nan() => row_categories.push(""),
                ColumnKind::Category { categories, .. } => {
                    row_categories.push(categories.get(value as usize).map_or("never seen", String::as_str));
                }
                _ => row_numbers.push(value),
            }
        }
        numbers.push(json!(row_numbers));
        categories.push(json!(row_categories));
    }
    json!({ "numbers": numbers, "categories": categories })
}

fn answers(batch: &Predictions, sample: &mut Value) {
    match batch {
        Predictions::Classes(batch) => {
            sample["label"] = json!(batch.classes());
            sample["probabilities"] = json!(batch.iter().map(|row| row.probabilities).collect::<Vec<_>>());
        }
        Predictions::Numbers(batch) => {
            sample["prediction"] = json!(batch.values());
            if batch.interval().is_some() {
                let (lower, upper): (Vec<f32>, Vec<f32>) = batch.intervals().unzip();
                sample["lower"] = json!(lower);
                sample["upper"] = json!(upper);
            }
        }
    }
}
