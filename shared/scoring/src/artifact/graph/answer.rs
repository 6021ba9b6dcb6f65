//! From the predictor's outputs to the graph's.

use evergreen_lifecycle::Task;

use super::super::attributes::{int, ints};
use super::super::names::ARG_MAX;
use super::Operators;
use super::names::{
    CALIBRATED, CALIBRATION, CLASSES, FLAT, HALF_INTERVAL, HALVES, HIGHEST, LABEL, LOG_PROBABILITIES, LOWER, NEGATED,
    PREDICTION, PROBABILITIES, RELATIVE, SCORES, SUM, SURPRISE, UPPER,
};
use crate::pipeline::{Link, Parts};

/// Appends what follows the predictor, whose output has the name `outputs`.
pub(super) fn add(operators: &mut Operators, task: Task, parts: &Parts, outputs: &str) {
    match task {
        Task::Regression => number(operators, outputs, parts.interval),
        Task::Classification => classes(operators, outputs, parts),
    }
}

fn number(operators: &mut Operators, outputs: &str, interval: Option<f32>) {
    operators.indices(FLAT, vec![-1]);
    operators.core("Reshape", &[outputs, FLAT], PREDICTION, Vec::new());
    if let Some(half) = interval {
        operators.numbers(HALF_INTERVAL, vec![half]);
        operators.core("Sub", &[PREDICTION, HALF_INTERVAL], LOWER, Vec::new());
        operators.core("Add", &[PREDICTION, HALF_INTERVAL], UPPER, Vec::new());
    }
}

fn classes(operators: &mut Operators, outputs: &str, parts: &Parts) {
    let mut scores = outputs;
    if parts.link == Link::Logistic {
        operators.numbers(HALVES, vec![-0.5, 0.5]);
        operators.core("Mul", &[outputs, HALVES], SCORES, Vec::new());
        scores = SCORES;
    }
    operators.core(ARG_MAX, &[scores], LABEL, vec![int("axis", 1), int("keepdims", 0)]);
    if let Some(power) = parts.calibration {
        operators.numbers(CALIBRATION, vec![power]);
    }
    match (parts.link, parts.calibration) {
        (Link::Identity, None) => {}
        (Link::Identity, Some(_)) => raise(operators, scores),
        (Link::OneVersusRest, calibration) => {
            // The logarithm of the logistic function: a logistic function would lose the small probabilities.
            operators.core("Neg", &[scores], NEGATED, Vec::new());
            operators.core("Softplus", &[NEGATED], SURPRISE, Vec::new());
            operators.core("Neg", &[SURPRISE], LOG_PROBABILITIES, Vec::new());
            softmax(operators, LOG_PROBABILITIES, calibration);
        }
        (Link::Logistic | Link::Softmax, calibration) => softmax(operators, scores, calibration),
    }
}

/// Probabilities to the power of the calibration, the greatest made 1 before.
fn raise(operators: &mut Operators, probabilities: &str) {
    operators.core("ReduceMax", &[probabilities], HIGHEST, vec![ints("axes", vec![1]), int("keepdims", 1)]);
    operators.core("Div", &[probabilities, HIGHEST], RELATIVE, Vec::new());
    operators.core("Pow", &[RELATIVE, CALIBRATION], CALIBRATED, Vec::new());
    operators.indices(CLASSES, vec![1]);
    operators.core("ReduceSum", &[CALIBRATED, CLASSES], SUM, vec![int("keepdims", 1)]);
    operators.core("Div", &[CALIBRATED, SUM], PROBABILITIES, Vec::new());
}

fn softmax(operators: &mut Operators, scores: &str, calibration: Option<f32>) {
    let mut scores = scores;
    if calibration.is_some() {
        operators.core("Mul", &[scores, CALIBRATION], CALIBRATED, Vec::new());
        scores = CALIBRATED;
    }
    operators.core("Softmax", &[scores], PROBABILITIES, vec![int("axis", 1)]);
}
