//! Builds the ONNX operators that turn the outputs of the predictor into the final prediction.

use evergreen_lifecycle::{Signature, Task};

use super::super::attributes::{int, ints};
use super::super::names::ARG_MAX;
use super::names::{
    CALIBRATED, CALIBRATION, CLASSES, FLAT, FLOOR, HALVES, HIGHEST, KEPT, LABEL, LABEL_WEIGHTS, LOG_PROBABILITIES,
    NEGATED, PREDICTION, PROBABILITIES, RELATIVE, SCORES, SHRUNK, SUM, SURPRISE, UNBOUNDED, WEIGHED,
};
use super::{Operators, interval};
use crate::link::kept;
use crate::pipeline::{Interval, Link, PipelineParts};

/// Appends the ONNX operators that turn a predictor's outputs into the final prediction.
pub(super) fn add(
    operators: &mut Operators,
    signature: &Signature,
    parts: &PipelineParts,
    features: &str,
    outputs: &str,
) {
    // `features` is the name of the predictor's input value, and `outputs` is the name of its output value.
    match signature.task() {
        Task::Regression => number(operators, parts.interval.as_ref(), features, outputs),
        Task::Classification => classes(operators, outputs, parts, signature.labels().len()),
    }
}

fn number(operators: &mut Operators, interval: Option<&Interval>, features: &str, outputs: &str) {
    operators.indices(FLAT, vec![-1]);
    operators.core("Reshape", &[outputs, FLAT], PREDICTION, Vec::new());
    if let Some(interval) = interval {
        interval::add(operators, interval, features, outputs);
    }
}

fn classes(operators: &mut Operators, outputs: &str, parts: &PipelineParts, labels: usize) {
    let mut scores = outputs;
    if parts.link == Link::Logistic {
        operators.numbers(HALVES, vec![-0.5, 0.5]);
        operators.core("Mul", &[outputs, HALVES], SCORES, Vec::new());
        scores = SCORES;
    }
    if parts.rule.weights.is_none() {
        label(operators, scores);
    }
    if let Some(power) = parts.calibration {
        operators.numbers(CALIBRATION, vec![power]);
    }
    let probabilities = unbounded(parts);
    match (parts.link, parts.calibration) {
        (Link::Identity, None) => {}
        (Link::Identity, Some(_)) => raise(operators, scores, probabilities),
        (Link::OneVersusRest, calibration) => {
            // Computes the logarithm of the logistic function. The logistic function itself would lose small
            // probabilities.
            operators.core("Neg", &[scores], NEGATED, Vec::new());
            operators.core("Softplus", &[NEGATED], SURPRISE, Vec::new());
            operators.core("Neg", &[SURPRISE], LOG_PROBABILITIES, Vec::new());
            softmax(operators, LOG_PROBABILITIES, calibration, probabilities);
        }
        (Link::Logistic | Link::Softmax, calibration) => softmax(operators, scores, calibration, probabilities),
    }
    if let Some(least) = parts.rule.floor {
        bound(operators, least, labels, probabilities);
    }
    if let Some(weights) = &parts.rule.weights {
        operators.numbers(LABEL_WEIGHTS, weights.clone());
        operators.core("Mul", &[PROBABILITIES, LABEL_WEIGHTS], WEIGHED, Vec::new());
        label(operators, WEIGHED);
    }
}

/// Returns the name of the ONNX value with the class probabilities before the minimum probability is applied.
pub(super) fn unbounded(parts: &PipelineParts) -> &'static str {
    // Without a floor (minimum probability), this value is the output of the graph.
    if parts.rule.floor.is_some() { UNBOUNDED } else { PROBABILITIES }
}

fn label(operators: &mut Operators, scores: &str) {
    operators.core(ARG_MAX, &[scores], LABEL, vec![int("axis", 1), int("keepdims", 0)]);
}

/// Appends the ONNX operators that make every class probability at least `least`.
fn bound(operators: &mut Operators, least: f32, labels: usize, probabilities: &str) {
    operators.numbers(KEPT, vec![kept(least, labels)]);
    operators.numbers(FLOOR, vec![least]);
    operators.core("Mul", &[probabilities, KEPT], SHRUNK, Vec::new());
    operators.core("Add", &[SHRUNK, FLOOR], PROBABILITIES, Vec::new());
}

/// Appends the ONNX operators for temperature scaling of the class probabilities.
fn raise(operators: &mut Operators, from: &str, to: &str) {
    // Probabilities are raised to the calibration exponent and normalised. First, the greatest probability is scaled to
    // 1.
    operators.core("ReduceMax", &[from], HIGHEST, vec![ints("axes", vec![1]), int("keepdims", 1)]);
    operators.core("Div", &[from, HIGHEST], RELATIVE, Vec::new());
    operators.core("Pow", &[RELATIVE, CALIBRATION], CALIBRATED, Vec::new());
    operators.indices(CLASSES, vec![1]);
    operators.core("ReduceSum", &[CALIBRATED, CLASSES], SUM, vec![int("keepdims", 1)]);
    operators.core("Div", &[CALIBRATED, SUM], to, Vec::new());
}

fn softmax(operators: &mut Operators, scores: &str, calibration: Option<f32>, to: &str) {
    let mut scores = scores;
    if calibration.is_some() {
        operators.core("Mul", &[scores, CALIBRATION], CALIBRATED, Vec::new());
        scores = CALIBRATED;
    }
    operators.core("Softmax", &[scores], to, vec![int("axis", 1)]);
}
