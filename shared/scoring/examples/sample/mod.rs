//! An artifact with rows and what this crate answers to them, as files for another ONNX runtime.
//!
//! `NAME.onnx` is the artifact, and `NAME.json` says what goes in and what has to come out: `numbers` (null is missing) and
//! `categories` are the inputs, `label` and `probabilities`, or `prediction`, `lower` and `upper` the outputs.

use std::error::Error;
use std::fs;
use std::path::Path;

use evergreen_lifecycle::{ColumnKind, Signature};
use evergreen_scoring::{Model, Predictions};
use serde_json::{Value, json};

/// Writes the files of an artifact and raw rows into `folder`.
pub fn write(folder: &Path, name: &str, artifact: &[u8], rows: &[f32]) -> Result<(), Box<dyn Error>> {
    let model = Model::load(artifact)?;
    let mut sample = inputs(model.signature(), rows);
    answers(&model.predict(rows)?, &mut sample);
    fs::write(folder.join(format!("{name}.onnx")), artifact)?;
    fs::write(folder.join(format!("{name}.json")), sample.to_string())?;
    Ok(())
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
            if let Some(ends) = batch.intervals() {
                let (lower, upper): (Vec<f32>, Vec<f32>) = ends.iter().copied().unzip();
                sample["lower"] = json!(lower);
                sample["upper"] = json!(upper);
            }
        }
    }
}
