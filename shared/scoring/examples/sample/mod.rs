//! Writes a model's artifact, rows and this crate's predictions as files, to compare them with another ONNX runtime.
//!
//! `NAME.onnx` is the artifact. `NAME.json` contains the inputs `numbers` (null is a missing value) and `categories`,
//! and the expected outputs: `label` and `probabilities`, or `prediction`, `lower` and `upper`.

use std::error::Error;
use std::fs;
use std::path::Path;

use evergreen_lifecycle::{Code, ColumnKind, Signature};
use evergreen_scoring::{Model, Predictions};
use serde_json::{Value, json};

/// Writes an artifact, and a JSON file with raw rows and their predictions, into `folder`.
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
    for row in rows.chunks(signature.slots()) {
        let (mut row_numbers, mut row_categories) = (Vec::new(), Vec::new());
        let mut rest = row;
        for column in signature.columns() {
            let (own, behind) = rest.split_at(column.kind.slots());
            rest = behind;
            match (&column.kind, own) {
                (ColumnKind::Category { .. }, [value]) => row_categories.push(text(&column.kind, *value)),
                _ => row_numbers.extend_from_slice(own),
            }
        }
        numbers.push(json!(row_numbers));
        categories.push(json!(row_categories));
    }
    json!({ "numbers": numbers, "categories": categories })
}

/// Returns a category text for a code in a raw row. Empty for NaN, "never seen" for the code of unknown texts.
fn text(kind: &ColumnKind, value: f32) -> &str {
    let ColumnKind::Category { categories, rare } = kind else { return "" };
    let is_it = |text: &&String| matches!(kind.code(text), Some(Code { index, .. }) if index as f32 == value);
    let known = categories.iter().chain(rare).find(is_it);
    if value.is_nan() { "" } else { known.map_or("never seen", String::as_str) }
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
