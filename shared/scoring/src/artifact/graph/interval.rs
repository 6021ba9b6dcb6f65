//! Builds the ONNX operators that compute the ends of a prediction interval from the prediction and the features.

use super::super::names::{ENSEMBLE, ML_DOMAIN};
use super::names::{
    DIFFICULTY, DIFFICULTY_BASE, DIFFICULTY_BY_ROW, DIFFICULTY_SUM, FLAT, GREATEST, HALF, HALF_BY_PREDICTION,
    HALF_INTERVAL, HARDNESS, LOWER, LOWER_FREE, LOWEST, ONE, PREDICTION, RISEN, STEPS_DONE, STEPS_FROM, STEPS_LENGTH,
    STEPS_PAST, STEPS_RISE, STEPS_SHARE, UPPER, UPPER_FREE, ZERO,
};
use super::{Operators, predictor};
use crate::pipeline::{Curve, Ensemble, Interval};

/// Appends the ONNX operators that compute a prediction interval.
pub(super) fn add(operators: &mut Operators, interval: &Interval, features: &str, outputs: &str) {
    // `features` and `outputs` are names of ONNX values: the features, and the predicted numbers as a tensor with a
    // second dimension of 1.
    let mut half = curve(operators, &interval.half, outputs);
    if let Some(ensemble) = &interval.difficulty {
        difficulty(operators, ensemble, features);
        operators.core("Mul", &[half, HARDNESS], HALF, Vec::new());
        half = HALF;
    }
    let limits = [(LOWEST, interval.low), (GREATEST, interval.high)];
    if limits.iter().all(|(_, limit)| limit.is_none()) {
        operators.core("Sub", &[PREDICTION, half], LOWER, Vec::new());
        operators.core("Add", &[PREDICTION, half], UPPER, Vec::new());
        return;
    }
    operators.core("Sub", &[PREDICTION, half], LOWER_FREE, Vec::new());
    operators.core("Add", &[PREDICTION, half], UPPER_FREE, Vec::new());
    let [low, high] = limits.map(|(name, limit)| {
        limit.iter().for_each(|limit| operators.number(name, *limit));
        // In ONNX, an empty name means that an optional input is not given.
        if limit.is_some() { name } else { "" }
    });
    operators.core("Clip", &[LOWER_FREE, low, high], LOWER, Vec::new());
    operators.core("Clip", &[UPPER_FREE, low, high], UPPER, Vec::new());
}

/// Appends the ONNX operators that compute half the width of the prediction interval. Returns the name of the ONNX
/// value with the result.
fn curve(operators: &mut Operators, curve: &Curve, outputs: &str) -> &'static str {
    // The width depends on the predicted number.
    operators.numbers(HALF_INTERVAL, vec![curve.start]);
    if curve.steps.is_empty() {
        return HALF_INTERVAL;
    }
    operators.numbers(STEPS_FROM, curve.steps.iter().map(|step| step.from).collect());
    operators.numbers(STEPS_LENGTH, curve.steps.iter().map(|step| step.length).collect());
    operators.numbers(STEPS_RISE, curve.steps.iter().map(|step| step.rise).collect());
    operators.number(ZERO, 0.0);
    operators.number(ONE, 1.0);
    operators.core("Sub", &[outputs, STEPS_FROM], STEPS_PAST, Vec::new());
    operators.core("Div", &[STEPS_PAST, STEPS_LENGTH], STEPS_SHARE, Vec::new());
    operators.core("Clip", &[STEPS_SHARE, ZERO, ONE], STEPS_DONE, Vec::new());
    operators.core("MatMul", &[STEPS_DONE, STEPS_RISE], RISEN, Vec::new());
    operators.core("Add", &[RISEN, HALF_INTERVAL], HALF_BY_PREDICTION, Vec::new());
    HALF_BY_PREDICTION
}

/// Appends the ONNX operators that compute the difficulty of each row, a factor for the width of its prediction
/// interval.
fn difficulty(operators: &mut Operators, ensemble: &Ensemble, features: &str) {
    operators.add((ML_DOMAIN, ENSEMBLE), &[features], DIFFICULTY_SUM, predictor::ensemble(ensemble));
    operators.numbers(DIFFICULTY_BASE, ensemble.base.clone());
    operators.core("Add", &[DIFFICULTY_SUM, DIFFICULTY_BASE], DIFFICULTY, Vec::new());
    operators.core("Reshape", &[DIFFICULTY, FLAT], DIFFICULTY_BY_ROW, Vec::new());
    operators.core("Exp", &[DIFFICULTY_BY_ROW], HARDNESS, Vec::new());
}
