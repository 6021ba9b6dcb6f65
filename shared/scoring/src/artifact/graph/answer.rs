//! From the predictor's outputs to the graph's.

use evergreen_lifecycle::Task;

use super::super::attributes::{int, ints};
use super::super::names::ARG_MAX;
use super::names::{
    CALIBRATED, CALIBRATION, CLASSES, FLAT, HALVES, HIGHEST, LABEL, LOG_PROBABILITIES, NEGATED, PREDICTION,
    PROBABILITIES, RELATIVE, SCORES, SUM, SURPRISE,
};
use super::{Operators, interval};
use crate::pipeline::{Interval, Link, Parts};

/// Appends what follows the predictor, which takes `features` and whose output has the name `outputs`.
pub(super) fn add(operators: &mut Operators, task: Task, parts: &Parts, features: &str, outputs: &str) {
    match task {
        Task::Regression => number(operators, parts.interval.as_ref(), features, outputs),
        Task::Classification => classes(operators, outputs, parts),
    }
}

fn number(operators: &mut Operators, interval: Option<&Interval>, features: &str, outputs: &str) {
    operators.indices(FLAT, vec![-1]);
    operators.core("Reshape", &[outputs, FLAT], PREDICTION, Vec::new());
    if let Some(interval) = interval {
        interval::add(operators, interval, features, outputs);
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
