//! Checks that hold for any bytes, also malicious ones. The test that replays the fuzzer's corpus and the fuzz targets
//! use them.

#![allow(dead_code, clippy::indexing_slicing, clippy::unwrap_used, reason = "not every target needs all of it")]

pub mod import;

use evergreen_scoring::{ExplainError, Model, Prediction, Predictions, decode, encode};

/// Values for the raw rows of the checks: ordinary numbers, extreme numbers, NaN and infinity.
const VALUES: [f32; 14] = [
    0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    7000.5,
    1e-40,
    1e30,
    f32::MAX,
    f32::MIN,
    f32::NAN,
    -f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
];

/// Checks that loading the bytes as an artifact is an error, or gives a model that can predict any row.
pub fn load(bytes: &[u8]) {
    // The loaded model must also be writable and readable again.
    let Ok(model) = Model::load(bytes) else { return };
    answers_any_row(&model);
    explains_any_row(&model);
    let (pipeline, metadata) = decode(bytes).unwrap();
    let rewritten = Model::load(&encode(&pipeline, &metadata)).unwrap();
    assert_eq!(rewritten.signature(), model.signature());
    assert_eq!(rewritten.metadata(), model.metadata());
    let rows = rows(&model).concat();
    assert_eq!(answers(&rewritten, &rows), answers(&model, &rows));
}

/// Checks that predictions are finite, and that a batch gives the same predictions as single rows.
fn answers_any_row(model: &Model) {
    // Predictions of rows with infinite values need not be finite.
    let rows = rows(model);
    // A graph may fail for a row, and rows that it answers together may be rounded differently.
    if model.predict(&rows.concat()).is_err() || is_general(model) {
        return;
    }
    let alone: Vec<_> = rows.iter().map(|row| answers(model, row)).collect();
    assert_eq!(alone.concat(), answers(model, &rows.concat()));
    for (row, answer) in rows.iter().zip(alone.concat()) {
        let is_finite = answer.iter().all(|&bits| f32::from_bits(bits).is_finite());
        assert!(is_finite || row.iter().any(|value| value.is_infinite()), "{row:?}: {answer:?}");
    }
}

/// Checks that a model explains all rows, or none because its background is missing or wrong.
fn explains_any_row(model: &Model) {
    // The time of the check must stay short.
    if !model.explaining_work().is_ok_and(|work| work < 1_000_000) {
        return;
    }
    let rows = rows(model).concat();
    let predictions = model.predict(&rows).unwrap();
    let labels = predictions.classes().map_or(&[][..], |batch| batch.classes());
    let found = model.explain(&rows, labels).unwrap();
    assert_eq!(found.rows.len(), predictions.len());
    let columns = model.signature().columns().len();
    assert!(found.rows.iter().all(|row| row.contributions.len() == columns));
}

/// Returns whether a model is an imported graph that is computed operator by operator.
fn is_general(model: &Model) -> bool {
    model.explaining_work() == Err(ExplainError::Graph)
}

/// Returns raw rows for a model: rows with the same value everywhere, and rows with different values.
fn rows(model: &Model) -> Vec<Vec<f32>> {
    let slots = model.signature().slots();
    let uniform = VALUES.iter().map(|&value| vec![value; slots]);
    let mixed = (0..VALUES.len()).map(|start| VALUES.iter().cycle().skip(start).copied().take(slots).collect());
    uniform.chain(mixed).collect()
}

/// Returns the model's prediction for each row as bits, for an exact comparison.
fn answers(model: &Model, rows: &[f32]) -> Vec<Vec<u32>> {
    // Class and probabilities, or number and interval. All NaN are equal.
    let bits = |number: f32| if number.is_nan() { f32::NAN.to_bits() } else { number.to_bits() };
    let Ok(predictions) = model.predict(rows) else { return Vec::new() };
    match predictions {
        Predictions::Classes(batch) => {
            let answer = |row: Prediction<'_>| {
                let class = std::iter::once(row.class as u32);
                class.chain(row.probabilities.iter().copied().map(bits)).collect()
            };
            batch.iter().map(answer).collect()
        }
        Predictions::Numbers(batch) => match batch.intervals() {
            Some(ends) => {
                let ends = batch.values().iter().zip(ends);
                ends.map(|(&value, &(lower, upper))| [value, lower, upper].map(bits).to_vec()).collect()
            }
            None => batch.values().iter().map(|&value| vec![bits(value)]).collect(),
        },
    }
}
